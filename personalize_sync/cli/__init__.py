"""The command line: one thin file per command, each imported only when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

import click

from personalize_sync import __version__
from personalize_sync.cli.options import before_the_command

_COMMANDS = {
    "init": ("init", "Begin a project: an empty one, or all that a tenant has."),
    "validate": ("validate", "Check the manifests, offline."),
    "plan": ("plan", "Show what apply would do. Only reads."),
    "apply": ("apply", "Make the tenant as the manifests say."),
    "undo": ("undo", "Take back what an earlier apply wrote."),
    "drift": ("drift", "Show what was changed in the tenant behind Git's back. Only reads."),
    "pull": ("pull", "Bring edits made in the tenant back into the manifests."),
    "adopt": ("adopt", "Make objects ours that are as the manifests say already."),
    "verify": ("verify", "Prove that the tenant is as the manifests say. Only reads."),
    "new": ("new", "Write a first manifest, every field explained."),
    "explain": ("explain", "Say why an object, or a field of it, is planned as it is. Only reads."),
    "graph": ("graph", "Draw which manifests name which, offline."),
    "test": ("test", "Run the tests of the decision models. Writes nothing."),
    "preview": ("preview", "Show what a template looks like. Writes nothing."),
    "show": ("show", "Show a saved plan, without any network."),
    "snapshot": ("snapshot", "Take the tenant's state without any secret, to plan against."),
    "comment": ("comment", "Post a saved plan as the one comment of a pull request."),
    "environments": ("environments", "List the environments, as a matrix for CI if asked."),
    "schema": ("schema", "Print the JSON Schema of a kind."),
    "sandbox": ("sandbox", "Serve, reset or edit the embedded simulated tenant."),
    "auth": ("auth", "Inspect the API keys, and keep them."),
    "demo": ("demo", "The whole story against the sandbox, without an account."),
    "version": ("version", "Print the version; with -v the libraries in use."),
    "completion": ("completion", "Print the completion script of a shell."),
}
_ALIASES = {"push": "apply"}


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is called."""

    one_line: ClassVar[dict[str, tuple[str, str]]] = _COMMANDS

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which a newcomer meets them."""
        del ctx
        return list(self.one_line)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, aliases included."""
        del ctx
        module, _ = self.one_line.get(_ALIASES.get(cmd_name, cmd_name), ("", ""))
        if not module:
            return None
        command: click.Command = import_module(f"personalize_sync.cli.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest command for one that does not exist."""
        from personalize_sync.problems import did_you_mean  # noqa: PLC0415

        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            hint = did_you_mean(name, [*self.one_line, *_ALIASES])
            raise click.UsageError(f'no such command "{name}".{hint}', ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.one_line.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", message="%(prog)s %(version)s")
@before_the_command
@click.pass_context
def cli(ctx: click.Context, /, **shared: Any) -> None:
    """Keep a Sitecore Personalize tenant in step with a Git directory of YAML manifests."""
    ctx.obj = shared
