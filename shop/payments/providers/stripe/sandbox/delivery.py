"""Sends events to the endpoints that asked for them: signed, repeated until accepted, disturbed on request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import orjson
import requests
import stripe

from shop.payments.providers.stripe.sandbox.clock import SandboxClock
from shop.payments.providers.stripe.sandbox.faults import DELIVERY_KINDS, Faults
from shop.payments.providers.stripe.sandbox.store import Store, Transaction

# Sandbox seconds until the next try; about three days in all, like Stripe's live mode.
SCHEDULE = (1, 5, 30, 300, 1800, 7200, 21_600, 43_200, 86_400, 86_400)
TIMEOUT = (3, 15)
OLD, AHEAD = -3600, 3600
REORDER_SECONDS = 2.0


@dataclass(frozen=True)
class Letter:
    """One delivery, ready to send."""

    id: int
    event_id: str
    event_type: str
    endpoint_id: str
    url: str
    secret: str
    body: str
    attempts: int
    delivered: bool
    faults: dict[str, float]


class Deliverer:
    """`deliver_due()` does the work; `start()` lets a background thread (a greenlet under gevent) do it."""

    def __init__(self, store: Store, clock: SandboxClock, faults: Faults) -> None:
        self._store = store
        self._clock = clock
        self._faults = faults
        self._http = requests.Session()
        self._http.trust_env = False
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        # Two passes at once would send the same letter twice.
        self._pass = threading.Lock()

    def start(self, tick: Callable[[], object], every: float = 1.0) -> None:
        self._thread = threading.Thread(target=self._run, args=(tick, every), daemon=True, name="sandbox-delivery")
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()
        if self._thread:
            self._thread.join(timeout=20)
        self._http.close()

    def wake(self) -> None:
        self._wake.set()

    def _run(self, tick: Callable[[], object], every: float) -> None:
        while not self._stop.is_set():
            self._wake.wait(timeout=every)
            self._wake.clear()
            if self._stop.is_set():
                return
            tick()
            self.deliver_due()

    def deliver_due(self) -> int:
        """Send everything that is due, oldest first, one after the other. Returns how many were sent."""
        sent = 0
        with self._pass:
            while (letter := self._take()) is not None:
                self._send(letter)
                sent += 1
        return sent

    def send_again(self, event_id: str) -> list[int]:
        """Send an event to all endpoints now, whatever happened before; returns the HTTP statuses (0: no answer)."""
        with self._pass:
            with self._store.transaction() as tx:
                rows = tx.execute("SELECT * FROM delivery WHERE event_id = ? ORDER BY id", event_id).fetchall()
                letters = [_letter(tx, row["id"], {}) for row in rows]
            return [self._send(letter) for letter in letters if letter is not None]

    def _take(self) -> Letter | None:
        """The next due letter, after the faults that are armed for first attempts have had their way."""
        with self._store.transaction() as tx:
            while True:
                row = tx.execute(
                    "SELECT * FROM delivery WHERE state = 'pending' AND due_at <= ? ORDER BY due_at, id LIMIT 1",
                    self._clock.exact(),
                ).fetchone()
                if row is None:
                    return None
                faults = {} if row["faults"] != "[]" else self._faults.take(DELIVERY_KINDS, row["event_type"])
                tx.execute("UPDATE delivery SET faults = ? WHERE id = ?", _names(faults), row["id"])
                if not self._put_off(tx, row["id"], faults):
                    return _letter(tx, row["id"], faults)

    def _put_off(self, tx: Transaction, ref: int, faults: dict[str, float]) -> bool:
        """Dropped letters are never sent; delayed and reordered ones later."""
        if "drop" in faults:
            tx.execute("UPDATE delivery SET state = 'dropped', last_error = 'dropped on purpose' WHERE id = ?", ref)
            return True
        wait = faults.get("delay", 0.0) or (REORDER_SECONDS if "reorder" in faults else 0.0)
        if wait:
            tx.execute("UPDATE delivery SET due_at = ? WHERE id = ?", self._clock.exact() + wait, ref)
        return bool(wait)

    def _send(self, letter: Letter) -> int:
        statuses = [self._post(letter) for _ in range(2 if "duplicate" in letter.faults else 1)]
        with self._store.transaction() as tx:
            _record(tx, letter, statuses[-1], self._clock.exact())
            # What was put off to come second comes now.
            tx.execute(
                "UPDATE delivery SET due_at = ? WHERE state = 'pending' AND faults LIKE '%\"reorder\"%' AND attempts = 0",
                self._clock.exact(),
            )
        return statuses[-1][0]

    def _post(self, letter: Letter) -> tuple[int, str | None]:
        stamp = self._clock.real() + (
            OLD if "old_timestamp" in letter.faults else AHEAD if "future_timestamp" in letter.faults else 0
        )
        secret = f"{letter.secret}_corrupted" if "bad_signature" in letter.faults else letter.secret
        signature = stripe.WebhookSignature.generate_signature_header(letter.body, secret, stamp)
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
        headers["User-Agent"] = "Stripe/1.0 (sandbox)"
        try:
            answer = self._http.post(
                letter.url, data=letter.body.encode(), headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as problem:
            return 0, type(problem).__name__
        return answer.status_code, None


def _letter(tx: Transaction, ref: int, faults: dict[str, float]) -> Letter | None:
    """None, and the row is closed, when the endpoint is gone."""
    row = tx.execute("SELECT * FROM delivery WHERE id = ?", ref).fetchone()
    endpoint = tx.find("webhook_endpoint", row["endpoint_id"])
    if endpoint is None:
        tx.execute("UPDATE delivery SET state = 'failed', last_error = 'endpoint deleted' WHERE id = ?", ref)
        return None
    event = tx.load("event", row["event_id"])
    return Letter(
        id=ref,
        event_id=event["id"],
        event_type=event["type"],
        endpoint_id=endpoint["id"],
        url=endpoint["url"],
        secret=tx.private(endpoint["id"])["secret"],
        body=orjson.dumps(event, option=orjson.OPT_INDENT_2).decode(),
        attempts=row["attempts"],
        delivered=row["state"] == "delivered",
        faults=faults,
    )


def _record(tx: Transaction, letter: Letter, result: tuple[int, str | None], now: float) -> None:
    """A letter that was accepted once stays delivered, also when it is sent again and refused."""
    status, error = result
    attempts = letter.attempts + 1
    if 200 <= status < 300 or letter.delivered:
        state, due = "delivered", now
    elif attempts > len(SCHEDULE):
        state, due = "failed", now
    else:
        state, due = "pending", now + SCHEDULE[attempts - 1]
    tx.execute(
        "UPDATE delivery SET state = ?, due_at = ?, attempts = ?, last_status = ?, last_error = ? WHERE id = ?",
        state,
        due,
        attempts,
        status or None,
        error,
        letter.id,
    )
    waiting = "SELECT count(*) FROM delivery WHERE event_id = ? AND state = 'pending'"
    event = tx.load("event", letter.event_id)
    tx.save(event | {"pending_webhooks": tx.execute(waiting, letter.event_id).fetchone()[0]})


def _names(faults: dict[str, float]) -> str:
    return orjson.dumps(sorted(faults)).decode()
