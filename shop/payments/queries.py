"""Reading payments."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from shop.core.errors import NotFound
from shop.payments.models import Payment


def payment_of(session: Session, order_id: str) -> Payment:
    """The newest payment of an order; raises NotFound."""
    payment = session.scalar(select(Payment).where(Payment.order_id == order_id).order_by(Payment.id.desc()).limit(1))
    if payment is None:
        raise NotFound
    return payment


def find_payment(
    session: Session,
    *,
    session_ref: str | None = None,
    intent_ref: str | None = None,
    payment_id: str | None = None,
) -> Payment | None:
    """By whatever the provider told us; the first reference that is known wins."""
    known = [
        column == value
        for column, value in (
            (Payment.session_ref, session_ref),
            (Payment.intent_ref, intent_ref),
            (Payment.id, payment_id),
        )
        if value
    ]
    return session.scalar(select(Payment).where(or_(*known)).limit(1)) if known else None


def lock_payment(session: Session, payment_id: str) -> Payment:
    """Locks the payment's row. Lock its order first."""
    payment = session.scalar(
        select(Payment).where(Payment.id == payment_id).with_for_update().execution_options(populate_existing=True)
    )
    if payment is None:
        raise NotFound
    return payment
