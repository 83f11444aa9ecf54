"""What a message can carry besides words. Each feature registers its kind; a card is read again, with the reader's
rights, every time it is shown, so a price is never old and a thing that somebody may not see is never there.

`template` draws the card and gets it as `card.data`. To add a kind from a higher feature:

    register_card(CardKind(name="offer", template="offers/_card.html", load=load_offers, can_attach=can_attach_offer))

and, when the thing changed, `messaging.service.card_changed(session, kind="offer", ref=…)`: it is redrawn in place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalog.models import Product, ProductStatus
from shop.catalog.queries import load_product_views
from shop.core import web
from shop.core.actor import Actor
from shop.core.errors import NotFound, require
from shop.messaging.models import Thread
from shop.orders.models import Order, OrderPart
from shop.orders.policy import ORDER_ROLES
from shop.orders.queries import OrderView, load_order_view

MOST_CARDS = 3
LONGEST_REF = 120
Ref = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class CardKind:
    """`load(session, actor, refs)` gives the data of those that the actor may see; `can_attach(session, actor, thread, ref)`
    says whether the actor may send this one into this thread. `by_service` cards are never taken from a browser, and
    their message stays as it is; `has_own_notice` says that the feature tells the reader itself. `exact(session, ref)`
    makes a reference exact when somebody begins to write: a show on air gets the second it is at."""

    name: str
    template: str
    load: Callable[[Session, Actor, tuple[str, ...]], Mapping[str, Any]]
    can_attach: Callable[[Session, Actor, Thread, str], bool]
    by_service: bool = False
    has_own_notice: bool = False
    exact: Callable[[Session, str], str] | None = None


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card as one reader sees it; `data` is None when there is nothing to see (any more)."""

    kind: str
    ref: str
    template: str
    data: Any


CARDS: dict[str, CardKind] = {}


def register_card(kind: CardKind) -> None:
    """Make a kind known; registering it again (a second app in one process) replaces it."""
    CARDS[kind.name] = kind


def check_cards(session: Session, actor: Actor, thread: Thread, refs: Iterable[Ref]) -> list[list[str]]:
    """What a browser wants to attach; raises NotFound for the forged and the foreign, which are the same."""
    checked = []
    for name, ref in refs:
        kind = CARDS.get(name)
        fits = kind is not None and not kind.by_service and len(ref) <= LONGEST_REF
        require(fits and kind is not None and kind.can_attach(session, actor, thread, ref), NotFound)
        checked.append([name, ref])
    require(len(checked) <= MOST_CARDS, NotFound)
    return checked


def stays(refs: Iterable[list[str]]) -> bool:
    """Whether a message carries a card of a feature's own: it is not deleted or edited, the feature ends the thing."""
    return any(kind.by_service for kind in _kinds(refs))


def is_told(refs: Iterable[list[str]]) -> bool:
    """Whether the feature of one of these cards tells the reader itself."""
    return any(kind.has_own_notice for kind in _kinds(refs))


def _kinds(refs: Iterable[list[str]]) -> list[CardKind]:
    return [CARDS[name] for name, _ref in refs if name in CARDS]


def exact_ref(session: Session, ref: Ref) -> Ref:
    """The same thing, at this moment where that matters."""
    kind = CARDS.get(ref[0])
    return (ref[0], kind.exact(session, ref[1])) if kind is not None and kind.exact is not None else ref


def load_cards(session: Session, actor: Actor, refs: Iterable[Ref]) -> dict[Ref, Card]:
    """Every card of a page, one look per kind."""
    by_kind: dict[str, set[str]] = defaultdict(set)
    for name, ref in refs:
        by_kind[name].add(ref)
    found: dict[Ref, Card] = {}
    for name, wanted in by_kind.items():
        kind = CARDS.get(name)
        data = kind.load(session, actor, tuple(sorted(wanted))) if kind else {}
        template = kind.template if kind else "messaging/cards/_gone.html"
        for ref in wanted:
            found[name, ref] = Card(kind=name, ref=ref, template=template, data=data.get(ref))
    return found


def load_products(session: Session, _actor: Actor, refs: tuple[str, ...]) -> dict[str, Any]:
    """By slug, as they are sold today."""
    rows = session.execute(
        select(Product.slug, Product.id).where(Product.slug.in_(refs), Product.status == ProductStatus.ACTIVE)
    ).all()
    views = load_product_views(session, [row.id for row in rows], web.settings().default_currency)
    return {view.slug: view for view in views}


def can_attach_product(session: Session, _actor: Actor, thread: Thread, ref: str) -> bool:
    """Anything on sale; in a brand's thread only what this brand sells."""
    product = session.scalar(select(Product).where(Product.slug == ref, Product.status == ProductStatus.ACTIVE))
    return product is not None and thread.brand_id in {None, product.brand_id}


def load_orders(session: Session, actor: Actor, refs: tuple[str, ...]) -> dict[str, OrderView]:
    """By number; for the shopper, and for those of the brand who see orders."""
    numbers = [int(ref) for ref in refs if _is_number(ref)]
    brands = [m.brand_id for m in actor.memberships if m.role in ORDER_ROLES]
    mine = select(Order.number).where(Order.number.in_(numbers), Order.account_id == actor.account_id)
    sold = (
        select(Order.number)
        .join(OrderPart, OrderPart.order_id == Order.id)
        .where(Order.number.in_(numbers), OrderPart.brand_id.in_(brands))
    )
    seen = session.scalars(mine.union(sold)).all()
    return {str(number): load_order_view(session, number=number) for number in seen}


def can_attach_order(session: Session, actor: Actor, thread: Thread, ref: str) -> bool:
    """The shopper's own order, to a brand that has a part in it, by either of the two."""
    if thread.brand_id is None or not _is_number(ref):
        return False
    found = session.scalar(
        select(Order.id)
        .join(OrderPart, OrderPart.order_id == Order.id)
        .where(Order.number == int(ref), Order.account_id == thread.shopper_id, OrderPart.brand_id == thread.brand_id)
    )
    return found is not None and (
        actor.account_id == thread.shopper_id or actor.has_role(thread.brand_id, *ORDER_ROLES)
    )


def _is_number(ref: str) -> bool:
    return ref.isdecimal() and ref.isascii() and len(ref) <= 9


def register_own() -> None:
    """The kinds of the shop itself; livestream adds its own."""
    register_card(
        CardKind(
            name="product", template="messaging/cards/_product.html", load=load_products, can_attach=can_attach_product
        )
    )
    register_card(
        CardKind(name="order", template="messaging/cards/_order.html", load=load_orders, can_attach=can_attach_order)
    )
