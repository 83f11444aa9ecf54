"""Brands and who works for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.actor import Role
from shop.core.db import Base, Instant, PublicId


class Brand(Base):
    """A seller. Texts by language: `{"en": …, "it": …}`. `name_key` is the look-alike skeleton nobody else may use."""

    __tablename__ = "brands"

    id: Mapped[str] = mapped_column(PublicId("brand"), primary_key=True, default=lambda: ids.new_id("brand"))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(120), unique=True)
    city: Mapped[str] = mapped_column(String(80), default="")
    country: Mapped[str] = mapped_column(String(2), default="IT")
    accent: Mapped[str] = mapped_column(String(7), default="#1E1815")
    about: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    logo_image_id: Mapped[str | None] = mapped_column(PublicId("img"), ForeignKey("images.id"))
    cover_image_id: Mapped[str | None] = mapped_column(PublicId("img"), ForeignKey("images.id"))
    dispatch_days: Mapped[int] = mapped_column(default=2)  # Working days until a parcel leaves.
    return_days: Mapped[int] = mapped_column(default=14)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class BrandMember(Base):
    """Somebody's role in a brand; at most one each."""

    __tablename__ = "brand_members"
    __table_args__ = (UniqueConstraint("brand_id", "account_id"),)

    id: Mapped[str] = mapped_column(PublicId("mbr"), primary_key=True, default=lambda: ids.new_id("mbr"))
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"), index=True)
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), index=True)
    role: Mapped[Role] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class BrandInvite(Base):
    """An invitation by mail, taken up by whoever confirms that address."""

    __tablename__ = "brand_invites"

    id: Mapped[str] = mapped_column(PublicId("inv"), primary_key=True, default=lambda: ids.new_id("inv"))
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[Role] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    expires_at: Mapped[datetime] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)


class Invitation(Base):
    """A mail that offers somebody a role; it works once, for seven days, for the invited address only."""

    __tablename__ = "brand_invitations"

    id: Mapped[str] = mapped_column(PublicId("inv"), primary_key=True, default=lambda: ids.new_id("inv"))
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[Role] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)  # Accepted or withdrawn.
