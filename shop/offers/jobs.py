"""What ends offers when nobody does: the deadline, and payment pages that are still to be closed."""

from __future__ import annotations

import structlog
from sqlalchemy.orm import Session

from shop.catalog.events import PriceChanged
from shop.core import clock, db
from shop.core.errors import ProviderError
from shop.core.jobs import job
from shop.core.queue import every_minute
from shop.inventory.events import StockChanged
from shop.inventory.queries import levels
from shop.messaging.events import ThreadRead
from shop.offers.errors import OfferPaid
from shop.offers.models import WAITING, OfferState
from shop.offers.moving import move, redraw
from shop.offers.paying import close, expire
from shop.offers.queries import (
    due_offers,
    ending_offers,
    get_offer,
    lock_offer,
    unseen_in,
    waiting_for_stock,
    waiting_of_product,
)
from shop.offers.service import end_later, see
from shop.offers.states import OfferEvent

log = structlog.get_logger()
FEW = 5  # From here on a card that holds nothing tells how many are left.


@job("offers.expire")
def expire_one(offer_id: str) -> None:
    """The deadline, or a later one that it was given meanwhile."""
    with db.unit_of_work() as session:
        offer = get_offer(session, offer_id)
        if offer.valid_until > clock.now():
            end_later(session, offer)
            return
    _expire(offer_id)


def _expire(offer_id: str) -> None:
    try:
        expire(offer_id)
    except OfferPaid:
        log.info("offer was paid at its deadline", offer=offer_id)


@job("offers.close", attempts=20)
def close_one(offer_id: str) -> None:
    """Close the page of an offer that somebody ended. While the provider is silent the job runs again."""
    with db.reading() as session:
        offer = get_offer(session, offer_id)
    if offer.state != OfferState.PAYING or not offer.ending:
        return
    try:
        ended = close(offer_id, str(offer.order_id))
    except OfferPaid:
        return
    if ended.is_closing:
        raise ProviderError


@every_minute
def expire_due() -> None:
    """Offers that no job ended: time is up, or an end was wished and nobody closed the page."""
    with db.reading() as session:
        due, ending = due_offers(session, at=clock.now()), ending_offers(session)
    for offer_id in due:
        try:
            _expire(offer_id)
        except ProviderError:
            log.warning("offer could not be ended", offer=offer_id)
    for offer_id in ending:
        try:
            close_one(offer_id)
        except ProviderError:
            log.warning("payment page could not be closed", offer=offer_id)


# What other features' news mean for offers.


def on_thread_read(news: ThreadRead) -> None:
    """The shopper has read the card. A brand's reading, and threads without such cards, cost one look."""
    if not news.reader.startswith("acct_"):
        return
    with db.reading() as session:
        if not unseen_in(session, thread_id=news.thread_id, shopper_id=news.reader, up_to=news.number):
            return
    with db.unit_of_work() as session:
        see(session, thread_id=news.thread_id, shopper_id=news.reader, up_to=news.number)


def on_stock_changed(news: StockChanged) -> None:
    """Offers without a hold of their own: when few are left the cards are drawn anew, when all are sold they are gone."""
    with db.reading() as session:
        waiting = waiting_for_stock(session, news.variant_ids)
        if not waiting:
            return
        left = levels(session, news.variant_ids)
    with db.unit_of_work() as session:
        for known in waiting:
            level = left[known.variant_id]
            if level.on_hand < known.quantity:
                _sell_out(session, known.id)
            elif level.left <= FEW:
                redraw(session, known)


def on_price_changed(news: PriceChanged) -> None:
    """A card says when its thing is cheaper without it."""
    with db.reading() as session:
        waiting = waiting_of_product(session, news.product_id)
    if waiting:
        with db.unit_of_work() as session:
            for known in waiting:
                redraw(session, known)


def _sell_out(session: Session, offer_id: str) -> None:
    """Unless its shopper has begun to pay meanwhile: then the stock is theirs."""
    offer = lock_offer(session, offer_id)
    if offer.state in WAITING:
        move(session, offer, OfferEvent.SELL_OUT)
