"""The options that every command shares, each also as PERSONALIZE_SYNC_<FLAG>."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalize_sync.rendering import Look

_F = TypeVar("_F", bound="Callable[..., Any]")
FORMATS = ("terminal", "json", "markdown", "github", "summary")


def option(*names: str, **attributes: Any) -> Callable[[_F], _F]:
    """Declare an option that an environment variable named after its flag can set too."""
    flag = max(names, key=len).partition("/")[0].lstrip("-")
    attributes.setdefault("envvar", f"PERSONALIZE_SYNC_{flag.replace('-', '_').upper()}")
    return click.option(*names, **attributes)


@dataclass(frozen=True, slots=True)
class Common:
    """What every command was told about where to work and how to speak."""

    chdir: Path | None
    env: str
    format: str
    output: Path | None
    color: bool
    quiet: bool
    verbose: bool
    ask: bool

    def say(self, text: str) -> None:
        """Write a line to stderr, where it never mixes with the document."""
        if not self.quiet:
            click.echo(text, err=True, color=self.color)

    def deliver(self, document: str) -> None:
        """Write the requested document to stdout, or to the file of --output."""
        if self.output is None:
            click.echo(document, nl=False, color=self.color)
            return
        try:
            self.output.write_text(document, encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"cannot write {self.output}: {error.strerror}") from None

    def look(self, root: Path | None = None, **more: Any) -> Look:
        """Return how a document is to be shown here."""
        from personalize_sync.rendering import Look  # noqa: PLC0415 - not for --help

        encoding = (sys.stdout.encoding or "").lower()
        return Look(
            width=shutil.get_terminal_size((100, 24)).columns,
            color=self.color and self.output is None,
            ascii="utf" not in encoding,
            verbose=self.verbose,
            prefix=_prefix(root) if root else "",
            **more,
        )


def common(function: _F) -> _F:
    """Give a command the shared options; it receives them as one `Common`."""

    @functools.wraps(function)
    def wrapper(*args: Any, **given: Any) -> Any:
        names = ("chdir", "env", "format", "output", "no_color", "quiet", "verbose", "no_input")
        taken = {name: given.pop(name) for name in names}
        return function(_gathered(taken), *args, **given)

    options = (
        option("-C", "--chdir", type=click.Path(), help="The manifest root."),
        option("-e", "--env", help="The environment of the project file."),
        option("--format", "format", type=click.Choice(FORMATS), default="terminal"),
        option("-o", "--output", type=click.Path(), help="Write the document to a file."),
        option("--no-color", is_flag=True, help="No colours (also: NO_COLOR)."),
        option("-q", "--quiet", is_flag=True, help="Nothing but the document and errors."),
        option("-v", "--verbose", is_flag=True, help="More detail; tracebacks for bugs."),
        option("--no-input", is_flag=True, help="Never ask."),
    )
    for decorate in reversed(options):
        wrapper = decorate(wrapper)
    return wrapper  # type: ignore[return-value]


def _gathered(given: dict[str, Any]) -> Common:
    above = click.get_current_context().find_root().obj or {}
    chdir = given["chdir"] or above.get("chdir")
    plain = given["no_color"] or "NO_COLOR" in os.environ or not sys.stdout.isatty()
    return Common(
        chdir=Path(chdir) if chdir else None,
        env=given["env"] or above.get("env") or "",
        format=given["format"],
        output=Path(given["output"]) if given["output"] else None,
        color=not plain,
        quiet=given["quiet"],
        verbose=given["verbose"],
        ask=not given["no_input"] and sys.stdin.isatty(),
    )


def _prefix(root: Path) -> str:
    """Return what makes a root-relative path clickable from the working directory."""
    relative = os.path.relpath(root, Path.cwd())
    return "" if relative == "." else Path(relative).as_posix() + "/"
