"""Reading a bag: prices and stock are those of this moment, each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from shop.brands.models import Brand
from shop.cart import slots
from shop.cart.models import Cart, CartLine
from shop.catalog.models import Product, ProductImage, ProductStatus, Variant
from shop.catalog.queries import PriceQuote, label_of, quote_prices
from shop.core import clock, web
from shop.core.actor import Actor
from shop.core.money import Money, total
from shop.inventory.models import StockLevel
from shop.media.queries import image_url
from shop.shipping.countries import home_of
from shop.shipping.dates import dispatch_on
from shop.shipping.models import CountryGroup
from shop.shipping.queries import all_rates

SCARCE = 20  # How many are left is told from here on.


@dataclass(frozen=True, kw_only=True)
class BagLine:
    """A variant in the bag as it is now. `was` is the price seen last, when it differs; `lowered_from` the quantity
    wished when fewer are left; a line with a `problem` (sold_out, gone) is not paid for."""

    id: str
    variant_id: str
    product_id: str
    sku: str
    slug: str
    title: dict[str, str]
    choices: dict[str, str]
    image_id: str | None
    quantity: int
    quote: PriceQuote | None
    left: int
    was: Money | None
    lowered_from: int | None
    problem: str
    source_ref: str | None

    @property
    def wished(self) -> int:
        """The quantity the shopper asked for."""
        return self.lowered_from or self.quantity

    @property
    def unit(self) -> Money | None:
        return self.quote.amount if self.quote else None

    @property
    def total(self) -> Money | None:
        return self.quote.amount * self.quantity if self.quote else None

    @property
    def can_buy(self) -> bool:
        return not self.problem

    @property
    def changed(self) -> bool:
        return self.was is not None or self.lowered_from is not None

    def image(self, width: int) -> str:
        return image_url(self.image_id, width) if self.image_id else ""


@dataclass(frozen=True, kw_only=True)
class BagGroup:
    """What one brand sends. `shipping` is None when the brand does not deliver to the chosen countries."""

    brand_id: str
    brand_slug: str
    brand_name: str
    brand_city: str
    brand_country: str
    logo_image_id: str | None
    lines: tuple[BagLine, ...]
    shipping: Money | None
    dispatch_on: date
    currency: str

    @property
    def bought(self) -> tuple[BagLine, ...]:
        return tuple(line for line in self.lines if line.can_buy)

    @property
    def items(self) -> Money:
        return total([line.total for line in self.bought if line.total], self.currency)

    @property
    def live_ends_at(self) -> datetime | None:
        """When the first live price of this group ends."""
        return min(
            (line.quote.live_ends_at for line in self.lines if line.quote and line.quote.live_ends_at), default=None
        )


@dataclass(frozen=True, kw_only=True)
class BagView:
    """A bag with everything its page says. `destinations` are the groups that at least one brand delivers to."""

    cart_id: str | None
    groups: tuple[BagGroup, ...]
    currency: str
    to: CountryGroup
    destinations: tuple[CountryGroup, ...]
    home: str | None

    @property
    def lines(self) -> tuple[BagLine, ...]:
        return tuple(line for group in self.groups for line in group.lines)

    @property
    def buying(self) -> tuple[BagGroup, ...]:
        """Groups with something to pay for: one parcel each."""
        return tuple(group for group in self.groups if group.bought)

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def items(self) -> Money:
        return total([group.items for group in self.buying], self.currency)

    @property
    def shipping(self) -> Money | None:
        """None when one of the brands does not deliver there."""
        costs = [group.shipping for group in self.buying]
        return None if any(cost is None for cost in costs) else total([cost for cost in costs if cost], self.currency)

    @property
    def total(self) -> Money | None:
        return self.items + self.shipping if self.shipping is not None else None

    @property
    def can_pay(self) -> bool:
        return bool(self.buying) and self.total is not None

    @property
    def changed(self) -> bool:
        return any(line.changed for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class BagCount:
    """What the little number and the room's bag say. `total` is at the prices seen when the lines were added."""

    count: int
    total: Money


def owned_by(actor: Actor) -> ColumnElement[bool]:
    """The bag of this account, or of this browser for a guest."""
    if actor.account_id is not None:
        return Cart.account_id == actor.account_id
    return Cart.guest_key == (actor.guest_key or "")


def find_cart(session: Session, actor: Actor) -> Cart | None:
    return session.scalar(select(Cart).where(owned_by(actor)))


def count_bag(session: Session, actor: Actor, currency: str) -> BagCount:
    """One statement."""
    is_guest = actor.account_id is None
    owner = (actor.guest_key or "") if is_guest else actor.account_id
    row = session.execute(_bag_sums(is_guest=is_guest), {"owner": owner, "currency": currency}).one()
    return BagCount(count=int(row[0]), total=Money(int(row[1]), currency))


@cache
def _bag_sums(*, is_guest: bool) -> Select[int, int]:
    """Built once, since every page counts the bag; run with `owner` and `currency`."""
    return (
        select(
            func.coalesce(func.sum(CartLine.quantity), 0),
            func.coalesce(func.sum(CartLine.quantity * CartLine.seen_amount), 0),
        )
        .join(Cart, Cart.id == CartLine.cart_id)
        .where(
            (Cart.guest_key if is_guest else Cart.account_id) == bindparam("owner"),
            CartLine.seen_currency == bindparam("currency"),
        )
    )


def load_bag(session: Session, actor: Actor, currency: str, *, to: CountryGroup | None = None) -> BagView:
    """The bag now, in four statements: lines with stock, what the shopper holds already, prices, shipping rates.

    `to` is the wished destination; without one it is the first that every brand delivers to.
    """
    rows = session.execute(
        _goods(CartLine)
        .join(CartLine, CartLine.variant_id == Variant.id)
        .join(Cart, Cart.id == CartLine.cart_id)
        .where(owned_by(actor))
        .order_by(CartLine.id)
    ).all()
    wishes = [
        Wish(
            goods=row,
            line_id=row.CartLine.id,
            quantity=row.CartLine.quantity,
            seen=Money(row.CartLine.seen_amount, row.CartLine.seen_currency),
            source_ref=row.CartLine.source_ref,
        )
        for row in rows
    ]
    cart_id = rows[0].CartLine.cart_id if rows else None
    return _bag(session, actor, wishes, currency, to, cart_id=cart_id)


def load_single(
    session: Session,
    actor: Actor,
    *,
    sku: str,
    quantity: int,
    source_ref: str | None,
    currency: str,
    to: CountryGroup | None = None,
) -> BagView:
    """A bag with one thing that is stored nowhere: "buy now". Empty when nobody knows the SKU."""
    rows = session.execute(_goods().where(Variant.sku == sku)).all()
    wishes = [Wish(goods=row, line_id="", quantity=quantity, seen=None, source_ref=source_ref) for row in rows]
    return _bag(session, actor, wishes, currency, to, cart_id=None)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A row of `_goods` and how many of it somebody wants; `seen` is the price they saw."""

    goods: Row[Any]
    line_id: str
    quantity: int
    seen: Money | None
    source_ref: str | None


def _goods(*more: Any) -> Any:
    """Variants with product, brand, first picture and what is left, in one statement."""
    picture = (
        select(ProductImage.image_id)
        .where(ProductImage.product_id == Product.id)
        .order_by(ProductImage.position, ProductImage.image_id)
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )
    left = func.coalesce(StockLevel.stock - StockLevel.held - StockLevel.sold, 0)
    return (
        select(Variant, Product, Brand, picture.label("image_id"), left.label("left"), *more)
        .join(Product, Product.id == Variant.product_id)
        .join(Brand, Brand.id == Product.brand_id)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
    )


def _bag(
    session: Session,
    actor: Actor,
    wishes: list[Wish],
    currency: str,
    to: CountryGroup | None,
    *,
    cart_id: str | None,
) -> BagView:
    at = clock.now()
    if not wishes:
        return BagView(
            cart_id=None, groups=(), currency=currency, to=to or CountryGroup.HOME, destinations=(), home=None
        )
    held = slots.held_by(session, actor)
    quotes = quote_prices(session, [wish.goods.Variant.id for wish in wishes], currency, at)
    lines: dict[str, list[BagLine]] = {}
    brands: dict[str, Brand] = {}
    for wish in wishes:
        brand: Brand = wish.goods.Brand
        brands[brand.id] = brand
        lines.setdefault(brand.id, []).append(_line(wish, quotes.get(wish.goods.Variant.id), held))
    rates = all_rates(session, list(brands), currency)
    home = home_of(brand.country for brand in brands.values())
    destinations = _destinations(list(brands), rates, home)
    chosen = to if to in destinations else (destinations[0] if destinations else CountryGroup.HOME)
    zone = web.settings().default_timezone
    groups = tuple(
        BagGroup(
            brand_id=brand.id,
            brand_slug=brand.slug,
            brand_name=brand.name,
            brand_city=brand.city,
            brand_country=brand.country,
            logo_image_id=brand.logo_image_id,
            lines=tuple(lines[brand.id]),
            shipping=rates.get((brand.id, chosen)),
            dispatch_on=dispatch_on(at, brand.dispatch_days, zone=zone),
            currency=currency,
        )
        for brand in brands.values()
    )
    return BagView(cart_id=cart_id, groups=groups, currency=currency, to=chosen, destinations=destinations, home=home)


def _destinations(
    brand_ids: list[str], rates: dict[tuple[str, CountryGroup], Money], home: str | None
) -> tuple[CountryGroup, ...]:
    """Groups that a brand of the bag delivers to, those that all of them do first; "home" only if it is one country."""
    served = {
        group: sum((brand_id, group) in rates for brand_id in brand_ids)
        for group in CountryGroup
        if group is not CountryGroup.HOME or home
    }
    offered = [group for group, count in served.items() if count]
    return tuple(sorted(offered, key=lambda group: served[group] < len(brand_ids)))


def _line(wish: Wish, quote: PriceQuote | None, held: Mapping[str, int]) -> BagLine:
    variant, product = wish.goods.Variant, wish.goods.Product
    on_sale = product.status == ProductStatus.ACTIVE and variant.is_active and quote is not None
    left = max(0, wish.goods.left) + held.get(variant.id, 0)
    quantity = min(wish.quantity, left) if on_sale and left else wish.quantity
    return BagLine(
        id=wish.line_id,
        variant_id=variant.id,
        product_id=product.id,
        sku=variant.sku,
        slug=product.slug,
        title=product.title,
        choices=label_of(product.options, variant.choices),
        image_id=wish.goods.image_id,
        quantity=quantity,
        quote=quote if on_sale else None,
        left=left,
        was=wish.seen if on_sale and quote and wish.seen not in {None, quote.amount} else None,
        lowered_from=wish.quantity if quantity < wish.quantity else None,
        problem="gone" if not on_sale else "" if left else "sold_out",
        source_ref=wish.source_ref,
    )
