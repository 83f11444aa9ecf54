"""What we asked a payment provider for, and what it told us."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Amount, Base, Instant, PublicId


class PaymentState(StrEnum):
    CREATED = "created"  # The row is committed, the provider not yet asked.
    OPEN = "open"  # The shopper can pay.
    PAID = "paid"
    CLOSED = "closed"  # The provider confirmed that it can no longer be paid.
    REFUNDED = "refunded"


PAYMENT_MOVES: dict[PaymentState, frozenset[PaymentState]] = {
    PaymentState.CREATED: frozenset({PaymentState.OPEN, PaymentState.PAID, PaymentState.CLOSED}),
    PaymentState.OPEN: frozenset({PaymentState.PAID, PaymentState.CLOSED}),
    PaymentState.PAID: frozenset({PaymentState.REFUNDED}),
    PaymentState.CLOSED: frozenset({PaymentState.PAID, PaymentState.REFUNDED}),
    PaymentState.REFUNDED: frozenset(),
}


class Payment(Base):
    """One attempt to be paid for one order, committed before the provider is asked; its id makes the idempotency key."""

    __tablename__ = "payments"

    id: Mapped[str] = mapped_column(PublicId("pay"), primary_key=True, default=lambda: ids.new_id("pay"))
    order_id: Mapped[str] = mapped_column(PublicId("ord"), ForeignKey("orders.id"), index=True)
    provider: Mapped[str] = mapped_column(String(20), default="stripe")
    state: Mapped[PaymentState] = mapped_column(String(12), default=PaymentState.CREATED)
    amount: Mapped[int] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(String(3))
    # What the provider is asked, word for word: asking again after a lost answer must send the very same request.
    request: Mapped[dict[str, Any]] = mapped_column(JSON)
    session_ref: Mapped[str | None] = mapped_column(String(120), unique=True)
    intent_ref: Mapped[str | None] = mapped_column(String(120), unique=True)
    charge_ref: Mapped[str | None] = mapped_column(String(120))
    page_url: Mapped[str] = mapped_column(Text, default="")
    refund_ref: Mapped[str | None] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    paid_at: Mapped[datetime | None] = mapped_column(Instant)


class ProviderEvent(Base):
    """The inbox: each verified webhook event once, stored before it is handled."""

    __tablename__ = "provider_events"
    __table_args__ = (
        UniqueConstraint("provider", "event_ref"),
        Index("ix_provider_events_open", "handled_at", "received_at"),
    )

    id: Mapped[str] = mapped_column(PublicId("pev"), primary_key=True, default=lambda: ids.new_id("pev"))
    provider: Mapped[str] = mapped_column(String(20))
    event_ref: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(80))
    object_ref: Mapped[str] = mapped_column(String(120), default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    handled_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(String(40), default="")
