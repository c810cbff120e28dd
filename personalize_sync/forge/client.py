"""Requests to one forge: one origin, no redirects, one deadline, answers that are JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from personalize_sync.errors import UsageError
from personalize_sync.forge.errors import ForgeError, NotAllowedError
from personalize_sync.manifests.addresses import why_unsafe
from personalize_sync.tenant.deadline import within
from personalize_sync.tenant.retrying import Again, Patience, Quota, persist, retry_after
from personalize_sync.tenant.transfer import NEVER_SENT, TooLargeError, transfer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalize_sync.resources import Secret

_REFUSED = frozenset({403, 404})
_TROUBLE = frozenset({500, 502, 503, 504})
# What to do about an answer that no other try will change.
_REMEDIES = {
    401: "The token is invalid or has expired: hand a valid one to this step.",
    409: "Something else changed it at the same time: run it again.",
    422: "It takes the request for invalid: see whether the pull request is locked or closed there.",
}
_ELSEWHERE = (
    "It leads to another address, where the token is not sent: correct the address of the forge and "
    "the name of the repository in the CI system's variables."
)
_CHECK = "Check the address of the forge and the repository in the CI system's variables."
_PAGE = 100
_MOST_PAGES = 200


@dataclass(frozen=True, slots=True)
class Access:
    """Where a forge answers, and the header that carries its token (`Bearer {}` and the like)."""

    origin: str
    header: str
    form: str
    token: Secret = field(repr=False)
    deadline: float = 60.0
    patience: Patience = field(default_factory=lambda: Patience(attempts=4, seconds=30.0))

    def __post_init__(self) -> None:
        reason = why_unsafe(self.origin)
        if reason:
            raise UsageError(
                f"the address of the forge {reason}", "Check the CI system's variables."
            )


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: its JSON, and whether another page follows."""

    content: Any
    more: bool


class Client:
    """Talks to one forge; paths are relative to its origin."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._quota = Quota()
        self._has_written = False
        self._http = httpx.Client(
            follow_redirects=False,
            timeout=httpx.Timeout(20.0, connect=10.0),
            headers={"User-Agent": "personalize-sync", "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **query: str | int) -> Any:
        """Return what is at a path."""
        return self._call("GET", path, query=query).content

    def pages(self, path: str, **query: str | int) -> Iterator[Any]:
        """Yield the items of every page of a list."""
        for number in range(1, _MOST_PAGES + 1):
            answer = self._call("GET", path, query={**query, "per_page": _PAGE, "page": number})
            if not isinstance(answer.content, list):
                raise ForgeError(f"GET {path}: no list answered")
            yield from answer.content
            if not answer.more:
                return
        raise ForgeError(f"GET {path}: the list does not end")

    def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: str
    ) -> Any:
        """Write something; nothing is sent twice that may have arrived."""
        return self._call(method, path, query=query, body=body).content

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int],
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        where = f"{method} {path}"
        access = self._access
        request = self._http.build_request(
            method,
            access.origin.rstrip("/") + path,
            params=dict(query),
            headers={
                "Accept": "application/json",
                access.header: access.form.format(access.token.reveal()),
            },
            json=dict(body) if body is not None else None,
        )

        def attempt() -> Answer:
            try:
                return within(access.deadline, lambda: self._exchange(request, where))
            except NEVER_SENT:
                raise Again(ForgeError(f"{where}: no connection")) from None
            except (httpx.HTTPError, TimeoutError):
                raise _lost(f"{where}: no answer", method) from None

        try:
            answer = persist(attempt, access.patience, self._quota)
        except ForgeError as error:
            if self._has_written:
                error.wrote = True
                error.details = (*error.details, "What was sent to the forge before it is done.")
            raise
        self._has_written |= method != "GET"
        return answer

    def _exchange(self, request: httpx.Request, where: str) -> Answer:
        try:
            response, raw = transfer(self._http, request)
        except TooLargeError:
            raise ForgeError(f"{where}: the answer is too large") from None
        _refuse(response, request.method, where)
        more = "next" in response.links or bool(response.headers.get("x-next-page"))
        return Answer(_content(raw, where), more)


def _refuse(response: httpx.Response, method: str, where: str) -> None:
    """Raise what an answer means. Its body may echo what we sent, so nothing of it is shown."""
    status = response.status_code
    failed = f"{where}: the forge answered {status}"
    if _is_too_fast(response):
        hint = "It is asked too often: run it again later."
        raise Again(ForgeError(failed, hint), retry_after(response.headers))
    if status in _TROUBLE:
        raise _lost(failed, method, retry_after(response.headers))
    if status in _REFUSED:
        raise NotAllowedError(failed, "The token may not do this.", status=status)
    if response.is_redirect:
        raise ForgeError(failed, _ELSEWHERE)
    if not httpx.codes.is_success(status):
        raise ForgeError(failed, _REMEDIES.get(status, _CHECK))


def _is_too_fast(response: httpx.Response) -> bool:
    """Whether the forge asks to wait, and did nothing; GitHub says it with 403, too."""
    if response.status_code == httpx.codes.FORBIDDEN:
        spent = response.headers.get("x-ratelimit-remaining") == "0"
        return spent or "retry-after" in response.headers
    return response.status_code == httpx.codes.TOO_MANY_REQUESTS


def _lost(what: str, method: str, wait: float | None = None) -> Again | ForgeError:
    """Return what to raise where nobody knows what became of a request; reads are repeated."""
    if method == "GET":
        return Again(ForgeError(what, "Try again later."), wait)
    error = ForgeError(
        what, "It may or may not have been carried out. Run it again: it looks at what is there."
    )
    error.wrote = True
    return error


def _content(raw: bytes, where: str) -> Any:
    if not raw.strip():
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise ForgeError(
            f"{where}: the answer is not JSON", "Perhaps a sign-in page answered instead."
        ) from None
