"""Where the simulated tenant keeps its objects: one SQLite file, or memory.

Nothing is cached, so that a server and a command may have the same file open.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from personalize_sync.sandbox.keys import ApiKey, Feature, well_known_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalize_sync.sandbox.exchange import Document

Kind: TypeAlias = Literal["connection", "decision-model", "decision-variant", "template", "flow"]

CLIENT_KEY = "sandboxTenant0000000000000000000"

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS keys (
  client_id TEXT PRIMARY KEY, secret TEXT NOT NULL, feature TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, ref TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
  parent TEXT, friendly_id TEXT, name TEXT NOT NULL, archived INTEGER NOT NULL,
  revision INTEGER NOT NULL, modified_at TEXT NOT NULL, modified_by TEXT NOT NULL,
  due TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, parent);
CREATE INDEX IF NOT EXISTS objects_by_friendly_id ON objects (kind, friendly_id);
CREATE INDEX IF NOT EXISTS objects_by_name ON objects (kind, name);
CREATE TABLE IF NOT EXISTS revisions (
  ref TEXT NOT NULL, revision INTEGER NOT NULL, modified_at TEXT NOT NULL,
  modified_by TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (ref, revision));
"""


@dataclass(frozen=True, slots=True)
class Record:
    """One stored object, or one of its past revisions."""

    kind: Kind
    ref: str
    revision: int
    modified_at: str  # ISO 8601 with microseconds; cut to length when shown
    modified_by: str  # "<client id>@clients" or "auth0|<person>"
    body: Document  # the client's fields as stored, the secret included
    parent: str | None = None
    due: str | None = None  # when PUBLISHING ends: "<amount>r" or an ISO time
    seq: int = 0


class Store:
    """Objects, their revisions, keys and a few facts."""

    def __init__(self, path: str | Path) -> None:
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            str(path), isolation_level=None, check_same_thread=False, timeout=30
        )
        # A killed process must lose nothing; surviving a power cut is not worth an fsync per write.
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        with self.transaction():
            self._create()

    def _create(self) -> None:
        for statement in _TABLES.split(";"):
            self._db.execute(statement)
        if self.fact("client_key") is None:
            self.set_fact("client_key", CLIENT_KEY)
            for key in well_known_keys():
                self.add_key(key)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __del__(self) -> None:
        # Python 3.13 warns of connections that nobody closed; a sandbox in memory may be dropped.
        if hasattr(self, "_db"):
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all or nothing; other processes wait."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def clear(self) -> None:
        """Forget everything and start as a fresh tenant."""
        with self.transaction():
            for table in ("facts", "keys", "objects", "revisions", "sqlite_sequence"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names stand one line up
            self._create()

    def fact(self, name: str) -> str | None:
        """Read a small fact about the tenant."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_fact(self, name: str, value: str) -> None:
        """Remember a small fact about the tenant."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def key(self, client_id: str) -> ApiKey | None:
        """Find an API key."""
        found = [key for key in self.keys() if key.client_id == client_id]
        return found[0] if found else None

    def keys(self) -> tuple[ApiKey, ...]:
        """List the API keys."""
        rows = self._db.execute("SELECT client_id, secret, feature FROM keys ORDER BY rowid")
        return tuple(ApiKey(row[0], row[1], cast("Feature", row[2])) for row in rows)

    def add_key(self, key: ApiKey) -> None:
        """Add or replace an API key."""
        self._db.execute(
            "INSERT OR REPLACE INTO keys VALUES (?, ?, ?)", (key.client_id, key.secret, key.feature)
        )

    def remove_key(self, client_id: str) -> bool:
        """Revoke an API key; tell whether it existed."""
        done = self._db.execute("DELETE FROM keys WHERE client_id = ?", (client_id,))
        return done.rowcount > 0

    def insert(self, record: Record) -> Record:
        """Add an object and its first revision."""
        done = self._db.execute(
            "INSERT INTO objects (ref, kind, parent, friendly_id, name, archived, revision,"
            " modified_at, modified_by, due, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (record.ref, record.kind, record.parent, *_columns(record)),
        )
        self._remember(record)
        return replace(record, seq=done.lastrowid or 0)

    def update(self, record: Record) -> None:
        """Write an object and the revision it now has."""
        self._db.execute(
            "UPDATE objects SET friendly_id = ?, name = ?, archived = ?, revision = ?,"
            " modified_at = ?, modified_by = ?, due = ?, body = ? WHERE ref = ?",
            (*_columns(record), record.ref),
        )
        self._remember(record)

    def _remember(self, record: Record) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO revisions VALUES (?, ?, ?, ?, ?)",
            (
                record.ref,
                record.revision,
                record.modified_at,
                record.modified_by,
                json.dumps(record.body),
            ),
        )

    def delete(self, ref: str) -> None:
        """Remove an object and its history."""
        self._db.execute("DELETE FROM objects WHERE ref = ?", (ref,))
        self._db.execute("DELETE FROM revisions WHERE ref = ?", (ref,))

    def get(self, kind: Kind, ref: str) -> Record | None:
        """Find an object by its ref."""
        return self._first("kind = ? AND ref = ?", (kind, ref))

    def by_friendly_id(self, kind: Kind, friendly_id: str) -> Record | None:
        """Find an object by its friendlyId, archived ones too."""
        return self._first("kind = ? AND friendly_id = ?", (kind, friendly_id))

    def by_name(self, kind: Kind, name: str, parent: str | None) -> tuple[Record, ...]:
        """Find the objects of one name that are not archived."""
        return self._select(
            "kind = ? AND name = ? AND parent IS ? AND NOT archived", (kind, name, parent)
        )

    def all(self, kind: Kind, parent: str | None = None) -> tuple[Record, ...]:
        """List objects in the order of their creation."""
        if parent is None:
            return self._select("kind = ?", (kind,))
        return self._select("kind = ? AND parent = ?", (kind, parent))

    def page(self, kind: Kind, *, archived: bool, start: int, size: int) -> tuple[Record, ...]:
        """List a few objects in the order of their creation, reading no others."""
        where = "kind = ?" if archived else "kind = ? AND NOT archived"
        return self._select(where, (kind,), f"LIMIT {size:d} OFFSET {start:d}")

    def revisions(self, record: Record) -> tuple[Record, ...]:
        """List all revisions of an object, the oldest first."""
        rows = self._db.execute(
            "SELECT revision, modified_at, modified_by, body FROM revisions"
            " WHERE ref = ? ORDER BY revision",
            (record.ref,),
        )
        return tuple(
            replace(
                record,
                revision=row[0],
                modified_at=row[1],
                modified_by=row[2],
                body=json.loads(row[3]),
            )
            for row in rows
        )

    def _first(self, where: str, values: tuple[str | None, ...]) -> Record | None:
        found = self._select(where, values, "LIMIT 1")
        return found[0] if found else None

    def _select(
        self, where: str, values: tuple[str | None, ...], limit: str = ""
    ) -> tuple[Record, ...]:
        rows = self._db.execute(
            "SELECT kind, ref, revision, modified_at, modified_by, body, parent, due, seq"  # noqa: S608 - conditions are constants of this module
            f" FROM objects WHERE {where} ORDER BY seq {limit}",
            values,
        )
        return tuple(_record(row) for row in rows)


def _record(row: tuple[Any, ...]) -> Record:
    kind, ref, revision, modified_at, modified_by, body, parent, due, seq = row
    return Record(kind, ref, revision, modified_at, modified_by, json.loads(body), parent, due, seq)


def _columns(record: Record) -> tuple[object, ...]:
    body = record.body
    return (
        body.get("friendlyId"),
        body["name"],
        int(bool(body.get("archived"))),
        record.revision,
        record.modified_at,
        record.modified_by,
        record.due,
        json.dumps(body),
    )
