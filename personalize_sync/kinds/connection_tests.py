"""Tests of connections: whether the outside system answers when the tenant calls it.

API reference: test-a-connection. The report tells of the tenant's own request, headers included, so
nothing of it is shown but a status and a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalize_sync.kinds.connection import SECRET_FIELDS
from personalize_sync.kinds.kind import first_object, without

if TYPE_CHECKING:
    from personalize_sync.resources import Document

_ANSWERED = range(200, 300)


@dataclass(frozen=True, slots=True)
class Called:
    """What came of one call: the outside system's status, milliseconds, and what is wrong."""

    status: int | None = None
    milliseconds: float | None = None
    complaint: str = ""

    def __str__(self) -> str:
        took = f" in {self.milliseconds:g} ms" if self.milliseconds is not None else ""
        return self.complaint or f"answered {self.status}{took}"


def request_body(record: Document) -> Document:
    """Return the body that tests a connection: what a GET gave, without a mask for its secret."""
    auth = without(first_object(record.get("auth")), SECRET_FIELDS)
    return {"connection": {**record, "auth": auth} if "auth" in record else record}


def judge(answer: Document) -> Called:
    """Return what the tenant's report says of the call."""
    status = _number(answer.get("statusCode"))
    took = _number(answer.get("executionTimeInMilliseconds"))
    if status is None:
        return Called(None, took, "the tenant's report names no status")
    if int(status) not in _ANSWERED:
        return Called(int(status), took, f"the outside system answered {int(status)}")
    return Called(int(status), took)


def _number(value: object) -> float | None:
    """Return a number, whether or not it came as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 1e9 else None  # noqa: PLR2004 - neither a status nor a time
