"""What happens between people. Payloads carry ids alone: what may be seen is asked for over HTTP, and decided there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shop.core.events import Event


@dataclass(frozen=True, kw_only=True)
class FriendsChanged(Event):
    """To a person's own sockets when a request, a friend, a code or a block of theirs changed."""

    name: ClassVar[str] = "friends.changed"


@dataclass(frozen=True, kw_only=True)
class FriendPresenceChanged(Event):
    """To those who may see what a person watches, when that person entered or left a live room; `room_id` may be None when what they may see changed."""

    name: ClassVar[str] = "friends.watching_changed"
    room_id: str | None


@dataclass(frozen=True, kw_only=True)
class PersonBlocked(Event):
    """In this process only, when one person blocked another: threads close, what is shown is taken back."""

    name: ClassVar[str] = "social.person_blocked"
    blocker_id: str
    blocked_id: str


@dataclass(frozen=True, kw_only=True)
class BrandFollowed(Event):
    """In this process only, when somebody began or ceased to follow a brand."""

    name: ClassVar[str] = "social.brand_followed"
    brand_id: str
    account_id: str
    is_following: bool
