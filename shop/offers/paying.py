"""Paying an offer, and ending one while it is being paid.

Two short transactions around every call to the provider, as in checkout, which does the paying: an offer only says
what is in the bag, and whose stock it is. One offer has one open payment page at most: the offer's lock decides who
opens it, the others get the same one. An end that comes while a page is open is written down first, so that nobody
opens another page; the offer ends when the provider has closed that one (`following`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.orm import Session

from shop.cart.queries import BagGroup, BagLine, BagView
from shop.catalog.queries import PriceQuote, label_of
from shop.checkout.placing import Placed, Wish, check_bag, in_the_way, is_fresh, write_order
from shop.checkout.service import abandon, open_page
from shop.core import clock, db, web
from shop.core.actor import Actor
from shop.core.errors import Conflict, ProviderError, require
from shop.core.money import Money
from shop.offers import news
from shop.offers.claims import wish_end
from shop.offers.errors import NotOnSale, OfferOver, OfferPaid, OfferTaken
from shop.offers.models import BOUGHT, Offer, OfferState
from shop.offers.moving import batch_ref, move, own_ref, redraw_batch
from shop.offers.policy import has_hold
from shop.offers.queries import Goods, get_goods, get_offer, lock_batch, lock_offer, shipping_rates, units_left
from shop.offers.service import lock_for_brand, lock_for_shopper, require_valid
from shop.offers.states import OfferEvent, next_state
from shop.orders.queries import get_order, open_orders
from shop.payments.models import Payment
from shop.shipping.countries import home_of
from shop.shipping.dates import dispatch_on

log = structlog.get_logger()
ATTEMPTS = 4
REPLACED = "replaced"


def start_payment(*, actor: Actor, offer_id: str, seen_total: int | None, base_url: str) -> Payment:
    """The payment page of this offer: opened now, or the one that is open already.

    `seen_total` (minor units) is what the button said. Opens its own units of work. Raises NotFound (not the actor's
    offer), OfferOver, OfferExpired, OfferTaken (the last unit is being paid by somebody else), PriceChanged, SoldOut,
    NotOnSale, TooManyOpen, PaymentUnavailable, ProviderError.
    """
    for _ in range(ATTEMPTS):
        with db.unit_of_work() as session:
            placed = _place(session, actor, offer_id, seen_total, base_url)
        if placed.order_id is not None:
            return open_page(placed.order_id)
        for order_id in placed.in_the_way:
            abandon(order_id, reason=REPLACED)
    raise Conflict


def _place(session: Session, actor: Actor, offer_id: str, seen_total: int | None, base_url: str) -> Placed:
    """Locks batch and offer, stock, the counter of order numbers."""
    offer = lock_for_shopper(session, actor, offer_id)
    require_valid(offer)
    require(not offer.ending, OfferOver(state=str(offer.state)))
    if offer.state == OfferState.PAYING:
        return _open_already(session, offer)
    next_state(OfferState(offer.state), OfferEvent.HOLD)  # Refuses what is over before anything is asked of the stock.
    _require_unit(session, offer)
    wish, bag = _wish(session, actor, offer, seen_total, base_url)
    total = check_bag(bag, wish)
    blocking = in_the_way(session, open_orders(session, actor), bag)
    if blocking:
        return Placed(order_id=None, in_the_way=blocking)
    # The key is unique per attempt: should the lock ever fail, a second order for this one cannot be written.
    order = write_order(session, wish=wish, bag=bag, key=f"{offer.id}:{offer.steps}", total=total)
    move(session, offer, OfferEvent.HOLD, by=actor)
    offer.order_id, offer.counter_amount = order.id, None
    move(session, offer, OfferEvent.OPEN_PAGE, by=actor, order_id=order.id)
    news.settle_sent(session, offer)
    if offer.batch_id is not None:
        redraw_batch(session, offer.batch_id)
    return Placed(order_id=order.id)


def _open_already(session: Session, offer: Offer) -> Placed:
    """The same page for every tab and device, as long as it can be handed out; one about to close is replaced."""
    order = get_order(session, str(offer.order_id))
    if is_fresh(order) or order.held_until == offer.valid_until:
        return Placed(order_id=order.id)
    return Placed(order_id=None, in_the_way=(order.id,))


def _require_unit(session: Session, offer: Offer) -> None:
    if offer.batch_id is not None:
        require(units_left(session, lock_batch(session, offer.batch_id)) > 0, OfferTaken)


def _wish(session: Session, actor: Actor, offer: Offer, seen_total: int | None, base_url: str) -> tuple[Wish, BagView]:
    bag = load_bag_of(session, offer)

    def seen(bag: BagView) -> tuple[Money, Money] | None:
        if seen_total is None or bag.total is None or bag.total.amount == seen_total:
            return None
        return Money(seen_total, bag.currency), bag.total

    wish = Wish(
        buyer=actor,
        load=lambda _session: bag,
        seen=seen,
        seen_amount=seen_total,
        return_path=thread_path(offer),
        base_url=base_url,
        until=offer.valid_until,
        held_as=_held_as(offer),
    )
    return wish, bag


def _held_as(offer: Offer) -> str:
    if offer.batch_id is not None:
        return batch_ref(offer.batch_id) if offer.holds_stock else ""
    return own_ref(offer) if has_hold(offer) else ""


def thread_path(offer: Offer) -> str:
    """Where the card is."""
    return f"/messages/{offer.thread_id}#m{offer.message_number}"


def load_bag_of(session: Session, offer: Offer) -> BagView:
    """Exactly this offer, at exactly its price, as something to pay. Raises NotOnSale."""
    goods = get_goods(session, brand_id=offer.brand_id, variant_id=offer.variant_id)
    require(goods.is_on_sale, NotOnSale)
    brand = goods.brand
    group = BagGroup(
        brand_id=brand.id,
        brand_slug=brand.slug,
        brand_name=brand.name,
        brand_city=brand.city,
        brand_country=brand.country,
        logo_image_id=brand.logo_image_id,
        lines=(_line(offer, goods),),
        shipping=Money(offer.shipping_amount, offer.currency),
        dispatch_on=dispatch_on(clock.now(), brand.dispatch_days, zone=web.settings().default_timezone),
        currency=offer.currency,
    )
    return BagView(
        cart_id=None,
        groups=(group,),
        currency=offer.currency,
        to=offer.country_group,
        destinations=tuple(shipping_rates(session, brand.id, offer.currency)),
        home=home_of([brand.country]),
    )


def _line(offer: Offer, goods: Goods) -> BagLine:
    product, variant = goods.product, goods.variant
    unit = Money(offer.unit_amount, offer.currency)
    listed = Money(offer.list_amount, offer.currency)
    return BagLine(
        id="",
        variant_id=variant.id,
        product_id=product.id,
        sku=variant.sku,
        slug=product.slug,
        title=product.title,
        choices=label_of(product.options, variant.choices),
        image_id=goods.image_id,
        quantity=offer.quantity,
        quote=PriceQuote(amount=unit, list_price=listed, struck=None, live_ends_at=None, source_ref=offer.source_ref),
        left=offer.quantity,  # The hold decides what is left, a moment later.
        was=None,
        lowered_from=None,
        problem="",
        source_ref=offer.source_ref,
    )


# Ending.


@dataclass(frozen=True, kw_only=True)
class Ended:
    """`is_closing`: the provider has not confirmed yet that the page is closed; a job asks until it has."""

    state: OfferState
    is_closing: bool = False


def withdraw(*, actor: Actor, offer_id: str) -> Ended:
    """The brand takes it back. Raises NotFound, OfferOver, OfferPaid (the money was faster)."""
    return _end(offer_id, OfferEvent.WITHDRAW, actor, lock_for_brand)


def decline(*, actor: Actor, offer_id: str) -> Ended:
    """The shopper says no, thanks. Raises NotFound, OfferOver, OfferPaid (their other tab was faster)."""
    return _end(offer_id, OfferEvent.DECLINE, actor, lock_for_shopper)


def expire(offer_id: str) -> Ended:
    """The time is up; an offer that got more time, was paid or is over stays as it is. Raises ProviderError."""
    with db.reading() as session:
        offer = get_offer(session, offer_id)
    if offer.valid_until > clock.now():
        return Ended(state=OfferState(offer.state))
    return _end(offer_id, OfferEvent.EXPIRE, None, lambda session, _actor, wanted: lock_offer(session, wanted))


def _end(offer_id: str, event: OfferEvent, actor: Actor | None, lock: Any) -> Ended:
    """Opens its own units of work: write the wish down, close the page, see what came of it."""
    with db.unit_of_work() as session:
        offer = lock(session, actor, offer_id)
        if offer.state != OfferState.PAYING:
            require(offer.state not in BOUGHT or event is OfferEvent.EXPIRE, OfferPaid)
            if move(session, offer, event, by=actor):
                news.say_ended(session, offer, event)
            return Ended(state=OfferState(offer.state))
        wish_end(session, offer, event)
        order_id = str(offer.order_id)
    return close(offer_id, order_id)


def close(offer_id: str, order_id: str) -> Ended:
    """Close the payment page of an offer that is to end. Raises OfferPaid; a silent provider leaves it to the job."""
    try:
        abandon(order_id, reason="expired")
    except ProviderError as problem:
        log.warning("payment page of an ended offer is still open", offer=offer_id, reason=problem.code)
    with db.reading() as session:
        offer = get_offer(session, offer_id)
    require(offer.state not in BOUGHT, OfferPaid)
    return Ended(state=OfferState(offer.state), is_closing=offer.state == OfferState.PAYING)
