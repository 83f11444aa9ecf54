"""What shoppers with an account are told about their orders. Paid, sent and refunded have mails of their own already."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.brands.models import Brand
from shop.core.i18n import N_
from shop.core.notices import NoticeKind, register_kind, tell
from shop.orders.links import order_path
from shop.orders.models import Order, OrderPart

PAID = NoticeKind(
    name="order.paid",
    label=N_("Your order is paid"),
    title=N_("Your order %(number)s is paid"),
    icon="receipt-text",
    has_own_mail=True,
)
SHIPPED = NoticeKind(
    name="order.shipped",
    label=N_("A parcel is on its way"),
    title=N_("%(brand)s sent your parcel %(label)s."),
    text="%(carrier)s %(tracking_number)s",
    icon="truck",
    has_own_mail=True,
)
DELIVERED = NoticeKind(
    name="order.delivered",
    label=N_("A parcel arrived"),
    title=N_("Your parcel %(label)s from %(brand)s arrived"),
    icon="package-check",
    by_mail=True,
)
REFUNDED = NoticeKind(
    name="order.refunded",
    label=N_("Your money went back"),
    title=N_("The money for your order %(number)s went back"),
    icon="undo-2",
    has_own_mail=True,
)


def register() -> None:
    for kind in (PAID, SHIPPED, DELIVERED, REFUNDED):
        register_kind(kind)


def say_paid(session: Session, order: Order) -> None:
    _tell(session, order, PAID, f"order:{order.id}:paid")


def say_refunded(session: Session, order: Order) -> None:
    _tell(session, order, REFUNDED, f"order:{order.id}:refunded")


def say_shipped(session: Session, order: Order, part: OrderPart) -> None:
    tracking = {"carrier": part.carrier, "tracking_number": part.tracking_number}
    _tell(session, order, SHIPPED, f"part:{part.id}:shipped", **_parcel(session, order, part), **tracking)


def say_delivered(session: Session, order: Order, part: OrderPart) -> None:
    _tell(session, order, DELIVERED, f"part:{part.id}:delivered", **_parcel(session, order, part))


def _parcel(session: Session, order: Order, part: OrderPart) -> dict[str, str]:
    brand = session.scalar(select(Brand.name).where(Brand.id == part.brand_id)) or ""
    return {"brand": brand, "label": f"{order.number}-{part.letter}"}


def _tell(session: Session, order: Order, kind: NoticeKind, key: str, **data: str) -> None:
    """Guests have no board; their mail tells them."""
    if order.account_id is not None:
        words = {"number": str(order.number), **data}
        tell(session, account_id=order.account_id, kind=kind.name, key=key, url=order_path(order), data=words)
