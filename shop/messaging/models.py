"""Threads between people, and between people and brands.

Messages of a thread are numbered: what somebody has not read is a subtraction, and a gap is visible to a screen.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Base, Instant, PublicId

LONGEST_TEXT = 2000
LARGEST_GROUP = 32
SNIPPET = 120


class ThreadKind(StrEnum):
    """Who talks: two people, a shopper and a brand, a group of friends."""

    DIRECT = "direct"
    BRAND = "brand"
    GROUP = "group"


class MemberRole(StrEnum):
    """What somebody may do in a group; in other threads everybody is a member."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class Folder(StrEnum):
    """Where a thread lies for one person. A stranger's first message waits in `requests` until it is accepted."""

    OPEN = "open"
    REQUESTS = "requests"


class MessageKind(StrEnum):
    """What a message is; `auto` is the brand's answer outside its hours, `system` says who came and went."""

    TEXT = "text"
    AUTO = "auto"
    SYSTEM = "system"


class Thread(Base):
    """A conversation. `pair_key` makes two people, or a person and a brand, have one thread only.

    The last message is repeated here, so that a list of threads reads no messages.
    """

    __tablename__ = "threads"
    __table_args__ = (
        Index("ix_threads_brand", "brand_id", "last_at"),
        CheckConstraint("last_number >= 0", name="numbers_count_up"),
    )

    id: Mapped[str] = mapped_column(PublicId("thread"), primary_key=True, default=lambda: ids.new_id("thread"))
    kind: Mapped[ThreadKind] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(String(60), default="")  # Groups only.
    pair_key: Mapped[str | None] = mapped_column(String(80), unique=True)
    brand_id: Mapped[str | None] = mapped_column(PublicId("brand"), ForeignKey("brands.id"))
    shopper_id: Mapped[str | None] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), index=True)
    created_by: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    last_number: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    last_text: Mapped[str] = mapped_column(String(SNIPPET), default="")
    last_author_id: Mapped[str | None] = mapped_column(PublicId("acct"))
    last_as_brand: Mapped[bool] = mapped_column(default=False)
    # Brand threads: who answers, since when the shopper waits, how far the brand has read.
    assigned_to_id: Mapped[str | None] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    waiting_since: Mapped[datetime | None] = mapped_column(Instant)
    brand_read: Mapped[int] = mapped_column(default=0)


class ThreadMember(Base):
    """Somebody's place in a thread. A brand's people have none: their role in the brand lets them in."""

    __tablename__ = "thread_members"
    __table_args__ = (Index("ix_thread_members_account", "account_id", "folder", "left_at"),)

    thread_id: Mapped[str] = mapped_column(PublicId("thread"), ForeignKey("threads.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True)
    role: Mapped[MemberRole] = mapped_column(String(8), default=MemberRole.MEMBER)
    folder: Mapped[Folder] = mapped_column(String(8), default=Folder.OPEN)
    since_number: Mapped[int] = mapped_column(default=0)  # What was said before somebody joined is not theirs.
    read_number: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    muted_at: Mapped[datetime | None] = mapped_column(Instant)
    joined_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    left_at: Mapped[datetime | None] = mapped_column(Instant)


class Message(Base):
    """Something said. `client_key` makes a retried send the same message. Deleted ones keep their place, not their words."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("thread_id", "number"),
        UniqueConstraint("thread_id", "author_id", "client_key"),
        Index("ix_messages_author", "author_id", "at"),
    )

    id: Mapped[str] = mapped_column(PublicId("msg"), primary_key=True, default=lambda: ids.new_id("msg"))
    thread_id: Mapped[str] = mapped_column(PublicId("thread"), ForeignKey("threads.id"))
    number: Mapped[int] = mapped_column()
    author_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    as_brand: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[MessageKind] = mapped_column(String(8), default=MessageKind.TEXT)
    text: Mapped[str] = mapped_column(String(LONGEST_TEXT), default="")
    # What a system message speaks of: {"what": "renamed", "title": …}.
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    image_id: Mapped[str | None] = mapped_column(PublicId("img"), ForeignKey("images.id"))
    # [["product", "passo-uno"], …]; cards are read again, with the reader's rights, whenever the message is shown.
    cards: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    reply_to_id: Mapped[str | None] = mapped_column(PublicId("msg"), ForeignKey("messages.id"))
    client_key: Mapped[str] = mapped_column(String(40))
    text_key: Mapped[str] = mapped_column(String(16), default="", index=True)  # Tells the same text to many people.
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    edited_at: Mapped[datetime | None] = mapped_column(Instant)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)


class MessageReaction(Base):
    """One person's sign on a message."""

    __tablename__ = "message_reactions"

    message_id: Mapped[str] = mapped_column(PublicId("msg"), ForeignKey("messages.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True)
    sign: Mapped[str] = mapped_column(String(8), primary_key=True)


class ThreadNote(Base):
    """What a brand's people tell each other about a shopper's thread. A table of its own, so that no thread can show it."""

    __tablename__ = "thread_notes"

    id: Mapped[str] = mapped_column(PublicId("note"), primary_key=True, default=lambda: ids.new_id("note"))
    thread_id: Mapped[str] = mapped_column(PublicId("thread"), ForeignKey("threads.id"), index=True)
    author_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    text: Mapped[str] = mapped_column(String(LONGEST_TEXT))
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class SavedReply(Base):
    """A brand's ready answer; {name}, {brand} and {product} are filled in when it is picked."""

    __tablename__ = "saved_replies"
    __table_args__ = (UniqueConstraint("brand_id", "title"),)

    id: Mapped[str] = mapped_column(PublicId("reply"), primary_key=True, default=lambda: ids.new_id("reply"))
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"))
    title: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(String(LONGEST_TEXT))


class AnswerHours(Base):
    """When a brand answers, in its own zone, and what it says at other times. Without a row: always, nothing."""

    __tablename__ = "answer_hours"

    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"), primary_key=True)
    zone: Mapped[str] = mapped_column(String(40), default="Europe/Rome")
    days: Mapped[list[int]] = mapped_column(JSON, default=list)  # 0 is Monday.
    opens_minute: Mapped[int] = mapped_column(default=9 * 60)
    closes_minute: Mapped[int] = mapped_column(default=18 * 60)
    text: Mapped[str] = mapped_column(String(500), default="")


class ReplyTime(Base):
    """How long a shopper waited for a person's answer, once per wait: what "usually answers in" is made of."""

    __tablename__ = "reply_times"
    __table_args__ = (Index("ix_reply_times_brand", "brand_id", "at"),)

    message_id: Mapped[str] = mapped_column(PublicId("msg"), ForeignKey("messages.id"), primary_key=True)
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"))
    seconds: Mapped[int] = mapped_column()
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class MessageReport(Base):
    """Somebody says that a message should not be. The words are kept as they were read."""

    __tablename__ = "message_reports"
    __table_args__ = (UniqueConstraint("message_id", "by_account_id"),)

    id: Mapped[str] = mapped_column(PublicId("report"), primary_key=True, default=lambda: ids.new_id("report"))
    message_id: Mapped[str] = mapped_column(PublicId("msg"), ForeignKey("messages.id"))
    by_account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(String(LONGEST_TEXT), default="")
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by: Mapped[str | None] = mapped_column(PublicId("acct"))
    outcome: Mapped[str] = mapped_column(String(12), default="")  # removed, kept
