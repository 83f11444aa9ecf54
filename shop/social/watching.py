"""Where friends are: the shop offers the question and the news, livestream knows the answer and fills it in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.accounts.queries import find_accounts
from shop.core import channel, realtime
from shop.core.events import publish
from shop.social.events import FriendPresenceChanged
from shop.social.models import Datum
from shop.social.queries import audience_ids, muted_ids, visible_owner_ids


@dataclass(frozen=True, kw_only=True)
class Place:
    """A live stream that somebody watches."""

    room_id: str
    slug: str
    url: str
    title: dict[str, str]
    brand_name: str
    poster_url: str


# session, accounts → the live stream each of them is in. Those who are in none are left out.
Whereabouts = Callable[[Session, set[str]], Mapping[str, Place]]


def _nowhere(_session: Session, _account_ids: set[str]) -> Mapping[str, Place]:
    return {}


_whereabouts: Whereabouts = _nowhere


def fill(whereabouts: Whereabouts) -> None:
    """Livestream says who is where."""
    global _whereabouts
    _whereabouts = whereabouts


@dataclass(frozen=True, kw_only=True)
class Company:
    """One stream and the friends who watch it."""

    place: Place
    friends: tuple[Account, ...]

    @property
    def others(self) -> int:
        return len(self.friends) - 1


def friends_watching(session: Session, viewer_id: str, *, room_id: str | None = None) -> list[Company]:
    """The streams that friends watch who let this person see it and are not muted; most friends first."""
    owners = visible_owner_ids(session, viewer_id, Datum.WATCHING) - muted_ids(session, viewer_id)
    places = _whereabouts(session, owners) if owners else {}
    people = find_accounts(session, places) if places else {}
    grouped: dict[str, list[Account]] = {}
    for account_id, place in places.items():
        if room_id in {None, place.room_id}:
            grouped.setdefault(place.room_id, []).append(people[account_id])
    by_room = {place.room_id: place for place in places.values()}
    found = [
        Company(place=by_room[key], friends=tuple(sorted(friends, key=lambda one: (one.display_name, one.id))))
        for key, friends in grouped.items()
    ]
    return sorted(found, key=lambda one: (-len(one.friends), one.place.slug))


def place_of(session: Session, owner_id: str) -> Place | None:
    """Where one person is; the caller has asked whether the viewer may see it."""
    return _whereabouts(session, {owner_id}).get(owner_id)


def tell_moved(session: Session, *, account_id: str, room_id: str) -> None:
    """Somebody entered or left a live room: those who may see it look again, nobody else is told anything."""
    for viewer_id in sorted(audience_ids(session, account_id, Datum.WATCHING)):
        publish(session, FriendPresenceChanged(room_id=room_id), to=channel.user(viewer_id))


def online_ids(session: Session, viewer_id: str, account_ids: Iterable[str]) -> set[str]:
    """Which of these have the shop open, as far as they let this person see it."""
    visible = visible_owner_ids(session, viewer_id, Datum.PRESENCE) & set(account_ids)
    return {account_id for account_id in visible if is_connected(account_id)}


def is_connected(account_id: str) -> bool:
    """Whether any socket of this person is open in this process."""
    manager = getattr(realtime.socketio.server, "manager", None)
    return manager is not None and any(True for _ in manager.get_participants("/", channel.user(account_id)))
