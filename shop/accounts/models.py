"""People, their sign-ins and the tokens that mail carries."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Base, Instant, PublicId


class Account(Base):
    """A person. `email` is stored lower-cased; `handle_key` and `name_key` are look-alike skeletons, unique and checked."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(PublicId("acct"), primary_key=True, default=lambda: ids.new_id("acct"))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    email_confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    password_hash: Mapped[str] = mapped_column(String(200))
    handle: Mapped[str] = mapped_column(String(30), unique=True)
    handle_key: Mapped[str] = mapped_column(String(60), unique=True)
    display_name: Mapped[str] = mapped_column(String(40))
    avatar: Mapped[str] = mapped_column(String(40), default="")  # A colour seed; pictures come with profiles.
    locale: Mapped[str] = mapped_column(String(5), default="en")
    is_staff: Mapped[bool] = mapped_column(default=False)
    is_simulated: Mapped[bool] = mapped_column(default=False)  # A demo shopper driven by the demo show.
    terms_accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class SignIn(Base):
    """One signed-in browser; revoked by its row. Only the hash of the cookie is kept."""

    __tablename__ = "sign_ins"

    id: Mapped[str] = mapped_column(PublicId("sess"), primary_key=True, default=lambda: ids.new_id("sess"))
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class TokenPurpose(StrEnum):
    """What a link in a mail is good for."""

    CONFIRM = "confirm"
    RESET = "reset"
    SIGN_IN = "sign_in"


class MailToken(Base):
    """A link in a mail: confirm an address, reset a password, sign in. One use, then dead; only its hash is kept."""

    __tablename__ = "mail_tokens"

    id: Mapped[str] = mapped_column(PublicId("mtok"), primary_key=True, default=lambda: ids.new_id("mtok"))
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), index=True)
    purpose: Mapped[TokenPurpose] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    next_path: Mapped[str] = mapped_column(String(300), default="")  # Where the person was going.
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
