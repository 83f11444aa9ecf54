"""Whom people follow, know, keep away, and what they show to whom.

Nothing is shared without a row: no `Share`, nobody sees; no `Friendship`, no friends.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Base, Instant, PublicId

CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # No 0 O 1 I: they are read aloud and typed.
CODE_LENGTH = 6
CODE_LIFETIME = timedelta(minutes=5)
MAXIMUM_FRIENDS = 1000
MAXIMUM_WAITING = 50  # Requests that somebody has sent and nobody has answered.
MAXIMUM_CIRCLES = 20
DECLINED_FOR = timedelta(days=30)  # So long a declined request cannot be repeated.


class BrandFollow(Base):
    """Somebody wants to hear of a brand."""

    __tablename__ = "brand_follows"

    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True)
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class PersonFollow(Base):
    """One-sided and silent: it opens nothing to the follower that strangers do not see."""

    __tablename__ = "person_follows"

    follower_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True)
    followed_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class Way(StrEnum):
    """How two people found each other."""

    CODE = "code"
    LINK = "link"
    HANDLE = "handle"
    SUGGESTION = "suggestion"


class Friendship(Base):
    """Both said yes. One row per pair, the smaller id first."""

    __tablename__ = "friendships"
    __table_args__ = (CheckConstraint("low_id < high_id", name="ordered"),)

    low_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True)
    high_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True, index=True)
    way: Mapped[Way] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class RequestState(StrEnum):
    """Where a friend request stands."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"  # Not told to the sender, to whom it goes on waiting.
    WITHDRAWN = "withdrawn"


REQUEST_MOVES: dict[RequestState, frozenset[RequestState]] = {
    RequestState.WAITING: frozenset({RequestState.ACCEPTED, RequestState.DECLINED, RequestState.WITHDRAWN}),
    RequestState.DECLINED: frozenset(),
    RequestState.ACCEPTED: frozenset(),
    RequestState.WITHDRAWN: frozenset(),
}


class FriendRequest(Base):
    """One person asks another. At most one row waits per direction."""

    __tablename__ = "friend_requests"
    __table_args__ = (
        Index(
            "uq_friend_requests_waiting",
            "sender_id",
            "receiver_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_friend_requests_receiver", "receiver_id", "state"),
        CheckConstraint("sender_id <> receiver_id", name="two_people"),
    )

    id: Mapped[str] = mapped_column(PublicId("freq"), primary_key=True, default=lambda: ids.new_id("freq"))
    sender_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    receiver_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    way: Mapped[Way] = mapped_column(String(12))
    state: Mapped[RequestState] = mapped_column(String(12), default=RequestState.WAITING)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    is_put_away: Mapped[bool] = mapped_column(default=False)  # The sender took back what was declined.


class FriendCode(Base):
    """Six characters to read off somebody's phone: five minutes, one use.

    Kept as text: its owner's page shows it again, and thirty bits would not be hidden by a hash.
    """

    __tablename__ = "friend_codes"

    id: Mapped[str] = mapped_column(PublicId("fcode"), primary_key=True, default=lambda: ids.new_id("fcode"))
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), index=True)
    code: Mapped[str] = mapped_column(String(CODE_LENGTH), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class FriendLink(Base):
    """A person's own link; renewing it kills the old one."""

    __tablename__ = "friend_links"

    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True)
    token: Mapped[str] = mapped_column(String(50), unique=True)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class Block(Base):
    """One does not want the other; it holds in both directions and everywhere."""

    __tablename__ = "blocks"

    blocker_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True)
    blocked_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class Mute(Base):
    """Still friends, but no news of them. The muted person is not told."""

    __tablename__ = "mutes"

    muter_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True)
    muted_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class Circle(Base):
    """A list of friends that only its owner knows. `is_close` marks the one that everybody has."""

    __tablename__ = "circles"
    __table_args__ = (UniqueConstraint("owner_id", "name"),)

    id: Mapped[str] = mapped_column(PublicId("circ"), primary_key=True, default=lambda: ids.new_id("circ"))
    owner_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(String(40), default="")
    is_close: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class CircleMember(Base):
    """A friend in a circle; leaves it with the friendship."""

    __tablename__ = "circle_members"

    circle_id: Mapped[str] = mapped_column(PublicId("circ"), ForeignKey("circles.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True, index=True)


class Datum(StrEnum):
    """What a person can show to friends."""

    WATCHING = "watching"
    BUYING = "buying"
    BAG = "bag"
    PRESENCE = "presence"  # On the site at all; `watching` says where.


class Share(Base):
    """The owner shows one kind of datum to one circle, or to all friends (no circle)."""

    __tablename__ = "shares"
    __table_args__ = (Index("ix_shares_owner", "owner_id", "datum"),)

    id: Mapped[str] = mapped_column(PublicId("shr"), primary_key=True, default=lambda: ids.new_id("shr"))
    owner_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"))
    datum: Mapped[Datum] = mapped_column(String(12))
    circle_id: Mapped[str | None] = mapped_column(PublicId("circ"), ForeignKey("circles.id"))


class ContactSettings(Base):
    """Who may come near unasked; without a row: nobody."""

    __tablename__ = "contact_settings"

    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), primary_key=True)
    brands_may_write: Mapped[bool] = mapped_column(default=False)
    is_suggested: Mapped[bool] = mapped_column(default=False)  # To friends of friends.
