"""What can go wrong on the way to a tenant, planned request by request.

A `Fault` waits for the n-th request that matches its method and path, then does its effect.
It counts how often it really did (`fired`), so that a test can prove that it tested something.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import format_datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, TypeAlias

from personalize_sync.sandbox.exchange import (
    JSON_TYPE,
    Answer,
    Cut,
    Document,
    Drip,
    Headers,
    Partial,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from personalize_sync.sandbox.exchange import Request


@dataclass(frozen=True, slots=True)
class Status:
    """Another status than the tenant would give; `applied`: after the write took place.

    `retry_after` is sent as it is written, however hostile; `retry_in` becomes an HTTP date so
    many seconds after the sandbox's clock.
    """

    code: int
    retry_after: str | int | None = None
    retry_in: int | None = None
    headers: Headers = ()
    body: Literal["json", "empty", "html"] = "json"
    applied: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset before the tenant has read the request."""


@dataclass(frozen=True, slots=True)
class LostAnswer:
    """The request is carried out, then the connection ends without an answer."""


@dataclass(frozen=True, slots=True)
class Truncated:
    """The request is carried out, but only the beginning of the answer's body arrives."""

    share: float = 0.5
    framing: Literal["length", "chunked", "close"] = "length"


@dataclass(frozen=True, slots=True)
class Slow:
    """The request is carried out, then the body arrives byte by byte, `pause` seconds apart."""

    pause: float = 0.05


@dataclass(frozen=True, slots=True)
class DuplicateKeys:
    """The answer repeats one of its JSON keys with an empty value (`items` in lists)."""


@dataclass(frozen=True, slots=True)
class Instead:
    """Something else answers in the tenant's place, such as a proxy; nothing is carried out."""

    body: bytes = b"<html><body>Please sign in</body></html>"
    status: int = 200
    headers: Headers = (("Content-Type", "text/html"),)


@dataclass(frozen=True, slots=True)
class Redirect:
    """The answer sends the client to another host."""

    to: str = "https://elsewhere.invalid"
    code: int = 307


@dataclass(frozen=True, slots=True)
class PageShift:
    """A later page of a list starts elsewhere: +1 skips an object, -1 repeats one."""

    by: int = 1


@dataclass(frozen=True, slots=True)
class ShortList:
    """A list holds only its first objects."""

    keep: int = 0


@dataclass(frozen=True, slots=True)
class ConcurrentEdit:
    """A person edits an object in the UI just before the request is carried out."""

    address: str
    changes: Mapping[str, object]
    author: str = "Maria"


@dataclass(frozen=True, slots=True)
class LateCommit:
    """No answer comes; the request is carried out only when `requests` others have come."""

    requests: int = 2
    code: int | None = None  # a status instead of a cut connection, such as 504


Effect: TypeAlias = (
    Status
    | Reset
    | LostAnswer
    | Truncated
    | Slow
    | DuplicateKeys
    | Instead
    | Redirect
    | PageShift
    | ShortList
    | ConcurrentEdit
    | LateCommit
)


@dataclass(slots=True, eq=False)
class Fault:
    """One effect, for the `nth` matching request and the `times - 1` after it (0: all after it).

    `method` and `path` are shell patterns, `path` without the query; token requests match, too.
    """

    effect: Effect
    method: str = "*"
    path: str = "*"
    nth: int = 1
    times: int = 1
    fired: int = field(default=0, init=False)
    matched: int = field(default=0, init=False)

    def is_due(self, request: Request) -> bool:
        """Count a request if it matches, and tell whether the effect is due for it."""
        if not fnmatchcase(request.method, self.method) or not fnmatchcase(request.path, self.path):
            return False
        if isinstance(self.effect, PageShift) and request.query.get("offset", "0") == "0":
            return False  # the first page cannot shift
        self.matched += 1
        return self.matched >= self.nth and (
            self.times == 0 or self.matched < self.nth + self.times
        )


class FaultPlan:
    """The faults of a sandbox; a request meets all that are due for it, in this order."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults = list(faults)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def add(self, fault: Fault) -> Fault:
        """Plan one more fault, and give it back for its counter."""
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Plan nothing any more."""
        self._faults.clear()

    @property
    def unfired(self) -> tuple[Fault, ...]:
        """The faults that never happened: a test that ends with one has proved nothing."""
        return tuple(fault for fault in self._faults if not fault.fired)

    def due(self, request: Request) -> list[Fault]:
        """Find the faults that a request meets."""
        return [fault for fault in self._faults if fault.is_due(request)]


def answer_in_place(effect: Effect, request: Request, now: datetime) -> Answer | None:
    """Give what is answered while the tenant does nothing; None: the tenant acts."""
    match effect:
        case Status(applied=False):
            return status_answer(effect, now)
        case Reset():
            return Answer(0, delivery=Cut(abruptly=True))
        case Instead():
            return Answer(effect.status, effect.body, effect.headers)
        case Redirect():
            return Answer(effect.code, b"", (("Location", f"{effect.to}{request.path}"),))
        case LateCommit(code=None):
            return Answer(0, delivery=Cut())
        case LateCommit(code=int() as code):
            return status_answer(Status(code), now)
        case _:
            return None


def spoiled(effect: Effect, answer: Answer, now: datetime) -> Answer:
    """Give what becomes of the tenant's answer after the request was carried out."""
    match effect:
        case Status(applied=True):
            return status_answer(effect, now)
        case LostAnswer():
            return replace(answer, delivery=Cut())
        case Truncated():
            return replace(answer, delivery=Partial(effect.share, effect.framing))
        case Slow():
            return replace(answer, delivery=Drip(effect.pause))
        case DuplicateKeys():
            return replace(answer, body=_with_duplicate_key(answer.body))
        case ShortList():
            return replace(answer, body=_cut_list(answer.body, effect.keep))
        case _:
            return answer


def status_answer(effect: Status, now: datetime) -> Answer:
    """Write the answer of a `Status`."""
    headers = list(effect.headers)
    if effect.retry_after is not None:
        headers.append(("Retry-After", str(effect.retry_after)))
    if effect.retry_in is not None:
        moment = now + timedelta(seconds=effect.retry_in)
        headers.append(("Retry-After", format_datetime(moment, usegmt=True)))
    body, content_type = _status_body(effect)
    return Answer(effect.code, body, (*content_type, *headers))


def _status_body(effect: Status) -> tuple[bytes, Headers]:
    match effect.body:
        case "empty":
            return b"", ()
        case "html":
            page = f"<html><body><h1>{effect.code}</h1></body></html>"
            return page.encode(), (("Content-Type", "text/html"),)
        case "json":
            document = {"status": effect.code, "code": effect.code, "message": "planned fault"}
            return json.dumps(document).encode(), JSON_TYPE


def _with_duplicate_key(body: bytes) -> bytes:
    document = _object(body)
    if not document:
        return body
    key = "items" if "items" in document else next(iter(document))
    empty = "[]" if key == "items" else "null"
    return re.sub(rb"\}\s*$", b"," + json.dumps(key).encode() + f":{empty}}}".encode(), body)


def _cut_list(body: bytes, keep: int) -> bytes:
    document = _object(body)
    if not isinstance(document.get("items"), list):
        return body
    document["items"] = document["items"][:keep]
    return json.dumps(document, ensure_ascii=False).encode()


def _object(body: bytes) -> Document:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
