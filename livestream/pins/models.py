"""Pins: which product stood on top of the room, from when to when, at which price."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import ids
from shop.core.db import Base, Instant, PublicId


class Pin(Base):
    """One stay of a product on top. `ends_at` closes the live price; `unpinned_at` takes the card away.

    The partial unique index keeps at most one current pin per room.
    """

    __tablename__ = "pins"
    __table_args__ = (
        Index(
            "uq_pins_current",
            "room_id",
            unique=True,
            sqlite_where=text("unpinned_at IS NULL"),
            postgresql_where=text("unpinned_at IS NULL"),
        ),
        Index("ix_pins_room", "room_id", "starts_at"),
    )

    id: Mapped[str] = mapped_column(PublicId("pin"), primary_key=True, default=lambda: ids.new_id("pin"))
    room_id: Mapped[str] = mapped_column(PublicId("room"), ForeignKey("rooms.id"))
    item_id: Mapped[str | None] = mapped_column(PublicId("item"))
    product_id: Mapped[str] = mapped_column(PublicId("prod"), ForeignKey("products.id"))
    by_account_id: Mapped[str | None] = mapped_column(PublicId("acct"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)  # Null: no live price, no timer.
    unpinned_at: Mapped[datetime | None] = mapped_column(Instant)
    live_price: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    price_ended: Mapped[bool] = mapped_column(default=False)  # Told to the room already.
    undone: Mapped[bool] = mapped_column(default=False)  # Taken back within seconds; no chapter in the replay.
    note: Mapped[str] = mapped_column(String(120), default="")
