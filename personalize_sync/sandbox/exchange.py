"""What goes in and out of the simulated tenant, whichever door is used."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Document: TypeAlias = dict[str, Any]
Headers: TypeAlias = tuple[tuple[str, str], ...]

JSON_TYPE: Headers = (("Content-Type", "application/json;charset=UTF-8"),)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, free of the door it came through."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""
    origin: str = "https://sandbox.invalid"  # scheme and host that the caller used


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection ends before any byte of the answer."""

    abruptly: bool = False  # a reset instead of an orderly end


@dataclass(frozen=True, slots=True)
class Partial:
    """Only the first bytes of the body arrive."""

    share: float = 0.5
    framing: Literal["length", "chunked", "close"] = "length"


@dataclass(frozen=True, slots=True)
class Drip:
    """The body arrives one byte at a time."""

    pause: float = 0.05


Delivery: TypeAlias = Cut | Partial | Drip | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, and how it travels; `delivery` None means: as it should."""

    status: int
    body: bytes = b""
    headers: Headers = JSON_TYPE
    delivery: Delivery = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request that arrived; `status` is 0 when no answer left the tenant."""

    method: str
    path: str
    query: Mapping[str, str]
    feature: str | None
    client_id: str | None
    status: int
    body: object


def with_date(answer: Answer, now: datetime) -> Headers:
    """Give the headers with a Date by the tenant's clock, which a test may have set."""
    if any(name.lower() == "date" for name, _ in answer.headers):
        return answer.headers
    return (("Date", format_datetime(now.astimezone(UTC), usegmt=True)), *answer.headers)


def json_answer(status: int, document: object) -> Answer:
    """Wrap a document."""
    return Answer(status, json.dumps(document, ensure_ascii=False).encode())
