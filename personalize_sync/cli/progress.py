"""Progress on stderr, only where a person is looking."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from personalize_sync.cli.options import Common


@contextmanager
def waiting(common: Common, text: str) -> Iterator[None]:
    """Show that something of unknown length is under way."""
    if not _watched(common):
        yield
        return
    from rich.console import Console  # noqa: PLC0415 - only for a person

    with Console(stderr=True).status(text):
        yield


@contextmanager
def counting(common: Common, text: str, total: int) -> Iterator[Callable[[], None]]:
    """Show how many of a known number of steps are done; call the result after each."""
    if not _watched(common):
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - only for a person
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(text, total=total)
        yield lambda: progress.advance(task)


def _watched(common: Common) -> bool:
    return sys.stderr.isatty() and not common.quiet
