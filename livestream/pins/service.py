"""Pins: put a product on top with its live price, take it back, give it more time, end its price."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from livestream.pins.errors import NotPinned, PriceOver, UndoTooLate
from livestream.pins.events import PinAdded, PinExtended, PinRemoved, PriceEnded, PriceOf
from livestream.pins.models import Pin
from livestream.pins.queries import draw, find_current_pin, find_replaced_pin, last_shown_at, pin_view
from livestream.rooms import policy
from livestream.rooms.errors import PinnedNow
from livestream.rooms.models import LineUpItem, Room, Stream
from livestream.rooms.protocol import PinView
from livestream.rooms.queries import elapsed_seconds, lock_room
from livestream.rooms.service import publish_state, require_live
from livestream.rooms.shelf import ShelfProduct, load_shelf
from shop.catalog import pricing
from shop.core import clock, jobs
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotAllowed, NotFound, require
from shop.core.i18n import gettext
from shop.core.web import settings

UNDO = timedelta(seconds=6)  # Five seconds on the button and one for the way here.
LONGEST = timedelta(hours=2)
# How long a live price waits for a host whose picture is lost; then its clock runs again.
LONGEST_PAUSE = timedelta(minutes=15)


def pin_item(session: Session, *, actor: Actor, room_id: str, item_id: str) -> PinView:
    """Show an item of the run of show on top of its room, replacing the current pin.

    Locks the room. Its live price holds in [now, now + pin length). Pinning what is on top already changes nothing.
    Emits price.ended (of the replaced pin), pin.added. Raises NotLive, NotAllowed, NotFound.
    """
    room, stream = _lock(session, actor, room_id)
    item = session.get(LineUpItem, item_id)
    if item is None or item.stream_id != room.stream_id:
        raise NotFound
    at, current = clock.now(), find_current_pin(session, room_id=room.id)
    if current is not None:
        if current.item_id == item.id and not current.price_ended:
            return pin_view(current, _product(session, stream, item.product_id))
        _close(session, stream, current, at=at)
    pin = Pin(
        room_id=room.id,
        item_id=item.id,
        product_id=item.product_id,
        by_account_id=actor.account_id,
        starts_at=at,
        ends_at=at + timedelta(seconds=item.pin_seconds) if item.live_price else None,
        live_price=item.live_price,
    )
    session.add(pin)
    item.shown_at = at
    session.flush()
    _start_price(session, pin)
    return _announce(session, stream, pin, item)


def _lock(session: Session, actor: Actor, room_id: str) -> tuple[Room, Stream]:
    room = lock_room(session, room_id)
    require(policy.can_run_stream(actor, room.brand_id), NotAllowed)
    stream = session.get_one(Stream, room.stream_id)
    require_live(stream.state)
    return room, stream


def _start_price(session: Session, pin: Pin) -> None:
    """Open the live price from now to the pin's end, and plan its end."""
    if pin.ends_at is None:
        return
    pricing.start_live_price(
        session,
        product_id=pin.product_id,
        amounts=pin.live_price,
        starts_at=clock.now(),
        ends_at=pin.ends_at,
        source_ref=pin.id,
    )
    end_price_later(session, pin.id, pin.ends_at)


def end_price_later(session: Session, pin_id: str, at: datetime) -> None:
    """Each planned end has its own job: one for a later end must not keep an earlier end from being told in time."""
    jobs.enqueue(session, "pins.end_price", run_at=at, key=f"end_price:{pin_id}:{clock.iso(at)}", pin_id=pin_id)


def _announce(session: Session, stream: Stream, pin: Pin, item: LineUpItem) -> PinView:
    view = pin_view(pin, _product(session, stream, pin.product_id))
    shown = elapsed_seconds(stream, item.shown_at)
    publish_state(session, pin.room_id, PinAdded(pin=view, html=draw(view), shown_at_seconds=shown))
    return view


def _product(session: Session, stream: Stream, product_id: str) -> ShelfProduct:
    """The product as the room sees it now. Raises NotFound when it has no price in the shop's currency."""
    session.flush()
    found = load_shelf(
        session,
        stream_id=stream.id,
        currency=settings().default_currency,
        at=clock.now(),
        product_ids=[product_id],
    )
    if not found:
        raise NotFound
    return found[0]


def _close(session: Session, stream: Stream, pin: Pin, *, at: datetime) -> None:
    """Take a pin off the top and end its live price. The room is locked."""
    pin.unpinned_at = at
    if pin.ends_at is not None and not pin.price_ended:
        _end_price(session, stream, pin, at=at)
    session.flush()


def _end_price(session: Session, stream: Stream, pin: Pin, *, at: datetime) -> None:
    """The live price is over from `at` on. Emits price.ended, with the card if the pin stays on top."""
    pin.price_ended = True
    pricing.end_live_price(session, product_id=pin.product_id, source_ref=pin.id, at=at)
    product = _product(session, stream, pin.product_id)
    card = pin_view(pin, product) if pin.unpinned_at is None else None
    publish_state(
        session,
        pin.room_id,
        PriceEnded(
            pin_id=pin.id,
            product_id=pin.product_id,
            price=product.price,
            variants=prices_of(product),
            pin=card,
            html=draw(card) if card else None,
        ),
    )


def prices_of(product: ShelfProduct) -> tuple[PriceOf, ...]:
    return tuple(PriceOf(sku=variant.sku, price=variant.price) for variant in product.variants)


def unpin(session: Session, *, actor: Actor, room_id: str, pin_id: str) -> None:
    """Empty the top of the room. Locks the room. Emits price.ended, pin.removed. Raises NotPinned, NotLive, NotAllowed."""
    _room, stream = _lock(session, actor, room_id)
    pin = _current(session, room_id, pin_id)
    _close(session, stream, pin, at=clock.now())
    _tell_removed(session, stream, pin)


def _current(session: Session, room_id: str, pin_id: str) -> Pin:
    pin = find_current_pin(session, room_id=room_id)
    if pin is None or pin.id != pin_id:
        raise NotPinned
    return pin


def _tell_removed(session: Session, stream: Stream, pin: Pin) -> None:
    item = session.get(LineUpItem, pin.item_id) if pin.item_id else None
    publish_state(
        session,
        pin.room_id,
        PinRemoved(
            pin_id=pin.id,
            item_id=pin.item_id or "",
            shown_at_seconds=elapsed_seconds(stream, item.shown_at) if item else None,
            undone=pin.undone,
        ),
    )


def undo_pin(session: Session, *, actor: Actor, room_id: str, pin_id: str) -> PinView | None:
    """Take a pin back within seconds; the one before returns with the time that it had left.

    Locks the room. Emits price.ended, pin.removed, pin.added. Raises UndoTooLate, NotPinned, NotLive, NotAllowed.
    """
    _room, stream = _lock(session, actor, room_id)
    pin, at = _current(session, room_id, pin_id), clock.now()
    require(at - pin.starts_at <= UNDO, UndoTooLate)
    previous = find_replaced_pin(session, pin=pin)
    pin.undone = True
    _close(session, stream, pin, at=at)
    _forget_showing(session, pin)
    _tell_removed(session, stream, pin)
    return _restore(session, stream, previous, at=at) if previous is not None else None


def _forget_showing(session: Session, pin: Pin) -> None:
    item = session.get(LineUpItem, pin.item_id) if pin.item_id else None
    if item is not None:
        item.shown_at = last_shown_at(session, item_id=item.id)


def _restore(session: Session, stream: Stream, pin: Pin, *, at: datetime) -> PinView | None:
    item = session.get(LineUpItem, pin.item_id) if pin.item_id else None
    if item is None:
        return None
    pin.unpinned_at = None
    if pin.ends_at is not None and pin.ends_at > at:
        pin.price_ended = False
        _start_price(session, pin)
    session.flush()
    return _announce(session, stream, pin, item)


def extend_pin(session: Session, *, actor: Actor, room_id: str, pin_id: str, seconds: int) -> datetime:
    """Let the live price hold longer, two hours in all at most. Locks the room.

    Emits pin.extended. Raises PriceOver, NotPinned, InvalidInput, NotLive, NotAllowed.
    """
    _lock(session, actor, room_id)
    pin = _current(session, room_id, pin_id)
    if pin.ends_at is None or pin.price_ended or pin.ends_at <= clock.now():
        raise PriceOver
    ends_at = pin.ends_at + timedelta(seconds=seconds)
    if ends_at - pin.starts_at > LONGEST:
        raise InvalidInput(fields={"seconds": gettext("A live price holds for at most two hours.")})
    _move_end(session, pin, ends_at)
    return ends_at


def _move_end(session: Session, pin: Pin, ends_at: datetime) -> None:
    pin.ends_at = ends_at
    pricing.extend_live_price(session, product_id=pin.product_id, source_ref=pin.id, ends_at=ends_at)
    publish_state(session, pin.room_id, PinExtended(pin_id=pin.id, ends_at=ends_at))


def end_due_price(session: Session, *, pin_id: str) -> datetime | None:
    """End the live price if its time has come by the server's clock; else return when to ask again.

    Locks the room. Emits price.ended. Repeatable.
    """
    pin = session.get(Pin, pin_id)
    if pin is None:
        return None
    room = lock_room(session, pin.room_id)
    session.refresh(pin)
    if pin.price_ended or pin.unpinned_at is not None or pin.ends_at is None:
        return None
    over_at = pin.ends_at + LONGEST_PAUSE if room.away_since else pin.ends_at
    if clock.now() < over_at:
        return over_at
    _end_price(session, session.get_one(Stream, room.stream_id), pin, at=over_at)
    return None


def pause_clock(session: Session, room: Room) -> None:
    """The host's picture is lost: the running live price holds on. Called with the room locked."""
    pin = find_current_pin(session, room_id=room.id)
    if pin is not None and pin.ends_at is not None and not pin.price_ended:
        until = pin.ends_at + LONGEST_PAUSE
        pricing.extend_live_price(session, product_id=pin.product_id, source_ref=pin.id, ends_at=until)


def resume_clock(session: Session, room: Room, away_seconds: float) -> None:
    """The host is back: the live price gets the lost time. Called with the room locked. Emits pin.extended."""
    pin = find_current_pin(session, room_id=room.id)
    if pin is not None and pin.ends_at is not None and not pin.price_ended:
        given = min(timedelta(seconds=away_seconds), LONGEST_PAUSE)
        _move_end(session, pin, pin.ends_at + given)
        end_price_later(session, pin.id, pin.ends_at)


def clear_top(session: Session, stream: Stream, room: Room, at: datetime) -> None:
    """The show ends: no live price survives it. Called with the room locked. Emits price.ended, pin.removed."""
    pin = find_current_pin(session, room_id=room.id)
    if pin is not None:
        _close(session, stream, pin, at=at)
        _tell_removed(session, stream, pin)


def check_not_pinned(session: Session, item: LineUpItem) -> None:
    """An item on top stays in the run of show."""
    if session.scalar(select(exists().where(Pin.item_id == item.id, Pin.unpinned_at.is_(None)))):
        raise PinnedNow
