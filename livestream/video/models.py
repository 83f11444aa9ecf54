"""What the video engine reported, each report once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock
from shop.core.db import Base, Instant, PublicId


class VideoEvent(Base):
    """One report by the engine's own id: a repeated callback finds its row and changes nothing."""

    __tablename__ = "video_events"

    event_ref: Mapped[str] = mapped_column(String(120), primary_key=True)
    stream_id: Mapped[str] = mapped_column(PublicId("strm"), ForeignKey("streams.id"), index=True)
    name: Mapped[str] = mapped_column(String(20))
    happened_at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
