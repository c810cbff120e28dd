"""Over a real socket: nothing leaves for another host, and nobody keeps us waiting."""

from __future__ import annotations

import gzip
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from tenant.access import TEMPLATES, Wire, ok, page, reader, writer

from personalize_sync.errors import (
    SyncError,
    TenantError,
    UnknownOutcomeError,
    UnreachableError,
)
from personalize_sync.resources import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

_REF = "6f3a0c1e-0000-4000-8000-000000000000"
_LIST = page({"ref": "a", "name": "a" * 200})


def _says(answer: bytes) -> Callable[[socket.socket], None]:
    return lambda caller: caller.sendall(answer)


def _ask(base: str, **way: float) -> SyncError:
    client = reader(None, base=base, attempts=1, **way)  # type: ignore[arg-type]
    with pytest.raises(SyncError) as refused:
        client.get("developer-templates", TEMPLATES)
    client.close()
    return refused.value


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("verb", ["GET", "PUT", "POST"])
def test_a_redirect_sends_nothing_to_the_other_host(verb: str, code: int) -> None:
    """No connection, so no Authorization and no body with a secret; the error says redirect."""
    with Wire(_says(ok(_LIST))) as elsewhere:
        answer = (
            f"HTTP/1.1 {code} Moved\r\nLocation: {elsewhere.base}{TEMPLATES}/{_REF}\r\n"
            "Content-Length: 0\r\nConnection: close\r\n\r\n"
        )
        with Wire(_says(answer.encode())) as tenant:
            client = writer(None, base=tenant.base)
            body = {"name": "a", "auth": {"clientSecret": Secret("hush-hush")}}
            send: dict[str, Callable[[], object]] = {
                "GET": lambda: client.get("connections", "/v2/connections"),
                "PUT": lambda: client.put("connections", f"/v2/connections/{_REF}", body),
                "POST": lambda: client.post("connections", "/v2/connections", body),
            }
            with pytest.raises(TenantError, match="redirect") as refused:
                send[verb]()
            client.close()

    assert elsewhere.heard == []
    assert len(tenant.heard) == 2  # the token and one request
    assert elsewhere.base not in str(refused.value)


def test_a_redirect_of_the_token_endpoint_sends_no_key_elsewhere() -> None:
    """The form with the client secret stays where it was meant to go."""
    with Wire(_says(ok(b"{}"))) as elsewhere:
        answer = f"HTTP/1.1 307 Moved\r\nLocation: {elsewhere.base}/oauth/token\r\nContent-Length: 0\r\n\r\n"
        listener = _Listener(answer.encode())
        with listener:
            error = _ask(listener.base)

    assert "redirect" in error.message
    assert elsewhere.heard == []


class _Listener(Wire):
    """Answers token requests like all others."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(_says(answer))

    def _answer(self, caller: socket.socket) -> None:
        self.heard.append(caller.recv(65536))
        self._script(caller)


@pytest.mark.parametrize(
    "answer",
    [
        ok(_LIST[:-5], length=len(_LIST)),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + _LIST[:50],
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + _LIST[:-5],
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
        b"SSH-2.0-OpenSSH_9.7\r\n",
        ok(gzip.compress(_LIST)[:-12], "Content-Encoding: gzip"),
        ok(b"nothing zipped", "Content-Encoding: gzip"),
    ],
    ids=["length", "chunk", "close", "head", "nothing", "no HTTP", "gzip cut", "no gzip"],
)
def test_an_answer_that_breaks_off_is_an_error(answer: bytes) -> None:
    """Never partial use; a broken answer to a write leaves its outcome unknown."""
    with Wire(_says(answer)) as tenant:
        error = _ask(tenant.base)
        client = writer(None, base=tenant.base)
        with pytest.raises(UnknownOutcomeError):
            client.post("developer-templates", TEMPLATES, {"name": "a"})
        client.close()

    assert isinstance(error, TenantError)
    assert sum(heard.startswith(b"POST " + TEMPLATES.encode()) for heard in tenant.heard) == 1


def test_compression_is_not_asked_for() -> None:
    """A cut gzip trailer would go unnoticed."""
    with Wire(_says(ok(b'{"items": []}'))) as tenant:
        client = reader(None, base=tenant.base)
        client.get("developer-templates", TEMPLATES)
        client.close()

    assert b"accept-encoding: identity\r\n" in tenant.heard[-1].lower()


def _drip(caller: socket.socket, first: bytes, piece: bytes, sent: list[bytes]) -> None:
    caller.sendall(first)
    while len(sent) < _PIECES:
        threading.Event().wait(0.01)
        caller.sendall(piece)  # fails once the client has gone
        sent.append(piece)


_PIECES = 150


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" ", id="body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", id="chunks"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-A: ", b"b", id="head"),
    ],
)
def test_a_slow_drip_ends_by_the_deadline(first: bytes, piece: bytes) -> None:
    """Each byte comes in time, all of them together do not: the client leaves before the end."""
    sent: list[bytes] = []
    with Wire(lambda caller: _drip(caller, first, piece, sent)) as tenant:
        error = _ask(tenant.base, deadline=0.3)

    assert isinstance(error, TenantError)
    assert 0 < len(sent) < _PIECES


def test_a_server_that_says_nothing_is_left_by_the_deadline() -> None:
    """Whichever of read timeout and deadline ends first, the words are the same, with a hint."""
    silent = threading.Event()

    def say_nothing(_caller: socket.socket) -> None:
        silent.wait(3)

    with Wire(say_nothing) as tenant:
        error = _ask(tenant.base, deadline=0.2)
        silent.set()

    assert isinstance(error, UnreachableError)
    assert "no answer in time" in error.message
    assert error.hint


def test_a_port_where_nobody_listens_is_said_so_after_some_attempts() -> None:
    """No connection was made, so even a write may be tried again; exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = _ask(f"http://127.0.0.1:{port}")

    assert isinstance(error, UnreachableError)
    assert "no connection" in error.message
    assert error.hint
