"""Reads of streams and rooms, and the one lock that orders a room's state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from livestream.rooms.models import LineUpItem, Room, RoomEvent, Stream, StreamState
from shop.accounts.models import Account
from shop.brands.models import Brand
from shop.core.actor import Actor
from shop.core.errors import NotFound

MAXIMUM_GAP = 200
HIDDEN = frozenset({StreamState.DRAFT, StreamState.CANCELLED})


@dataclass(frozen=True, kw_only=True)
class RoomHead:
    """A room with its stream, brand and host, in one statement."""

    stream: Stream
    room: Room
    brand: Brand
    host_name: str
    host_id: str | None

    @property
    def is_live(self) -> bool:
        return self.stream.state == StreamState.LIVE


@cache
def _heads() -> Select[Stream, Room, Brand, str, str]:
    return (
        select(Stream, Room, Brand, Account.display_name, Account.id)
        .join(Room, Room.stream_id == Stream.id)
        .join(Brand, Brand.id == Stream.brand_id)
        .outerjoin(Account, Account.id == Stream.host_account_id)
    )


def _as_head(row: Row[Stream, Room, Brand, str, str]) -> RoomHead:
    stream, room, brand, host_name, host_id = row  # The host's columns are null when there is none.
    return RoomHead(stream=stream, room=room, brand=brand, host_name=host_name or brand.name, host_id=host_id)


@cache
def _one_head(wanted: str) -> Select[Stream, Room, Brand, str, str]:
    by_slug = wanted == "slug"
    return _heads().where(Stream.slug == bindparam("slug") if by_slug else Room.id == bindparam("room_id"))


def find_head(session: Session, *, slug: str | None = None, room_id: str | None = None) -> RoomHead | None:
    """The room by its stream's slug or its own id."""
    asked = {"slug": slug} if slug is not None else {"room_id": room_id}
    row = session.execute(_one_head(next(iter(asked))), asked).first()
    return _as_head(row) if row else None


def get_head(session: Session, *, slug: str | None = None, room_id: str | None = None) -> RoomHead:
    """As `find_head`; raises NotFound."""
    found = find_head(session, slug=slug, room_id=room_id)
    if found is None:
        raise NotFound
    return found


def get_visible_head(
    session: Session, *, actor: Actor, slug: str | None = None, room_id: str | None = None
) -> RoomHead:
    """The room if this person may know of it: drafts and cancelled streams are the crew's alone."""
    head = get_head(session, slug=slug, room_id=room_id)
    if head.stream.state in HIDDEN and not actor.has_role(head.brand.id):
        raise NotFound
    return head


def list_heads(
    session: Session, *, states: tuple[StreamState, ...], brand_id: str | None = None, limit: int = 50
) -> list[RoomHead]:
    """Streams for lists. Live ones by viewers, planned ones by start, past ones newest first."""
    newest_first = not {StreamState.SCHEDULED, StreamState.DRAFT} & set(states)
    query = _heads().where(Stream.state.in_(states))
    if brand_id is not None:
        query = query.where(Stream.brand_id == brand_id)
    order = (
        (Room.viewers.desc(), Stream.live_at.desc(), Stream.id.desc())
        if newest_first and set(states) == {StreamState.LIVE}
        else (Stream.ended_at.desc(), Stream.id.desc())
        if newest_first
        else (Stream.starts_at, Stream.id)
    )
    return [_as_head(row) for row in session.execute(query.order_by(*order).limit(limit))]


def find_live_head(session: Session, *, brand_id: str) -> RoomHead | None:
    """The stream that a brand has on air, if any."""
    return next(iter(list_heads(session, states=(StreamState.LIVE,), brand_id=brand_id, limit=1)), None)


def get_stream(session: Session, *, brand_id: str, slug: str | None = None, stream_id: str | None = None) -> Stream:
    """A stream of this brand; anything else is NotFound."""
    condition = Stream.slug == slug if slug is not None else Stream.id == stream_id
    found = session.scalar(select(Stream).where(condition, Stream.brand_id == brand_id))
    if found is None:
        raise NotFound
    return found


def list_line_up(session: Session, *, stream_id: str) -> list[LineUpItem]:
    """The run of show in its order."""
    return list(
        session.scalars(
            select(LineUpItem).where(LineUpItem.stream_id == stream_id).order_by(LineUpItem.position, LineUpItem.id)
        )
    )


def lock_stream(session: Session, stream_id: str) -> Stream:
    """The stream, locked until the end of the unit of work. Lock streams before rooms."""
    stream = session.scalar(
        select(Stream).where(Stream.id == stream_id).with_for_update().execution_options(populate_existing=True)
    )
    if stream is None:
        raise NotFound
    return stream


def lock_room(session: Session, room_id: str) -> Room:
    """The room, locked: whoever changes what its snapshot shows holds this, so that seq tells the true order."""
    room = session.scalar(
        select(Room).where(Room.id == room_id).with_for_update().execution_options(populate_existing=True)
    )
    if room is None:
        raise NotFound
    return room


def live_rooms_showing(session: Session, product_ids: list[str]) -> list[tuple[str, str]]:
    """(room, product) of rooms on air whose run of show has one of the products."""
    rows = session.execute(
        select(Room.id, LineUpItem.product_id)
        .join(Stream, Stream.id == Room.stream_id)
        .join(LineUpItem, LineUpItem.stream_id == Stream.id)
        .where(Stream.state == StreamState.LIVE, LineUpItem.product_id.in_(product_ids))
        .order_by(Room.id, LineUpItem.product_id)
    )
    return [(room_id, product_id) for room_id, product_id in rows]


@dataclass(frozen=True, kw_only=True)
class MissedEvent:
    """A state event as it was sent."""

    seq: int
    name: str
    payload: dict[str, object]


def load_gap(session: Session, *, room: Room, epoch: str, last_seq: int) -> list[MissedEvent] | None:
    """State events after `last_seq`, or None when only a snapshot helps: other epoch, gap too long or from the future."""
    behind = room.seq - last_seq
    if epoch != room.epoch or not 0 <= behind <= MAXIMUM_GAP:
        return None
    rows = session.scalars(
        select(RoomEvent)
        .where(RoomEvent.room_id == room.id, RoomEvent.seq > last_seq)
        .order_by(RoomEvent.seq)
        .limit(MAXIMUM_GAP + 50)
    ).all()
    expected = list(range(last_seq + 1, last_seq + 1 + len(rows)))
    if len(rows) < behind or [row.seq for row in rows] != expected:
        return None
    return [MissedEvent(seq=row.seq, name=row.name, payload=row.payload) for row in rows]


def count_visitors(session: Session, *, room_id: str) -> int:
    """Different people who were ever in the room."""
    from livestream.rooms.models import RoomVisit

    return session.scalar(select(func.count()).where(RoomVisit.room_id == room_id)) or 0


def replay_path(slug: str) -> str:
    return f"/replay/{slug}"


def elapsed_seconds(stream: Stream, at: datetime | None) -> int | None:
    """The second of the show at an instant; None before it began."""
    if at is None or stream.live_at is None:
        return None
    return max(0, int((at - stream.live_at).total_seconds()))
