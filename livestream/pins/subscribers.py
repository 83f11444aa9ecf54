"""Prices and stock changed somewhere in the shop: rooms on air that show the product are told."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from livestream.pins.events import LeftOf, PriceChanged, ProductSoldOut, StockChanged
from livestream.pins.queries import draw, find_current_pin, pin_view
from livestream.pins.service import prices_of
from livestream.rooms.models import Room, RoomEvent
from livestream.rooms.queries import live_rooms_showing, lock_room
from livestream.rooms.service import publish_state
from livestream.rooms.shelf import ShelfProduct, load_shelf
from shop.catalog.events import PriceChanged as CatalogPriceChanged
from shop.catalog.models import Variant
from shop.core import clock, db
from shop.core.events import plain
from shop.core.web import settings
from shop.inventory.events import StockChanged as InventoryStockChanged

RECENT_EVENTS = 20


def on_stock_changed(event: InventoryStockChanged) -> None:
    """The room is locked before the numbers are read, so a later seq never carries an older number."""
    with db.reading() as session:
        products = select(Variant.product_id).where(Variant.id.in_(event.variant_ids)).distinct()
        rooms = live_rooms_showing(session, list(session.scalars(products)))
    for room_id, product_id in rooms:
        with db.unit_of_work() as session:
            product = _locked_product(session, room_id, product_id)
            if product is not None:
                tell_stock(session, room_id, product)


def tell_stock(session: Session, room_id: str, product: ShelfProduct) -> None:
    """Emits stock.changed, and product.sold_out with the last piece."""
    publish_state(
        session,
        room_id,
        StockChanged(
            product_id=product.product_id,
            left=product.left,
            total=product.total,
            variants=tuple(LeftOf(sku=variant.sku, left=variant.left) for variant in product.variants),
        ),
    )
    if product.left == 0:
        publish_state(session, room_id, ProductSoldOut(product_id=product.product_id))


def _locked_product(session: Session, room_id: str, product_id: str) -> ShelfProduct | None:
    room = lock_room(session, room_id)
    found = load_shelf(
        session,
        stream_id=room.stream_id,
        currency=settings().default_currency,
        at=clock.now(),
        product_ids=[product_id],
    )
    return found[0] if found else None


def on_price_changed(event: CatalogPriceChanged) -> None:
    """Pins tell their own prices at once; this is for every other change (the editor, an import)."""
    with db.reading() as session:
        rooms = live_rooms_showing(session, [event.product_id])
    for room_id, product_id in rooms:
        with db.unit_of_work() as session:
            product = _locked_product(session, room_id, product_id)
            if product is not None and not _room_knows(session, room_id, product):
                tell_price(session, room_id, product)


def tell_price(session: Session, room_id: str, product: ShelfProduct) -> None:
    """Emits price.changed, with the card when the product is on top."""
    pin = find_current_pin(session, room_id=room_id)
    card = pin_view(pin, product) if pin is not None and pin.product_id == product.product_id else None
    publish_state(
        session,
        room_id,
        PriceChanged(
            product_id=product.product_id,
            price=product.price,
            variants=prices_of(product),
            pin=card,
            html=draw(card) if card else None,
        ),
    )


def _room_knows(session: Session, room_id: str, product: ShelfProduct) -> bool:
    """Whether the last thing the room heard about this product's prices is what they are now."""
    room = session.get_one(Room, room_id)
    recent = session.scalars(
        select(RoomEvent)
        .where(
            RoomEvent.room_id == room_id,
            RoomEvent.seq > room.seq - RECENT_EVENTS,
            RoomEvent.name.in_(("pin.added", "price.ended", "price.changed")),
        )
        .order_by(RoomEvent.seq.desc())
    )
    for event in recent:
        about = event.payload.get("product_id") or event.payload["pin"]["product_id"]
        if about == product.product_id:
            told = event.payload.get("variants") or event.payload["pin"]["variants"]
            return {v["sku"]: v["price"] for v in told} == {v.sku: plain(v.price) for v in product.variants}
    return False
