"""How many requests may be under way at once: as many as were asked for, fewer while a tenant is busy.

One limiter belongs to one client, so every reader and writer of a run shares its budget. A tenant
that says 429 or 503 gets half as many requests at once, and one more again after each stretch of
answers without complaint (additive increase, multiplicative decrease, as in RFC 5681).
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STRETCH = 8
"""Calm answers, per request allowed at once, before one more is allowed."""


class Limiter:
    """Bounds the requests under way at once; safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._allowed = most
        self._under_way = 0
        self._calm = 0
        self._cuts = 0
        self._change = Condition()

    @property
    def allowed(self) -> int:
        """How many requests may be under way at once just now."""
        return self._allowed

    @contextmanager
    def turn(self) -> Iterator[Callable[[], None]]:
        """Wait for a turn, and hold it; the value is called where the tenant said that it is busy."""
        with self._change:
            self._change.wait_for(lambda: self._under_way < self._allowed)
            self._under_way += 1
            cuts = self._cuts
        busy = False

        def complain() -> None:
            nonlocal busy
            busy = True

        try:
            yield complain
        finally:
            with self._change:
                self._under_way -= 1
                if busy:
                    self._slow_down(cuts)
                else:
                    self._recover()
                self._change.notify_all()

    def _slow_down(self, cuts: int) -> None:
        self._calm = 0
        # Requests that were under way together are answered alike: one burst halves once.
        if cuts == self._cuts:
            self._cuts += 1
            self._allowed = max(1, self._allowed // 2)

    def _recover(self) -> None:
        self._calm += 1
        if self._allowed < self._most and self._calm >= _STRETCH * self._allowed:
            self._calm = 0
            self._allowed += 1
