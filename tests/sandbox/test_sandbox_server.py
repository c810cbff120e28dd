"""The loopback door."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import TYPE_CHECKING

import httpx
import pytest
from sandbox.sandbox_world import CONNECTIONS, TEMPLATES, Api, connection, new_sandbox, template

from personalize_sync.sandbox import Fault, Server
from personalize_sync.sandbox.faults import Slow

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[Server]:
    """A running server with a fresh tenant."""
    with new_sandbox() as sandbox, Server(sandbox) as server:
        yield server


def test_the_addresses_are_on_loopback(server: Server) -> None:
    """Base and token address share a free port of 127.0.0.1."""
    assert server.base_url == f"http://127.0.0.1:{server.port}"
    assert server.token_url == f"{server.base_url}/oauth/token"


def test_links_show_the_address_that_was_asked(server: Server) -> None:
    """`href` carries the host of the request."""
    with httpx.Client(base_url=server.base_url) as http:
        api = Api(server.sandbox, http=http, token_url=server.token_url).sign_in()

        assert api.made(TEMPLATES, template())["href"].startswith(
            f"{server.base_url}/v3/templates/"
        )


def test_a_connection_serves_many_requests(server: Server) -> None:
    """Keep-alive: two raw requests travel over one socket."""
    ask = b"GET /v3/templates HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection((server.host, server.port), timeout=5) as raw:
        answers = []
        for _ in range(2):
            raw.sendall(ask)
            answers.append(raw.recv(65536))

    assert all(answer.startswith(b"HTTP/1.1 401") for answer in answers)


def test_an_unreadable_request_is_refused(server: Server) -> None:
    """A length that is no number, and a chunked body, are answered and end the connection."""
    starts = []
    for header in (b"Content-Length: -1", b"Transfer-Encoding: chunked"):
        with socket.create_connection((server.host, server.port), timeout=5) as raw:
            raw.sendall(b"POST /v3/templates HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n")
            starts.append(raw.recv(65536)[:12])

    assert starts == [b"HTTP/1.1 400", b"HTTP/1.1 411"]


def test_many_threads_create_without_loss(server: Server) -> None:
    """Concurrent POSTs all succeed, each with its own ref."""
    with httpx.Client(base_url=server.base_url) as http:
        api = Api(server.sandbox, http=http, token_url=server.token_url).sign_in()
        with ThreadPoolExecutor(8) as pool:
            names = [f"c{number}" for number in range(64)]
            made = list(pool.map(lambda name: api.made(CONNECTIONS, connection(name=name)), names))

    assert len({it["ref"] for it in made}) == 64
    assert sorted(it.body["name"] for it in server.sandbox.all("connection")) == sorted(names)


def test_stopping_does_not_wait_for_a_slow_answer() -> None:
    """The server ends at once although a client still reads."""
    fault = Fault(Slow(pause=60), path="/oauth/token")
    with (
        new_sandbox(faults=(fault,)) as sandbox,
        ThreadPoolExecutor(1) as pool,
        Server(sandbox) as server,
        httpx.Client() as http,
    ):
        api = Api(sandbox, http=http, token_url=server.token_url)
        reading = pool.submit(api.token_reply)
        while not fault.fired:
            assert not reading.done()
        before = monotonic()
        server.stop()
        took = monotonic() - before
        with pytest.raises(httpx.RemoteProtocolError):
            reading.result(timeout=5)

    assert took < 30, "the answer would have come after 60 seconds"
