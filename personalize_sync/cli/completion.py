"""`personalize-sync completion SHELL`: the script that completes commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from personalize_sync.errors import UsageError


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell; put it where your shell looks for them."""
    made = get_completion_class(shell)
    if made is None:
        raise UsageError(f"no completion is known for {shell}")
    script = made(ctx.find_root().command, {}, "personalize-sync", "_PERSONALIZE_SYNC_COMPLETE")
    click.echo(script.source())
