"""Orders: one per payment, one part (A, B, …) per brand, and the tables of allowed moves."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Amount, Base, Instant, PublicId


class OrderState(StrEnum):
    PAYING = "paying"  # Stock is held, the shopper is at the payment page.
    PAID = "paid"
    CANCELLED = "cancelled"  # Never paid: expired, abandoned or sold out.
    REFUNDED = "refunded"  # Money came late or wrong and went back.


ORDER_MOVES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.PAYING: frozenset({OrderState.PAID, OrderState.CANCELLED, OrderState.REFUNDED}),
    OrderState.PAID: frozenset({OrderState.REFUNDED}),
    OrderState.CANCELLED: frozenset({OrderState.PAID, OrderState.REFUNDED}),  # Late money, stock taken again or refund.
    OrderState.REFUNDED: frozenset(),
}


class PartState(StrEnum):
    WAITING = "waiting"  # Not paid yet.
    TO_SHIP = "to_ship"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


PART_MOVES: dict[PartState, frozenset[PartState]] = {
    PartState.WAITING: frozenset({PartState.TO_SHIP, PartState.CANCELLED}),
    PartState.TO_SHIP: frozenset({PartState.SHIPPED, PartState.CANCELLED}),
    PartState.SHIPPED: frozenset({PartState.DELIVERED}),
    PartState.DELIVERED: frozenset(),
    PartState.CANCELLED: frozenset({PartState.TO_SHIP}),
}


class Order(Base):
    """One payment's worth of goods. `total` = items + shipping, tax included, in one currency."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("total_amount = items_amount + shipping_amount", name="total"),
        Index("ix_orders_paying", "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(PublicId("ord"), primary_key=True, default=lambda: ids.new_id("ord"))
    number: Mapped[int] = mapped_column(unique=True)
    account_id: Mapped[str | None] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), index=True)
    guest_key: Mapped[str | None] = mapped_column(String(64), index=True)
    cart_id: Mapped[str | None] = mapped_column(PublicId("cart"))
    email: Mapped[str] = mapped_column(String(254), default="")
    locale: Mapped[str] = mapped_column(String(5), default="en")
    state: Mapped[OrderState] = mapped_column(String(12), default=OrderState.PAYING)
    currency: Mapped[str] = mapped_column(String(3))
    items_amount: Mapped[int] = mapped_column(Amount)
    shipping_amount: Mapped[int] = mapped_column(Amount)
    total_amount: Mapped[int] = mapped_column(Amount)
    ship_to: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict
    )  # name, line1, line2, postal_code, city, state, country
    ship_name: Mapped[str] = mapped_column(String(200), default="")  # A copy of ship_to's name, to search in.
    country_group: Mapped[str] = mapped_column(String(8), default="home")
    return_path: Mapped[str] = mapped_column(String(200), default="/")  # Where "back" leads: the room, usually.
    needs_attention: Mapped[str] = mapped_column(String(200), default="")  # Why a person must look, in words.
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    # One per intent to buy: the same bag at the same total posted twice, or from two tabs, is one order.
    intent_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    card: Mapped[str] = mapped_column(String(40), default="")  # "Visa 4242", for the shopper to recognise.
    held_until: Mapped[datetime | None] = mapped_column(Instant)
    paid_at: Mapped[datetime | None] = mapped_column(Instant)


class OrderPart(Base):
    """What one brand sends: 1048-A."""

    __tablename__ = "order_parts"
    __table_args__ = (UniqueConstraint("order_id", "letter"), Index("ix_order_parts_brand", "brand_id", "state"))

    id: Mapped[str] = mapped_column(PublicId("part"), primary_key=True, default=lambda: ids.new_id("part"))
    order_id: Mapped[str] = mapped_column(PublicId("ord"), ForeignKey("orders.id"), index=True)
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"))
    letter: Mapped[str] = mapped_column(String(1))
    state: Mapped[PartState] = mapped_column(String(12), default=PartState.WAITING)
    items_amount: Mapped[int] = mapped_column(Amount)
    shipping_amount: Mapped[int] = mapped_column(Amount)
    carrier: Mapped[str] = mapped_column(String(60), default="")
    tracking_number: Mapped[str] = mapped_column(String(80), default="")
    tracking_url: Mapped[str] = mapped_column(String(300), default="")
    dispatch_on: Mapped[date | None] = mapped_column(Date)  # The brand's promise: it leaves by this day.
    shipped_at: Mapped[datetime | None] = mapped_column(Instant)


class OrderLine(Base):
    """What was bought, as it was then: texts and prices are copies."""

    __tablename__ = "order_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    id: Mapped[str] = mapped_column(PublicId("ol"), primary_key=True, default=lambda: ids.new_id("ol"))
    part_id: Mapped[str] = mapped_column(PublicId("part"), ForeignKey("order_parts.id"), index=True)
    variant_id: Mapped[str] = mapped_column(PublicId("var"), ForeignKey("variants.id"))
    product_id: Mapped[str] = mapped_column(PublicId("prod"), ForeignKey("products.id"))
    sku: Mapped[str] = mapped_column(String(60))
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    choices: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # Label by language: {"en": "38", "it": "38"}.
    image_id: Mapped[str | None] = mapped_column(PublicId("img"))
    quantity: Mapped[int] = mapped_column()
    unit_amount: Mapped[int] = mapped_column(Amount)
    source_ref: Mapped[str | None] = mapped_column(String(40))  # The pin it was bought from.


class OrderEvent(Base):
    """The order's timeline, append-only: `paid`, `shipped`, … with who and a few words."""

    __tablename__ = "order_events"

    id: Mapped[str] = mapped_column(PublicId("oev"), primary_key=True, default=lambda: ids.new_id("oev"))
    order_id: Mapped[str] = mapped_column(PublicId("ord"), ForeignKey("orders.id"), index=True)
    part_id: Mapped[str | None] = mapped_column(PublicId("part"))
    kind: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, default="")
    by_account_id: Mapped[str | None] = mapped_column(PublicId("acct"))
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class OrderNumber(Base):
    """The one counter of order numbers; locked for an instant by each new order."""

    __tablename__ = "order_numbers"

    id: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column()
