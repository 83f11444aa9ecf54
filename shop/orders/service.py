"""Orders change here and nowhere else: placed, paid, cancelled, refunded, shipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shop.core import channel, clock
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotAllowed, WrongMove, require
from shop.core.events import publish
from shop.core.i18n import N_
from shop.core.money import Money, total
from shop.orders import mails, news, slots
from shop.orders.errors import OrderNotPaid
from shop.orders.events import OrderCancelled, OrderChanged, OrderPaid, OrderPaidNotice, SoldLine
from shop.orders.models import (
    ORDER_MOVES,
    PART_MOVES,
    Order,
    OrderEvent,
    OrderLine,
    OrderNumber,
    OrderPart,
    OrderState,
    PartState,
)
from shop.orders.policy import can_ship
from shop.orders.queries import load_lines, load_parts, lock_order, lock_part

FIRST_NUMBER = 1001
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LINK_STARTS = ("http://", "https://")


@dataclass(frozen=True, kw_only=True)
class NewLine:
    """What is bought, with the texts and the price of this moment."""

    variant_id: str
    product_id: str
    sku: str
    title: dict[str, str]
    choices: dict[str, str]
    image_id: str | None
    quantity: int
    unit: Money
    source_ref: str | None


@dataclass(frozen=True, kw_only=True)
class NewPart:
    """One brand's parcel."""

    brand_id: str
    shipping: Money
    dispatch_on: date
    lines: tuple[NewLine, ...]

    @property
    def items(self) -> Money:
        return total([line.unit * line.quantity for line in self.lines], self.shipping.currency)


@dataclass(frozen=True, kw_only=True)
class NewOrder:
    """Everything an order is made of. `held_until` is the deadline of its stock."""

    id: str
    buyer: Actor
    currency: str
    country_group: str
    parts: tuple[NewPart, ...]
    email: str
    locale: str
    return_path: str
    cart_id: str | None
    intent_key: str
    held_until: datetime

    @property
    def items(self) -> Money:
        return total([part.items for part in self.parts], self.currency)

    @property
    def shipping(self) -> Money:
        return total([part.shipping for part in self.parts], self.currency)


def place(session: Session, *, new: NewOrder) -> Order:
    """Write an order that waits for its payment; parts get letters in the order given.

    Locks the number counter: call it last in a transaction. Violates the unique `intent_key` when the same intent
    was placed already; the caller rolls back and uses the order that is there.
    """
    require(0 < len(new.parts) <= len(LETTERS), InvalidInput(N_("Your bag holds too many brands for one order.")))
    order = Order(
        id=new.id,
        number=_next_number(session),
        account_id=new.buyer.account_id,
        guest_key=None if new.buyer.account_id else new.buyer.guest_key,
        cart_id=new.cart_id,
        email=new.email,
        locale=new.locale,
        currency=new.currency,
        items_amount=new.items.amount,
        shipping_amount=new.shipping.amount,
        total_amount=(new.items + new.shipping).amount,
        country_group=new.country_group,
        return_path=new.return_path,
        intent_key=new.intent_key,
        held_until=new.held_until,
        created_at=clock.now(),
    )
    session.add(order)
    session.flush()
    for letter, part in zip(LETTERS, new.parts, strict=False):
        _place_part(session, order, letter, part)
    _note(session, order, "placed")
    return order


def _next_number(session: Session) -> int:
    """One more than the last; the row is locked until the order is committed, so numbers have no gaps."""
    count = (
        update(OrderNumber)
        .where(OrderNumber.id == 1)
        .values(last=OrderNumber.last + 1)
        .returning(OrderNumber.last)
        .execution_options(synchronize_session=False)
    )
    number = session.scalar(count)
    if number is None:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(dialect.insert(OrderNumber).values(id=1, last=FIRST_NUMBER - 1).on_conflict_do_nothing())
        number = session.scalar(count)
    assert number is not None  # The row is there now, and nobody deletes it.
    return number


def _place_part(session: Session, order: Order, letter: str, new: NewPart) -> None:
    part = OrderPart(
        order_id=order.id,
        brand_id=new.brand_id,
        letter=letter,
        items_amount=new.items.amount,
        shipping_amount=new.shipping.amount,
        dispatch_on=new.dispatch_on,
    )
    session.add(part)
    session.flush()
    for line in new.lines:
        session.add(
            OrderLine(
                part_id=part.id,
                variant_id=line.variant_id,
                product_id=line.product_id,
                sku=line.sku,
                title=line.title,
                choices=line.choices,
                image_id=line.image_id,
                quantity=line.quantity,
                unit_amount=line.unit.amount,
                source_ref=line.source_ref,
            )
        )
    session.flush()


def mark_paid(
    session: Session, *, order: Order, email: str, ship_to: dict[str, Any], card: str = "", at: datetime | None = None
) -> None:
    """The payment of a locked order is confirmed: parcels can be packed, the shopper gets a mail.

    Emits order_paid (inside), order.paid, order.changed. Raises WrongMove.
    """
    _move(order, OrderState.PAID)
    order.paid_at = at or clock.now()
    order.email = email or order.email
    order.ship_to = ship_to
    order.ship_name = str(ship_to.get("name", ""))[:200]
    order.card = card[:40]
    parts = load_parts(session, order.id)
    for part in parts:
        _move_part(part, PartState.TO_SHIP)
    _note(session, order, "paid")
    session.flush()
    mails.thank(session, order)
    news.say_paid(session, order)
    sold = _sold_lines(session, order, parts)
    paid = OrderPaid(
        order_id=order.id,
        number=order.number,
        brand_ids=tuple(part.brand_id for part in parts),
        lines=sold,
        total=Money(order.total_amount, order.currency),
        account_id=order.account_id,
        paid_at=order.paid_at,
    )
    publish(session, paid)
    notice = OrderPaidNotice(order_id=order.id, number=order.number, total=paid.total)
    publish(session, notice, to=_watchers(order))
    _tell(session, order, parts)


def _sold_lines(session: Session, order: Order, parts: Sequence[OrderPart]) -> tuple[SoldLine, ...]:
    brand_of = {part.id: part.brand_id for part in parts}
    return tuple(
        SoldLine(
            brand_id=brand_of[line.part_id],
            product_id=line.product_id,
            variant_id=line.variant_id,
            quantity=line.quantity,
            unit=Money(line.unit_amount, order.currency),
            source_ref=line.source_ref,
        )
        for line in load_lines(session, order.id)
    )


def cancel(session: Session, *, order: Order, reason: str) -> None:
    """A locked order ends without money. Emits order_cancelled (inside), order.changed. Raises WrongMove."""
    _move(order, OrderState.CANCELLED)
    parts = load_parts(session, order.id)
    for part in parts:
        _move_part(part, PartState.CANCELLED)
    _note(session, order, "cancelled", reason)
    session.flush()
    publish(
        session,
        OrderCancelled(order_id=order.id, number=order.number, brand_ids=tuple(part.brand_id for part in parts)),
    )
    _tell(session, order, parts)


def mark_refunded(session: Session, *, order: Order, reason: str) -> None:
    """All money of a locked order went back; the shopper gets a mail. Emits order.changed. Raises WrongMove."""
    _move(order, OrderState.REFUNDED)
    _note(session, order, "refunded", reason)
    session.flush()
    mails.say_refunded(session, order)
    news.say_refunded(session, order)
    _tell(session, order, load_parts(session, order.id))


def want_attention(session: Session, *, order: Order, reason: str) -> None:
    """Put an order in front of people; the first reason stays until somebody looked."""
    order.needs_attention = order.needs_attention or reason[:200]
    _note(session, order, "attention", reason)
    session.flush()


def ship_part(
    session: Session, *, actor: Actor, part_id: str, carrier: str, tracking_number: str = "", tracking_url: str = ""
) -> OrderPart:
    """A parcel left the house; the shopper gets a mail with its tracking. Shipping it again changes nothing.

    Locks order and part. Emits order.changed. Raises NotFound, NotAllowed, OrderNotPaid, WrongMove.
    """
    part, order = lock_part(session, part_id)
    require(can_ship(actor, part.brand_id), NotAllowed)
    if part.state == PartState.SHIPPED:
        return part
    require(order.state == OrderState.PAID, OrderNotPaid)
    if tracking_url and not tracking_url.startswith(LINK_STARTS):
        raise InvalidInput(fields={"tracking_url": N_("A link starts with https://")})
    _move_part(part, PartState.SHIPPED)
    part.carrier, part.tracking_number, part.tracking_url = carrier, tracking_number, tracking_url
    part.shipped_at = clock.now()
    _note(session, order, "shipped", " ".join(filter(None, (carrier, tracking_number))), part=part, by=actor)
    session.flush()
    mails.say_shipped(session, order, part)
    news.say_shipped(session, order, part)
    _tell(session, order, load_parts(session, order.id))
    return part


def deliver_part(session: Session, *, actor: Actor, part_id: str) -> OrderPart:
    """A parcel arrived; its shopper is told. Locks order and part. Emits order.changed. Raises NotFound, NotAllowed, WrongMove."""
    part, order = lock_part(session, part_id)
    require(can_ship(actor, part.brand_id), NotAllowed)
    if part.state == PartState.DELIVERED:
        return part
    _move_part(part, PartState.DELIVERED)
    _note(session, order, "delivered", part=part, by=actor)
    session.flush()
    news.say_delivered(session, order, part)
    _tell(session, order, load_parts(session, order.id))
    return part


def clear_attention(session: Session, *, actor: Actor, order_id: str, brand_id: str) -> None:
    """Somebody looked. Locks the order. Raises NotFound, NotAllowed."""
    order = lock_order(session, order_id)
    require(can_ship(actor, brand_id), NotAllowed)
    if order.needs_attention:
        _note(session, order, "looked_at", order.needs_attention, by=actor)
        order.needs_attention = ""
        session.flush()


def _move(order: Order, state: OrderState) -> None:
    require(state in ORDER_MOVES[OrderState(order.state)], WrongMove(state=str(order.state)))
    order.state = state


def _move_part(part: OrderPart, state: PartState) -> None:
    require(state in PART_MOVES[PartState(part.state)], WrongMove(state=str(part.state)))
    part.state = state


def _note(
    session: Session, order: Order, kind: str, note: str = "", *, part: OrderPart | None = None, by: Actor | None = None
) -> None:
    session.add(
        OrderEvent(
            order_id=order.id,
            part_id=part.id if part else None,
            kind=kind,
            note=note,
            by_account_id=by.account_id if by else None,
            at=clock.now(),
        )
    )


def _watchers(order: Order) -> tuple[str, ...]:
    mine = (channel.user(order.account_id),) if order.account_id else ()
    return (channel.order(order.id), *mine)


def _tell(session: Session, order: Order, parts: Sequence[OrderPart]) -> None:
    slots.tell(session, order, parts)
    changed = OrderChanged(
        order_id=order.id,
        number=order.number,
        state=str(OrderState(order.state)),
        parts={part.letter: str(PartState(part.state)) for part in parts},
    )
    publish(session, changed, to=_watchers(order))
