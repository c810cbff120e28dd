"""Signals while files are written: they wait, so that several files change together or not at all."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


_completed: list[bool] = []


def outcome() -> str:
    """Return what a command that ends at once has to say of the files that it was to write."""
    return "All files were written." if _completed else "Nothing was written."


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let no signal come between the few moves that make files appear; the first acts afterwards."""
    received: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # nohup means it
            signal.signal(number, lambda number, _frame: received.append(number))
    try:
        yield
        _completed.append(True)
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if received:
            signal.raise_signal(received[0])
