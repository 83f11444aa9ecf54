"""Reading pins, and drawing them as every viewer sees them."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import orjson
from flask import render_template
from flask_babel import force_locale
from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from livestream.pins.models import Pin
from livestream.rooms.protocol import PinView, Texts
from livestream.rooms.shelf import ShelfProduct
from livestream.rooms.snapshot import Scene
from shop.core.i18n import LOCALES

SCARCE_SHARE = 0.25
SCARCE_PIECES = 20


def find_current_pin(session: Session, *, room_id: str) -> Pin | None:
    """What is on top of the room."""
    return session.scalar(_current_pin(), {"room_id": room_id})


@cache
def _current_pin() -> Select[Pin]:
    query = select(Pin).where(Pin.room_id == bindparam("room_id"), Pin.unpinned_at.is_(None))
    return query.execution_options(populate_existing=True)


def find_replaced_pin(session: Session, *, pin: Pin) -> Pin | None:
    """The pin that this one took the place of."""
    return session.scalar(
        select(Pin)
        .where(Pin.room_id == pin.room_id, Pin.unpinned_at == pin.starts_at, Pin.id != pin.id, ~Pin.undone)
        .order_by(Pin.starts_at.desc())
        .limit(1)
    )


def last_shown_at(session: Session, *, item_id: str) -> datetime | None:
    """When an item was last on top; undone pins do not count."""
    return session.scalar(select(func.max(Pin.starts_at)).where(Pin.item_id == item_id, ~Pin.undone))


def list_pins(session: Session, *, room_id: str) -> list[Pin]:
    """All pins of a room that stayed, in order: the chapters of its replay."""
    return list(session.scalars(select(Pin).where(Pin.room_id == room_id, ~Pin.undone).order_by(Pin.starts_at, Pin.id)))


def pin_view(pin: Pin, product: ShelfProduct) -> PinView:
    """The card of a pin with what its product costs and has left now."""
    return PinView(
        pin_id=pin.id,
        item_id=product.item_id,
        number=product.number,
        product_id=product.product_id,
        slug=product.slug,
        title=product.title,
        image_url=product.image_url,
        image_alt=product.image_alt,
        price=product.price,
        struck=product.struck,
        percent=product.percent,
        ends_at=None if pin.price_ended else pin.ends_at,
        left=product.left,
        total=product.total,
        show_stock=is_scarce(product.left, product.total),
        sold_out=product.left == 0,
        variants=product.variants,
        note=pin.note,
    )


def is_scarce(left: int, total: int) -> bool:
    """Real scarcity only: a quarter of the stock or 20 pieces."""
    return left <= SCARCE_PIECES or left <= total * SCARCE_SHARE


def snapshot_pin(session: Session, scene: Scene) -> tuple[PinView, Texts] | None:
    """The pin's part of a room snapshot."""
    pin = find_current_pin(session, room_id=scene.head.room.id)
    product = next((p for p in scene.shelf if pin is not None and p.item_id == pin.item_id), None)
    if pin is None or product is None:
        return None
    view = pin_view(pin, product)
    return view, draw(view)


def draw(view: PinView) -> Texts:
    """The card's HTML in each language: the same part that the page draws, the same for every viewer.

    Joins come in hundreds and the card changes rarely, so the last drawings are kept by what they show.
    """
    key = orjson.dumps(view)
    if key not in _drawn:
        _drawn[key] = {locale: _draw(locale, view) for locale in LOCALES}
        while len(_drawn) > KEPT_DRAWINGS:
            del _drawn[next(iter(_drawn))]
    return _drawn[key]


KEPT_DRAWINGS = 128
_drawn: dict[bytes, Texts] = {}


def _draw(locale: str, view: PinView) -> str:
    with force_locale(locale):
        return render_template("live/_pin.html", pin=view)
