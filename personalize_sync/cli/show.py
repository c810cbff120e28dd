"""`personalize-sync show plan.json`: a saved plan in any format, without any network."""

from __future__ import annotations

from dataclasses import replace

import click

from personalize_sync.cli.options import Common, common
from personalize_sync.cli.plan_file import read


@click.command("show")
@click.argument("plan_file", type=click.Path())
@common
def command(common: Common, plan_file: str) -> None:
    """Show a saved plan, without any network. Whether it still holds is for apply to say."""
    from personalize_sync.rendering import plan_from, render  # noqa: PLC0415

    document = read(plan_file)
    look = replace(
        common.look(),
        view=str(document.get("view", "plan")),
        id=str(document.get("id", "")),
        created_at=str(document.get("created_at", "")),
        expires_at=str(document.get("expires_at", "")),
        tool_version=str((document.get("tool") or {}).get("version", "")),
    )
    common.deliver(render(plan_from(document), common.format, look))
