"""Clips: a short piece of a show in a file of its own."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Base, Instant, PublicId
from shop.core.errors import WrongMove

LEAST_SECONDS, MOST_SECONDS = 3, 60
DEFAULT_SECONDS = 30
SLUG_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
SLUG_LENGTH = 12


class ClipState(StrEnum):
    CUTTING = "cutting"
    READY = "ready"
    FAILED = "failed"
    REMOVED = "removed"


CLIP_MOVES: dict[ClipState, frozenset[ClipState]] = {
    ClipState.CUTTING: frozenset({ClipState.READY, ClipState.FAILED, ClipState.REMOVED}),
    ClipState.READY: frozenset({ClipState.REMOVED}),
    ClipState.FAILED: frozenset({ClipState.REMOVED}),
    ClipState.REMOVED: frozenset(),
}


def new_slug() -> str:
    """The address of a clip: too many to guess, easy to read out."""
    return "".join(secrets.choice(SLUG_LETTERS) for _ in range(SLUG_LENGTH))


class Clip(Base):
    """One clip. `from_at` and `until_at` are what was asked for; `starts_at` is where the copy really begins, at most a
    segment earlier. The film outlives the stream's own files."""

    __tablename__ = "clips"
    __table_args__ = (
        CheckConstraint("until_at > from_at", name="order"),
        CheckConstraint("views >= 0", name="views"),
        Index("ix_clips_maker", "by_account_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(PublicId("clip"), primary_key=True, default=lambda: ids.new_id("clip"))
    slug: Mapped[str] = mapped_column(String(16), unique=True, default=new_slug)
    stream_id: Mapped[str] = mapped_column(PublicId("strm"), ForeignKey("streams.id"), index=True)
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"), index=True)
    by_account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    product_id: Mapped[str | None] = mapped_column(PublicId("prod"), ForeignKey("products.id"), index=True)
    state: Mapped[ClipState] = mapped_column(String(8), default=ClipState.CUTTING)
    shows_maker: Mapped[bool] = mapped_column(default=False)  # "from Ana" on its page, only if Ana wants it.
    from_at: Mapped[datetime] = mapped_column(Instant)
    until_at: Mapped[datetime] = mapped_column(Instant)
    start_seconds: Mapped[float] = mapped_column()  # As asked: of the show while it is on air, else of the recording.
    end_seconds: Mapped[float] = mapped_column()
    starts_at: Mapped[datetime | None] = mapped_column(Instant)
    duration_seconds: Mapped[float | None] = mapped_column()
    width: Mapped[int | None] = mapped_column()
    height: Mapped[int | None] = mapped_column()
    views: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
    removed_by: Mapped[str | None] = mapped_column(PublicId("acct"))

    def move(self, to: ClipState) -> bool:
        """Take a step of the table; False when it was taken before. Raises WrongMove."""
        if self.state == to:
            return False
        if to not in CLIP_MOVES[ClipState(self.state)]:
            raise WrongMove
        self.state = to
        return True


class ClipView(Base):
    """Somebody who played a clip, once per person or guest browser: views are counted from it."""

    __tablename__ = "clip_views"

    clip_id: Mapped[str] = mapped_column(PublicId("clip"), ForeignKey("clips.id"), primary_key=True)
    viewer_key: Mapped[str] = mapped_column(String(80), primary_key=True)
    first_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
