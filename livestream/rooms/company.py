"""Friends in the room: answers the shop's question who is where, and tells it who came and went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from livestream.rooms import presence
from livestream.rooms.models import Room, Stream, StreamState
from shop.brands.models import Brand
from shop.core import db
from shop.media.queries import image_url
from shop.social.watching import Place, tell_moved

# At each beat, half a second apart and before empty rooms are forgotten: well under the two seconds promised.
SECONDS = 0.0
POSTER_WIDTH = 160

_told: dict[str, set[str]] = {}  # room → accounts that were there at the last look


def forget_all() -> None:
    """A fresh process (tests)."""
    _told.clear()


def whereabouts(session: Session, account_ids: set[str]) -> Mapping[str, Place]:
    """The live stream that each of these watches; with two, the one that began later."""
    rooms = {room_id: presence.members(room_id) & account_ids for room_id in presence.rooms()}
    wanted = [room_id for room_id, members in rooms.items() if members]
    if not wanted:
        return {}
    rows = session.execute(
        select(Room.id, Stream, Brand.name)
        .join(Stream, Stream.id == Room.stream_id)
        .join(Brand, Brand.id == Stream.brand_id)
        .where(Room.id.in_(wanted), Stream.state == StreamState.LIVE)
        .order_by(Stream.live_at, Room.id)
    )
    found: dict[str, Place] = {}
    for room_id, stream, brand_name in rows:
        cover = stream.cover_image_id
        place = Place(
            room_id=room_id,
            slug=stream.slug,
            url=f"/live/{stream.slug}",
            title=stream.title,
            brand_name=brand_name,
            poster_url=image_url(cover, POSTER_WIDTH) if cover else "",
        )
        found.update(dict.fromkeys(rooms[room_id], place))
    return found


def tell_company() -> None:
    """Compare who is here with the last look. A reload between two looks is no news."""
    rooms = {*presence.rooms(), *_told}
    moved = [
        (room_id, account_id)
        for room_id in sorted(rooms)
        for account_id in sorted(presence.members(room_id) ^ _told.get(room_id, set()))
    ]
    for room_id in rooms:
        members = presence.members(room_id)
        if members:
            _told[room_id] = members
        else:
            _told.pop(room_id, None)
    if moved:
        with db.unit_of_work() as session:
            for room_id, account_id in moved:
                tell_moved(session, account_id=account_id, room_id=room_id)


def tell_over(session: Session, _stream: Stream, room: Room, _at: datetime) -> None:
    """The show ended under its viewers: their friends' lists look again, though nobody moved."""
    for account_id in sorted(presence.members(room.id)):
        tell_moved(session, account_id=account_id, room_id=room.id)
