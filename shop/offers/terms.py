"""What a brand offers, checked: whose product, how many, how cheap, how long, and what the parcel costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from shop.catalog.queries import PriceQuote, quote_prices
from shop.checkout.placing import MAXIMUM_PIECES
from shop.core import clock, web
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, require
from shop.core.i18n import N_
from shop.core.money import MINIMUM_CHARGE, Money
from shop.offers.errors import AboveListPrice, BelowLimit, NotOnSale
from shop.offers.policy import fits_time, lowest_price
from shop.offers.queries import Goods, get_goods, limits_of, shipping_rates
from shop.shipping.models import CountryGroup


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What somebody of the brand wants to offer. `unit` is the price of one piece, `shipping` None the usual rate."""

    variant_id: str
    unit: Money
    quantity: int = 1
    shipping: Money | None = None
    to: CountryGroup = CountryGroup.HOME
    valid_for: timedelta = timedelta(hours=1)
    holds_stock: bool = True


@dataclass(frozen=True, kw_only=True)
class CheckedTerms:
    """The same with everything that the shop adds. `base` is what everybody pays for a piece at this moment."""

    goods: Goods
    quantity: int
    unit: Money
    base: Money
    list_price: Money
    base_is_live: bool
    shipping: Money
    shipping_is_given: bool
    to: CountryGroup

    @property
    def total(self) -> Money:
        return self.unit * self.quantity + self.shipping


def discounted(base: Money, *, percent: int = 0, off: Money | None = None) -> Money:
    """The price of a piece after a discount, in percent or as an amount; can be too low, which `check_terms` says."""
    if off is not None:
        return base - off
    return base.split(percent * 100)[1]


def check_terms(session: Session, *, actor: Actor, brand_id: str, terms: Terms) -> CheckedTerms:
    """Raises NotFound (another brand's product), BelowLimit, AboveListPrice, NotOnSale, InvalidInput."""
    require(
        fits_time(terms.valid_for),
        InvalidInput(fields={"valid_for": N_("An offer is valid between 20 minutes and 7 days.")}),
    )
    goods, quote = quote_goods(session, brand_id=brand_id, variant_id=terms.variant_id)
    lowest = lowest_price(actor, brand_id, quote.amount, limits_of(session, brand_id))
    check_price(terms.unit, quote, lowest)
    return add_shipping(
        session,
        goods=goods,
        quote=quote,
        quantity=terms.quantity,
        unit=terms.unit,
        shipping=terms.shipping,
        to=terms.to,
    )


def quote_goods(session: Session, *, brand_id: str, variant_id: str) -> tuple[Goods, PriceQuote]:
    """What it is and what it costs now. Raises NotFound, NotOnSale."""
    goods = get_goods(session, brand_id=brand_id, variant_id=variant_id)
    currency = web.settings().default_currency
    quote = quote_prices(session, [variant_id], currency, clock.now()).get(variant_id)
    if quote is None or not goods.is_on_sale:
        raise NotOnSale
    return goods, quote


def check_price(unit: Money, quote: PriceQuote, lowest: Money) -> None:
    """Raises BelowLimit, AboveListPrice."""
    require(unit.currency == quote.amount.currency, InvalidInput(fields={"price": N_("This value does not fit.")}))
    minimum = Money(MINIMUM_CHARGE[unit.currency], unit.currency)
    if unit < minimum:
        raise InvalidInput(fields={"price": N_("Offer at least what a card payment needs.")})
    require(lowest <= unit, BelowLimit(lowest=lowest))
    require(unit <= quote.list_price, AboveListPrice(highest=quote.list_price))


def add_shipping(
    session: Session,
    *,
    goods: Goods,
    quote: PriceQuote,
    quantity: int,
    unit: Money,
    shipping: Money | None,
    to: CountryGroup,
) -> CheckedTerms:
    """The whole sum. A given shipping price never exceeds the usual one. Raises InvalidInput (also: not delivered to)."""
    require(
        1 <= quantity <= MAXIMUM_PIECES,
        InvalidInput(fields={"quantity": N_("Between 1 and 20 pieces.")}),
    )
    usual = shipping_rates(session, goods.brand.id, unit.currency).get(to)
    if usual is None:
        raise InvalidInput(fields={"to": N_("The brand does not deliver there.")})
    if shipping is not None and not Money.zero(unit.currency) <= shipping <= usual:
        raise InvalidInput(fields={"shipping": N_("Between nothing and your usual rate.")})
    return CheckedTerms(
        goods=goods,
        quantity=quantity,
        unit=unit,
        base=quote.amount,
        list_price=quote.list_price,
        base_is_live=quote.is_live,
        shipping=usual if shipping is None else shipping,
        shipping_is_given=shipping is not None,
        to=to,
    )
