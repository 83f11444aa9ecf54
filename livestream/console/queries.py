"""What the pages of the brand's side show."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from livestream.pins.models import Pin
from livestream.rooms.models import LineUpItem, RoomVisit, StreamState
from livestream.rooms.queries import RoomHead, list_heads
from livestream.rooms.shelf import ShelfProduct, load_shelf
from shop.accounts.models import Account
from shop.brands.models import BrandMember
from shop.core import clock
from shop.core.actor import Role
from shop.core.money import Money
from shop.media.models import Image
from shop.orders.models import Order, OrderLine, OrderPart, OrderState

PER_PAGE = 9
STATES = {
    "all": tuple(StreamState),
    "upcoming": (StreamState.SCHEDULED, StreamState.LIVE),
    "drafts": (StreamState.DRAFT,),
    "ended": (StreamState.ENDED, StreamState.REPLAY, StreamState.CANCELLED),
}
ORDER = {StreamState.LIVE: 0, StreamState.DRAFT: 1, StreamState.SCHEDULED: 2}


@dataclass(frozen=True, kw_only=True)
class StreamRow:
    """One line of the streams table. `gmv` counts paid orders bought from the stream's pins."""

    head: RoomHead
    products: int
    visitors: int
    orders: int
    gmv: Money


@dataclass(frozen=True, kw_only=True)
class StreamPage:
    """A page of the table, with the figures of its tabs."""

    rows: list[StreamRow]
    counts: dict[str, int]
    total: int
    page: int
    pages: int


def load_stream_page(session: Session, *, brand_id: str, show: str, text: str, page: int, currency: str) -> StreamPage:
    """On air first, then drafts, then what comes next, then what was, newest first."""
    heads = list_heads(session, states=tuple(StreamState), brand_id=brand_id, limit=1000)
    needle = text.casefold()
    found = [head for head in heads if _matches(head, needle)]
    counts = {name: sum(head.stream.state in states for head in found) for name, states in STATES.items()}
    wanted = sorted((head for head in found if head.stream.state in STATES[show]), key=_place)
    pages = max(1, -(-len(wanted) // PER_PAGE))
    page = min(page, pages)
    shown = wanted[(page - 1) * PER_PAGE : page * PER_PAGE]
    rows = _rows(session, shown, currency)
    return StreamPage(rows=rows, counts=counts, total=len(wanted), page=page, pages=pages)


def _matches(head: RoomHead, needle: str) -> bool:
    return not needle or any(needle in text.casefold() for text in (*head.stream.title.values(), head.host_name))


def _place(head: RoomHead) -> tuple[int, float]:
    stream = head.stream
    rank = ORDER.get(StreamState(stream.state), 3)
    at = stream.starts_at or stream.live_at or stream.created_at
    return rank, at.timestamp() if rank == 2 else -at.timestamp()


def _rows(session: Session, heads: list[RoomHead], currency: str) -> list[StreamRow]:
    stream_ids = [head.stream.id for head in heads]
    room_ids = [head.room.id for head in heads]
    products = _counted(session, LineUpItem.stream_id, stream_ids)
    visitors = _counted(session, RoomVisit.room_id, room_ids)
    sales = _sales(session, room_ids, currency)
    return [
        StreamRow(
            head=head,
            products=products.get(head.stream.id, 0),
            visitors=visitors.get(head.room.id, 0),
            orders=sales.get(head.room.id, (0, 0))[0],
            gmv=Money(sales.get(head.room.id, (0, 0))[1], currency),
        )
        for head in heads
    ]


def _counted(session: Session, column: object, keys: list[str]) -> dict[str, int]:
    rows = session.execute(
        select(column, func.count()).where(column.in_(keys)).group_by(column)  # type: ignore[attr-defined,call-overload]  # any mapped id column
    )
    return {row[0]: row[1] for row in rows}


def _sales(session: Session, room_ids: list[str], currency: str) -> dict[str, tuple[int, int]]:
    """(paid orders, goods in minor units) by room: lines name the pin they were bought from as text."""
    pins = {
        pin_id: (room_id, product_id)
        for pin_id, room_id, product_id in session.execute(
            select(Pin.id, Pin.room_id, Pin.product_id).where(Pin.room_id.in_(room_ids))
        )
    }
    rows = session.execute(
        select(Order.id, OrderLine.source_ref, OrderLine.product_id, OrderLine.quantity * OrderLine.unit_amount)
        .join(OrderPart, OrderPart.order_id == Order.id)
        .join(OrderLine, OrderLine.part_id == OrderPart.id)
        .where(Order.state == OrderState.PAID, Order.currency == currency, OrderLine.source_ref.in_(list(pins)))
    ).all()
    orders: dict[str, set[str]] = {}
    sums: dict[str, int] = {}
    for order_id, source_ref, product_id, amount in rows:
        room_id, pinned = pins[str(source_ref)]
        if pinned == product_id:
            orders.setdefault(room_id, set()).add(order_id)
            sums[room_id] = sums.get(room_id, 0) + amount
    return {room_id: (len(numbers), sums[room_id]) for room_id, numbers in orders.items()}


@dataclass(frozen=True, kw_only=True)
class ShowItem:
    """A row of the run of show with its planned second."""

    product: ShelfProduct
    place: int
    planned_seconds: int


def load_run_of_show(session: Session, *, stream_id: str, currency: str) -> list[ShowItem]:
    """The run of show in order; planned times follow the pin lengths."""
    rows, second = [], 0
    for place, product in enumerate(load_shelf(session, stream_id=stream_id, currency=currency, at=clock.now()), 1):
        rows.append(ShowItem(product=product, place=place, planned_seconds=second))
        second += product.pin_seconds
    return rows


@dataclass(frozen=True, kw_only=True)
class TeamMate:
    """Somebody who can stand before the camera."""

    account_id: str
    name: str
    role: Role


def list_hosts(session: Session, *, brand_id: str) -> list[TeamMate]:
    """People who may go live for the brand."""
    rows = session.execute(
        select(Account.id, Account.display_name, BrandMember.role)
        .join(BrandMember, BrandMember.account_id == Account.id)
        .where(BrandMember.brand_id == brand_id, BrandMember.role.in_((Role.OWNER, Role.PRODUCER, Role.HOST)))
        .order_by(Account.display_name, Account.id)
    )
    return [TeamMate(account_id=row[0], name=row[1], role=Role(row[2])) for row in rows]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the list before air that the server knows."""

    key: str
    passed: bool


def server_checks(head: RoomHead, show: list[ShowItem]) -> list[Check]:
    """Cover, title and products; camera, microphone and connection are known to the browser alone."""
    stream = head.stream
    return [
        Check(key="cover", passed=bool(stream.cover_image_id and stream.title.get("en"))),
        Check(key="products", passed=bool(show) and all(item.product.left > 0 for item in show)),
    ]


def cover_alt(session: Session, *, image_id: str | None) -> dict[str, str]:
    """What the cover shows, in words."""
    image = session.get(Image, image_id) if image_id else None
    return dict(image.alt) if image else {}
