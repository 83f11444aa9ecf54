"""What the next message can carry: products by search, one's own orders with this brand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from shop.catalog.listing import find_on_sale
from shop.core import web
from shop.core.actor import Actor
from shop.core.errors import NotFound, require
from shop.core.policy import SIGNED_IN, policy
from shop.messaging import queries
from shop.messaging.cards import CARDS, MOST_CARDS, Card
from shop.messaging.models import Thread
from shop.orders.queries import list_orders

bp = Blueprint("attaching", __name__, url_prefix="/messages")
SHOWN = 12
LONGEST_SEARCH = 80
TABS = ("products", "orders")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A card to pick, and the address of the thread with it."""

    card: Card
    url: str


@bp.get("/<thread_id>/attach")
@policy(SIGNED_IN)
def show(thread_id: str) -> str:
    """Pick one and be back in the thread with it. Cards that are picked already stay; `part=1` is the sheet alone."""
    session, actor = web.read_session(), web.actor()
    seat = queries.take_seat(session, actor, thread_id)
    require(seat.member is not None, NotFound)
    tab = _tab(seat.thread)
    cards = _orders(session, actor, seat.thread) if tab == "orders" else _products(session, seat.thread)
    template = "messaging/_attach.html" if request.args.get("part") == "1" else "messaging/attach.html"
    return render_template(
        template,
        head=queries.load_head(session, seat),
        tab=tab,
        tabs=_tabs(seat.thread),
        words=_words(),
        picked=_picked(),
        choices=[Choice(card=card, url=_address(thread_id, card)) for card in cards],
    )


def _tabs(thread: Thread) -> tuple[str, ...]:
    """Orders are between a shopper and a brand; friends never see one."""
    return TABS if thread.brand_id is not None else TABS[:1]


def _tab(thread: Thread) -> str:
    asked = request.args.get("tab", "")
    return asked if asked in _tabs(thread) else TABS[0]


def _words() -> str:
    return "".join(one for one in request.args.get("q", "") if one.isprintable()).strip()[:LONGEST_SEARCH]


def _products(session: Session, thread: Thread) -> list[Card]:
    """In a brand's thread what this brand sells, elsewhere everything."""
    found = find_on_sale(
        session,
        brand_id=thread.brand_id,
        text=_words(),
        currency=web.settings().default_currency,
        limit=SHOWN,
    )
    return [_card("product", view.slug, view) for view in found]


def _orders(session: Session, actor: Actor, thread: Thread) -> list[Card]:
    """The shopper's own orders that the brand has a part in, newest first."""
    found = [
        order for order in list_orders(session, actor) if any(part.brand_id == thread.brand_id for part in order.parts)
    ]
    return [_card("order", str(order.number), order) for order in found[:SHOWN]]


def _card(kind: str, ref: str, data: Any) -> Card:
    return Card(kind=kind, ref=ref, template=CARDS[kind].template, data=data)


def _picked() -> list[str]:
    return request.args.getlist("card")[: MOST_CARDS - 1]


def _address(thread_id: str, card: Card) -> str:
    """The thread with everything picked so far and this one."""
    picked = list(dict.fromkeys([*_picked(), f"{card.kind}:{card.ref}"]))
    query = urlencode([("card", one) for one in picked])
    return f"{url_for('messages.show', thread_id=thread_id)}?{query}#say"
