"""A client of a simulated tenant, and things that answer in a tenant's place."""

from __future__ import annotations

import json
import random
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx

from personalize_sync.project import FEATURES, Environment
from personalize_sync.tenant.client import Connection, Reader, Writer
from personalize_sync.tenant.keyring import Keyring
from personalize_sync.tenant.retrying import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Self

    from personalize_sync.kinds.questions import Question

BASE = "http://127.0.0.1:9"
TOKEN_PATH = "/oauth/token"
TEMPLATES = "/v3/templates"
SECRET = "s3cret-of-the-key/+="


def environment(*features: str, **settings: Any) -> Environment:
    """An environment that declares these features (all of them by default)."""
    keys: Mapping[str, tuple[str, ...] | None] = dict.fromkeys(features or FEATURES)
    return Environment(
        "test", base_url=BASE, token_url=BASE + TOKEN_PATH, **{"keys": keys, **settings}
    )


def credentials(*features: str, secret: str | None = None) -> dict[str, str]:
    """The variables of the sandbox's own keys, or of keys with another secret."""
    found = {}
    for feature in features or FEATURES:
        prefix = f"PERSONALIZE_SYNC_TEST_{feature.replace('-', '_').upper()}"
        found[prefix + "_CLIENT_ID"] = f"sandbox-{feature}"
        found[prefix + "_CLIENT_SECRET"] = secret or f"sandbox-{feature}-secret"
    return found


def keyring(*features: str, secret: str | None = None) -> Keyring:
    """The keys of that environment."""
    return Keyring(environment(*features), credentials(*features, secret=secret))


@dataclass
class Waits:
    """Remembers how long it was asked to sleep, and does not."""

    asked: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)


def connection(
    transport: httpx.BaseTransport | None,
    *,
    base: str = BASE,
    sleep: Callable[[float], None] | None = None,
    deadline: float = 60.0,
    attempts: int = 10,
    clock: Callable[[], float] = time.monotonic,
) -> Connection:
    """A way to a tenant on which nobody waits."""
    patience = Patience(
        attempts=attempts, sleep=sleep or Waits(), clock=clock, random=random.Random(1)
    )
    return Connection(
        base,
        base + TOKEN_PATH,
        transport=transport,
        patience=patience,
        deadline=deadline,
    )


def reader(
    transport: httpx.BaseTransport | None,
    *,
    secret: str | None = None,
    questions: Iterable[Question] = (),
    **way: Any,
) -> Reader:
    """A client that only reads, and asks these questions."""
    return Reader(connection(transport, **way), keyring(secret=secret), questions=questions)


def writer(transport: httpx.BaseTransport | None, **way: Any) -> Writer:
    """A client that writes, too."""
    return Writer(connection(transport, **way), keyring())


@dataclass
class Pretender(httpx.BaseTransport):
    """Gives out tokens, and one fixed answer to everything else (or to token requests, too)."""

    body: bytes = b"{}"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    token: bytes = b'{"access_token": "bearer-of-the-test", "expires_in": 900}'
    token_status: int = 200
    requests: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer and remember."""
        request.read()
        self.requests.append(request)
        if request.url.path == TOKEN_PATH:
            return httpx.Response(self.token_status, content=self.token)
        headers = [(n.encode(), v.encode()) for n, v in self.headers]
        return httpx.Response(self.status, headers=headers, content=self.body)

    @property
    def seen(self) -> list[str]:
        """Method and path of what came, token requests left out."""
        return [f"{r.method} {r.url.path}" for r in self.requests if r.url.path != TOKEN_PATH]


class Wire:
    """Says prepared bytes on a real socket, one answer per connection, and records what it heard.

    `script` gets a connected socket once the request's head has come.
    """

    def __init__(self, script: Callable[[socket.socket], None]) -> None:
        self.heard: list[bytes] = []
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            with caller, suppress(OSError):
                self._answer(caller)

    def _answer(self, caller: socket.socket) -> None:
        heard = b""
        while b"\r\n\r\n" not in heard:
            piece = caller.recv(65536)
            if not piece:
                return
            heard += piece
        self.heard.append(heard)
        if heard.startswith(b"POST " + TOKEN_PATH.encode()):
            caller.sendall(ok(b'{"access_token": "bearer-of-the-test", "expires_in": 900}'))
            return
        self._script(caller)


def ok(body: bytes, *headers: str, length: int | None = None) -> bytes:
    """The bytes of a 200 that closes its connection."""
    size = len(body) if length is None else length
    head = ["HTTP/1.1 200 OK", "Connection: close", f"Content-Length: {size}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def page(*items: object) -> bytes:
    """The body of a list answer."""
    return json.dumps({"items": items}).encode()
