"""Who wants to be reminded of a stream."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock
from shop.core.db import Base, Instant, PublicId


class StreamReminder(Base):
    """`known_start` is the start that the person was told last, `fired_for` the start they were reminded of."""

    __tablename__ = "stream_reminders"

    stream_id: Mapped[str] = mapped_column(PublicId("strm"), ForeignKey("streams.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True, index=True)
    known_start: Mapped[datetime] = mapped_column(Instant)
    fired_for: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
