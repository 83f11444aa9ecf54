"""Streams, their rooms and their run of show, and the table of a stream's moves."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Base, Instant, PublicId


class StreamState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LIVE = "live"
    ENDED = "ended"  # The host ended it; the replay is being closed.
    REPLAY = "replay"
    CANCELLED = "cancelled"


STREAM_MOVES: dict[StreamState, frozenset[StreamState]] = {
    StreamState.DRAFT: frozenset({StreamState.SCHEDULED, StreamState.LIVE, StreamState.CANCELLED}),
    StreamState.SCHEDULED: frozenset({StreamState.DRAFT, StreamState.LIVE, StreamState.CANCELLED}),
    StreamState.LIVE: frozenset({StreamState.ENDED}),
    StreamState.ENDED: frozenset({StreamState.REPLAY}),
    StreamState.REPLAY: frozenset(),
    StreamState.CANCELLED: frozenset(),
}


class Stream(Base):
    """One show of one brand. The partial unique index lets a brand have one live stream at a time."""

    __tablename__ = "streams"
    __table_args__ = (
        Index(
            "uq_streams_live_brand",
            "brand_id",
            unique=True,
            sqlite_where=text("state = 'live'"),
            postgresql_where=text("state = 'live'"),
        ),
        Index("ix_streams_state", "state", "starts_at"),
    )

    id: Mapped[str] = mapped_column(PublicId("strm"), primary_key=True, default=lambda: ids.new_id("strm"))
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"), index=True)
    host_account_id: Mapped[str | None] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    description: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    language: Mapped[str] = mapped_column(String(5), default="it")
    cover_image_id: Mapped[str | None] = mapped_column(PublicId("img"), ForeignKey("images.id"))
    state: Mapped[StreamState] = mapped_column(String(12), default=StreamState.DRAFT)
    is_demo: Mapped[bool] = mapped_column(default=False)
    starts_at: Mapped[datetime | None] = mapped_column(Instant)  # Planned.
    announced_at: Mapped[datetime | None] = mapped_column(Instant)  # First scheduled: people may know of it since.
    live_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    duration_seconds: Mapped[int | None] = mapped_column()  # Of the recording.
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class Room(Base):
    """The live side of a stream. `seq` numbers its state events; a new `epoch` tells clients to load a snapshot."""

    __tablename__ = "rooms"

    id: Mapped[str] = mapped_column(PublicId("room"), primary_key=True, default=lambda: ids.new_id("room"))
    stream_id: Mapped[str] = mapped_column(PublicId("strm"), ForeignKey("streams.id"), unique=True)
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"), index=True)
    epoch: Mapped[str] = mapped_column(String(12))
    seq: Mapped[int] = mapped_column(default=0)
    has_video: Mapped[bool] = mapped_column(default=False)  # Pictures can be played.
    host_present: Mapped[bool] = mapped_column(default=False)
    away_since: Mapped[datetime | None] = mapped_column(
        Instant
    )  # While the host's picture is lost; clocks stand still.
    slow_mode_seconds: Mapped[int] = mapped_column(default=0)
    notice: Mapped[str] = mapped_column(String(200), default="")  # The host's pinned message.
    hearts: Mapped[int] = mapped_column(default=0)
    viewers: Mapped[int] = mapped_column(default=0)  # Unique people now, written every few seconds.
    viewers_peak: Mapped[int] = mapped_column(default=0)


class LineUpItem(Base):
    """One product in the run of show."""

    __tablename__ = "line_up_items"
    __table_args__ = (
        UniqueConstraint("stream_id", "product_id"),
        UniqueConstraint("stream_id", "number"),
        CheckConstraint("pin_seconds BETWEEN 30 AND 7200", name="pin_seconds"),
    )

    id: Mapped[str] = mapped_column(PublicId("item"), primary_key=True, default=lambda: ids.new_id("item"))
    stream_id: Mapped[str] = mapped_column(PublicId("strm"), ForeignKey("streams.id"), index=True)
    product_id: Mapped[str] = mapped_column(PublicId("prod"), ForeignKey("products.id"))
    position: Mapped[int] = mapped_column()
    number: Mapped[int] = mapped_column()  # What viewers call it ("sold 12"); given once, whatever its place.
    pin_seconds: Mapped[int] = mapped_column(default=300)
    # The live price by currency in minor units, {"EUR": 8900}; empty: the normal price.
    live_price: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    shown_at: Mapped[datetime | None] = mapped_column(Instant)  # When it was last pinned; undone pins do not count.


class RoomEvent(Base):
    """State events as they were sent, so that a returning client can fetch the gap."""

    __tablename__ = "room_events"

    room_id: Mapped[str] = mapped_column(PublicId("room"), ForeignKey("rooms.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class RoomVisit(Base):
    """A viewer who was there, once per person or guest browser: unique viewers are counted from it."""

    __tablename__ = "room_visits"

    room_id: Mapped[str] = mapped_column(PublicId("room"), ForeignKey("rooms.id"), primary_key=True)
    viewer_key: Mapped[str] = mapped_column(String(80), primary_key=True)
    first_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
