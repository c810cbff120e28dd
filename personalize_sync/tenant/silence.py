"""How long a tenant has been silent, over all requests of a run.

Each request has its own deadline and its own retries. A tenant that is down would use up all of
them for one request after the other; so once it has given no useful answer for as long as one
request may keep trying, nothing more is asked of it.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from personalize_sync.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable


class Silence:
    """Measures the time without a useful answer; safe to share between threads.

    `longest` is in seconds, as is what `clock` tells. Where the tenant asked for a pause, it may be
    silent for that long besides.
    """

    def __init__(self, longest: float, clock: Callable[[], float]) -> None:
        self._longest = longest
        self._clock = clock
        self._heard = clock()
        self._since: float | None = None
        self._asked = 0.0
        self._lock = Lock()

    def begin(self) -> float:
        """Return when an attempt begins; raises UnreachableError once nothing more is to be sent."""
        now = self._clock()
        if self._left(now) <= 0:
            raise UnreachableError(
                f"the tenant has given no useful answer for {self._longest:.0f} seconds",
                "Nothing more was asked of it; try again later.",
            )
        return now

    @property
    def left(self) -> float:
        """How many seconds an attempt that begins now may take."""
        return max(0.0, self._left(self._clock()))

    def _left(self, now: float) -> float:
        since = self._since
        return self._longest if since is None else since + self._longest + self._asked - now

    def broken(self) -> None:
        """Note a useful answer."""
        with self._lock:
            self._heard, self._since, self._asked = self._clock(), None, 0.0

    def lasts(self, begun: float, asked: float = 0.0) -> None:
        """Note that an attempt that began then brought none, or only the wish for a pause."""
        with self._lock:
            self._asked = max(self._asked, asked)
            if self._since is None:
                self._since = max(begun, self._heard)
