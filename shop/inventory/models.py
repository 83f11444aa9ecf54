"""Stock: one row per variant changed by one conditional statement, and a ledger of every change."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Base, Instant, PublicId


class StockLevel(Base):
    """Counters of one variant: can sell = stock - held - sold. The checks are the last line against overselling."""

    __tablename__ = "stock_levels"
    __table_args__ = (
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("sold >= 0", name="sold"),
        CheckConstraint("held + sold <= stock", name="no_oversell"),
    )

    variant_id: Mapped[str] = mapped_column(PublicId("var"), ForeignKey("variants.id"), primary_key=True)
    stock: Mapped[int] = mapped_column(default=0)  # received + adjusted + returned
    held: Mapped[int] = mapped_column(default=0)
    sold: Mapped[int] = mapped_column(default=0)


class Movement(StrEnum):
    """Why a number changed; each says which counter moves and by which sign of the quantity."""

    RECEIVED = "received"  # stock +
    ADJUSTED = "adjusted"  # stock ±, with a reason
    RETURNED = "returned"  # stock +
    HELD = "held"  # held +
    RELEASED = "released"  # held -
    SOLD = "sold"  # held -, sold +


class StockEntry(Base):
    """The ledger: append-only. `quantity` is positive except for adjustments."""

    __tablename__ = "stock_entries"
    __table_args__ = (Index("ix_stock_entries_variant", "variant_id", "at"),)

    id: Mapped[str] = mapped_column(PublicId("sent"), primary_key=True, default=lambda: ids.new_id("sent"))
    variant_id: Mapped[str] = mapped_column(PublicId("var"), ForeignKey("variants.id"))
    movement: Mapped[Movement] = mapped_column(String(10))
    quantity: Mapped[int] = mapped_column()
    hold_id: Mapped[str | None] = mapped_column(PublicId("hold"), ForeignKey("holds.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")
    by_account_id: Mapped[str | None] = mapped_column(PublicId("acct"))
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class HoldState(StrEnum):
    HELD = "held"
    RELEASED = "released"
    SOLD = "sold"


HOLD_MOVES: dict[HoldState, frozenset[HoldState]] = {
    HoldState.HELD: frozenset({HoldState.RELEASED, HoldState.SOLD}),
    HoldState.RELEASED: frozenset(),
    HoldState.SOLD: frozenset(),
}


class Hold(Base):
    """Stock set aside for one owner (`order:ord_…`) until a deadline; ends released or sold, never both."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="positive"),
        Index("ix_holds_open", "state", "expires_at"),
        # One open hold per owner and variant: a second request of the same owner cannot take stock twice.
        Index(
            "uq_holds_owner_open",
            "owner_ref",
            "variant_id",
            unique=True,
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
    )

    id: Mapped[str] = mapped_column(PublicId("hold"), primary_key=True, default=lambda: ids.new_id("hold"))
    variant_id: Mapped[str] = mapped_column(PublicId("var"), ForeignKey("variants.id"), index=True)
    owner_ref: Mapped[str] = mapped_column(String(60), index=True)
    quantity: Mapped[int] = mapped_column()
    state: Mapped[HoldState] = mapped_column(String(10), default=HoldState.HELD)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class StockWait(Base):
    """Somebody wants to know when a variant can be bought again; told once, then the wait is over."""

    __tablename__ = "stock_waits"
    __table_args__ = (
        Index(
            "uq_stock_waits_open",
            "variant_id",
            "account_id",
            unique=True,
            sqlite_where=text("told_at IS NULL"),
            postgresql_where=text("told_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(PublicId("wait"), primary_key=True, default=lambda: ids.new_id("wait"))
    variant_id: Mapped[str] = mapped_column(PublicId("var"), ForeignKey("variants.id"))
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    told_at: Mapped[datetime | None] = mapped_column(Instant)
