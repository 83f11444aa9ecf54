"""A shopper's orders. A guest opens one with the signed link from the payment page or the mail."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from shop.core import web
from shop.core.errors import NotFound, require
from shop.core.i18n import gettext
from shop.core.policy import PUBLIC, SIGNED_IN, policy
from shop.orders.links import opens_order
from shop.orders.models import OrderState, PartState
from shop.orders.policy import can_see_order
from shop.orders.queries import OrderView, PartView, find_order, list_orders, load_order_view

bp = Blueprint("orders", __name__, url_prefix="/orders")


@bp.get("")
@policy(SIGNED_IN)
def index() -> ResponseReturnValue:
    """Newest first."""
    return render_template("orders/list.html", orders=list_orders(web.read_session(), web.actor()))


@bp.get("/<int(max=999999999):number>")
@policy(PUBLIC)
def show(number: int) -> ResponseReturnValue:
    """One order, for its shopper or whoever holds its link. Somebody else's does not exist."""
    session = web.read_session()
    order = find_order(session, number=number)
    require(order is not None, NotFound)
    assert order is not None
    key = request.args.get("key", "")
    require(can_see_order(web.actor(), order) or (bool(key) and opens_order(order.id, key)), NotFound)
    view = load_order_view(session, order_id=order.id)
    return render_template("orders/page.html", order=view, steps=steps)


def steps(order: OrderView, part: PartView) -> list[dict[str, object]]:
    """The timeline of one parcel: what happened with its instant, what is next, what is to come."""
    if order.state is OrderState.REFUNDED or part.state is PartState.CANCELLED:
        return _ended_steps(order)
    shipped, delivered = order.event("shipped", part.id), order.event("delivered", part.id)
    moments = [
        (gettext("Paid"), order.paid_at, ""),
        (gettext("Shipped"), shipped.at if shipped else None, shipped.note if shipped else ""),
        (gettext("Delivered"), delivered.at if delivered else None, ""),
    ]
    done = sum(at is not None for _, at, _ in moments)
    states = {True: "done", False: "fut"}
    found: list[dict[str, object]] = [
        {"label": label, "at": at, "note": note, "state": states[place < done]}
        for place, (label, at, note) in enumerate(moments)
    ]
    if 0 < done < len(found):
        found[done - 1]["state"] = "cur"
    return found


def _ended_steps(order: OrderView) -> list[dict[str, object]]:
    labels = {"placed": gettext("Placed"), "paid": gettext("Paid"), "refunded": gettext("Refunded")}
    labels["cancelled"] = gettext("Cancelled")
    return [
        {"label": labels[event.kind], "at": event.at, "note": "", "state": "done"}
        for event in order.events
        if event.kind in labels and event.part_id is None
    ]
