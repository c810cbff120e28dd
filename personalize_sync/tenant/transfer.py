"""One request and its whole answer, as bytes: what the clients of tenants and of forges share."""

from __future__ import annotations

import httpx

SIZE_CAP = 32 * 1024 * 1024
"""Bytes; a page of 100 large objects is far below it."""
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""What is raised only where the request surely did not leave."""


class TooLargeError(Exception):
    """An answer of more than SIZE_CAP bytes; the rest of it was not read."""


def transfer(http: httpx.Client, request: httpx.Request) -> tuple[httpx.Response, bytes]:
    """Send a request and read its answer to the end.

    Raises TooLargeError, and httpx.HTTPError where there is no whole answer.
    """
    response = http.send(request, stream=True)
    try:
        pieces, size = [], 0
        for piece in response.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > SIZE_CAP:
                raise TooLargeError
    finally:
        response.close()
    return response, b"".join(pieces)
