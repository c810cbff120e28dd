"""The loopback door: a threaded HTTP/1.1 server with keep-alive."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from personalize_sync.sandbox.exchange import Answer, Cut, Drip, Partial, Request, with_date

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from personalize_sync.sandbox.sandbox import Sandbox

_LINGER_ZERO = struct.pack("ii", 1, 0)


class Server:
    """Serves a sandbox on a port of this machine; port 0 takes a free one.

    Use it as a context manager, or call `start` and `stop`. Stopping cuts open connections.
    """

    def __init__(self, sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> None:
        self.sandbox = sandbox
        self._listener = _Listener((host, port), sandbox)
        self._thread: Thread | None = None
        bound = self._listener.server_address
        self.host, self.port = str(bound[0]), int(bound[1])
        self.base_url = f"http://{self.host}:{self.port}"
        self.token_url = f"{self.base_url}/oauth/token"

    def start(self) -> Self:
        """Begin to serve in a thread of its own."""
        self._thread = Thread(
            target=self._listener.serve_forever, args=(0.02,), name="sandbox-server", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """End at once."""
        self._listener.stopping.set()
        if self._thread is not None:
            self._listener.shutdown()
            self._thread.join()
            self._thread = None
        self._listener.cut_connections()
        self._listener.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # an idle keep-alive connection must not delay the end
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.stopping = Event()
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # HTTPServer would ask DNS for the name of this machine.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        # Once the end has begun, a thread may find its sandbox closed; nobody listens any more.
        if not self.stopping.is_set():
            super().handle_error(request, client_address)

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def cut_connections(self) -> None:
        with self._lock:
            for connection in self._open:
                _shut(connection)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one write
    server: _Listener

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        with suppress(OSError):  # the client has gone, or we have cut the connection
            super().finish()

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Stay quiet."""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self.send_error(411 if "Transfer-Encoding" in self.headers else 400)
            return
        body = self.rfile.read(int(length))
        url = urlsplit(self.path)
        host = self.headers.get("Host") or f"{self.server.server_name}:{self.server.server_port}"
        request = Request(
            method=self.command,
            path=url.path,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            origin=f"http://{host}",
        )
        self._deliver(self.server.sandbox.handle(request))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815 - the parent's names

    def _deliver(self, answer: Answer) -> None:
        match answer.delivery:
            case Cut(abruptly=abruptly):
                self._cut(abruptly=abruptly)
            case Partial() as partial:
                self._deliver_part(answer, partial)
            case Drip(pause=pause):
                self._head(answer, ("Content-Length", str(len(answer.body))))
                self._drip(answer.body, pause)
            case None:
                self._head(answer, ("Content-Length", str(len(answer.body))))
                if self.command != "HEAD":
                    self.wfile.write(answer.body)

    def _head(self, answer: Answer, *more: tuple[str, str]) -> None:
        self.send_response_only(answer.status)
        for name, value in (*with_date(answer, self.server.sandbox.clock()), *more):
            self.send_header(name, value)
        self.end_headers()

    def _cut(self, *, abruptly: bool) -> None:
        self.close_connection = True
        if abruptly:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
            self.connection.close()
            return
        _shut(self.connection)

    def _deliver_part(self, answer: Answer, partial: Partial) -> None:
        part = answer.body[: int(len(answer.body) * partial.share)]
        match partial.framing:
            case "length":
                self._head(answer, ("Content-Length", str(len(answer.body))))
            case "chunked":
                self._head(answer, ("Transfer-Encoding", "chunked"))
                part = f"{len(answer.body):x}\r\n".encode() + part
            case "close":
                self._head(answer, ("Connection", "close"))
        self.wfile.write(part)
        self.wfile.flush()
        self._cut(abruptly=False)

    def _drip(self, body: bytes, pause: float) -> None:
        for position in range(len(body)):
            self.wfile.write(body[position : position + 1])
            self.wfile.flush()
            if self.server.stopping.wait(pause):
                self._cut(abruptly=False)
                return


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # it may have ended by itself
        connection.shutdown(socket.SHUT_RDWR)
