"""A show that is over: chapters from its pins with today's price and stock, and what was said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from livestream.chat.queries import list_messages
from livestream.pins.queries import list_pins
from livestream.rooms.models import StreamState
from livestream.rooms.protocol import MessageView
from livestream.rooms.queries import RoomHead, elapsed_seconds, get_visible_head
from livestream.rooms.shelf import ShelfProduct, load_shelf
from livestream.rooms.snapshot import check_entry
from shop.core import clock
from shop.core.actor import Actor
from shop.core.errors import NotFound, require
from shop.core.money import Money

Position = Callable[[datetime], int]


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One pin in the replay. `product.price` is today's; `stream_price` is what it cost then, if that was less."""

    pin_id: str
    at_seconds: int
    until_seconds: int | None
    product: ShelfProduct
    stream_price: Money | None


@dataclass(frozen=True, kw_only=True)
class SaidAt:
    """A chat message with its second in the recording."""

    at_seconds: int
    message: MessageView


@dataclass(frozen=True, kw_only=True)
class Replay:
    """Everything a replay page shows. `is_ready` is false while the recording is being closed."""

    head: RoomHead
    is_ready: bool
    duration_seconds: int
    chapters: tuple[Chapter, ...]
    products: tuple[ShelfProduct, ...]
    messages: tuple[SaidAt, ...]


def load_replay(
    session: Session, *, slug: str, actor: Actor, currency: str, position: Position | None = None
) -> Replay:
    """The replay of a stream in five statements (six for members). Raises NotFound while it is still to come or live.

    `position` says where in the recording an instant is (`Recording.position_of`: gaps are cut out); without it the
    second of the show is taken.
    """
    head = get_visible_head(session, actor=actor, slug=slug)
    require(head.stream.state in {StreamState.ENDED, StreamState.REPLAY}, NotFound)
    check_entry(session, head=head, actor=actor)
    where = position or (lambda at: elapsed_seconds(head.stream, at) or 0)
    shelf = load_shelf(session, stream_id=head.stream.id, currency=currency, at=clock.now())
    return Replay(
        head=head,
        is_ready=head.stream.state == StreamState.REPLAY,
        duration_seconds=head.stream.duration_seconds or elapsed_seconds(head.stream, head.stream.ended_at) or 0,
        chapters=_chapters(session, head, shelf, currency, where),
        products=tuple(shelf),
        messages=tuple(
            SaidAt(at_seconds=where(message.at), message=message)
            for message in list_messages(session, room_id=head.room.id)
        ),
    )


def _chapters(
    session: Session, head: RoomHead, shelf: list[ShelfProduct], currency: str, where: Position
) -> tuple[Chapter, ...]:
    """Pins whose product is still in the run of show; a product pinned twice has two chapters."""
    products = {product.product_id: product for product in shelf}
    return tuple(
        Chapter(
            pin_id=pin.id,
            at_seconds=where(pin.starts_at),
            until_seconds=where(pin.unpinned_at) if pin.unpinned_at else None,
            product=products[pin.product_id],
            stream_price=Money(pin.live_price[currency], currency) if currency in pin.live_price else None,
        )
        for pin in list_pins(session, room_id=head.room.id)
        if pin.product_id in products
    )
