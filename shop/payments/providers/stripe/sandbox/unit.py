"""One unit of work of the sandbox: the transaction, the time it has, and what it tells others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shop.payments.providers.stripe.sandbox.objects.others import new_event
from shop.payments.providers.stripe.sandbox.store import Obj, Transaction

NO_REQUEST: Obj = {"id": None, "idempotency_key": None}


@dataclass
class Unit:
    """Passed to everything that changes state; `request` names the API call, if one is behind it."""

    tx: Transaction
    now: int
    public_url: str
    request: Obj = field(default_factory=lambda: NO_REQUEST)
    emitted: int = 0

    def emit(self, kind: str, body: Obj, *, previous: Obj | None = None) -> Obj:
        """Record an event and its deliveries, in the same transaction as the change it tells of."""
        endpoints = [e for e in self.tx.where("webhook_endpoint", oldest_first=True) if _wants(e, kind)]
        event = new_event(kind, body, now=self.now, request=self.request, previous=previous, pending=len(endpoints))
        self.tx.insert(event)
        for endpoint in endpoints:
            self.tx.execute(
                "INSERT INTO delivery (event_id, event_type, endpoint_id, due_at) VALUES (?, ?, ?, ?)",
                event["id"],
                kind,
                endpoint["id"],
                self.now,
            )
        self.emitted += 1
        return event


def _wants(endpoint: Obj, kind: str) -> bool:
    return endpoint["status"] == "enabled" and bool({"*", kind} & set(endpoint["enabled_events"]))


def change(unit: Unit, body: Obj, **fields: Any) -> Obj:
    """Save changed fields."""
    return unit.tx.save(body | fields)
