"""What a brand and a shopper do with an offer. Paying, and ending one that is being paid, are in `paying`.

Locks, everywhere in this order: order, payment, batch, offer, thread, stock, the counter of order numbers. A new offer
is nobody else's yet, so it may be written after its thread was locked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from shop.catalog.queries import quote_prices
from shop.core import clock, ids
from shop.core.actor import SYSTEM, Actor, Role
from shop.core.errors import InvalidInput, NotAllowed, NotFound, require
from shop.core.i18n import N_
from shop.core.jobs import enqueue
from shop.core.money import MINIMUM_CHARGE, Money
from shop.inventory import service as inventory
from shop.messaging import queries as threads
from shop.messaging import service as messaging
from shop.messaging.models import Message, Thread
from shop.offers import news
from shop.offers.errors import BelowLimit, NotOnSale, OfferExpired, OfferOver, PriceFixed, TooManyCounters
from shop.offers.models import LONGEST, MOST_UNITS, OVER, SHORTEST, WAITING, Offer, OfferBatch, OfferLimits, OfferState
from shop.offers.moving import batch_ref, move, own_ref, redraw
from shop.offers.policy import (
    MOST_COUNTERS,
    OFFER_ROLES,
    RETURNABLE,
    can_counter,
    can_replace,
    in_return_time,
    is_past,
    is_shopper,
    lowest_price,
    speaks_for_brand,
)
from shop.offers.queries import (
    get_goods,
    get_offer,
    limits_of,
    lock_offer,
    return_days_of,
    shipping_rates,
    unseen_in,
)
from shop.offers.states import OfferEvent
from shop.offers.terms import CheckedTerms, Terms, check_terms
from shop.orders.models import Order, OrderPart
from shop.orders.policy import can_ship
from shop.orders.queries import get_order, load_parts, lock_order
from shop.payments.queries import lock_payment, payment_of
from shop.payments.service import refund_later
from shop.shipping.models import CountryGroup

CARD = "offer"
EXTENSION = timedelta(minutes=30)


def send_offer(
    session: Session,
    *,
    actor: Actor,
    thread_id: str,
    terms: Terms,
    client_key: str,
    text: str = "",
    instead_of: str | None = None,
) -> Offer:
    """Offer something in a shopper's thread with the actor's brand. The same `client_key` again is the same offer.

    `instead_of` is an offer of this thread that is taken back by it, and whose stock the new one may have.
    Locks that offer, the thread, then stock. Emits message.posted. Raises NotFound (a thread, offer or product of
    somebody else), BelowLimit, AboveListPrice, NotOnSale, SoldOut (nothing left to hold), OfferOver (the other one is
    being paid), InvalidInput.
    """
    old = lock_for_brand(session, actor, instead_of) if instead_of is not None else None
    seat = _lock_brand_seat(session, actor, thread_id)
    known = _sent_before(session, actor, thread_id, client_key)
    if known is not None:
        return known
    if old is not None:
        _replace(session, old, thread=seat, by=actor)
    checked = check_terms(session, actor=actor, brand_id=str(seat.brand_id), terms=terms)
    offer = new_offer(checked, thread=seat, by=actor, until=clock.now() + terms.valid_for, holds=terms.holds_stock)
    if terms.holds_stock:
        hold_stock(session, own_ref(offer), offer.variant_id, offer.quantity, offer.valid_until)
    session.add(offer)
    session.flush()
    _post(session, offer, actor=actor, text=text, client_key=client_key)
    return offer


def send_to_many(
    session: Session,
    *,
    actor: Actor,
    thread_ids: Sequence[str],
    terms: Terms,
    units: int,
    client_key: str,
    text: str = "",
) -> list[Offer]:
    """The same offer in several threads of one brand; the first `units` who pay get it, the others' cards say it is gone.

    Locks the threads in the order of ids, then stock. Emits message.posted in each. Raises what `send_offer` raises.
    """
    chosen = sorted(set(thread_ids))
    require(
        1 <= units <= len(chosen) <= MOST_UNITS,
        InvalidInput(fields={"units": N_("At least one, and no more than there are people.")}),
    )
    seats = [_lock_brand_seat(session, actor, thread_id) for thread_id in chosen]
    known = [_sent_before(session, actor, thread_id, client_key) for thread_id in chosen]
    if any(known):
        return [offer for offer in known if offer is not None]
    brand_id = str(seats[0].brand_id)
    require(all(seat.brand_id == brand_id for seat in seats), NotFound)
    checked = check_terms(session, actor=actor, brand_id=brand_id, terms=terms)
    batch = OfferBatch(
        brand_id=brand_id,
        variant_id=terms.variant_id,
        units=units,
        quantity=terms.quantity,
        holds_stock=terms.holds_stock,
    )
    session.add(batch)
    session.flush()
    until = clock.now() + terms.valid_for
    if terms.holds_stock:
        hold_stock(session, batch_ref(batch.id), batch.variant_id, units * batch.quantity, until)
    sent = []
    for seat in seats:
        offer = new_offer(checked, thread=seat, by=actor, until=until, holds=terms.holds_stock, batch_id=batch.id)
        session.add(offer)
        session.flush()
        _post(session, offer, actor=actor, text=text, client_key=client_key)
        sent.append(offer)
    return sent


def _replace(session: Session, old: Offer, *, thread: Thread, by: Actor) -> None:
    """Take an offer of this thread back; one that is over already needs nothing. Raises NotFound, OfferOver."""
    require(old.thread_id == thread.id, NotFound)
    if old.state in OVER:
        return
    require(can_replace(old), OfferOver(state=str(old.state)))
    move(session, old, OfferEvent.WITHDRAW, by=by)


def _lock_brand_seat(session: Session, actor: Actor, thread_id: str) -> Thread:
    """The thread, for whoever speaks for its brand. Raises NotFound."""
    seat = threads.lock_seat(session, actor, thread_id)
    require(seat.as_brand and actor.has_role(str(seat.thread.brand_id), *OFFER_ROLES), NotFound)
    return seat.thread


def _sent_before(session: Session, actor: Actor, thread_id: str, client_key: str) -> Offer | None:
    said: Message | None = threads.find_by_client_key(
        session, thread_id=thread_id, author_id=str(actor.account_id), client_key=client_key
    )
    refs = [ref for kind, ref in said.cards if kind == CARD] if said is not None else []
    return get_offer(session, refs[0]) if refs else None


def new_offer(
    checked: CheckedTerms,
    *,
    thread: Thread,
    by: Actor | None,
    until: datetime,
    holds: bool,
    batch_id: str | None = None,
) -> Offer:
    """A draft with its id; not added to a session."""
    return Offer(
        id=ids.new_id("offer"),
        brand_id=thread.brand_id,
        shopper_id=thread.shopper_id,
        thread_id=thread.id,
        by_account_id=by.account_id if by else None,
        batch_id=batch_id,
        product_id=checked.goods.product.id,
        variant_id=checked.goods.variant.id,
        quantity=checked.quantity,
        currency=checked.unit.currency,
        unit_amount=checked.unit.amount,
        base_amount=checked.base.amount,
        list_amount=checked.list_price.amount,
        base_is_live=checked.base_is_live,
        country_group=checked.to,
        shipping_amount=checked.shipping.amount,
        shipping_is_given=checked.shipping_is_given,
        holds_stock=holds,
        state=OfferState.DRAFT,
        valid_until=until,
        created_at=clock.now(),
    )


def hold_stock(session: Session, owner_ref: str, variant_id: str, quantity: int, until: datetime) -> None:
    """Set so many aside until the offer's end. Raises SoldOut, and then nothing changed."""
    line = inventory.HoldLine(variant_id=variant_id, quantity=quantity)
    inventory.hold(session, owner_ref=owner_ref, lines=[line], until=until)


def _post(session: Session, offer: Offer, *, actor: Actor, text: str, client_key: str) -> None:
    """The words, then the card; from here on the offer is sent."""
    thread_id = offer.thread_id
    if text:
        words_key = f"{client_key[:38]}:w"
        messaging.send_message(session, actor=actor, thread_id=thread_id, text=text, client_key=words_key)
    message = messaging.send_message(
        session, actor=actor, thread_id=thread_id, text="", client_key=client_key, own_cards=[(CARD, offer.id)]
    )
    note_card(session, offer, message)
    move(session, offer, OfferEvent.SEND, by=actor)
    news.say_sent(session, offer)


def note_card(session: Session, offer: Offer, message: Message) -> None:
    """Which message shows it, and when its time is up."""
    offer.message_id, offer.message_number = message.id, message.number
    session.flush()
    end_later(session, offer)


def end_later(session: Session, offer: Offer) -> None:
    """The job at the deadline; it looks at the deadline again, so one that moved is no harm."""
    enqueue(session, "offers.expire", run_at=offer.valid_until, key=f"offers.expire:{offer.id}", offer_id=offer.id)


# The shopper.


def see(session: Session, *, thread_id: str, shopper_id: str, up_to: int) -> None:
    """The shopper read the thread up to a message: offers in it are seen. Locks each. Emits offer.changed."""
    for offer_id in unseen_in(session, thread_id=thread_id, shopper_id=shopper_id, up_to=up_to):
        offer = lock_offer(session, offer_id)
        offer.seen_at = offer.seen_at or clock.now()
        if not move(session, offer, OfferEvent.SEE):
            redraw(session, offer)
        news.settle_sent(session, offer)


def lock_for_shopper(session: Session, actor: Actor, offer_id: str) -> Offer:
    """The actor's own offer; anybody else's does not exist. Locks batch and offer. Raises NotFound."""
    offer = lock_offer(session, offer_id)
    require(is_shopper(actor, offer) and offer.state != OfferState.DRAFT, NotFound)
    return offer


def lock_for_brand(session: Session, actor: Actor, offer_id: str) -> Offer:
    """An offer of the actor's brand; another's does not exist. Locks batch and offer. Raises NotFound."""
    offer = lock_offer(session, offer_id)
    require(speaks_for_brand(actor, offer), NotFound)
    return offer


def require_valid(offer: Offer) -> None:
    """Raises OfferExpired; the job that writes it down may be a moment late."""
    require(not is_past(offer, clock.now()) and offer.state != OfferState.EXPIRED, OfferExpired)


def counter(session: Session, *, actor: Actor, offer_id: str, unit: Money) -> Offer:
    """Name another price for a piece; the offer keeps standing meanwhile. Locks the offer. Emits offer.changed.

    Raises NotFound, OfferOver, OfferExpired, PriceFixed, TooManyCounters, InvalidInput.
    """
    offer = lock_for_shopper(session, actor, offer_id)
    require_valid(offer)
    require(offer.counters < MOST_COUNTERS, TooManyCounters)
    require(can_counter(offer), PriceFixed)
    price = Money(offer.unit_amount, offer.currency)
    minimum = Money(MINIMUM_CHARGE[offer.currency], offer.currency)
    if unit.currency != offer.currency or not (minimum <= unit < price):
        raise InvalidInput(fields={"price": N_("Name a price below the offer.")})
    move(session, offer, OfferEvent.COUNTER, by=actor, amount=unit.amount)
    offer.counter_amount, offer.counters = unit.amount, offer.counters + 1
    session.flush()
    news.say_countered(session, offer)
    return offer


def set_destination(session: Session, *, actor: Actor, offer_id: str, to: CountryGroup) -> Offer:
    """Have it sent elsewhere, at the brand's usual rate. Locks the offer. Emits offer.changed.

    Raises NotFound, OfferOver (being paid, or over), NotAllowed (the brand named the shipping), InvalidInput.
    """
    offer = lock_for_shopper(session, actor, offer_id)
    require_valid(offer)
    require(offer.state in {*WAITING, OfferState.HELD} and not offer.shipping_is_given, NotAllowed)
    price = shipping_rates(session, offer.brand_id, offer.currency).get(to)
    if price is None:
        raise InvalidInput(fields={"to": N_("The brand does not deliver there.")})
    offer.country_group, offer.shipping_amount = to, price.amount
    session.flush()
    redraw(session, offer)
    return offer


# The brand.


def accept_counter(session: Session, *, actor: Actor, offer_id: str) -> Offer:
    """Take the shopper's price: it is held for them from now on, for 20 minutes at least.

    Locks offer and stock. Emits offer.changed. Raises NotFound, OfferOver, OfferExpired, BelowLimit, NotOnSale, SoldOut.
    """
    offer = lock_for_brand(session, actor, offer_id)
    require_valid(offer)
    named = offer.counter_amount
    move(session, offer, OfferEvent.ACCEPT, by=actor, amount=named)
    if named is None:  # Accepted a moment ago, on another screen.
        return offer
    unit = Money(named, offer.currency)
    quote = quote_prices(session, [offer.variant_id], offer.currency, clock.now()).get(offer.variant_id)
    if quote is None or not get_goods(session, brand_id=offer.brand_id, variant_id=offer.variant_id).is_on_sale:
        raise NotOnSale
    lowest = lowest_price(actor, offer.brand_id, quote.amount, limits_of(session, offer.brand_id))
    require(lowest <= unit, BelowLimit(lowest=lowest))
    offer.unit_amount, offer.counter_amount = unit.amount, None
    _set_deadline(session, offer, max(offer.valid_until, clock.now() + SHORTEST))
    offer.holds_stock = True
    hold_stock(session, own_ref(offer), offer.variant_id, offer.quantity, offer.valid_until)
    session.flush()
    news.say_accepted(session, offer)
    return offer


def refuse_counter(session: Session, *, actor: Actor, offer_id: str) -> Offer:
    """Stay with the offer as it was. Locks the offer. Emits offer.changed. Raises NotFound, OfferOver."""
    offer = lock_for_brand(session, actor, offer_id)
    moved = move(session, offer, OfferEvent.REFUSE, by=actor)
    offer.counter_amount = None
    session.flush()
    if moved:
        news.say_refused(session, offer)
    return offer


def extend(session: Session, *, actor: Actor, offer_id: str, by: timedelta = EXTENSION) -> Offer:
    """Give more time, seven days from now at most. Locks offer. Emits offer.changed. Raises NotFound, OfferOver, OfferExpired."""
    offer = lock_for_brand(session, actor, offer_id)
    require_valid(offer)
    require(by > timedelta(0), InvalidInput(fields={"valid_for": N_("This value does not fit.")}))
    move(session, offer, OfferEvent.EXTEND, by=actor)
    _set_deadline(session, offer, min(offer.valid_until + by, clock.now() + LONGEST))
    return offer


def _set_deadline(session: Session, offer: Offer, until: datetime) -> None:
    if until <= offer.valid_until:
        return
    offer.valid_until = until
    session.flush()
    inventory.extend(session, owner_ref=own_ref(offer), until=until)
    if offer.batch_id is not None:
        inventory.extend(session, owner_ref=batch_ref(offer.batch_id), until=until)


def set_limits(
    session: Session, *, actor: Actor, brand_id: str, host_percent: int, support_percent: int
) -> OfferLimits:
    """How far hosts and support may go below the price of the moment. Owners decide. Raises NotAllowed, InvalidInput."""
    require(actor.has_role(brand_id, Role.OWNER), NotAllowed)
    for name, percent in {"host_percent": host_percent, "support_percent": support_percent}.items():
        require(0 <= percent <= 100, InvalidInput(fields={name: N_("Between 0 and 100.")}))
    limits = session.get(OfferLimits, brand_id) or OfferLimits(brand_id=brand_id)
    limits.host_percent, limits.support_percent = host_percent, support_percent
    session.add(limits)
    session.flush()
    return limits


# After it was paid.


def ask_return(session: Session, *, actor: Actor, offer_id: str, text: str) -> Offer:
    """Send it back: the brand reads `text` with the order in the thread. Asking again changes nothing.

    Locks offer and thread. Emits offer.changed, message.posted. Raises NotFound, OfferOver (not sent yet, or too late).
    """
    offer = lock_for_shopper(session, actor, offer_id)
    if offer.return_asked_at is not None:
        return offer
    order, part = _order_and_part(session, offer)
    can_return = in_return_time(offer, part.shipped_at, return_days_of(session, offer.brand_id))
    require(can_return, OfferOver(state=str(offer.state)))
    offer.return_asked_at = clock.now()
    session.flush()
    messaging.send_message(
        session,
        actor=actor,
        thread_id=offer.thread_id,
        text=text,
        client_key=f"return:{offer.id}"[:40],
        own_cards=[("order", str(order.number))],
    )
    redraw(session, offer)
    return offer


def take_back(session: Session, *, actor: Actor, offer_id: str, restock: bool) -> Offer:
    """It came back: all the money goes back by itself, and the pieces can be sold again if they should be.

    Locks order, payment, offer, stock. Emits offer.changed; the offer is `returned` when the provider has sent the
    money. Doing it again changes nothing. Raises NotFound, NotAllowed (hosts), OfferOver.
    """
    known = get_offer(session, offer_id)
    require(speaks_for_brand(actor, known), NotFound)
    require(can_ship(actor, known.brand_id), NotAllowed)
    require(known.order_id is not None, OfferOver(state=str(known.state)))
    order = lock_order(session, str(known.order_id))
    payment = lock_payment(session, payment_of(session, order.id).id)
    offer = lock_for_brand(session, actor, offer_id)
    if offer.taken_back_at is not None:
        return offer
    require(offer.state in RETURNABLE and order.id == offer.order_id, OfferOver(state=str(offer.state)))
    offer.taken_back_at = clock.now()
    session.flush()
    refund_later(session, payment=payment, reason="returned")
    if restock:
        inventory.take_back(
            session, actor=SYSTEM, variant_id=offer.variant_id, quantity=offer.quantity, reason=f"order {order.number}"
        )
    redraw(session, offer)
    return offer


def _order_and_part(session: Session, offer: Offer) -> tuple[Order, OrderPart]:
    require(offer.order_id is not None, OfferOver(state=str(offer.state)))
    order = get_order(session, str(offer.order_id))
    return order, load_parts(session, order.id)[0]
