"""Work that news from the provider starts. What to do with a payment is checkout's business; it says so at start."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from shop.core import db
from shop.core.jobs import job
from shop.payments.models import PaymentState
from shop.payments.provider import provider
from shop.payments.queries import find_payment
from shop.payments.service import close_event, get_event, refund_key

log = structlog.get_logger()

_look_at_payment: Callable[[str], str] | None = None
_note_refund: Callable[[Session, str, str, str], None] | None = None


def use_finisher(look_at_payment: Callable[[str], str], note_refund: Callable[[Session, str, str, str], None]) -> None:
    """Checkout: `look_at_payment(payment_id) -> outcome`, and `note_refund(session, payment_id, refund_ref, reason)`."""
    global _look_at_payment, _note_refund
    _look_at_payment, _note_refund = look_at_payment, note_refund


@job("payments.news")
def on_news(event_id: str) -> None:
    """An event is a hint where to look: find the payment, fetch the truth, act on it."""
    with db.reading() as session:
        event = get_event(session, event_id)
        if event.handled_at is not None:
            return
        hint = event.payload
        payment = find_payment(
            session,
            session_ref=hint.get("session"),
            intent_ref=hint.get("intent"),
            payment_id=_own(hint.get("payment")),
        )
    assert _look_at_payment is not None
    outcome = _look_at_payment(payment.id) if payment is not None else "unknown payment"
    if payment is None:
        log.info("event about no payment of ours", event_ref=event.event_ref, kind=event.kind)
    with db.unit_of_work() as session:
        close_event(session, event_id, outcome)


def _own(payment_id: str | None) -> str | None:
    """Metadata is text from outside; only something shaped like our ids is looked up."""
    return payment_id if payment_id and payment_id.startswith("pay_") and len(payment_id) == 30 else None


@job("payments.refund", attempts=20)
def refund(payment_id: str, reason: str) -> None:
    """Send the money back, note it. Running again finds the payment refunded, or repeats under the same key."""
    with db.reading() as session:
        payment = find_payment(session, payment_id=payment_id)
    if payment is None or payment.state != PaymentState.PAID or payment.intent_ref is None:
        return
    sent = provider().refund(payment.intent_ref, key=refund_key(payment.id), payment_id=payment.id)
    if sent.state == "failed":
        log.error("refund failed", payment=payment_id, refund_ref=sent.ref)
        raise RuntimeError(f"the refund {sent.ref} of {payment_id} failed")
    assert _note_refund is not None
    with db.unit_of_work() as session:
        _note_refund(session, payment_id, sent.ref, reason)
