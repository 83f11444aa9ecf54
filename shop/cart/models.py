"""The bag: of a member by account, of a guest by the hash of a cookie."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Amount, Base, Instant, PublicId


class Cart(Base):
    """One bag. Exactly one of account and guest owns it."""

    __tablename__ = "carts"
    __table_args__ = (CheckConstraint("(account_id IS NULL) <> (guest_key IS NULL)", name="one_owner"),)

    id: Mapped[str] = mapped_column(PublicId("cart"), primary_key=True, default=lambda: ids.new_id("cart"))
    account_id: Mapped[str | None] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), unique=True)
    guest_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    updated_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class CartLine(Base):
    """A variant in the bag. `seen_*` is the price the shopper saw last, so that a change can be told plainly."""

    __tablename__ = "cart_lines"
    __table_args__ = (
        UniqueConstraint("cart_id", "variant_id"),
        CheckConstraint("quantity BETWEEN 1 AND 99", name="quantity"),
    )

    id: Mapped[str] = mapped_column(PublicId("cl"), primary_key=True, default=lambda: ids.new_id("cl"))
    cart_id: Mapped[str] = mapped_column(PublicId("cart"), ForeignKey("carts.id", ondelete="CASCADE"), index=True)
    variant_id: Mapped[str] = mapped_column(PublicId("var"), ForeignKey("variants.id"))
    quantity: Mapped[int] = mapped_column()
    seen_amount: Mapped[int] = mapped_column(Amount)
    seen_currency: Mapped[str] = mapped_column(String(3))
    source_ref: Mapped[str | None] = mapped_column(String(40))  # The pin (pin_…) it was added from.
    added_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
