"""Mail about orders, written in the transaction that causes it, in the shopper's language."""

from __future__ import annotations

from sqlalchemy.orm import Session

from shop.core import web
from shop.core.mail import send_later
from shop.orders.links import order_path
from shop.orders.models import Order, OrderPart
from shop.orders.queries import load_order_view


def thank(session: Session, order: Order) -> None:
    """The order is paid: number, parcels, total, link."""
    _send(session, "order_paid", order)


def say_shipped(session: Session, order: Order, part: OrderPart) -> None:
    """One parcel is on its way."""
    _send(session, "order_shipped", order, letter=part.letter)


def say_refunded(session: Session, order: Order) -> None:
    """All money went back, because the goods were gone or the payment did not match."""
    _send(session, "order_refunded", order)


def _send(session: Session, template: str, order: Order, *, letter: str = "") -> None:
    if not order.email:
        return  # The payment page asks for an address; without one there is nobody to write to.
    view = load_order_view(session, order_id=order.id)
    part = next((part for part in view.parts if part.letter == letter), None)
    url = web.settings().base_url + order_path(view)
    send_later(session, template, to=order.email, locale=order.locale, order=view, part=part, url=url)
