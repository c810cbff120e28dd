"""Requests to one tenant: signed, fenced, bounded, and read strictly.

`Reader` can only read: its HTTP client refuses every request but GET, the token POST, and the
questions (POSTs that change nothing) that it was opened for. `Writer` adds POST and PUT. Redirects
are never followed, so a token never leaves for another host.
"""

from __future__ import annotations

import json
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from personalize_sync.errors import (
    CredentialError,
    SyncError,
    TenantError,
    UnknownOutcomeError,
    UnreachableError,
)
from personalize_sync.kinds import BY_NAME, KINDS
from personalize_sync.kinds.kind import first_object
from personalize_sync.resources import Secret
from personalize_sync.tenant import firewall
from personalize_sync.tenant.answers import read_object
from personalize_sync.tenant.deadline import within
from personalize_sync.tenant.limiter import Limiter
from personalize_sync.tenant.refusals import key_refused, refusal
from personalize_sync.tenant.retrying import Again, Patience, Quota, persist, retry_after
from personalize_sync.tenant.silence import Silence
from personalize_sync.tenant.tokens import Token, Tokens, token_from
from personalize_sync.tenant.transfer import NEVER_SENT, TooLargeError, transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalize_sync.kinds.questions import Question
    from personalize_sync.resources import Document
    from personalize_sync.tenant.keyring import Keyring

# The server may have acted on a write before one of these.
_UNCERTAIN_STATUS = frozenset({500, 502, 503, 504})
_BUSY = frozenset({429, 503})
# Marks a request that may be sent again when nobody knows what became of it.
_REPEATABLE = "repeatable"


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a tenant answers, and how long to wait for it (seconds, in all, per request).

    `parallelism` is how many requests may be under way at once. `patience` bounds, beside the
    retries of one request, how long the tenant may be silent.
    """

    base_url: str
    token_url: str
    deadline: float = 60.0
    parallelism: int = 4
    patience: Patience = field(default_factory=Patience)
    transport: httpx.BaseTransport | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    raw: bytes


class Reader:
    """Reads one tenant. Safe to share between threads; close it when done."""

    methods: frozenset[str] = frozenset({"GET"})

    def __init__(
        self, connection: Connection, keyring: Keyring, *, questions: Iterable[Question] = ()
    ) -> None:
        self._connection = connection
        self._questions = {question.path: question for question in questions}
        self._keyring = keyring
        self._tokens = Tokens(self._request_token)
        self._limiter = Limiter(connection.parallelism)
        self._quota = Quota()
        self._silence = Silence(connection.patience.seconds, connection.patience.clock)
        self._http = httpx.Client(
            transport=connection.transport,
            follow_redirects=False,
            verify=_trust(connection),
            timeout=httpx.Timeout(min(30.0, connection.deadline), connect=10.0),
            limits=httpx.Limits(max_connections=16),
            # Compression would hide truncation: a cut gzip trailer goes unnoticed.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            event_hooks={"request": [self._fence]},
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, feature: str, path: str, **query: str | int) -> Document | None:
        """Return the object or page at a path, None for 404."""
        return self._call(feature, "GET", path, query=query)

    def ask(self, feature: str, question: Question, body: Document) -> Document:
        """Return the answer to a question; raises CredentialError if not opened for it."""
        return self._call(feature, "POST", question.path, body=body) or {}

    def scopes(self, feature: str) -> tuple[str, ...]:
        """Return the scopes a feature's token was granted, asking for a token if there is none."""
        return self._tokens.get(feature).scopes

    def _fence(self, request: httpx.Request) -> None:
        is_token = request.method == "POST" and str(request.url) == self._connection.token_url
        is_question = request.method == "POST" and any(
            request.url == httpx.URL(self._url(path)) for path in self._questions
        )
        if not (is_token or is_question) and request.method not in self.methods:
            raise CredentialError(f"refused to send {request.method}: this command only reads")

    def _is_repeatable(self, method: str, path: str) -> bool:
        question = self._questions.get(path) if method == "POST" else None
        return question.repeatable if question else method == "GET"

    def _is_secretive(self, path: str, body: Document | None) -> bool:
        question = self._questions.get(path)
        if question and BY_NAME[question.kind].sensitive:
            return True  # it carries what a GET gave, and only our own bodies have a known form
        return _carries_secrets(path, body)

    def _url(self, path: str) -> str:
        return self._connection.base_url.rstrip("/") + path

    def _call(
        self,
        feature: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Document | None = None,
    ) -> Document | None:
        firewall.check(feature, method, path, self._questions.values())
        origin = f"{method} {path}"
        token = self._tokens.get(feature)

        def send(with_token: Token) -> tuple[_Answer, bool]:
            nonlocal token
            token = with_token
            answer = self._send(method, path, token=token, query=query, body=body)
            return answer, answer.status == httpx.codes.UNAUTHORIZED

        def attempt() -> _Answer:
            answer, is_refused = send(token)
            if not is_refused:
                self._tokens.was_accepted(feature, token)
                return answer
            if self._tokens.is_useless(feature, token):
                return answer
            # It was not processed, so even a write may be sent again.
            return self._tokens.after_refusal(feature, token, send)

        answer = persist(attempt, self._connection.patience, self._quota)
        if answer.status == httpx.codes.NOT_FOUND and method == "GET":
            return None
        if not httpx.codes.is_success(answer.status):
            raise refusal(
                answer.status,
                answer.raw,
                origin=origin,
                feature=feature,
                token=token,
                secretive=self._is_secretive(path, body),
            )
        try:
            return read_object(answer.raw, origin)
        except TenantError as error:
            if self._is_repeatable(method, path):
                raise
            raise UnknownOutcomeError(error.message, error.hint) from None

    def _send(
        self,
        method: str,
        path: str,
        *,
        token: Token,
        query: Mapping[str, str | int] | None,
        body: Document | None,
    ) -> _Answer:
        headers = {"Authorization": f"Bearer {token.bearer.reveal()}"}
        content = None
        if body is not None:
            content = json.dumps(body, ensure_ascii=False, default=_reveal).encode()
            headers["Content-Type"] = "application/json"
        request = self._http.build_request(
            method,
            self._url(path),
            params=dict(query) if query else None,
            headers=headers,
            content=content,
            extensions={_REPEATABLE: self._is_repeatable(method, path)},
        )
        answer = self._exchange(request)
        if answer.status == httpx.codes.TOO_MANY_REQUESTS:
            busy = TenantError(
                f"{method} {path}: the tenant asks to slow down (429) and keeps asking"
            )
            raise Again(busy, retry_after(answer.headers))
        if answer.status in _UNCERTAIN_STATUS:
            failed = f"{method} {path}: the tenant answered {answer.status}"
            if not self._is_repeatable(method, path):
                raise UnknownOutcomeError(failed, "It may or may not have been carried out.")
            hint = "Its servers are in trouble; try again later."
            raise Again(TenantError(failed, hint), retry_after(answer.headers))
        return answer

    def _exchange(self, request: httpx.Request) -> _Answer:
        """Send one request and read its whole answer within the deadline and the size cap."""
        where = f"{request.method} {request.url.netloc.decode()}{request.url.path}"
        try:
            with self._limiter.turn() as complain:
                answer = self._awaited(request)
                if answer.status in _BUSY:
                    complain()
        except TooLargeError:
            raise _uncertain(request, TenantError(f"{where}: the answer is too large")) from None
        except TimeoutError:
            slow = httpx.ReadTimeout("the deadline has passed")
            raise _uncertain(request, _unreachable(where, slow)) from None
        except NEVER_SENT as error:
            raise Again(_unreachable(where, error)) from None
        except httpx.HTTPError as error:
            raise _uncertain(request, _unreachable(where, error)) from None
        if httpx.codes.is_redirect(answer.status):
            raise TenantError(
                f"{where} answered with a redirect, which is never followed",
                "Check the region or baseUrl.",
            )
        return answer

    def _awaited(self, request: httpx.Request) -> _Answer:
        begun = self._silence.begin()
        seconds = min(self._connection.deadline, self._silence.left)
        try:
            response, raw = within(seconds, lambda: transfer(self._http, request))
        except (TimeoutError, httpx.HTTPError):
            self._silence.lasts(begun)
            raise
        if response.status_code in _UNCERTAIN_STATUS | _BUSY:
            self._silence.lasts(begun, retry_after(response.headers) or 0.0)
        else:
            self._silence.broken()
        return _Answer(response.status_code, response.headers, raw)

    def _request_token(self, feature: str) -> Token:
        key = self._keyring.key(feature)
        request = self._http.build_request(
            "POST",
            self._connection.token_url,
            data={
                "grant_type": "client_credentials",
                "client_id": key.client_id,
                "client_secret": key.secret.reveal(),
                "audience": "https://api.sitecorecloud.io",
            },
            extensions={_REPEATABLE: True},
        )

        def attempt() -> _Answer:
            answer = self._exchange(request)
            if answer.status in _UNCERTAIN_STATUS | {httpx.codes.TOO_MANY_REQUESTS}:
                busy = TenantError(
                    f"the token endpoint answered {answer.status} and keeps doing so"
                )
                raise Again(busy, retry_after(answer.headers))
            return answer

        now = time.monotonic()
        answer = persist(attempt, self._connection.patience, self._quota)
        # Nothing of a refusal is shown: it may echo what was sent.
        if not httpx.codes.is_success(answer.status):
            variables = " or ".join(self._keyring.variables(feature))
            raise key_refused(
                answer.status, feature, variables, worked=self._tokens.has_given(feature)
            )
        token = token_from(read_object(answer.raw, "the token endpoint"), now)
        if token is None:
            raise TenantError("the token endpoint answered without a token", "Check tokenUrl.")
        return token.without(key.secret)


class Writer(Reader):
    """Reads and writes one tenant."""

    methods = frozenset({"GET", "POST", "PUT"})

    def post(self, feature: str, path: str, body: Document) -> Document:
        """Create an object; raises UnknownOutcomeError where it may or may not exist now."""
        return self._call(feature, "POST", path, body=body) or {}

    def put(self, feature: str, path: str, body: Document) -> Document:
        """Replace an object; raises UnknownOutcomeError where it may or may not have happened."""
        return self._call(feature, "PUT", path, body=body) or {}


def _trust(connection: Connection) -> ssl.SSLContext:
    """Return whom to believe: nobody where TLS has no part, as reading all authorities takes 30 ms."""
    addresses = (connection.base_url, connection.token_url)
    if all(httpx.URL(address).scheme == "http" for address in addresses):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.create_ssl_context()


def _uncertain(request: httpx.Request, error: TenantError) -> SyncError | Again:
    if request.extensions.get(_REPEATABLE):
        return Again(error)
    return UnknownOutcomeError(error.message, "It may or may not have been carried out.")


def _unreachable(where: str, error: httpx.HTTPError) -> UnreachableError:
    match error:
        case httpx.ConnectError() if "certificate" in str(error).lower():
            reason, hint = "its TLS certificate cannot be trusted", "Check baseUrl and proxies."
        case httpx.ConnectError():
            reason, hint = "no connection", "Check the region or baseUrl, network and proxies."
        case httpx.TimeoutException():
            reason, hint = "no answer in time", "Try again later."
        case _:
            reason, hint = "the connection broke", "Try again later."
    return UnreachableError(f"{where}: {reason}", hint)


def _reveal(value: object) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"a {type(value).__name__} cannot be sent")


def _carries_secrets(path: str, body: Document | None) -> bool:
    """Whether a body holds a secret: one of ours, or what the tenant itself keeps in such a place."""
    places = [p for kind in KINDS if path.startswith(kind.collection) for p in kind.sensitive]
    return _holds_secret(body) or any(_value_at(body, place) for place in places)


def _holds_secret(value: object) -> bool:
    match value:
        case Secret():
            return True
        case dict():
            return any(_holds_secret(child) for child in value.values())
        case list():
            return any(_holds_secret(child) for child in value)
    return False


def _value_at(body: object, place: str) -> object:
    for name in place.split("/")[1:]:
        body = first_object(body).get(name)
    return body
