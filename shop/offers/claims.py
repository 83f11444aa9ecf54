"""The seam for live rooms: a shopper's claim becomes an offer that is held and can be paid at once.

    offer = offer_for_claim(session, brand_id=…, shopper_id=…, variant_id=…, quantity=2, unit=Money(8900, "EUR"),
                            valid_until=…, source_ref=pin_id, claim_ref=claim.id)

runs inside the caller's unit of work. Claims remember `offer.id`; they hear of its end by `OfferChanged`
(`shop.offers.events`, after the commit) and look with `queries.get_offer`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.brands.queries import find_member
from shop.core import clock
from shop.core.actor import Actor
from shop.core.errors import NotAllowed, require
from shop.core.jobs import enqueue
from shop.core.money import MINIMUM_CHARGE, Money
from shop.inventory import service as inventory
from shop.messaging import service as messaging
from shop.messaging.models import Thread
from shop.offers import news
from shop.offers.models import OPEN, Offer, OfferState
from shop.offers.moving import move, own_ref, redraw
from shop.offers.queries import lock_offer
from shop.offers.service import CARD, hold_stock, new_offer, note_card
from shop.offers.states import OfferEvent
from shop.offers.terms import add_shipping, check_price, quote_goods
from shop.shipping.models import CountryGroup
from shop.shipping.queries import all_rates


def offer_for_claim(
    session: Session,
    *,
    brand_id: str,
    shopper_id: str,
    variant_id: str,
    quantity: int,
    unit: Money,
    valid_until: datetime,
    claim_ref: str,
    source_ref: str | None = None,
    to: CountryGroup | None = None,
) -> Offer:
    """A held offer in the shopper's thread with the brand, which is opened if there is none.

    `claim_ref` (at most 34 characters) makes a repeat the same offer. The price is the caller's: the room's, never
    above the list price. Locks the thread, then stock; when SoldOut is raised nothing was written but an empty thread,
    so the caller may go on in the same transaction (and put the shopper in line). Emits message.posted, offer.changed.
    Raises SoldOut, NotFound (another brand's product), NotOnSale, NotAllowed (the brand's own people), AboveListPrice,
    InvalidInput (quantity, no delivery).
    """
    require(find_member(session, brand_id=brand_id, account_id=shopper_id) is None, NotAllowed)
    opened = messaging.open_brand_thread(session, actor=Actor(account_id=shopper_id), brand_id=brand_id)
    thread = session.get(Thread, opened.id, with_for_update=True, populate_existing=True)
    assert thread is not None
    known = session.scalar(select(Offer).where(Offer.claim_ref == claim_ref))
    if known is not None:
        return known
    goods, quote = quote_goods(session, brand_id=brand_id, variant_id=variant_id)
    check_price(unit, quote, Money(MINIMUM_CHARGE[unit.currency], unit.currency))
    destination = to or _first_destination(session, brand_id, unit.currency)
    checked = add_shipping(
        session, goods=goods, quote=quote, quantity=quantity, unit=unit, shipping=None, to=destination
    )
    offer = new_offer(checked, thread=thread, by=None, until=valid_until, holds=True)
    offer.claim_ref, offer.source_ref = claim_ref, source_ref
    hold_stock(session, own_ref(offer), variant_id, quantity, valid_until)
    session.add(offer)
    session.flush()
    message = messaging.send_automatic(
        session, thread=thread, client_key=f"claim:{claim_ref}", own_cards=[(CARD, offer.id)]
    )
    note_card(session, offer, message)
    move(session, offer, OfferEvent.CLAIM, by=Actor(account_id=shopper_id))
    news.say_claimed(session, offer)
    return offer


def _first_destination(session: Session, brand_id: str, currency: str) -> CountryGroup:
    """Where the brand delivers to, its own country before all."""
    served = {group for _brand, group in all_rates(session, [brand_id], currency)}
    return next((group for group in CountryGroup if group in served), CountryGroup.HOME)


def release_offer(session: Session, *, offer_id: str, by: Actor | None = None, by_brand: bool = False) -> bool:
    """Pass and cancel: give it up, in the caller's unit of work. False when it was paid or over already.

    Locks the offer and stock. While a payment page is open the offer ends when the provider has closed the page, from a
    job; until then it shows as ending, and no new page is opened. Emits offer.changed.
    """
    offer = lock_offer(session, offer_id)
    if offer.state not in OPEN:
        return False
    event = OfferEvent.WITHDRAW if by_brand else OfferEvent.DECLINE
    if offer.state != OfferState.PAYING:
        return move(session, offer, event, by=by)
    wish_end(session, offer, event)
    return True


def set_deadline(session: Session, *, offer_id: str, until: datetime) -> bool:
    """The room's clock stood still: the offer of a claim holds until another time. False unless it is held, unpaid.

    Locks the offer, then its hold. Emits offer.changed.
    """
    offer = lock_offer(session, offer_id)
    if offer.state != OfferState.HELD:
        return False
    offer.valid_until = until
    session.flush()
    inventory.extend(session, owner_ref=own_ref(offer), until=until)
    redraw(session, offer)
    return True


def wish_end(session: Session, offer: Offer, event: OfferEvent) -> None:
    """Its page must be closed first: a job does it, and asks again while the provider is silent. The offer is locked."""
    offer.ending = offer.ending or str(event)
    session.flush()
    enqueue(session, "offers.close", key=f"offers.close:{offer.id}", offer_id=offer.id)
    redraw(session, offer)


def is_held(offer: Offer) -> bool:
    """Whether its stock is still the shopper's: claimed or being paid, in time."""
    return offer.state in {OfferState.HELD, OfferState.PAYING} and offer.valid_until > clock.now()
