"""When a request may be sent again: by method, and by what is certain of its outcome.

A read may always be repeated. A write only if it surely did not happen: the connection was never
made, or the server said 429. Everything else about a write is an unknown outcome, which only a look
at the tenant can settle.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_any
from tenacity.stop import stop_after_attempt, stop_after_delay

from personalize_sync.errors import SyncError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_T = TypeVar("_T")
RETRY_AFTER_CAP = 120.0
"""Seconds; a server that asks for more is not believed."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to keep trying: attempts, seconds in all, and the jittered back-off's bounds.

    A tenant that refuses every fifth request must not fail one in a thousand for good: a run makes
    thousands. Ten attempts wait some 25 seconds in all.
    """

    attempts: int = 10
    seconds: float = 90.0
    first_wait: float = 0.25
    longest_wait: float = 10.0
    # Found when it is called: who hurries time.sleep for a test hurries this, too.
    sleep: Callable[[float], None] = lambda seconds: time.sleep(seconds)  # noqa: PLW0108
    clock: Callable[[], float] = time.monotonic
    # Jitter, not cryptography.
    random: random.Random = field(default_factory=random.Random)


class Quota:
    """How many retries a run may still make; each request that ends well gives one back.

    A tenant in trouble must not be asked ten times over for each of a thousand objects.
    """

    def __init__(self, most: int = 100) -> None:
        self._most = self._left = most
        self._lock = Lock()

    def spend(self) -> bool:
        """Take one retry, if there is one left."""
        with self._lock:
            if not self._left:
                return False
            self._left -= 1
            return True

    def refund(self) -> None:
        """Give one back."""
        with self._lock:
            self._left = min(self._most, self._left + 1)


class Again(Exception):  # noqa: N818 - a signal between this module and the client
    """The request surely did not happen, or may be repeated; `final` is raised when trying ends."""

    def __init__(self, final: SyncError, retry_after: float | None = None) -> None:
        super().__init__(final.message)
        self.final = final
        self.retry_after = retry_after


def persist(attempt: Callable[[], _T], patience: Patience, quota: Quota) -> _T:
    """Call until it succeeds, or patience or quota end.

    Waits as the server asked, else with full jitter.
    """

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Again) and error.retry_after is not None:
            return error.retry_after
        ceiling = patience.first_wait * 2.0 ** (state.attempt_number - 1)
        return patience.random.uniform(0, min(patience.longest_wait, ceiling))

    enough = stop_any(stop_after_attempt(patience.attempts), stop_after_delay(patience.seconds))
    retrying = Retrying(
        retry=retry_if_exception_type(Again),
        wait=wait,
        stop=lambda state: enough(state) or not quota.spend(),
        reraise=True,
        sleep=patience.sleep,
    )
    try:
        result = retrying(attempt)
    except Again as again:
        raise again.final from None
    quota.refund()
    return result


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a server asks to wait (RFC 9110, section 10.2.3), clamped; None if unreadable.

    A date is read against the answer's own Date header, never the local clock.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), RETRY_AFTER_CAP)
    try:
        until = parsedate_to_datetime(text)
        now = parsedate_to_datetime(headers.get("date", ""))
        return min(max((until - now).total_seconds(), 0.0), RETRY_AFTER_CAP)
    except (ValueError, TypeError, OverflowError):
        return None
