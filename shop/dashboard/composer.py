"""What the offer composer shows for what is typed so far: products, sizes, limits, errors, and the shopper's card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from babel.units import format_unit
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from shop.catalog.listing import find_on_sale
from shop.catalog.models import Product
from shop.catalog.queries import ProductView, VariantView, load_product_views
from shop.core import ids, web
from shop.core.actor import Actor
from shop.core.amounts import typed
from shop.core.errors import NotFound, ShopError, require
from shop.core.forms import parse_form
from shop.core.i18n import error_text, locale_code
from shop.core.money import Money
from shop.dashboard.offer_forms import OfferForm, errors_of, terms_of
from shop.inventory.errors import SoldOut
from shop.messaging import inbox
from shop.messaging.models import Thread
from shop.messaging.queries import Face
from shop.offers.cards import OfferView
from shop.offers.drafts import PriceRoom, asked_about, draft_view, price_room
from shop.offers.models import MOST_UNITS, Offer
from shop.offers.policy import can_replace
from shop.offers.queries import get_offer, shipping_rates
from shop.offers.terms import check_terms
from shop.shipping.models import CountryGroup

FOUND = 6
LENGTHS = (20, 30, 60, 120, 300, 1440, 2880, 4320, 10080)  # Minutes, to choose from.

Typed = MultiDict[str, str]


@dataclass(frozen=True, kw_only=True)
class Composer:
    """One state of the composer. `values` are as they were typed, whether or not they make sense."""

    values: Typed
    shopper: Face
    found: list[ProductView]
    product: ProductView | None
    variant: VariantView | None
    room: PriceRoom | None
    rates: Mapping[CountryGroup, Money]
    country: str
    people: list[inbox.InboxRow]
    lengths: list[tuple[int, str]]
    preview: OfferView | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def replaces(self) -> bool:
        return bool(self.values.get("instead_of"))

    def typed(self, name: str, default: str = "") -> str:
        """One field as it was typed."""
        return self.values.get(name, default)

    @property
    def chosen_people(self) -> list[str]:
        return self.values.getlist("also")

    def is_sold_out(self, variant: VariantView) -> bool:
        """Nothing to offer; what the offer to be replaced holds can be offered again."""
        return variant.sold_out and not self.replaces


def first_values(session: Session, actor: Actor, thread: Thread, asked: Mapping[str, str]) -> Typed:
    """How the composer begins: with an offer to make again, a product that is named, or the one last talked about."""
    values = Typed({"client_key": ids.new_id("msg"), "quantity": "1", "holds_stock": "yes", "minutes": "60"})
    if again := asked.get("again"):
        return _values_of(session, thread, get_offer(session, again), values)
    named = asked.get("product") or asked_about(session, thread_id=thread.id, brand_id=str(thread.brand_id)) or ""
    values.update({"product": named[:80]})
    return values


def _values_of(session: Session, thread: Thread, offer: Offer, values: Typed) -> Typed:
    """An offer of this thread, to be changed. Raises NotFound for any other."""
    require(offer.thread_id == thread.id, NotFound)
    price = offer.unit_amount if offer.counter_amount is None else offer.counter_amount
    values["product"] = session.get_one(Product, offer.product_id).slug
    values["variant_id"] = offer.variant_id
    values["quantity"] = str(offer.quantity)
    values["value"] = typed(Money(price, offer.currency))
    values["to"] = str(CountryGroup(offer.country_group))
    if offer.shipping_is_given:
        values["shipping"] = "own" if offer.shipping_amount else "free"
        values["shipping_price"] = typed(Money(offer.shipping_amount, offer.currency)) if offer.shipping_amount else ""
    if can_replace(offer):
        values["instead_of"] = offer.id
    return values


def load_composer(
    session: Session, *, actor: Actor, thread: Thread, shopper: Face, values: Typed, refused: ShopError | None = None
) -> Composer:
    """Everything the page draws. A refusal's sentence stands beside its field; without one, the draft's own do."""
    brand_id, currency = str(thread.brand_id), web.settings().default_currency
    found = find_on_sale(session, brand_id=brand_id, text=values.get("q", "")[:80], currency=currency, limit=FOUND)
    product = _chosen(session, brand_id, values, found, currency)
    if product is not None and product.slug not in {one.slug for one in found}:
        found = [product, *found[: FOUND - 1]]
    variant = _chosen_variant(product, values)
    preview, errors = None, dict(errors_of(refused)) if refused is not None else {}
    if product is not None and variant is not None:
        preview, problems = _draw(
            session, actor=actor, brand_id=brand_id, shopper_name=shopper.name, variant=variant, values=values
        )
        errors = {**problems, **errors}
    return Composer(
        values=values,
        shopper=shopper,
        found=found,
        product=product,
        variant=variant,
        room=_room(session, actor, brand_id, variant),
        rates=shipping_rates(session, brand_id, currency),
        country=product.brand.country if product else "",
        people=_people(session, actor, thread),
        lengths=[(minutes, words_of(minutes)) for minutes in LENGTHS],
        preview=preview,
        errors=errors,
        problem=error_text(refused) if refused is not None and not errors_of(refused) else "",
    )


def _chosen(
    session: Session, brand_id: str, values: Typed, found: list[ProductView], currency: str
) -> ProductView | None:
    """The product of this brand that is chosen; another's, and one that is not sold, is none."""
    slug = values.get("product", "")
    known = next((one for one in found if one.slug == slug), None)
    if known is not None or not slug:
        return known
    wanted = session.scalar(select(Product.id).where(Product.slug == slug, Product.brand_id == brand_id))
    views = load_product_views(session, [wanted], currency) if wanted else []
    return next((one for one in views if one.status == "active"), None)


def _chosen_variant(product: ProductView | None, values: Typed) -> VariantView | None:
    if product is None:
        return None
    if len(product.variants) == 1:
        return product.variants[0]
    return product.variant_of(values.get("variant_id", ""))


def chosen_variant(session: Session, *, brand_id: str, values: Typed) -> VariantView | None:
    """What is to be offered: one variant of this brand's products on sale."""
    product = _chosen(session, brand_id, values, [], web.settings().default_currency)
    return _chosen_variant(product, values)


def _room(session: Session, actor: Actor, brand_id: str, variant: VariantView | None) -> PriceRoom | None:
    if variant is None or variant.quote is None:
        return None
    return price_room(session, actor=actor, brand_id=brand_id, variant_id=variant.id)


def _draw(
    session: Session, *, actor: Actor, brand_id: str, shopper_name: str, variant: VariantView, values: Typed
) -> tuple[OfferView | None, dict[str, str]]:
    """The shopper's card, or why there is none yet."""
    try:
        form = parse_form(OfferForm, values)
        terms = terms_of(form, variant)
        checked = check_terms(session, actor=actor, brand_id=brand_id, terms=terms)
        pieces = form.quantity * (form.units if form.also else 1)
        if terms.holds_stock and not form.instead_of:
            require(pieces <= variant.left, SoldOut(sku=variant.sku, left=variant.left))
    except ShopError as problem:
        return None, errors_of(problem)
    view = draft_view(
        checked,
        by=actor,
        shopper_name=shopper_name,
        valid_for=terms.valid_for,
        holds_stock=terms.holds_stock,
        left=variant.left,
        units=form.units if form.also else None,
    )
    return view, {}


def _people(session: Session, actor: Actor, thread: Thread) -> list[inbox.InboxRow]:
    """Who else could get it: the other shoppers of the inbox."""
    rows = inbox.list_inbox(session, actor, brand_id=str(thread.brand_id), tab="all")
    return [row for row in rows if row.thread_id != thread.id][: MOST_UNITS - 1]


def words_of(minutes: int) -> str:
    """`20 minutes`, `5 hours`, `3 days`, in the reader's language."""
    length = timedelta(minutes=minutes)
    for name, unit in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if not length % unit:
            return format_unit(length // unit, f"duration-{name}", length="long", locale=locale_code())
    raise AssertionError("whole minutes")
