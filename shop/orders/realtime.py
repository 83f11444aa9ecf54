"""Watching one order over the socket."""

from __future__ import annotations

from sqlalchemy.orm import Session

from shop.core import channel
from shop.core.actor import Actor
from shop.core.errors import NotFound, require
from shop.core.forms import Input, OptionalLine
from shop.core.policy import PUBLIC
from shop.core.realtime import command, identity
from shop.orders.links import opens_order
from shop.orders.policy import can_see_order
from shop.orders.queries import find_order


class WatchOrder(Input):
    """`key` is the signature of a guest's link."""

    number: int
    key: OptionalLine = ""


@command("order.watch", WatchOrder, policy=PUBLIC, limit="30/minute", writes=False)
def on_watch(session: Session, actor: Actor, data: WatchOrder) -> dict[str, object]:
    """Hear what happens to one order; only its shopper or the holder of its link may."""
    order = find_order(session, number=data.number) if 0 < data.number < 2**31 else None
    require(order is not None, NotFound)
    assert order is not None
    require(can_see_order(actor, order) or (bool(data.key) and opens_order(order.id, data.key)), NotFound)
    identity().join(channel.order(order.id))
    return {"number": order.number, "state": str(order.state)}
