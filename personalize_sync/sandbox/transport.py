"""The in-process door: an httpx transport that answers any host from the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from personalize_sync.sandbox.exchange import Answer, Cut, Drip, Partial, Request, with_date

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.sandbox.sandbox import Sandbox


class SandboxTransport(httpx.BaseTransport):
    """Answers requests of an `httpx.Client` without a socket.

    Faults of the wire become the exceptions that a real socket leads to.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        request.read()
        answer = self._sandbox.handle(_incoming(request))
        # Bytes, because a planned header may hold what ASCII does not.
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in with_date(answer, self._sandbox.clock())
        ]
        return _response(request, answer, headers)


def _incoming(request: httpx.Request) -> Request:
    url = request.url
    return Request(
        method=request.method,
        path=url.raw_path.decode("ascii").partition("?")[0],
        query=dict(url.params),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.content,
        origin=f"{url.scheme}://{url.netloc.decode('ascii')}",
    )


def _response(
    request: httpx.Request, answer: Answer, headers: list[tuple[bytes, bytes]]
) -> httpx.Response:
    match answer.delivery:
        case Cut(abruptly=True):
            raise httpx.ReadError("[Errno 104] Connection reset by peer", request=request)
        case Cut():
            message = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(message, request=request)
        case Drip():
            # Nobody waits in process: the reader's patience ends at once.
            raise httpx.ReadTimeout("timed out", request=request)
        case Partial() as partial:
            stream = _Part(answer.body, partial, request)
            return httpx.Response(answer.status, headers=headers, stream=stream, request=request)
        case None:
            return httpx.Response(
                answer.status, headers=headers, content=answer.body, request=request
            )


class _Part(httpx.SyncByteStream):
    """The beginning of a body, then what a client sees of a connection that ended early."""

    def __init__(self, body: bytes, partial: Partial, request: httpx.Request) -> None:
        self._body = body
        self._partial = partial
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        part = self._body[: int(len(self._body) * self._partial.share)]
        yield part
        if self._partial.framing == "close":
            return  # without a length nobody can tell
        message = "peer closed connection without sending complete message body"
        if self._partial.framing == "length":
            message += f" (received {len(part)} bytes, expected {len(self._body)})"
        else:
            message += " (incomplete chunked read)"
        raise httpx.RemoteProtocolError(message, request=self._request)
