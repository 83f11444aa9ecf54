"""The card in the thread, as its shopper and as the brand's people see it. Nobody else sees anything.

Price, stock and deadline are read again each time; five statements, however many cards a page has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from babel.units import format_unit
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.brands.models import Brand
from shop.catalog.models import Product, Variant
from shop.catalog.queries import PriceQuote, label_of, quote_prices
from shop.core import clock, web
from shop.core.actor import Actor
from shop.core.i18n import gettext, locale_code, money
from shop.core.money import Money
from shop.inventory.models import StockLevel
from shop.media.queries import image_url
from shop.messaging.models import Thread
from shop.messaging.slots import ThreadLabel
from shop.offers.models import BOUGHT, OPEN, WAITING, Offer, OfferBatch, OfferState
from shop.offers.policy import MOST_COUNTERS, OFFER_ROLES, RETURNABLE, in_return_time
from shop.offers.queries import TAKEN, first_picture
from shop.orders.models import Order, OrderPart
from shop.orders.policy import can_ship
from shop.shipping.models import CountryGroup
from shop.shipping.queries import all_rates

ENDS_SOON = timedelta(minutes=20)


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """The order of a paid offer: one part, because one brand sends it. `number` is what people call it."""

    number: int
    label: str
    state: str
    carrier: str
    tracking_number: str
    tracking_url: str
    card: str


@dataclass(frozen=True, kw_only=True)
class OfferView:
    """An offer as one reader sees it. `left` is None when its own stock is set aside; texts are by language.

    `now` is what a piece costs everybody at this moment, when it is on sale at all.
    """

    id: str
    state: OfferState
    ending: str
    for_shopper: bool
    thread_id: str
    message_number: int
    brand_slug: str
    brand_name: str
    shopper_name: str
    by_name: str
    sku: str
    sizes: tuple[tuple[str, dict[str, str]], ...]  # Other variants that can be asked for: SKU and label.
    slug: str
    title: dict[str, str]
    choices: dict[str, str]
    image_id: str | None
    quantity: int
    unit: Money
    base: Money
    base_is_live: bool
    now: Money | None
    shipping: Money
    to: CountryGroup
    destinations: tuple[CountryGroup, ...]
    country: str
    valid_until: datetime
    page_until: datetime | None = None  # When the payment page that is open closes.
    created_at: datetime
    seen_at: datetime | None
    is_claim: bool
    holds_stock: bool
    left: int | None
    units: int | None
    units_left: int
    counter: Money | None
    counters_left: int
    parcel: Parcel | None
    return_asked_at: datetime | None
    can_return: bool
    can_take_back: bool
    is_taken_back: bool

    @property
    def items(self) -> Money:
        return self.unit * self.quantity

    @property
    def discount(self) -> Money:
        return (self.base - self.unit) * self.quantity

    @property
    def total(self) -> Money:
        return self.items + self.shipping

    @property
    def is_past(self) -> bool:
        """Its time is up, whether or not the job has written it down."""
        return self.state in OPEN and self.valid_until <= clock.now()

    @property
    def shown_state(self) -> OfferState:
        return OfferState.EXPIRED if self.is_past and self.state is not OfferState.PAYING else self.state

    @property
    def is_open(self) -> bool:
        return self.shown_state in OPEN

    @property
    def is_bought(self) -> bool:
        return self.state in BOUGHT

    @property
    def is_taken(self) -> bool:
        """Others hold what is left, for now."""
        if self.state not in WAITING:
            return False
        return self.units_left <= 0 or (self.left is not None and self.left < self.quantity)

    @property
    def can_pay(self) -> bool:
        return self.for_shopper and self.is_open and not self.ending and not self.is_taken and self.now is not None

    @property
    def can_counter(self) -> bool:
        single = self.units is None and not self.is_claim
        return self.for_shopper and single and self.counters_left > 0 and self.shown_state in WAITING

    @property
    def can_replace(self) -> bool:
        """Whether the brand may send another one instead."""
        is_waiting = self.shown_state in {*WAITING, OfferState.HELD}
        return is_waiting and self.units is None and not self.is_claim

    @property
    def can_move(self) -> bool:
        """Whether the parcel can still be sent elsewhere."""
        is_waiting = self.shown_state in {*WAITING, OfferState.HELD}
        return self.for_shopper and is_waiting and len(self.destinations) > 1

    @property
    def cheaper_now(self) -> bool:
        return self.now is not None and self.now < self.unit

    @property
    def deadline(self) -> datetime:
        """Of what is open now: a payment page closes before the offer ends."""
        return min(self.page_until, self.valid_until) if self.page_until else self.valid_until

    @property
    def drawn_at(self) -> datetime:
        """The server's present, for clocks that count on."""
        return clock.now()

    @property
    def time_left(self) -> str:
        """How long it is still valid, in words; the page's script goes on counting."""
        return time_left(self.deadline - clock.now())

    def image(self, width: int) -> str:
        return image_url(self.image_id, width) if self.image_id else ""


def time_left(length: timedelta) -> str:
    """`36 min`, `5 h`, `3 days`, in the reader's language. `static/js/core/deadlines.js` writes the same."""
    minutes = max(0, -(-int(length.total_seconds()) // 60))
    for limit, name, size in ((120, "minute", 1), (48 * 60, "hour", 60)):
        if minutes <= limit:
            return format_unit(minutes // size, f"duration-{name}", length="short", locale=locale_code())
    return format_unit(minutes // 1440, "duration-day", length="short", locale=locale_code())


def can_attach(_session: Session, _actor: Actor, _thread: Thread, _ref: str) -> bool:
    """Only the service sends offers."""
    return False


def load_offers(session: Session, actor: Actor, refs: tuple[str, ...]) -> dict[str, OfferView]:
    """Those that are the actor's, or their brand's. Drafts are nobody's yet."""
    known = [ref for ref in refs if ref.startswith("offer_")]
    brands = [m.brand_id for m in actor.memberships if m.role in OFFER_ROLES]
    rows = session.execute(_cards().where(Offer.id.in_(known), _may_see(actor, brands))).all()
    if not rows:
        return {}
    currency = web.settings().default_currency
    quotes = quote_prices(session, [row.Offer.variant_id for row in rows], currency, clock.now())
    rates = all_rates(session, [row.Offer.brand_id for row in rows], currency)
    served: dict[str, list[CountryGroup]] = {}
    for brand_id, group in rates:
        served.setdefault(brand_id, []).append(group)
    sizes = _sizes(session, [row.Product for row in rows if row.Offer.state in OPEN])
    taken = _taken(session, [row.Offer.batch_id for row in rows if row.Offer.batch_id])
    return {
        row.Offer.id: replace(
            _view(actor, row, quotes.get(row.Offer.variant_id), served.get(row.Offer.brand_id, []), taken),
            sizes=tuple((sku, label) for sku, label in sizes.get(row.Offer.product_id, ()) if sku != row.Variant.sku),
        )
        for row in rows
    }


def _sizes(session: Session, products: Sequence[Product]) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Every variant of these products that is sold, in its order."""
    options = {product.id: product.options for product in products if product.options}
    if not options:
        return {}
    found: dict[str, list[tuple[str, dict[str, str]]]] = {}
    rows = session.scalars(
        select(Variant).where(Variant.product_id.in_(options), Variant.is_active).order_by(Variant.position, Variant.id)
    )
    for variant in rows:
        label = label_of(options[variant.product_id], variant.choices)
        found.setdefault(variant.product_id, []).append((variant.sku, label))
    return found


def _may_see(actor: Actor, brands: Sequence[str]) -> Any:
    mine = and_(Offer.shopper_id == actor.account_id, Offer.state != OfferState.DRAFT)
    return or_(mine, Offer.brand_id.in_(brands))


def _cards() -> Any:
    maker = Account.__table__.alias("maker")
    shopper = Account.__table__.alias("shopper")
    left = func.coalesce(StockLevel.stock - StockLevel.held - StockLevel.sold, 0)
    return (
        select(
            Offer,
            Product,
            Variant,
            Brand,
            OfferBatch,
            Order,
            OrderPart,
            maker.c.display_name.label("maker_name"),
            shopper.c.display_name.label("shopper_name"),
            first_picture(),
            left.label("left"),
        )
        .join(Product, Product.id == Offer.product_id)
        .join(Variant, Variant.id == Offer.variant_id)
        .join(Brand, Brand.id == Offer.brand_id)
        .join(shopper, shopper.c.id == Offer.shopper_id)
        .outerjoin(maker, maker.c.id == Offer.by_account_id)
        .outerjoin(OfferBatch, OfferBatch.id == Offer.batch_id)
        .outerjoin(StockLevel, StockLevel.variant_id == Offer.variant_id)
        .outerjoin(Order, Order.id == Offer.order_id)
        .outerjoin(OrderPart, OrderPart.order_id == Order.id)
    )


def _taken(session: Session, batch_ids: Sequence[str]) -> dict[str, int]:
    if not batch_ids:
        return {}
    rows = session.execute(
        select(Offer.batch_id, func.count())
        .where(Offer.batch_id.in_(set(batch_ids)), Offer.state.in_(TAKEN))
        .group_by(Offer.batch_id)
    )
    return {str(batch_id): count for batch_id, count in rows}


def _view(
    actor: Actor, row: Any, quote: PriceQuote | None, served: Sequence[CountryGroup], taken: dict[str, int]
) -> OfferView:
    offer: Offer = row.Offer
    for_shopper = actor.account_id == offer.shopper_id
    destinations = tuple(group for group in CountryGroup if group in served) if not offer.shipping_is_given else ()
    batch: OfferBatch | None = row.OfferBatch
    counter = offer.counter_amount
    part: OrderPart | None = row.OrderPart
    in_time = in_return_time(offer, part.shipped_at if part else None, row.Brand.return_days)
    can_come_back = offer.state in RETURNABLE and offer.taken_back_at is None
    return OfferView(
        id=offer.id,
        state=OfferState(offer.state),
        ending=offer.ending,
        for_shopper=for_shopper,
        thread_id=offer.thread_id,
        message_number=offer.message_number,
        brand_slug=row.Brand.slug,
        brand_name=row.Brand.name,
        shopper_name=row.shopper_name,
        by_name=(row.maker_name or "").split(" ")[0],
        sku=row.Variant.sku,
        sizes=(),
        slug=row.Product.slug,
        title=row.Product.title,
        choices=_choice_words(row.Product.options, row.Variant.choices),
        image_id=row.image_id,
        quantity=offer.quantity,
        unit=Money(offer.unit_amount, offer.currency),
        base=Money(offer.base_amount, offer.currency),
        base_is_live=offer.base_is_live,
        now=quote.amount if quote and row.Product.status == "active" and row.Variant.is_active else None,
        shipping=Money(offer.shipping_amount, offer.currency),
        to=CountryGroup(offer.country_group),
        destinations=destinations,
        country=row.Brand.country,
        valid_until=offer.valid_until,
        page_until=row.Order.held_until if row.Order and offer.state == OfferState.PAYING else None,
        created_at=offer.created_at,
        seen_at=offer.seen_at,
        is_claim=offer.is_claim,
        holds_stock=offer.holds_stock,
        left=None if offer.holds_stock else max(0, row.left),
        units=batch.units if batch else None,
        units_left=batch.units - taken.get(batch.id, 0) if batch else 1,
        counter=Money(counter, offer.currency) if counter is not None else None,
        counters_left=max(0, MOST_COUNTERS - offer.counters),
        parcel=_parcel(row.Order, row.OrderPart) if offer.state in BOUGHT and row.Order else None,
        return_asked_at=offer.return_asked_at,
        can_return=for_shopper and offer.return_asked_at is None and in_time,
        can_take_back=not for_shopper and can_ship(actor, offer.brand_id) and can_come_back,
        is_taken_back=offer.taken_back_at is not None,
    )


def _choice_words(options: Sequence[dict[str, Any]], choices: Sequence[str]) -> dict[str, str]:
    """`Size 38`, by language; with several options their values alone say enough."""
    label = label_of(options, choices)
    if len(options) != 1:
        return label
    name: dict[str, str] = options[0]["name"]
    return {
        language: f"{name.get(language) or name.get('en', '')} {words}".strip() for language, words in label.items()
    }


def _parcel(order: Order, part: OrderPart) -> Parcel:
    return Parcel(
        number=order.number,
        label=f"{order.number}-{part.letter}",
        state=str(part.state),
        carrier=part.carrier,
        tracking_number=part.tracking_number,
        tracking_url=part.tracking_url,
        card=order.card,
    )


LABEL_DAYS = timedelta(days=7)


def label_threads(session: Session, thread_ids: Sequence[str], for_brand: bool) -> dict[str, ThreadLabel]:
    """How far the newest offer of each thread is; nothing for old ones and those that came to nothing. One statement."""
    rows = session.execute(
        select(
            Offer.thread_id,
            Offer.state,
            Offer.valid_until,
            Offer.currency,
            (Offer.unit_amount * Offer.quantity + Offer.shipping_amount).label("total"),
        )
        .where(Offer.thread_id.in_(thread_ids), Offer.created_at > clock.now() - LABEL_DAYS)
        .order_by(Offer.created_at, Offer.id)
    )
    newest = {row.thread_id: row for row in rows if row.state != OfferState.DRAFT}
    labels = {thread_id: _label(row, for_brand) for thread_id, row in newest.items()}
    return {thread_id: label for thread_id, label in labels.items() if label is not None}


def _label(row: Any, for_brand: bool) -> ThreadLabel | None:
    left = row.valid_until - clock.now()
    if row.state in BOUGHT:
        words = {
            OfferState.PAID: gettext("Paid %(total)s", total=money(Money(row.total, row.currency))),
            OfferState.SHIPPED: gettext("On its way"),
            OfferState.DELIVERED: gettext("Delivered"),
            OfferState.RETURNED: gettext("Returned"),
        }
        return ThreadLabel(text=str(words[OfferState(row.state)]), tone="ok" if row.state != "returned" else "")
    if row.state not in OPEN or left <= timedelta(0):
        return None
    if row.state == OfferState.COUNTERED and for_brand:
        return ThreadLabel(text=str(gettext("Names a price")), tone="warn")
    if row.state == OfferState.PAYING:
        return ThreadLabel(text=str(gettext("Paying now") if for_brand else gettext("Payment open")), tone="info")
    if left <= ENDS_SOON:
        return ThreadLabel(text=str(gettext("Offer ends in %(time)s", time=time_left(left))), tone="warn")
    if row.state == OfferState.HELD:
        return ThreadLabel(text=str(gettext("Set aside") if for_brand else gettext("Set aside for you")), tone="info")
    if not for_brand:
        return ThreadLabel(text=str(gettext("Offer for you")), tone="live-soft")
    return ThreadLabel(
        text=str(gettext("Offer sent") if row.state == "sent" else gettext("Offer seen")), tone="live-soft"
    )
