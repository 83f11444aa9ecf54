"""One key, one effect (https://docs.stripe.com/api/idempotent_requests).

The reply is stored in the transaction of the effect, also when it is an error that came after the operation began.
Replies to requests that could never work are not stored.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from shop.payments.providers.stripe.sandbox.errors import ApiError, invalid
from shop.payments.providers.stripe.sandbox.store import Obj, Transaction

KEPT_SECONDS = 86_400
LONGEST = 255


@dataclass(frozen=True)
class Stored:
    """A reply that was given before."""

    request_id: str
    status: int
    body: Obj


def fingerprint(method: str, path: str, params: dict[str, Any]) -> str:
    content = orjson.dumps([method, path, params], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


def check_key(key: str) -> None:
    if not 1 <= len(key) <= LONGEST:
        raise invalid(f"Idempotency keys have 1 to {LONGEST} characters.")


def recall(tx: Transaction, key: str, print_: str, now: int) -> Stored | None:
    """The stored reply; raises when the key was used for something else."""
    tx.execute("DELETE FROM idempotency WHERE key = ? AND created <= ?", key, now - KEPT_SECONDS)
    row = tx.execute("SELECT * FROM idempotency WHERE key = ?", key).fetchone()
    if row is None:
        return None
    if row["fingerprint"] != print_:
        raise ApiError(
            f"Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
            type="idempotency_error",
        )
    return Stored(row["request_id"], row["status"], orjson.loads(row["body"]))


def keep(tx: Transaction, key: str, print_: str, now: int, reply: Stored) -> None:
    tx.execute(
        "INSERT OR REPLACE INTO idempotency (key, fingerprint, request_id, status, body, created) VALUES (?, ?, ?, ?, ?, ?)",
        key,
        print_,
        reply.request_id,
        reply.status,
        orjson.dumps(reply.body).decode(),
        now,
    )


class Running:
    """Keys whose request is being executed; a second request with such a key is refused with 409."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def claim(self, key: str) -> Iterator[None]:
        with self._lock:
            if key in self._keys:
                raise ApiError(
                    "There is currently another in-progress request using this Idempotent Key. Please try again later.",
                    status=409,
                    type="idempotency_error",
                    code="idempotency_key_in_use",
                )
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key)
