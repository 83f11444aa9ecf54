"""Claims in a show, the line behind a sold-out variant, and what a show lets people claim."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Amount, Base, Instant, PublicId

MOST_PER_ITEM, MOST_PER_SHOW, HOLD_MINUTES = 3, 10, 10


class ClaimState(StrEnum):
    """Where a claim stands."""

    WAITING = "waiting"  # In line: others hold or bought what there was.
    HELD = "held"  # Its offer holds the pieces.
    PAID = "paid"
    RELEASED = "released"  # Given back by its owner: pass, cancel, Release, another size instead.
    EXPIRED = "expired"  # Not paid in time.
    REMOVED = "removed"  # Taken away by the brand.
    MISSED = "missed"  # The line ended before it was their turn.


OPEN = (ClaimState.WAITING, ClaimState.HELD)
# What counts towards a buyer's cap.
COUNTED = (*OPEN, ClaimState.PAID)

_ENDS = frozenset({ClaimState.RELEASED, ClaimState.REMOVED})
CLAIM_MOVES: dict[ClaimState, frozenset[ClaimState]] = {
    ClaimState.WAITING: frozenset({ClaimState.HELD, ClaimState.MISSED}) | _ENDS,
    ClaimState.HELD: frozenset({ClaimState.PAID, ClaimState.EXPIRED}) | _ENDS,
    # Money that was on its way pays, whatever came of the claim meanwhile.
    ClaimState.RELEASED: frozenset({ClaimState.PAID}),
    ClaimState.EXPIRED: frozenset({ClaimState.PAID}),
    ClaimState.REMOVED: frozenset({ClaimState.PAID}),
    ClaimState.PAID: frozenset(),
    ClaimState.MISSED: frozenset(),
}


class ClaimRules(Base):
    """What a show lets people claim. Its row is the lock of the show's claims; without a row the usual rules hold.

    `words` is empty for the usual claim words.
    """

    __tablename__ = "claim_rules"
    __table_args__ = (
        CheckConstraint("most_per_item BETWEEN 1 AND 20", name="most_per_item"),
        CheckConstraint("most_per_show BETWEEN 1 AND 100", name="most_per_show"),
        CheckConstraint("hold_minutes BETWEEN 5 AND 120", name="hold_minutes"),
    )

    stream_id: Mapped[str] = mapped_column(PublicId("strm"), ForeignKey("streams.id"), primary_key=True)
    is_on: Mapped[bool] = mapped_column(default=True)
    words: Mapped[list[str]] = mapped_column(JSON, default=list)
    most_per_item: Mapped[int] = mapped_column(default=MOST_PER_ITEM)  # Pieces of one person.
    most_per_show: Mapped[int] = mapped_column(default=MOST_PER_SHOW)
    hold_minutes: Mapped[int] = mapped_column(default=HOLD_MINUTES)


class Claim(Base):
    """One person's claim on pieces of one variant. `turn` numbers a show's claims: it is the order of the line.

    `unit_amount` is the price of the moment of the claim, in minor units; whoever waited pays it, or less.
    """

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 20", name="quantity"),
        UniqueConstraint("stream_id", "turn"),
        UniqueConstraint("room_id", "account_id", "client_key"),
        Index("ix_claims_line", "stream_id", "variant_id", "state"),
        Index("ix_claims_person", "room_id", "account_id", "state"),
    )

    id: Mapped[str] = mapped_column(PublicId("claim"), primary_key=True, default=lambda: ids.new_id("claim"))
    stream_id: Mapped[str] = mapped_column(PublicId("strm"), ForeignKey("streams.id"))
    room_id: Mapped[str] = mapped_column(PublicId("room"), ForeignKey("rooms.id"))
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"))
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), index=True)
    item_id: Mapped[str] = mapped_column(PublicId("item"))
    product_id: Mapped[str] = mapped_column(PublicId("prod"), ForeignKey("products.id"))
    variant_id: Mapped[str] = mapped_column(PublicId("var"), ForeignKey("variants.id"))
    quantity: Mapped[int] = mapped_column()
    unit_amount: Mapped[int] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(String(3))
    source_ref: Mapped[str | None] = mapped_column(String(40))  # The pin that was up.
    turn: Mapped[int] = mapped_column()
    most_per_item: Mapped[int] = mapped_column()  # The caps when it was made.
    most_per_show: Mapped[int] = mapped_column()
    state: Mapped[ClaimState] = mapped_column(String(10), default=ClaimState.WAITING)
    is_paused: Mapped[bool] = mapped_column(default=False)  # The host is away; its deadline was moved to wait.
    offer_id: Mapped[str | None] = mapped_column(PublicId("offer"), ForeignKey("offers.id"), unique=True)
    replaces_id: Mapped[str | None] = mapped_column(PublicId("claim"))  # The same person's claim that it changed.
    client_key: Mapped[str] = mapped_column(String(40))  # The comment's, or the button's.
    message_id: Mapped[str | None] = mapped_column(PublicId("msg"))  # The comment, where there is one.
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class ClaimStep(Base):
    """What happened to a claim, append-only: to which state, by whom (null: by itself), and what staff changed."""

    __tablename__ = "claim_steps"

    id: Mapped[str] = mapped_column(PublicId("cstp"), primary_key=True, default=lambda: ids.new_id("cstp"))
    claim_id: Mapped[str] = mapped_column(PublicId("claim"), ForeignKey("claims.id"), index=True)
    state: Mapped[ClaimState] = mapped_column(String(10))
    by_account_id: Mapped[str | None] = mapped_column(PublicId("acct"))
    note: Mapped[str] = mapped_column(String(120), default="")
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
