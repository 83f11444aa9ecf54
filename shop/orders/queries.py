"""Reading orders: for their shopper, for a brand, for figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from shop.brands.models import Brand
from shop.catalog.models import Product
from shop.core.actor import Actor
from shop.core.errors import NotFound
from shop.core.money import Money
from shop.media.queries import image_url
from shop.orders.models import Order, OrderEvent, OrderLine, OrderPart, OrderState, PartState

PER_PAGE = 25


@dataclass(frozen=True, kw_only=True)
class LineView:
    """A line as it was bought. Texts are by language."""

    sku: str
    product_id: str
    slug: str
    title: dict[str, str]
    choices: dict[str, str]
    image_id: str | None
    quantity: int
    unit: Money
    source_ref: str | None

    @property
    def total(self) -> Money:
        return self.unit * self.quantity

    def image(self, width: int) -> str:
        return image_url(self.image_id, width) if self.image_id else ""


@dataclass(frozen=True, kw_only=True)
class PartView:
    """One brand's parcel: `label` is 1048-A."""

    id: str
    label: str
    letter: str
    state: PartState
    brand_id: str
    brand_slug: str
    brand_name: str
    brand_city: str
    logo_image_id: str | None
    return_days: int
    items: Money
    shipping: Money
    lines: tuple[LineView, ...]
    carrier: str
    tracking_number: str
    tracking_url: str
    dispatch_on: date | None
    shipped_at: datetime | None

    @property
    def total(self) -> Money:
        return self.items + self.shipping

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class EventView:
    """One entry of the timeline."""

    kind: str
    part_id: str | None
    note: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderView:
    """An order with everything its page says."""

    id: str
    number: int
    state: OrderState
    account_id: str | None
    email: str
    locale: str
    items: Money
    shipping: Money
    total: Money
    ship_to: dict[str, Any]
    country_group: str
    card: str
    return_path: str
    needs_attention: str
    created_at: datetime
    held_until: datetime | None
    paid_at: datetime | None
    parts: tuple[PartView, ...]
    events: tuple[EventView, ...]

    @property
    def is_paid(self) -> bool:
        return self.state is OrderState.PAID

    @property
    def first_name(self) -> str:
        return str(self.ship_to.get("name", "")).split(" ")[0]

    def of_brand(self, brand_id: str) -> tuple[PartView, ...]:
        return tuple(part for part in self.parts if part.brand_id == brand_id)

    def event(self, kind: str, part_id: str | None = None) -> EventView | None:
        return next((one for one in self.events if one.kind == kind and one.part_id == part_id), None)


def lock_order(session: Session, order_id: str) -> Order:
    """Locks the order's row: payment, cancelling and shipping happen one after another."""
    order = session.scalar(
        select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    )
    if order is None:
        raise NotFound
    return order


def lock_part(session: Session, part_id: str) -> tuple[OrderPart, Order]:
    """Locks the order's row, then its part's; order first, as everywhere."""
    order_id = session.scalar(select(OrderPart.order_id).where(OrderPart.id == part_id))
    if order_id is None:
        raise NotFound
    order = lock_order(session, order_id)
    part = session.scalars(
        select(OrderPart).where(OrderPart.id == part_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    return part, order


def find_order(session: Session, *, number: int | None = None, intent_key: str | None = None) -> Order | None:
    wanted = Order.number == number if number is not None else Order.intent_key == intent_key
    return session.scalar(select(Order).where(wanted))


def get_order(session: Session, order_id: str) -> Order:
    order = session.scalar(select(Order).where(Order.id == order_id))
    if order is None:
        raise NotFound
    return order


def load_parts(session: Session, order_id: str) -> list[OrderPart]:
    return list(session.scalars(select(OrderPart).where(OrderPart.order_id == order_id).order_by(OrderPart.letter)))


def load_lines(session: Session, order_id: str) -> list[OrderLine]:
    """All lines of an order, part by part."""
    return list(
        session.scalars(
            select(OrderLine)
            .join(OrderPart, OrderPart.id == OrderLine.part_id)
            .where(OrderPart.order_id == order_id)
            .order_by(OrderPart.letter, OrderLine.id)
        )
    )


def bought_by(actor: Actor) -> ColumnElement[bool]:
    """Orders of this account, or of this browser for a guest."""
    if actor.account_id is not None:
        return Order.account_id == actor.account_id
    return (Order.guest_key == actor.guest_key) & (Order.account_id.is_(None)) & (Order.guest_key.is_not(None))


def open_orders(session: Session, actor: Actor) -> list[Order]:
    """Orders of a buyer that wait for their payment, oldest first."""
    return list(
        session.scalars(select(Order).where(bought_by(actor), Order.state == OrderState.PAYING).order_by(Order.id))
    )


def held_by(session: Session, actor: Actor) -> dict[str, int]:
    """How many of each variant wait for this buyer's payment."""
    rows = session.execute(
        select(OrderLine.variant_id, func.sum(OrderLine.quantity))
        .join(OrderPart, OrderPart.id == OrderLine.part_id)
        .join(Order, Order.id == OrderPart.order_id)
        .where(bought_by(actor), Order.state == OrderState.PAYING)
        .group_by(OrderLine.variant_id)
    )
    return {variant_id: int(quantity) for variant_id, quantity in rows}


def count_closed(session: Session, actor: Actor) -> int:
    """How many orders of a buyer no longer wait: a new attempt after one of them ended is a new intent."""
    closed = select(func.count()).select_from(Order).where(bought_by(actor), Order.state != OrderState.PAYING)
    return session.scalar(closed) or 0


def paying_orders(session: Session, *, older_than: datetime, limit: int = 200) -> list[Order]:
    """Orders that have waited for their payment since before this instant, oldest first."""
    return list(
        session.scalars(
            select(Order)
            .where(Order.state == OrderState.PAYING, Order.created_at < older_than)
            .order_by(Order.created_at, Order.id)
            .limit(limit)
        )
    )


def load_order_view(session: Session, order_id: str | None = None, *, number: int | None = None) -> OrderView:
    """One order by id or number, in four statements. Raises NotFound."""
    wanted = Order.number == number if number is not None else Order.id == order_id
    order = session.scalar(select(Order).where(wanted))
    if order is None:
        raise NotFound
    return _views(session, [order], with_events=True)[0]


def list_orders(session: Session, actor: Actor, *, limit: int = 50) -> list[OrderView]:
    """A shopper's orders, newest first; checkouts that ended without money are left out."""
    orders = session.scalars(
        select(Order)
        .where(bought_by(actor), or_(Order.state != OrderState.CANCELLED, Order.paid_at.is_not(None)))
        .order_by(Order.number.desc())
        .limit(limit)
    )
    return _views(session, list(orders))


def _views(session: Session, orders: list[Order], *, with_events: bool = False) -> list[OrderView]:
    order_ids = [order.id for order in orders]
    parts = _part_views(session, {order.id: order for order in orders}, OrderPart.order_id.in_(order_ids))
    by_order: dict[str, list[PartView]] = defaultdict(list)
    for order_id, part in parts:
        by_order[order_id].append(part)
    events = _event_views(session, order_ids) if with_events else {}
    return [_view(order, tuple(by_order[order.id]), events.get(order.id, ())) for order in orders]


def _view(order: Order, parts: tuple[PartView, ...], events: tuple[EventView, ...]) -> OrderView:
    return OrderView(
        id=order.id,
        number=order.number,
        state=OrderState(order.state),
        account_id=order.account_id,
        email=order.email,
        locale=order.locale,
        items=Money(order.items_amount, order.currency),
        shipping=Money(order.shipping_amount, order.currency),
        total=Money(order.total_amount, order.currency),
        ship_to=order.ship_to,
        country_group=order.country_group,
        card=order.card,
        return_path=order.return_path,
        needs_attention=order.needs_attention,
        created_at=order.created_at,
        held_until=order.held_until,
        paid_at=order.paid_at,
        parts=parts,
        events=events,
    )


def _event_views(session: Session, order_ids: Sequence[str]) -> dict[str, tuple[EventView, ...]]:
    rows = session.scalars(select(OrderEvent).where(OrderEvent.order_id.in_(order_ids)).order_by(OrderEvent.id))
    found: dict[str, tuple[EventView, ...]] = defaultdict(tuple)
    for row in rows:
        found[row.order_id] += (EventView(kind=row.kind, part_id=row.part_id, note=row.note, at=row.at),)
    return found


def _part_views(session: Session, orders: dict[str, Order], wanted: ColumnElement[bool]) -> list[tuple[str, PartView]]:
    """Parts with their lines, in two statements, in the order of letters."""
    rows = session.execute(
        select(OrderPart, Brand)
        .join(Brand, Brand.id == OrderPart.brand_id)
        .where(wanted)
        .order_by(OrderPart.order_id, OrderPart.letter)
    ).all()
    lines: dict[str, list[tuple[OrderLine, str]]] = defaultdict(list)
    for line, slug in session.execute(
        select(OrderLine, Product.slug)
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.part_id.in_([part.id for part, _ in rows]))
        .order_by(OrderLine.id)
    ):
        lines[line.part_id].append((line, slug))
    return [(part.order_id, _part_view(orders[part.order_id], part, brand, lines[part.id])) for part, brand in rows]


def _part_view(order: Order, part: OrderPart, brand: Brand, lines: list[tuple[OrderLine, str]]) -> PartView:
    currency = order.currency
    return PartView(
        id=part.id,
        label=f"{order.number}-{part.letter}",
        letter=part.letter,
        state=PartState(part.state),
        brand_id=brand.id,
        brand_slug=brand.slug,
        brand_name=brand.name,
        brand_city=brand.city,
        logo_image_id=brand.logo_image_id,
        return_days=brand.return_days,
        items=Money(part.items_amount, currency),
        shipping=Money(part.shipping_amount, currency),
        lines=tuple(
            LineView(
                sku=line.sku,
                product_id=line.product_id,
                slug=slug,
                title=line.title,
                choices=line.choices,
                image_id=line.image_id,
                quantity=line.quantity,
                unit=Money(line.unit_amount, currency),
                source_ref=line.source_ref,
            )
            for line, slug in lines
        ),
        carrier=part.carrier,
        tracking_number=part.tracking_number,
        tracking_url=part.tracking_url,
        dispatch_on=part.dispatch_on,
        shipped_at=part.shipped_at,
    )


# What a brand sees: its parts of paid orders.

TABS: dict[str, ColumnElement[bool]] = {
    "all": OrderPart.state.in_((PartState.TO_SHIP, PartState.SHIPPED, PartState.DELIVERED)),
    "to_ship": OrderPart.state == PartState.TO_SHIP,
    "shipped": OrderPart.state.in_((PartState.SHIPPED, PartState.DELIVERED)),
}


@dataclass(frozen=True, kw_only=True)
class PartRow:
    """One row of the brand's orders table."""

    order: OrderView
    part: PartView


@dataclass(frozen=True, kw_only=True)
class PartPage:
    """A page of rows, how many match, and how many each tab holds."""

    rows: tuple[PartRow, ...]
    matching: int
    counts: dict[str, int]
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.matching // PER_PAGE))


def list_parts(
    session: Session, *, brand_id: str, tab: str = "all", search: str = "", page: int = 1, per_page: int = PER_PAGE
) -> PartPage:
    """A brand's paid parcels, newest first; searches number, name, e-mail and SKU."""
    paid = (OrderPart.brand_id == brand_id, Order.state.in_((OrderState.PAID, OrderState.REFUNDED)))
    counts = {
        name: session.scalar(
            select(func.count())
            .select_from(OrderPart)
            .join(Order, Order.id == OrderPart.order_id)
            .where(*paid, condition)
        )
        or 0
        for name, condition in TABS.items()
    }
    wanted = [*paid, TABS[tab]]
    if search:
        wanted.append(_matches(search))
    matching = session.scalar(
        select(func.count()).select_from(OrderPart).join(Order, Order.id == OrderPart.order_id).where(*wanted)
    )
    found = session.execute(
        select(OrderPart.id, Order)
        .join(Order, Order.id == OrderPart.order_id)
        .where(*wanted)
        .order_by(Order.number.desc(), OrderPart.letter)
        .limit(per_page)
        .offset((page - 1) * per_page)
    ).all()
    orders = {order.id: order for _, order in found}
    parts = {
        part.id: (order_id, part)
        for order_id, part in _part_views(session, orders, OrderPart.id.in_([part_id for part_id, _ in found]))
    }
    rows = tuple(
        PartRow(order=_view(orders[parts[part_id][0]], (parts[part_id][1],), ()), part=parts[part_id][1])
        for part_id, _ in found
    )
    return PartPage(rows=rows, matching=matching or 0, counts=counts, page=page)


def _matches(search: str) -> ColumnElement[bool]:
    """Number exactly; name, address and SKU anywhere. The wildcards of LIKE mean themselves."""
    text = search.lstrip("#").partition("-")[0] if search.lstrip("#")[:1].isdigit() else search
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = f"%{escaped}%"
    sku = (
        select(OrderLine.id)
        .where(OrderLine.part_id == OrderPart.id, OrderLine.sku.ilike(pattern, escape="\\"))
        .correlate(OrderPart)
        .exists()
    )
    found: list[ColumnElement[bool]] = [
        Order.ship_name.ilike(pattern, escape="\\"),
        Order.email.ilike(pattern, escape="\\"),
        sku,
    ]
    if text.isdecimal() and text.isascii() and len(text) <= 9:
        found.append(Order.number == int(text))
    return or_(*found)


def count_to_ship(session: Session, brand_id: str) -> int:
    """Paid parcels of a brand that wait to be packed."""
    return (
        session.scalar(
            select(func.count())
            .select_from(OrderPart)
            .join(Order, Order.id == OrderPart.order_id)
            .where(
                OrderPart.brand_id == brand_id,
                OrderPart.state == PartState.TO_SHIP,
                Order.state == OrderState.PAID,
            )
        )
        or 0
    )


def paid_totals(
    session: Session, *, brand_id: str, source_refs: Sequence[str], currency: str = "EUR"
) -> tuple[int, Money]:
    """How many paid orders came from these pins, and their goods' worth in one currency (shipping not counted)."""
    if not source_refs:
        return 0, Money.zero(currency)
    return _totals(session, brand_id, currency, OrderLine.source_ref.in_(set(source_refs)))


def paid_between(
    session: Session, *, brand_id: str, since: datetime, until: datetime, currency: str = "EUR"
) -> tuple[int, Money]:
    """A brand's paid orders in [since, until) and their goods' worth in one currency (shipping not counted)."""
    return _totals(session, brand_id, currency, Order.paid_at >= since, Order.paid_at < until)


def _totals(session: Session, brand_id: str, currency: str, *wanted: ColumnElement[bool]) -> tuple[int, Money]:
    row = session.execute(
        select(
            func.count(func.distinct(Order.id)),
            func.coalesce(func.sum(OrderLine.unit_amount * OrderLine.quantity), 0),
        )
        .select_from(OrderLine)
        .join(OrderPart, OrderPart.id == OrderLine.part_id)
        .join(Order, Order.id == OrderPart.order_id)
        .where(OrderPart.brand_id == brand_id, Order.state == OrderState.PAID, Order.currency == currency, *wanted)
    ).one()
    return row[0], Money(int(row[1]), currency)
