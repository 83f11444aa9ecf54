"""The figures of a show, counted from paid orders and unique people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from livestream.chat.models import ChatMessage
from livestream.engagement.events import StudioCounted
from livestream.pins.models import Pin
from livestream.rooms import presence
from livestream.rooms.models import Room, Stream
from livestream.rooms.queries import count_visitors
from shop.cart.models import CartLine
from shop.core.money import Money
from shop.orders.models import Order, OrderLine, OrderPart, OrderState

LATEST_ORDERS = 20


@dataclass(frozen=True, kw_only=True)
class RoomPins:
    """All pins of a room, undone ones too: somebody may have bought from them.

    A browser names the pin it bought from, so a line counts only when it is the pin's own product.
    """

    starts: dict[str, datetime]
    products: dict[str, str]

    @property
    def bought(self) -> ColumnElement[bool]:
        return tuple_(OrderLine.source_ref, OrderLine.product_id).in_(list(self.products.items()))


def load_room_pins(session: Session, *, room_id: str) -> RoomPins:
    rows = session.execute(select(Pin.id, Pin.starts_at, Pin.product_id).where(Pin.room_id == room_id)).all()
    return RoomPins(starts={row[0]: row[1] for row in rows}, products={row[0]: row[2] for row in rows})


def count_sales(session: Session, *, pins: RoomPins, currency: str) -> tuple[int, int, Money]:
    """(paid orders, pieces, goods without shipping) bought from these pins."""
    row = session.execute(
        select(
            func.count(func.distinct(Order.id)),
            func.coalesce(func.sum(OrderLine.quantity), 0),
            func.coalesce(func.sum(OrderLine.quantity * OrderLine.unit_amount), 0),
        )
        .join(OrderPart, OrderPart.order_id == Order.id)
        .join(OrderLine, OrderLine.part_id == OrderPart.id)
        .where(Order.state == OrderState.PAID, Order.currency == currency, pins.bought)
    ).one()
    return row[0], int(row[1]), Money(int(row[2]), currency)


def pin_to_order_seconds(session: Session, *, pins: RoomPins) -> int | None:
    """The median wait from pin to paid order over the latest orders."""
    rows = session.execute(
        select(OrderLine.source_ref, Order.paid_at)
        .join(OrderPart, OrderPart.id == OrderLine.part_id)
        .join(Order, Order.id == OrderPart.order_id)
        .where(Order.state == OrderState.PAID, pins.bought, Order.paid_at.is_not(None))
        .order_by(Order.paid_at.desc())
        .limit(LATEST_ORDERS)
    )
    waits = [max(0.0, (paid_at - pins.starts[ref]).total_seconds()) for ref, paid_at in rows if ref and paid_at]
    return int(median(waits)) if waits else None


def count_bags(session: Session, *, pins: RoomPins) -> int:
    """Bags that hold something added from these pins right now."""
    bags = select(func.count(func.distinct(CartLine.cart_id))).where(CartLine.source_ref.in_(pins.starts))
    return session.scalar(bags) or 0


def count_studio(session: Session, *, room: Room, currency: str) -> StudioCounted:
    """What the studio shows on air; under two seconds old because the pulse asks that often."""
    pins = load_room_pins(session, room_id=room.id)
    orders, _pieces, gmv = count_sales(session, pins=pins, currency=currency)
    return StudioCounted(
        room_id=room.id,
        watching=presence.count(room.id, otherwise=room.viewers),
        orders=orders,
        gmv=gmv,
        hearts=room.hearts,
        pin_to_order_seconds=pin_to_order_seconds(session, pins=pins),
        bags=count_bags(session, pins=pins),
    )


@dataclass(frozen=True, kw_only=True)
class ShowSummary:
    """A show in numbers, after it ended."""

    seconds: int
    visitors: int
    viewers_peak: int
    orders: int
    pieces: int
    gmv: Money
    hearts: int
    messages: int
    pin_to_order_seconds: int | None


def load_summary(session: Session, *, stream: Stream, room: Room, currency: str) -> ShowSummary:
    """The page after the end: what came of the show. Paid orders and unique people only."""
    pins = load_room_pins(session, room_id=room.id)
    orders, pieces, gmv = count_sales(session, pins=pins, currency=currency)
    said = select(func.count()).where(ChatMessage.room_id == room.id, ChatMessage.removed_at.is_(None))
    return ShowSummary(
        seconds=int((stream.ended_at - stream.live_at).total_seconds()) if stream.live_at and stream.ended_at else 0,
        visitors=count_visitors(session, room_id=room.id),
        viewers_peak=room.viewers_peak,
        orders=orders,
        pieces=pieces,
        gmv=gmv,
        hearts=room.hearts,
        messages=session.scalar(said) or 0,
        pin_to_order_seconds=pin_to_order_seconds(session, pins=pins),
    )
