"""What orders show on their buyer's profile: the products paid for lately, nothing else of the order."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.cart.shared import SHOWN, things_of
from shop.core import clock
from shop.orders.models import Order, OrderLine, OrderPart
from shop.social.panels import Thing

LATELY = timedelta(days=90)


def bought_lately(session: Session, owner_id: str) -> list[Thing]:
    """Products of paid orders, newest first. The caller has asked whether the viewer may see them."""
    rows = session.scalars(
        select(OrderLine.product_id)
        .join(OrderPart, OrderPart.id == OrderLine.part_id)
        .join(Order, Order.id == OrderPart.order_id)
        .where(Order.account_id == owner_id, Order.paid_at > clock.now() - LATELY)
        .order_by(Order.paid_at.desc(), OrderLine.id)
        .limit(SHOWN * 4)
    )
    return things_of(session, list(dict.fromkeys(rows))[:SHOWN])
