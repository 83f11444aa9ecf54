"""Offers: one thing at one price for one shopper, inside the shopper's thread with the brand."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Amount, Base, Instant, PublicId
from shop.shipping.models import CountryGroup

SHORTEST = timedelta(minutes=20)
LONGEST = timedelta(days=7)
MOST_UNITS = 50  # Of one batch, and as many threads.
HOST_PERCENT, SUPPORT_PERCENT = 20, 10  # Until a brand says otherwise.


class OfferState(StrEnum):
    """Where an offer stands; `states.MOVES` says how it gets from one to the next."""

    DRAFT = "draft"
    SENT = "sent"
    SEEN = "seen"
    COUNTERED = "countered"  # The shopper named another price; the brand answers.
    HELD = "held"  # Taken: the stock is set aside, only the payment is missing.
    PAYING = "paying"  # A payment page is open; the stock is its order's.
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURNED = "returned"  # The money went back.
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    GONE = "gone"  # Others bought what there was.


WAITING = (OfferState.SENT, OfferState.SEEN, OfferState.COUNTERED)  # Nobody has taken it.
OPEN = (*WAITING, OfferState.HELD, OfferState.PAYING)
BOUGHT = (OfferState.PAID, OfferState.SHIPPED, OfferState.DELIVERED, OfferState.RETURNED)
OVER = (OfferState.EXPIRED, OfferState.WITHDRAWN, OfferState.DECLINED, OfferState.GONE)


class OfferBatch(Base):
    """The same offer to several shoppers: the first `units` who pay get it. Its stock is held for all of them together."""

    __tablename__ = "offer_batches"
    __table_args__ = (CheckConstraint("units > 0", name="units"),)

    id: Mapped[str] = mapped_column(PublicId("obat"), primary_key=True, default=lambda: ids.new_id("obat"))
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"), index=True)
    variant_id: Mapped[str] = mapped_column(PublicId("var"), ForeignKey("variants.id"))
    units: Mapped[int] = mapped_column()
    quantity: Mapped[int] = mapped_column()  # Pieces of one unit.
    holds_stock: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class Offer(Base):
    """One offer and its card. Amounts are minor units of `currency`; `unit_amount` is the price of one piece.

    `base_amount` is what a piece cost everybody when the offer was made. `ending` names the event that will end an
    offer whose payment page is still being closed: from then on no new page is opened.
    """

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint("unit_amount > 0 AND unit_amount <= list_amount", name="price"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("shipping_amount >= 0", name="shipping"),
        Index("ix_offers_thread", "thread_id", "state"),
        Index("ix_offers_variant", "variant_id", "state"),
        Index("ix_offers_product", "product_id", "state"),
        Index("ix_offers_due", "state", "valid_until"),
    )

    id: Mapped[str] = mapped_column(PublicId("offer"), primary_key=True, default=lambda: ids.new_id("offer"))
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"), index=True)
    shopper_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), index=True)
    thread_id: Mapped[str] = mapped_column(PublicId("thread"), ForeignKey("threads.id"))
    message_id: Mapped[str | None] = mapped_column(PublicId("msg"), ForeignKey("messages.id"))
    message_number: Mapped[int] = mapped_column(default=0)
    by_account_id: Mapped[str | None] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    batch_id: Mapped[str | None] = mapped_column(PublicId("obat"), ForeignKey("offer_batches.id"), index=True)
    product_id: Mapped[str] = mapped_column(PublicId("prod"), ForeignKey("products.id"))
    variant_id: Mapped[str] = mapped_column(PublicId("var"), ForeignKey("variants.id"))
    quantity: Mapped[int] = mapped_column(default=1)
    currency: Mapped[str] = mapped_column(String(3))
    unit_amount: Mapped[int] = mapped_column(Amount)
    base_amount: Mapped[int] = mapped_column(Amount)
    list_amount: Mapped[int] = mapped_column(Amount)
    base_is_live: Mapped[bool] = mapped_column(default=False)
    country_group: Mapped[CountryGroup] = mapped_column(String(8), default=CountryGroup.HOME)
    shipping_amount: Mapped[int] = mapped_column(Amount)
    shipping_is_given: Mapped[bool] = mapped_column(
        default=False
    )  # The brand named it; otherwise it is its usual rate.
    holds_stock: Mapped[bool] = mapped_column(default=False)
    # The claim it was made for, once: the shopper asked for it in a live room, at the room's price.
    claim_ref: Mapped[str | None] = mapped_column(String(40), unique=True)
    source_ref: Mapped[str | None] = mapped_column(String(40))  # The pin it comes from.
    state: Mapped[OfferState] = mapped_column(String(10), default=OfferState.DRAFT)
    ending: Mapped[str] = mapped_column(String(12), default="")
    steps: Mapped[int] = mapped_column(default=0)  # How many lines its history has.
    counter_amount: Mapped[int | None] = mapped_column(Amount)
    counters: Mapped[int] = mapped_column(default=0)
    order_id: Mapped[str | None] = mapped_column(PublicId("ord"), ForeignKey("orders.id"), unique=True)
    valid_until: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)
    return_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    taken_back_at: Mapped[datetime | None] = mapped_column(Instant)  # It came back; the money is on its way.

    @property
    def is_claim(self) -> bool:
        return self.claim_ref is not None


class OfferStep(Base):
    """What happened to an offer, append-only: the event, the state it led to, who, when, and which order it opened."""

    __tablename__ = "offer_steps"

    offer_id: Mapped[str] = mapped_column(PublicId("offer"), ForeignKey("offers.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)  # 1, 2, …
    event: Mapped[str] = mapped_column(String(12))
    state: Mapped[OfferState] = mapped_column(String(10))
    by_account_id: Mapped[str | None] = mapped_column(PublicId("acct"))
    amount: Mapped[int | None] = mapped_column(Amount)  # A price that was named, in the offer's currency.
    order_id: Mapped[str | None] = mapped_column(PublicId("ord"), ForeignKey("orders.id"), index=True)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class OfferLimits(Base):
    """How far a brand's people may go below the price of the moment, in percent. Owners and producers decide freely."""

    __tablename__ = "offer_limits"
    __table_args__ = (
        CheckConstraint("host_percent BETWEEN 0 AND 100", name="host"),
        CheckConstraint("support_percent BETWEEN 0 AND 100", name="support"),
    )

    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"), primary_key=True)
    host_percent: Mapped[int] = mapped_column(default=HOST_PERCENT)
    support_percent: Mapped[int] = mapped_column(default=SUPPORT_PERCENT)
