"""What must hold of streams and rooms at any moment."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from livestream.rooms.models import Room, RoomEvent, Stream, StreamState
from shop.core.verify import invariant


@invariant("rooms.every_stream_has_one")
def every_stream_has_one(session: Session) -> list[str]:
    rows = session.scalars(select(Stream.id).outerjoin(Room, Room.stream_id == Stream.id).where(Room.id.is_(None)))
    return [f"stream {stream_id} has no room" for stream_id in rows]


@invariant("rooms.events_are_complete")
def events_are_complete(session: Session) -> list[str]:
    """Numbers of a room's state events have no hole and end at the room's own."""
    rows = session.execute(
        select(Room.id, Room.seq, func.count(RoomEvent.seq), func.coalesce(func.max(RoomEvent.seq), 0))
        .outerjoin(RoomEvent, RoomEvent.room_id == Room.id)
        .group_by(Room.id, Room.seq)
    )
    return [
        f"room {room_id}: seq {seq}, {count} events, last {last}"
        for room_id, seq, count, last in rows
        if not seq == count == last
    ]


@invariant("rooms.live_streams_began")
def live_streams_began(session: Session) -> list[str]:
    rows = session.scalars(select(Stream.id).where(Stream.state == StreamState.LIVE, Stream.live_at.is_(None)))
    return [f"stream {stream_id} is live and never began" for stream_id in rows]
