"""A tenant that does nothing but answer: list pages, objects, creates; each after a fixed latency.

Run as `python tests/benchmarks/tenant.py RECORDS.json LATENCY_MS PAGE`: it prints its port. Being a
process of its own, it takes no time from the one that is measured; and what it answers is written
beforehand, since a slow tenant would be taken for a slow client.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_TOKEN = {"access_token": "bench", "expires_in": 900, "token_type": "Bearer", "scope": ""}


class _Tenant:
    def __init__(self, listed: dict[str, list[dict[str, Any]]], page: int) -> None:
        self._listed: dict[str, list[bytes]] = {}
        self._by_path: dict[str, bytes] = {}
        self._page = page
        for collection, records in listed.items():
            for record in records:
                self._keep(collection, record)

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(target)
        path, query = parts.path, dict(parse_qsl(parts.query))
        if path == "/oauth/token":
            return 200, _raw(_TOKEN)
        if method == "POST":
            return 201, self._create(path, json.loads(body))
        if path in self._by_path:
            return 200, self._by_path[path]
        # Deeper than a collection: no such object.
        if path.count("/") > 2 and path not in self._listed:
            return 404, _raw({"status": 404})
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 10)), self._page)
        items = b",".join(self._listed.get(path, [])[offset : offset + limit])
        head = _raw({"href": path, "offset": offset, "limit": limit})
        return 200, head[:-1] + b',"items":[' + items + b"]}"

    def _create(self, path: str, body: dict[str, Any]) -> bytes:
        ref = f"10000000-0000-4000-8000-{len(self._by_path):012}"
        record = {**body, "ref": ref, "revision": 1, "archived": False}
        record |= {"modifiedByRef": "bench@clients", "modifiedAt": "2026-02-03T04:05:06.789Z"}
        return self._keep(path, record)

    def _keep(self, collection: str, record: dict[str, Any]) -> bytes:
        raw = _raw(record)
        self._listed.setdefault(collection, []).append(raw)
        for name in ("ref", "friendlyId"):
            if name in record:
                self._by_path[f"{collection}/{record[name]}"] = raw
        return raw


def _raw(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


async def _serve(tenant: _Tenant, latency: float) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                method, target, _ = head.decode().split(" ", 2)
                fields = dict(
                    line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:] if line
                )
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                status, raw = tenant.answer(method, target, body)
                if target != "/oauth/token":
                    await asyncio.sleep(latency)
                writer.write(b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\n" % status)
                writer.write(b"Content-Length: %d\r\n\r\n" % len(raw) + raw)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - the caller waits for it
    await server.serve_forever()


if __name__ == "__main__":
    records, milliseconds, page_size = sys.argv[1:]
    made = _Tenant(json.loads(Path(records).read_text(encoding="utf-8")), int(page_size))
    asyncio.run(_serve(made, float(milliseconds) / 1000))
