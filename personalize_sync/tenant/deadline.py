"""A total deadline for work that only knows deadlines for each of its steps.

An HTTP client's read timeout starts anew with every byte, so a server that drips one byte at a time
keeps it for ever. The work runs in a thread of its own, which is left behind when time is up; being
a daemon, it never keeps the process alive.
"""

from __future__ import annotations

from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


def within(seconds: float, work: Callable[[], _T]) -> _T:
    """Return what the work returns, or raise what it raises; TimeoutError when time is up."""
    ended: SimpleQueue[Future[_T]] = SimpleQueue()

    def run() -> None:
        future: Future[_T] = Future()
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again where it belongs
            future.set_exception(error)
        ended.put(future)

    Thread(target=run, name="request", daemon=True).start()
    try:
        return ended.get(timeout=seconds).result()
    except Empty:
        raise TimeoutError from None
