"""Filling and emptying bags. Nothing is held here: stock is set aside when paying starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shop.cart.errors import BagFull, NotForSale
from shop.cart.models import Cart, CartLine
from shop.cart.queries import BagCount, BagView, count_bag, find_cart, owned_by
from shop.catalog.models import Product, ProductStatus, Variant
from shop.catalog.queries import quote_prices
from shop.core import clock, ids
from shop.core.actor import Actor
from shop.core.errors import NotFound, require
from shop.core.forms import MAXIMUM_QUANTITY
from shop.core.money import Money
from shop.inventory.errors import SoldOut
from shop.inventory.models import StockLevel

MAXIMUM_LINES = 40


def add(
    session: Session, *, actor: Actor, sku: str, quantity: int, currency: str, source_ref: str | None = None
) -> BagCount:
    """Put so many of a variant into the actor's bag, on top of what is there; returns what the bag counts now.

    At most five statements. Raises NotFound, NotForSale, SoldOut, BagFull.
    """
    wanted = _look_up(session, actor, sku)
    quote = quote_prices(session, [wanted.variant_id], currency, clock.now()).get(wanted.variant_id)
    if not wanted.is_on_sale or quote is None:
        raise NotForSale
    if wanted.in_bag + quantity > wanted.left:
        raise SoldOut(sku=sku, left=max(0, wanted.left - wanted.in_bag))
    require(wanted.in_bag > 0 or wanted.lines < MAXIMUM_LINES, BagFull(limit=MAXIMUM_LINES))
    cart_id = wanted.cart_id or _new_cart(session, actor)
    _put(
        session,
        cart_id,
        variant_id=wanted.variant_id,
        quantity=quantity,
        price=quote.amount,
        source_ref=source_ref,
    )
    return count_bag(session, actor, currency)


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    variant_id: str
    is_on_sale: bool
    left: int
    cart_id: str | None
    lines: int
    in_bag: int


def _look_up(session: Session, actor: Actor, sku: str) -> _Wanted:
    """Variant, stock and bag in one statement."""
    lines = select(func.count()).where(CartLine.cart_id == Cart.id).correlate(Cart).scalar_subquery()
    row = session.execute(
        select(
            Variant.id,
            Variant.is_active,
            Product.status,
            func.coalesce(StockLevel.stock - StockLevel.held - StockLevel.sold, 0).label("left"),
            Cart.id.label("cart_id"),
            lines.label("lines"),
            func.coalesce(CartLine.quantity, 0).label("in_bag"),
        )
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .outerjoin(Cart, owned_by(actor))
        .outerjoin(CartLine, (CartLine.cart_id == Cart.id) & (CartLine.variant_id == Variant.id))
        .where(Variant.sku == sku)
    ).one_or_none()
    if row is None:
        raise NotFound
    return _Wanted(
        variant_id=row.id,
        is_on_sale=row.is_active and row.status == ProductStatus.ACTIVE,
        left=row.left,
        cart_id=row.cart_id,
        lines=row.lines,
        in_bag=row.in_bag,
    )


def _new_cart(session: Session, actor: Actor) -> str:
    """Two first clicks at once find the same bag."""
    if actor.account_id is None and not actor.guest_key:
        raise NotFound
    cart_id = session.scalar(
        _insert(session)(Cart)
        .values(
            id=ids.new_id("cart"),
            account_id=actor.account_id,
            guest_key=None if actor.account_id else actor.guest_key,
            updated_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(Cart.id)
    )
    if cart_id is None:
        return session.scalars(select(Cart.id).where(owned_by(actor))).one()
    return str(cart_id)


def _put(
    session: Session, cart_id: str, *, variant_id: str, quantity: int, price: Money, source_ref: str | None
) -> None:
    """One line per variant; a second time adds up, 99 at most."""
    row = _insert(session)(CartLine).values(
        id=ids.new_id("cl"),
        cart_id=cart_id,
        variant_id=variant_id,
        quantity=min(quantity, MAXIMUM_QUANTITY),
        seen_amount=price.amount,
        seen_currency=price.currency,
        source_ref=source_ref,
        added_at=clock.now(),
    )
    added = CartLine.quantity + row.excluded.quantity
    session.execute(
        row.on_conflict_do_update(
            index_elements=["cart_id", "variant_id"],
            set_={
                "quantity": case((added > MAXIMUM_QUANTITY, MAXIMUM_QUANTITY), else_=added),
                "seen_amount": row.excluded.seen_amount,
                "seen_currency": row.excluded.seen_currency,
                "source_ref": func.coalesce(row.excluded.source_ref, CartLine.source_ref),
            },
        )
    )


def _insert(session: Session):  # type: ignore[no-untyped-def]  # both dialects' insert take the same arguments
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


def change_quantity(session: Session, *, actor: Actor, line_id: str, quantity: int) -> None:
    """Set a line's quantity; zero takes it out. Somebody else's line is NotFound."""
    if quantity == 0:
        remove(session, actor=actor, line_id=line_id)
        return
    _own_line(session, actor, line_id).quantity = quantity
    session.flush()


def remove(session: Session, *, actor: Actor, line_id: str) -> None:
    """Take a line out. Somebody else's line is NotFound."""
    session.delete(_own_line(session, actor, line_id))
    session.flush()


def _own_line(session: Session, actor: Actor, line_id: str) -> CartLine:
    line = session.scalar(
        select(CartLine).join(Cart, Cart.id == CartLine.cart_id).where(CartLine.id == line_id, owned_by(actor))
    )
    if line is None:
        raise NotFound
    return line


def note_seen(session: Session, *, bag: BagView) -> None:
    """The shopper was told what changed: these prices and quantities are now the ones they know."""
    for line in bag.lines:
        if line.changed and line.unit is not None:
            session.execute(
                update(CartLine)
                .where(CartLine.id == line.id)
                .values(seen_amount=line.unit.amount, seen_currency=line.unit.currency, quantity=line.quantity)
            )


def take_out(session: Session, *, cart_id: str, bought: Mapping[str, int]) -> None:
    """What was paid leaves the bag; more of the same that was added meanwhile stays."""
    lines = session.scalars(select(CartLine).where(CartLine.cart_id == cart_id, CartLine.variant_id.in_(bought)))
    for line in lines.all():
        rest = line.quantity - bought[line.variant_id]
        if rest > 0:
            line.quantity = rest
        else:
            session.delete(line)
    session.flush()


def put_back(
    session: Session, *, actor: Actor, variant_id: str, quantity: int, price: Money, source_ref: str | None
) -> None:
    """Something that was not paid after all waits in the bag, unless it is there already."""
    cart = find_cart(session, actor)
    cart_id = cart.id if cart else _new_cart(session, actor)
    there = select(CartLine.id).where(CartLine.cart_id == cart_id, CartLine.variant_id == variant_id)
    if session.scalar(there) is None:
        _put(session, cart_id, variant_id=variant_id, quantity=quantity, price=price, source_ref=source_ref)


def merge(session: Session, *, guest_key: str, account_id: str) -> None:
    """What a guest put into the bag is in the member's bag after signing in. Repeating it changes nothing."""
    guest = session.scalar(select(Cart).where(Cart.guest_key == guest_key).with_for_update())
    if guest is None:
        return
    own = session.scalar(select(Cart).where(Cart.account_id == account_id).with_for_update())
    if own is None:
        guest.guest_key, guest.account_id = None, account_id
        session.flush()
        return
    for line in session.scalars(select(CartLine).where(CartLine.cart_id == guest.id)).all():
        price = Money(line.seen_amount, line.seen_currency)
        _put(
            session,
            own.id,
            variant_id=line.variant_id,
            quantity=line.quantity,
            price=price,
            source_ref=line.source_ref,
        )
    session.execute(delete(CartLine).where(CartLine.cart_id == guest.id))
    session.execute(delete(Cart).where(Cart.id == guest.id))
    own.updated_at = clock.now()
    session.flush()
