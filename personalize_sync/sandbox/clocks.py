"""Time and identities that a caller can hold in its hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable


def real_clock() -> datetime:
    """Tell the current time in UTC."""
    return datetime.now(UTC)


def random_ids() -> str:
    """Make a new random UUID."""
    return str(uuid4())


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime = datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self.now += timedelta(seconds=seconds)


def numbered_ids() -> Callable[[], str]:
    """Make valid version-4 UUIDs that count up from 1, for runs that must repeat exactly."""
    numbers = count(1)
    return lambda: f"00000000-0000-4000-8000-{next(numbers):012d}"
