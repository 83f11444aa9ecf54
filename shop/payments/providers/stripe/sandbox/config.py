"""What the sandbox is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

API_VERSION = "2026-10-28.endive"
# The events the shop subscribes to (an explicit list, as at Stripe, so that nothing unexpected arrives).
SHOP_EVENTS = (
    "checkout.session.completed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.requires_action",
    "refund.created",
    "refund.updated",
)


@dataclass(frozen=True, kw_only=True)
class Config:
    """`public_url` is the browser-visible address of the pages, ending in the path they are mounted under."""

    data_dir: Path
    public_url: str
    webhook_url: str
    webhook_secret: str
    merchant: str = "Vetrina"
    control_token: str = ""
    # A reply that breaks the contract is a bug of the sandbox: tests want the exception, people want the log line.
    strict: bool = False
    # Off: nothing runs by itself; tests call `tick()` and `deliver_due()`.
    background: bool = True
    dashboard_open: bool = False
