"""What is said in a room, and who may not speak there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Base, Instant, PublicId


class ChatMessage(Base):
    """One message. `client_key` makes a retried send the same message. Removed ones keep their row, not their text to others."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        UniqueConstraint("room_id", "account_id", "client_key"),
        Index("ix_chat_messages_room", "room_id", "id"),
    )

    id: Mapped[str] = mapped_column(PublicId("msg"), primary_key=True, default=lambda: ids.new_id("msg"))
    room_id: Mapped[str] = mapped_column(PublicId("room"), ForeignKey("rooms.id"))
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), index=True)
    author_name: Mapped[str] = mapped_column(String(40))
    author_role: Mapped[str] = mapped_column(String(12), default="")  # host, moderator or empty, as it was then.
    text: Mapped[str] = mapped_column(String(200))
    reply_to_id: Mapped[str | None] = mapped_column(PublicId("msg"))
    client_key: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
    removed_by: Mapped[str | None] = mapped_column(PublicId("acct"))


class Silence(Base):
    """Somebody may not write (mute) or not enter (ban) a brand's rooms until a time; null: until lifted."""

    __tablename__ = "silences"
    __table_args__ = (Index("ix_silences_open", "brand_id", "account_id", "lifted_at"),)

    id: Mapped[str] = mapped_column(PublicId("sil"), primary_key=True, default=lambda: ids.new_id("sil"))
    kind: Mapped[str] = mapped_column(String(6))  # mute, ban
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"))
    room_id: Mapped[str | None] = mapped_column(PublicId("room"), ForeignKey("rooms.id"))
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    by_account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    until: Mapped[datetime | None] = mapped_column(Instant)
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)
