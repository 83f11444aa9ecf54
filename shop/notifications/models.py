"""What a person was told, and what they want to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Base, Instant, PublicId


class Notice(Base):
    """One piece of news for one person. The unique key makes telling it again harmless.

    A notice that is not `in_app` exists for its mail alone.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index("ix_notices_unread", "account_id", "read_at"),
        Index("ix_notices_group", "account_id", "kind", "group_key"),
    )

    id: Mapped[str] = mapped_column(PublicId("note"), primary_key=True, default=lambda: ids.new_id("note"))
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    group_key: Mapped[str] = mapped_column(String(200))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    url: Mapped[str] = mapped_column(String(500))
    in_app: Mapped[bool] = mapped_column(default=True)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    mailed_at: Mapped[datetime | None] = mapped_column(Instant)


class NoticeSetting(Base):
    """What a person chose for one kind; without a row the kind's own defaults hold."""

    __tablename__ = "notice_settings"

    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    in_app: Mapped[bool] = mapped_column(default=True)
    by_mail: Mapped[bool] = mapped_column(default=True)
