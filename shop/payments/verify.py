"""What is always true between orders and the money paid for them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.core import jobs
from shop.core.verify import invariant
from shop.orders.models import Order, OrderState
from shop.payments.models import Payment, PaymentState

# Which payment states an order's state can stand beside.
BESIDE: dict[OrderState, frozenset[PaymentState]] = {
    OrderState.PAYING: frozenset({PaymentState.CREATED, PaymentState.OPEN}),
    OrderState.PAID: frozenset({PaymentState.PAID}),
    OrderState.CANCELLED: frozenset({PaymentState.CLOSED, PaymentState.PAID}),
    OrderState.REFUNDED: frozenset({PaymentState.REFUNDED}),
}


@invariant("payments.one_per_order")
def one_per_order(session: Session) -> list[str]:
    """Every order has exactly one payment, over its total, in a state that fits."""
    rows = session.execute(
        select(
            Order.number,
            Order.state,
            Order.total_amount,
            Order.currency,
            Payment.id,
            Payment.state.label("payment_state"),
            Payment.amount,
            Payment.currency.label("payment_currency"),
        )
        .outerjoin(Payment, Payment.order_id == Order.id)
        .order_by(Order.number)
    ).all()
    faults = []
    seen: set[int] = set()
    for row in rows:
        if row.id is None:
            faults.append(f"order {row.number} has no payment")
            continue
        if row.number in seen:
            faults.append(f"order {row.number} has more than one payment")
        seen.add(row.number)
        if (row.amount, row.payment_currency) != (row.total_amount, row.currency):
            faults.append(
                f"order {row.number} is over {row.total_amount} {row.currency}, "
                f"its payment over {row.amount} {row.payment_currency}"
            )
        if PaymentState(row.payment_state) not in BESIDE[OrderState(row.state)]:
            faults.append(f"order {row.number} is {row.state} while its payment is {row.payment_state}")
    return faults


@invariant("payments.late_money_goes_back")
def late_money_goes_back(session: Session) -> list[str]:
    """Money kept for a cancelled order is on its way back: a refund waits, or a person was called."""
    rows = session.execute(
        select(Order.number, Order.needs_attention, Payment.id)
        .join(Payment, Payment.order_id == Order.id)
        .where(Order.state == OrderState.CANCELLED, Payment.state == PaymentState.PAID)
    )
    return [
        f"order {row.number} is cancelled, paid, and nobody sends the money back"
        for row in rows
        if not row.needs_attention and not _refund_waits(session, row.id)
    ]


def _refund_waits(session: Session, payment_id: str) -> bool:
    waiting = select(jobs.Job.id).where(jobs.Job.key == f"refund:{payment_id}", jobs.Job.state != "done")
    return session.scalar(waiting) is not None


@invariant("payments.paid_means_proof")
def paid_means_proof(session: Session) -> list[str]:
    """A paid payment names what the provider knows it by."""
    rows = session.execute(
        select(Payment.id, Payment.state).where(
            Payment.state.in_((PaymentState.PAID, PaymentState.REFUNDED)),
            Payment.intent_ref.is_(None) | Payment.session_ref.is_(None),
        )
    )
    return [f"payment {row.id} is {row.state} without a reference at the provider" for row in rows]
