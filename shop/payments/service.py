"""Payments change here: asked for, opened, paid, closed, refunded; and the inbox of events."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shop.core import clock, ids
from shop.core.errors import WrongMove, require
from shop.core.jobs import enqueue
from shop.core.money import Money
from shop.payments.models import PAYMENT_MOVES, Payment, PaymentState, ProviderEvent
from shop.payments.provider import CheckoutRequest, CheckoutSnapshot, EventSnapshot


def new_payment(session: Session, *, order_id: str, total: Money, request: CheckoutRequest) -> Payment:
    """One attempt to be paid, with the exact request; committed before the provider is asked."""
    payment = Payment(
        id=request.payment_id,
        order_id=order_id,
        amount=total.amount,
        currency=total.currency,
        request=request.as_json(),
        created_at=clock.now(),
    )
    session.add(payment)
    session.flush()
    return payment


def checkout_key(payment_id: str) -> str:
    """The idempotency key under which the payment page is made."""
    return f"checkout:{payment_id}"


def refund_key(payment_id: str) -> str:
    return f"refund:{payment_id}"


def note_page(payment: Payment, snapshot: CheckoutSnapshot) -> None:
    """The provider made the page. A payment that moved on meanwhile only learns the reference."""
    payment.session_ref = snapshot.ref
    payment.page_url = snapshot.url or payment.page_url
    if payment.state == PaymentState.CREATED:
        payment.state = PaymentState.OPEN


def note_paid(payment: Payment, snapshot: CheckoutSnapshot) -> None:
    """The money is there. Raises WrongMove."""
    move_payment(payment, PaymentState.PAID)
    payment.intent_ref, payment.charge_ref = snapshot.intent_ref, snapshot.charge_ref
    payment.paid_at = clock.now()


def move_payment(payment: Payment, state: PaymentState) -> None:
    """Raises WrongMove."""
    require(state in PAYMENT_MOVES[PaymentState(payment.state)], WrongMove(state=str(payment.state)))
    payment.state = state


def refund_later(session: Session, *, payment: Payment, reason: str) -> None:
    """Send all of a payment's money back, from a job that may run again: its key makes it one refund."""
    enqueue(session, "payments.refund", key=f"refund:{payment.id}", payment_id=payment.id, reason=reason)


def store_event(session: Session, event: EventSnapshot, *, provider: str) -> bool:
    """Keep a verified event once and let a job look at what it is about; False when it was here before.

    Only references are kept: the object is fetched anew, and its personal data stay where they are.
    """
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    stored = session.scalar(
        dialect.insert(ProviderEvent)
        .values(
            id=ids.new_id("pev"),
            provider=provider,
            event_ref=event.ref,
            kind=event.kind,
            object_ref=event.object_ref,
            payload={
                "payment": event.payment_id,
                "session": event.session_ref,
                "intent": event.intent_ref,
                "api_version": event.api_version,
            },
            received_at=clock.now(),
            outcome="",
        )
        .on_conflict_do_nothing(index_elements=["provider", "event_ref"])
        .returning(ProviderEvent.id)
    )
    if stored is None:
        return False
    enqueue(session, "payments.news", event_id=stored)
    return True


def close_event(session: Session, event_id: str, outcome: str) -> None:
    session.execute(
        update(ProviderEvent)
        .where(ProviderEvent.id == event_id)
        .values(handled_at=clock.now(), outcome=outcome)
        .execution_options(synchronize_session=False)
    )


def get_event(session: Session, event_id: str) -> ProviderEvent:
    return session.scalars(select(ProviderEvent).where(ProviderEvent.id == event_id)).one()
