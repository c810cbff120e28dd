"""The options that every command shares, each also as PERSONALIZE_SYNC_<FLAG>."""

from __future__ import annotations

import functools
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from personalize_sync import __version__
from personalize_sync.errors import InvalidInput, SyncError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personalize_sync.rendering import Look

_F = TypeVar("_F", bound="Callable[..., Any]")
SYSTEMS = ("auto", "github", "gitlab", "azure", "none")
FORMATS = ("terminal", "json", "markdown", "html", "sarif", "github", "summary")


_SHARED: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("-C", "--chdir"), {"type": click.Path(), "metavar": "DIR", "help": "The manifest root."}),
    (("-e", "--env"), {"metavar": "NAME", "help": "The environment of the project file."}),
    (
        ("--format",),
        {"type": click.Choice(FORMATS), "default": "terminal", "help": "How it is written."},
    ),
    (
        ("-o", "--output"),
        {"type": click.Path(), "metavar": "FILE", "help": "Write the document to a file."},
    ),
    (("--no-color",), {"is_flag": True, "help": "No colours (also: NO_COLOR)."}),
    (("-q", "--quiet"), {"is_flag": True, "help": "Nothing but the document and errors."}),
    (("-v", "--verbose"), {"is_flag": True, "help": "More detail; tracebacks for bugs."}),
    (("--no-input",), {"is_flag": True, "help": "Never ask."}),
    (
        ("--ci",),
        {"type": click.Choice(SYSTEMS), "default": "auto", "help": "The CI system to tell."},
    ),
    (
        ("--secrets-dir",),
        {
            "type": click.Path(file_okay=False),
            "metavar": "DIR",
            "help": "A directory with one file per key or secret.",
        },
    ),
)


_NAMES = tuple(max(names, key=len).lstrip("-").replace("-", "_") for names, _ in _SHARED)


def option(*names: str, **attributes: Any) -> Callable[[_F], _F]:
    """Declare an option that an environment variable named after its flag can set too."""
    flag = max(names, key=len).partition("/")[0].lstrip("-")
    attributes.setdefault("envvar", f"PERSONALIZE_SYNC_{flag.replace('-', '_').upper()}")
    return click.option(*names, **attributes)


allow_option = option("--allow", multiple=True, metavar="RULE=ADDRESS", help="Override one guard.")
parallelism_option = option(
    "--parallelism",
    type=click.IntRange(1, 16),
    default=4,
    show_default=True,
    help="Independent requests at once.",
)


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
    ci: str
    secrets_dir: Path | None = None

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
        import shutil  # noqa: PLC0415 - not for --help

        from personalize_sync.rendering import Look  # noqa: PLC0415

        encoding = (sys.stdout.encoding or "").lower()
        return Look(
            width=shutil.get_terminal_size((100, 24)).columns,
            color=self.color and self.output is None,
            ascii="utf" not in encoding,
            verbose=self.verbose,
            prefix=_prefix(root) if root else "",
            **{"tool_version": __version__, **more},
        )


def speaking(*formats: str) -> Callable[[_F], _F]:
    """Give a command the shared options, with these formats; it receives them as one `Common`."""

    def decorate(function: _F) -> _F:
        @functools.wraps(function)
        def wrapper(*args: Any, **given: Any) -> Any:
            gathered = _gathered({name: given.pop(name) for name in _NAMES})
            if gathered.format not in formats:
                known = ", ".join(formats)
                raise click.UsageError(f"there is no format {gathered.format} here; known: {known}")
            try:
                return function(gathered, *args, **given)
            except InvalidInput:
                raise  # its problems were the document
            except SyncError as error:
                from personalize_sync.cli.pipeline import tell_refusal  # noqa: PLC0415 - rarely

                tell_refusal(error, gathered)
                raise

        for names, attributes in reversed(_SHARED):
            special: dict[str, Any] = {}
            if "--format" in names:
                special = {"type": click.Choice(formats), "default": formats[0]}
            wrapper = option(*names, **{**attributes, **special})(wrapper)
        return wrapper  # type: ignore[return-value]

    return decorate


common = speaking(*FORMATS)


def before_the_command(function: _F) -> _F:
    """Give the group the shared options; they count unless the command states its own."""
    for names, attributes in reversed(_SHARED):
        # Variables are read by the command: here they would pass for what was typed.
        function = click.option(*names, **{**attributes, "default": None})(function)
    return function


def _gathered(given: dict[str, Any]) -> Common:
    from pathlib import Path  # noqa: PLC0415 - not for --help

    context = click.get_current_context()
    typed = ParameterSource.COMMANDLINE
    given |= {
        name: value
        for name, value in (context.find_root().obj or {}).items()
        if value and context.get_parameter_source(name) is not typed
    }
    plain = given["no_color"] or "NO_COLOR" in os.environ or not sys.stdout.isatty()
    return Common(
        chdir=Path(given["chdir"]) if given["chdir"] else None,
        env=given["env"] or "",
        format=given["format"],
        output=_writable(given["output"]) if given["output"] else None,
        color=not plain,
        quiet=given["quiet"],
        verbose=given["verbose"],
        ask=not given["no_input"] and sys.stdin.isatty(),
        ci=given["ci"],
        secrets_dir=Path(given["secrets_dir"]) if given["secrets_dir"] else None,
    )


def _writable(name: str) -> Path:
    """Return where the document goes; an apply must not find out afterwards that it cannot."""
    from pathlib import Path  # noqa: PLC0415 - not for --help

    path = Path(name)
    if name in FORMATS and not path.exists():
        # kubectl and others mean a format by it; a file of that name would come as a surprise.
        raise UsageError(
            f'-o names a file, and "{name}" is a format',
            f"Write --format {name}; or -o ./{name} for a file of that name.",
        )
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a folder", "Name a file in it.")
    if not path.parent.is_dir():
        raise UsageError(f"cannot write {path}: there is no folder {path.parent}", "Make it first.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"cannot write {path}: permission denied")
    return path


def _prefix(root: Path) -> str:
    """Return what makes a root-relative path clickable from the working directory."""
    from pathlib import Path  # noqa: PLC0415 - not for --help

    relative = os.path.relpath(root, Path.cwd())
    return "" if relative == "." else Path(relative).as_posix() + "/"
