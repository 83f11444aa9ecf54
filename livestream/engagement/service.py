"""News of purchases: to the crew at once, to the room grouped and without names, with the name to friends who may see it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from livestream.engagement.events import FriendBought, PurchaseMade, SaleMade
from livestream.engagement.models import RoomSale
from livestream.pins.models import Pin
from livestream.rooms.models import RoomVisit
from livestream.rooms.queries import lock_room
from shop.accounts.models import Account
from shop.catalog.models import Product
from shop.core import channel, clock, jobs
from shop.core.errors import NotFound
from shop.core.events import publish
from shop.core.money import Money
from shop.orders.events import OrderPaid
from shop.orders.models import Order
from shop.social.models import Datum
from shop.social.queries import audience_ids, muter_ids

BETWEEN_NOTICES = timedelta(seconds=6)
TOO_OLD = timedelta(minutes=2)


def note_sale(session: Session, *, paid: OrderPaid) -> list[RoomSale]:
    """Remember the lines that came from pins and tell the crews. Emits sale.made. Repeatable."""
    sales = []
    for line in paid.lines:
        pin = _find_pin(session, line.source_ref)
        if pin is None or pin.product_id != line.product_id or _is_known(session, paid, pin, line.variant_id):
            continue
        sale = RoomSale(
            room_id=pin.room_id,
            pin_id=pin.id,
            order_id=paid.order_id,
            product_id=line.product_id,
            variant_id=line.variant_id,
            quantity=line.quantity,
        )
        session.add(sale)
        session.flush()
        sales.append(sale)
        _tell_crew(session, paid, sale, line.unit)
    for room_id in sorted({sale.room_id for sale in sales}):
        _tell_room_later(session, room_id)
    return sales


def _find_pin(session: Session, source_ref: str | None) -> Pin | None:
    """The reference came from a browser: anything may stand in it."""
    try:
        return session.get(Pin, source_ref) if source_ref else None
    except NotFound:
        return None


def _is_known(session: Session, paid: OrderPaid, pin: Pin, variant_id: str) -> bool:
    same = (RoomSale.order_id == paid.order_id, RoomSale.pin_id == pin.id, RoomSale.variant_id == variant_id)
    return session.scalar(select(RoomSale.id).where(*same)) is not None


def _tell_crew(session: Session, paid: OrderPaid, sale: RoomSale, unit: Money) -> None:
    news = SaleMade(
        room_id=sale.room_id,
        number=paid.number,
        title=session.get_one(Product, sale.product_id).title,
        quantity=sale.quantity,
        amount=unit * sale.quantity,
        at=paid.paid_at,
    )
    publish(session, news, to=channel.crew(sale.room_id))


def _tell_room_later(session: Session, room_id: str) -> None:
    """At once when the room was quiet, else six seconds after the last notice."""
    last = session.scalar(select(func.max(RoomSale.told_at)).where(RoomSale.room_id == room_id))
    at = max(clock.now(), last + BETWEEN_NOTICES) if last else clock.now()
    jobs.enqueue(session, "engagement.tell_purchases", run_at=at, key=f"purchases:{room_id}", room_id=room_id)


def tell_purchases(session: Session, *, room_id: str) -> None:
    """One notice about everything bought since the last one. Locks the room. Emits purchase.made, friends.bought."""
    lock_room(session, room_id)
    now = clock.now()
    fresh = session.scalars(select(RoomSale).where(RoomSale.room_id == room_id, RoomSale.told_at.is_(None))).all()
    for sale in fresh:
        sale.told_at = now
    recent = [sale for sale in fresh if now - sale.at <= TOO_OLD]
    if recent:
        publish(session, _notice(session, room_id, recent), to=channel.room(room_id))
        _tell_friends(session, room_id, recent)


def _tell_friends(session: Session, room_id: str, sales: list[RoomSale]) -> None:
    """Once per buyer; after the notice that names nobody, so that a screen can put the name into it."""
    rows = session.execute(
        select(Order.id, Account)
        .join(Account, Account.id == Order.account_id)
        .where(Order.id.in_({sale.order_id for sale in sales}))
    )
    buyers: dict[str, Account] = {row[0]: row[1] for row in rows}
    told: set[str] = set()
    for sale in sales:
        buyer = buyers.get(sale.order_id)
        if buyer is None or buyer.id in told:
            continue
        told.add(buyer.id)
        news = FriendBought(
            room_id=room_id,
            account_id=buyer.id,
            display_name=buyer.display_name,
            product_title=session.get_one(Product, sale.product_id).title,
        )
        may_see = audience_ids(session, buyer.id, Datum.BUYING) - muter_ids(session, buyer.id)
        for account_id in sorted(_visitors(session, room_id, may_see)):
            publish(session, news, to=channel.user(account_id))


def _visitors(session: Session, room_id: str, account_ids: set[str]) -> set[str]:
    """Those who came to this room: nobody is told about a show they do not watch."""
    wanted = (RoomVisit.room_id == room_id, RoomVisit.viewer_key.in_(account_ids))
    return set(session.scalars(select(RoomVisit.viewer_key).where(*wanted))) if account_ids else set()


def _notice(session: Session, room_id: str, sales: list[RoomSale]) -> PurchaseMade:
    buyers = Counter(product_id for product_id, _order in {(sale.product_id, sale.order_id) for sale in sales})
    product_id = min(buyers, key=lambda key: (-buyers[key], key))
    orders = {sale.order_id for sale in sales}
    kind = "several" if len(buyers) > 1 and len(orders) > 1 else "one" if len(orders) == 1 else "many"
    product = session.get_one(Product, product_id)
    return PurchaseMade(
        room_id=room_id, kind=kind, product_id=product_id, product_title=product.title, count=len(orders)
    )
