"""The sandbox's own SQLite file: objects as JSON rows, one writer at a time.

One process owns the file. Each unit of work holds the lock from beginning to end, which makes every operation
serial: the sandbox is for correctness, and it still answers hundreds of requests a second.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from shop.payments.providers.stripe.sandbox.errors import invalid, missing

Obj = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  created INTEGER NOT NULL,
  body TEXT NOT NULL,
  private TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, seq);
CREATE INDEX IF NOT EXISTS object_intent ON object (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS object_charge ON object (kind, json_extract(body, '$.charge'));
CREATE INDEX IF NOT EXISTS object_open ON object (json_extract(body, '$.expires_at'))
  WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open';
CREATE TABLE IF NOT EXISTS idempotency (
  key TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  request_id TEXT NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  created INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  due_at REAL NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending',
  attempts INTEGER NOT NULL DEFAULT 0,
  faults TEXT NOT NULL DEFAULT '[]',
  last_status INTEGER,
  last_error TEXT
);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, due_at, id);
CREATE INDEX IF NOT EXISTS delivery_event ON delivery (event_id);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """Opens the file; `transaction()` is the only way in."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        # NORMAL survives the end of the process; only a power cut may lose the last pretend payments.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commits at the end, rolls back on an exception."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class Transaction:
    """Loads and saves within one unit of work."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(sql, values)

    def insert(self, body: Obj, *, private: Obj | None = None) -> Obj:
        self.execute(
            "INSERT INTO object (id, kind, created, body, private) VALUES (?, ?, ?, ?, ?)",
            body["id"],
            body["object"],
            body["created"],
            _dump(body),
            _dump(private or {}),
        )
        return body

    def find(self, kind: str, ref: str) -> Obj | None:
        row = self.execute("SELECT body FROM object WHERE id = ? AND kind = ?", ref, kind).fetchone()
        return orjson.loads(row["body"]) if row else None

    def load(self, kind: str, ref: str, *, param: str = "id") -> Obj:
        """Raises resource_missing, 404 for the id in the path and 400 for another parameter."""
        found = self.find(kind, ref)
        if found is None:
            raise missing(kind, ref, param=param)
        return found

    def save(self, body: Obj) -> Obj:
        self.execute("UPDATE object SET body = ? WHERE id = ?", _dump(body), body["id"])
        return body

    def delete(self, ref: str) -> None:
        self.execute("DELETE FROM object WHERE id = ?", ref)

    def private(self, ref: str) -> Obj:
        """What belongs to an object but is not shown by the API."""
        row = self.execute("SELECT private FROM object WHERE id = ?", ref).fetchone()
        found: Obj = orjson.loads(row["private"])
        return found

    def save_private(self, ref: str, private: Obj) -> None:
        self.execute("UPDATE object SET private = ? WHERE id = ?", _dump(private), ref)

    def where(
        self, kind: str, sql: str = "1", *values: object, limit: int = -1, oldest_first: bool = False
    ) -> list[Obj]:
        """Newest first; `sql` is written in this package, values are always bound."""
        order = "ASC" if oldest_first else "DESC"
        rows = self.execute(
            f"SELECT body FROM object WHERE kind = ? AND ({sql}) ORDER BY seq {order} LIMIT ?", kind, *values, limit
        )
        return [orjson.loads(row["body"]) for row in rows]

    def sequence(self, kind: str, ref: str, *, param: str) -> int:
        """Where an object stands in its list; used by cursors."""
        row = self.execute("SELECT seq FROM object WHERE id = ? AND kind = ?", ref, kind).fetchone()
        if row is None:
            raise invalid(f"No such {kind}: '{ref}'", param=param, code="resource_missing")
        return int(row["seq"])

    def meta(self, key: str, default: str = "") -> str:
        row = self.execute("SELECT value FROM meta WHERE key = ?", key).fetchone()
        return str(row["value"]) if row else default

    def set_meta(self, key: str, value: str) -> None:
        self.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value
        )


def _dump(value: Obj) -> str:
    return orjson.dumps(value).decode()
