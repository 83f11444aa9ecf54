"""Streams and rooms: plan, go live, end, and the one way to tell a room that its state changed."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from slugify import slugify
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from livestream.rooms import policy
from livestream.rooms.errors import AlreadyLive, NotLive, StreamLocked
from livestream.rooms.events import (
    HostLeft,
    HostReturned,
    LineUpChanged,
    ReplayReady,
    StateEvent,
    StreamEnded,
    StreamPlanned,
    StreamStarted,
    VideoStarted,
)
from livestream.rooms.models import STREAM_MOVES, LineUpItem, Room, RoomEvent, Stream, StreamState
from livestream.rooms.queries import list_line_up, lock_room, lock_stream, replay_path
from shop.catalog.models import Product, ProductStatus
from shop.catalog.pricing import check_live_price
from shop.core import channel, clock
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotAllowed, NotFound, WrongMove, require
from shop.core.events import publish
from shop.core.i18n import N_, gettext
from shop.core.money import EXPONENTS, Money

E = TypeVar("E", bound=StateEvent)
T = TypeVar("T")
LOCKED_STATES = frozenset({StreamState.ENDED, StreamState.REPLAY, StreamState.CANCELLED})
MAXIMUM_ITEMS = 100
PIN_SECONDS = 300


class Hooks:
    """What features above do inside the same unit of work, with the stream and room locked. Filled in `register`."""

    def __init__(self) -> None:
        self.planned: list[Callable[[Session, Stream], None]] = []
        self.started: list[Callable[[Session, Stream], None]] = []
        self.ending: list[Callable[[Session, Stream, Room, datetime], None]] = []
        self.host_left: list[Callable[[Session, Room], None]] = []
        self.host_returned: list[Callable[[Session, Room, float], None]] = []
        self.item_removed: list[Callable[[Session, LineUpItem], None]] = []

    def on_planned(self, hook: Callable[[Session, Stream], None]) -> None:
        """Announced, moved, taken back or called off; the room is not locked."""
        _add(self.planned, hook)

    def on_started(self, hook: Callable[[Session, Stream], None]) -> None:
        _add(self.started, hook)

    def on_ending(self, hook: Callable[[Session, Stream, Room, datetime], None]) -> None:
        _add(self.ending, hook)

    def on_host_left(self, hook: Callable[[Session, Room], None]) -> None:
        _add(self.host_left, hook)

    def on_host_returned(self, hook: Callable[[Session, Room, float], None]) -> None:
        _add(self.host_returned, hook)

    def on_item_removed(self, hook: Callable[[Session, LineUpItem], None]) -> None:
        """May raise to keep the item."""
        _add(self.item_removed, hook)


def _add(hooks: list[T], hook: T) -> None:
    if hook not in hooks:
        hooks.append(hook)


HOOKS = Hooks()


def publish_state(session: Session, room_id: str, event: E) -> E:
    """Number a state event, keep it for returning clients and send it to the room after commit.

    The UPDATE locks the room until the end of the unit of work, so numbers follow the order of commits.
    """
    change = (
        update(Room)
        .where(Room.id == room_id)
        .values(seq=Room.seq + 1)
        .returning(Room.seq, Room.epoch)
        .execution_options(synchronize_session=False)
    )
    session.flush()
    seq, epoch = session.execute(change).one()
    numbered = dataclasses.replace(event, room_id=room_id, epoch=epoch, seq=seq)
    session.add(RoomEvent(room_id=room_id, seq=seq, name=event.name, payload=numbered.payload()))
    session.flush()
    publish(session, numbered, to=channel.room(room_id))
    return numbered


def create_stream(
    session: Session,
    *,
    actor: Actor,
    brand_id: str,
    title: dict[str, str],
    description: dict[str, str] | None = None,
    language: str = "it",
    starts_at: datetime | None = None,
    host_account_id: str | None = None,
    cover_image_id: str | None = None,
    slug: str | None = None,
    is_demo: bool = False,
) -> Stream:
    """A draft with its room. The slug is made from the title unless given. Emits stream.planned. Raises NotAllowed."""
    require(policy.can_plan_stream(actor, brand_id), NotAllowed)
    stream = Stream(
        brand_id=brand_id,
        host_account_id=host_account_id or actor.account_id,
        slug=_free_slug(session, slug or title.get("en") or title.get("it") or "stream"),
        title=title,
        description=description or {},
        language=language,
        cover_image_id=cover_image_id,
        starts_at=starts_at,
        is_demo=is_demo,
    )
    session.add(stream)
    session.flush()
    session.add(Room(stream_id=stream.id, brand_id=brand_id, epoch=new_epoch()))
    session.flush()
    publish(session, StreamPlanned(stream_id=stream.id))
    return stream


def new_epoch() -> str:
    """Clients with another epoch load a snapshot instead of a gap."""
    return secrets.token_hex(6)


def _free_slug(session: Session, wanted: str) -> str:
    base = slugify(wanted, max_length=60) or "stream"
    taken = set(session.scalars(select(Stream.slug).where(Stream.slug.like(f"{base}%"))))
    if base not in taken:
        return base
    return next(slug for n in range(2, 10_000) if (slug := f"{base}-{n}") not in taken)


def update_stream(
    session: Session,
    *,
    actor: Actor,
    stream_id: str,
    title: dict[str, str],
    description: dict[str, str],
    language: str,
    starts_at: datetime | None,
    host_account_id: str | None,
    cover_image_id: str | None = None,
) -> Stream:
    """Change a plan; `cover_image_id=None` keeps the cover. Locks the stream. Raises NotAllowed, StreamLocked."""
    stream = _lock_plan(session, actor, stream_id)
    stream.title, stream.description, stream.language = title, description, language
    stream.starts_at, stream.host_account_id = starts_at, host_account_id
    stream.cover_image_id = cover_image_id or stream.cover_image_id
    _tell_planned(session, stream)
    return stream


def _tell_planned(session: Session, stream: Stream) -> None:
    session.flush()
    for hook in HOOKS.planned:
        hook(session, stream)
    publish(session, StreamPlanned(stream_id=stream.id))


def _lock_plan(session: Session, actor: Actor, stream_id: str) -> Stream:
    stream = lock_stream(session, stream_id)
    require(policy.can_join_crew(actor, stream.brand_id), NotFound)
    require(policy.can_plan_stream(actor, stream.brand_id), NotAllowed)
    require(stream.state not in LOCKED_STATES, StreamLocked)
    return stream


def schedule_stream(session: Session, *, actor: Actor, stream_id: str, starts_at: datetime | None = None) -> Stream:
    """Announce a draft. Needs a start in the future. Raises InvalidInput, WrongMove, NotAllowed."""
    stream = _lock_plan(session, actor, stream_id)
    stream.starts_at = starts_at or stream.starts_at
    if stream.starts_at is None or stream.starts_at <= clock.now():
        raise InvalidInput(fields={"starts_at": gettext("Choose a time in the future.")})
    move(stream, StreamState.SCHEDULED)
    stream.announced_at = stream.announced_at or clock.now()
    _tell_planned(session, stream)
    return stream


def unschedule_stream(session: Session, *, actor: Actor, stream_id: str) -> Stream:
    """Take an announced stream back to a draft."""
    stream = _lock_plan(session, actor, stream_id)
    move(stream, StreamState.DRAFT)
    _tell_planned(session, stream)
    return stream


def cancel_stream(session: Session, *, actor: Actor, stream_id: str) -> Stream:
    """Call a stream off before it began."""
    stream = _lock_plan(session, actor, stream_id)
    move(stream, StreamState.CANCELLED)
    _tell_planned(session, stream)
    return stream


def move(stream: Stream, to: StreamState) -> bool:
    """One step of the table; False when it is there already. Raises WrongMove."""
    state = StreamState(stream.state)
    if state is to:
        return False
    require(to in STREAM_MOVES[state], WrongMove)
    stream.state = to
    return True


def start_stream(session: Session, *, actor: Actor, stream_id: str) -> Stream:
    """Go live. Locks stream and room; repeating it changes nothing.

    Emits stream.started. Raises NotAllowed, WrongMove, AlreadyLive (the partial unique index decides races).
    """
    stream = lock_stream(session, stream_id)
    require(policy.can_join_crew(actor, stream.brand_id), NotFound)
    require(policy.can_run_stream(actor, stream.brand_id), NotAllowed)
    busy = select(Stream.id).where(
        Stream.brand_id == stream.brand_id, Stream.state == StreamState.LIVE, Stream.id != stream.id
    )
    require(session.scalar(busy) is None, AlreadyLive)
    if not move(stream, StreamState.LIVE):
        return stream
    stream.live_at = clock.now()
    try:
        session.flush()
    except IntegrityError:
        raise AlreadyLive from None
    room = _lock_room_of(session, stream)
    room.host_present, room.away_since = True, None
    for hook in HOOKS.started:
        hook(session, stream)
    publish_state(session, room.id, StreamStarted(stream_id=stream.id, live_at=stream.live_at))
    return stream


def end_stream(session: Session, *, actor: Actor, stream_id: str) -> Stream:
    """End the show: live prices and the pin go, the replay is being closed. Locks stream and room; repeatable.

    Emits stream.ended. Raises NotAllowed, WrongMove.
    """
    stream = lock_stream(session, stream_id)
    require(policy.can_join_crew(actor, stream.brand_id), NotFound)
    require(policy.can_run_stream(actor, stream.brand_id), NotAllowed)
    if stream.state == StreamState.REPLAY:
        return stream
    _end(session, stream)
    return stream


def _end(session: Session, stream: Stream) -> None:
    if not move(stream, StreamState.ENDED):
        return
    stream.ended_at = clock.now()
    room = _lock_room_of(session, stream)
    room.host_present, room.away_since = False, None
    for hook in HOOKS.ending:
        hook(session, stream, room, stream.ended_at)
    ended = StreamEnded(stream_id=stream.id, ended_at=stream.ended_at, replay_url=replay_path(stream.slug))
    publish_state(session, room.id, ended)


def _lock_room_of(session: Session, stream: Stream) -> Room:
    room_id = session.scalar(select(Room.id).where(Room.stream_id == stream.id))
    require(room_id is not None, NotFound)
    return lock_room(session, str(room_id))


def note_host_lost(session: Session, *, stream_id: str) -> None:
    """The picture is gone but nobody ended the show: clocks stand still. Emits host.left; repeatable."""
    stream = lock_stream(session, stream_id)
    room = _lock_room_of(session, stream)
    if stream.state != StreamState.LIVE or room.away_since is not None:
        return
    room.host_present, room.away_since = False, clock.now()
    for hook in HOOKS.host_left:
        hook(session, room)
    publish_state(session, room.id, HostLeft(since=room.away_since))


def note_host_back(session: Session, *, stream_id: str) -> None:
    """The picture is back: running live prices get the lost time. Emits host.returned, pin.extended; repeatable."""
    stream = lock_stream(session, stream_id)
    room = _lock_room_of(session, stream)
    if stream.state != StreamState.LIVE or room.away_since is None:
        return
    away_seconds = (clock.now() - room.away_since).total_seconds()
    for hook in HOOKS.host_returned:
        hook(session, room, away_seconds)
    room.host_present, room.away_since = True, None
    publish_state(session, room.id, HostReturned(away_seconds=int(away_seconds)))


def note_video(session: Session, *, stream_id: str) -> None:
    """The first pictures can be played. Emits video.started; repeatable."""
    stream = lock_stream(session, stream_id)
    room = _lock_room_of(session, stream)
    if stream.state == StreamState.LIVE and not room.has_video:
        room.has_video = True
        publish_state(session, room.id, VideoStarted())


def note_recording(session: Session, *, stream_id: str, duration_seconds: int) -> None:
    """The recording is closed: the stream becomes a replay. Emits replay.ready; repeatable."""
    stream = lock_stream(session, stream_id)
    if stream.state == StreamState.REPLAY:
        return
    if stream.state != StreamState.ENDED:
        raise WrongMove
    move(stream, StreamState.REPLAY)
    stream.duration_seconds = duration_seconds
    room = _lock_room_of(session, stream)
    publish(session, ReplayReady(room_id=room.id, replay_url=replay_path(stream.slug)), to=channel.room(room.id))


def add_item(
    session: Session,
    *,
    actor: Actor,
    stream_id: str,
    product_id: str,
    pin_seconds: int = PIN_SECONDS,
    live_price: dict[str, int] | None = None,
) -> LineUpItem:
    """Put a product at the end of the run of show; adding it twice changes the row.

    `live_price` by currency in minor units. Raises NotAllowed, NotFound (other brand), InvalidInput (30-day rule).
    """
    stream = _lock_plan(session, actor, stream_id)
    product = session.get(Product, product_id)
    if product is None or product.brand_id != stream.brand_id or product.status != ProductStatus.ACTIVE:
        raise NotFound
    items = list_line_up(session, stream_id=stream.id)
    known = next((item for item in items if item.product_id == product_id), None)
    if known is not None:
        return update_item(session, actor=actor, item_id=known.id, pin_seconds=pin_seconds, live_price=live_price)
    if len(items) >= MAXIMUM_ITEMS:
        raise InvalidInput(N_("A run of show has at most 100 products."))
    _check_item(session, product_id, pin_seconds, live_price)
    item = LineUpItem(
        stream_id=stream.id,
        product_id=product_id,
        position=max((i.position for i in items), default=0) + 1,
        number=max((i.number for i in items), default=0) + 1,
        pin_seconds=pin_seconds,
        live_price=live_price or {},
    )
    session.add(item)
    session.flush()
    new_snapshot_needed(session, stream)
    return item


def update_item(
    session: Session, *, actor: Actor, item_id: str, pin_seconds: int, live_price: dict[str, int] | None
) -> LineUpItem:
    """Change length and live price of a planned pin; a pin that is up keeps what it started with."""
    item, _stream = _lock_item(session, actor, item_id)
    _check_item(session, item.product_id, pin_seconds, live_price)
    item.pin_seconds, item.live_price = pin_seconds, live_price or {}
    session.flush()
    return item


def _check_item(session: Session, product_id: str, pin_seconds: int, live_price: dict[str, int] | None) -> None:
    if not 30 <= pin_seconds <= 7200:
        raise InvalidInput(fields={"pin_seconds": gettext("Between 30 seconds and 2 hours.")})
    for currency, amount in (live_price or {}).items():
        if currency not in EXPONENTS:
            raise InvalidInput(fields={"live_price": gettext("We do not sell in this currency.")})
        check_live_price(session, product_id=product_id, price=Money(amount, currency), at=clock.now())


def remove_item(session: Session, *, actor: Actor, item_id: str) -> None:
    """Take a product out of the run of show. Raises PinnedNow while it is on top of the room."""
    item, stream = _lock_item(session, actor, item_id)
    for hook in HOOKS.item_removed:
        hook(session, item)
    session.delete(item)
    session.flush()
    new_snapshot_needed(session, stream)


def move_item(session: Session, *, actor: Actor, item_id: str, to: int) -> list[LineUpItem]:
    """Put an item at a place (0 is first; beyond the end is last) and number the run of show anew."""
    item, stream = _lock_item(session, actor, item_id)
    others = [other for other in list_line_up(session, stream_id=stream.id) if other.id != item.id]
    others.insert(min(max(to, 0), len(others)), item)
    for position, each in enumerate(others, start=1):
        each.position = position
    session.flush()
    new_snapshot_needed(session, stream)
    return others


def _lock_item(session: Session, actor: Actor, item_id: str) -> tuple[LineUpItem, Stream]:
    item = session.get(LineUpItem, item_id)
    if item is None:
        raise NotFound
    return item, _lock_plan(session, actor, item.stream_id)


def new_snapshot_needed(session: Session, stream: Stream) -> None:
    """The plan changed during the show: a new epoch makes every client load a snapshot at its next event or join.

    Changes of the plan on air are rare; an event of its own for each would be one more thing to keep converging.
    """
    if stream.state == StreamState.LIVE:
        room = _lock_room_of(session, stream)
        room.epoch = new_epoch()
        session.flush()
        publish(session, LineUpChanged(room_id=room.id, epoch=room.epoch), to=channel.room(room.id))


def require_live(stream_state: str) -> None:
    require(stream_state == StreamState.LIVE, NotLive)


def count_items(session: Session, *, stream_id: str) -> int:
    return session.scalar(select(func.count()).where(LineUpItem.stream_id == stream_id)) or 0
