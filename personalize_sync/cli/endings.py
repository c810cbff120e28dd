"""Every way a command can end, and its exit code. Nobody sees a traceback without -v."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import click

from personalize_sync.cli import cli
from personalize_sync.cli.interrupts import outcome
from personalize_sync.errors import InvalidInput, SyncError

if TYPE_CHECKING:
    from types import FrameType

_USAGE = 64
_INTERRUPTED = 130
_SIGNALS = {signal.SIGINT: ("Interrupted", _INTERRUPTED), signal.SIGTERM: ("Terminated", 143)}
_SHOW_CURSOR = "\x1b[?25h"


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and return the exit code of the process."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # nohup and background jobs of a shell mean it
            signal.signal(number, _stop)
    try:
        return _run(arguments)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(arguments: list[str] | None) -> int:
    try:
        result = cli.main(args=arguments, prog_name="personalize-sync", standalone_mode=False)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    except BaseException as error:  # noqa: BLE001 - the last boundary
        return _end(error)
    return result if isinstance(result, int) else 0


def _end(error: BaseException) -> int:
    """Say why a command could not finish, and return its exit code."""
    match error:
        case click.UsageError():
            _usage(error)
            return _USAGE
        case click.ClickException():
            click.echo(f"error: {error.format_message()}", err=True)
        case KeyboardInterrupt() | click.Abort():
            click.echo("Interrupted. Nothing was written.", err=True)
            return _INTERRUPTED
        case InvalidInput():
            return error.exit_code  # its problems were the document
        case SyncError():
            _refusal(error)
            return error.exit_code
        case BrokenPipeError():
            # The reader of our output went away; there is nobody left to tell.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        case OSError(errno=int()):
            _not_ours(error)
        case _:
            _unexpected(error)
    return 1


def _usage(error: click.UsageError) -> None:
    if type(error).__name__ == "NoArgsIsHelpError":  # click 8.2 and later
        click.echo(error.format_message(), err=True)
        return
    if error.ctx is not None:
        click.echo(error.ctx.get_usage(), err=True)
    click.echo(f"error: {error.format_message()}", err=True)


def _refusal(error: SyncError) -> None:
    from personalize_sync.rendering import plain  # noqa: PLC0415 - foreign text passes the gate

    first, *others = error.sentences
    click.echo(f"error: {plain(first)}", err=True)
    for line in others:
        click.echo(f"  {plain(line)}", err=True)


def _not_ours(error: OSError) -> None:
    from personalize_sync.rendering import plain  # noqa: PLC0415 - names of files pass the gate

    # Without a name it is a stream: the document was to go where there is no room for it.
    where = f"{error.filename}: " if error.filename else "the output cannot be written: "
    click.echo(f"error: {plain(where + str(error.strerror))}", err=True)


def _unexpected(error: BaseException) -> None:
    click.echo(
        f"error: unexpected {type(error).__name__}; this is a bug, please report it.", err=True
    )
    if "-v" in sys.argv or "--verbose" in sys.argv:
        import traceback  # noqa: PLC0415 - only for a bug

        # Frames without their locals and the message: both may hold what must not be shown.
        click.echo("".join(traceback.format_tb(error.__traceback__)), err=True)
    else:
        click.echo("  Run again with -v to see where.", err=True)


def _stop(number: int, _frame: FrameType | None) -> None:
    """End at once: raising would wait for the answers of all requests under way.

    Nothing is being written now. Apply minds signals itself while it writes.
    """
    word, code = _SIGNALS[signal.Signals(number)]
    # A progress display may have hidden the cursor.
    cursor = _SHOW_CURSOR if sys.stderr.isatty() else ""
    os.write(sys.stderr.fileno(), f"{cursor}{word}. {outcome()}\n".encode())
    os._exit(code)
