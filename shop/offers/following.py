"""What an order's moves mean for the offer it was made from, inside the transaction that moves the order.

The order's row is locked; then batch and offer are, then stock.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from shop.core import clock
from shop.inventory import service as inventory
from shop.inventory.queries import open_holds
from shop.offers import news
from shop.offers.models import BOUGHT, Offer, OfferState
from shop.offers.moving import batch_ref, move, own_ref, redraw_batch, sell_out_batch
from shop.offers.paying import thread_path
from shop.offers.policy import has_hold, is_past, keeps_stock
from shop.offers.queries import get_offer, lock_batch, lock_offer, offer_of_order, units_left
from shop.offers.states import OfferEvent
from shop.orders.models import Order, OrderPart, OrderState, PartState
from shop.orders.verify import owner_ref

PARCEL = {PartState.SHIPPED: OfferEvent.SHIP, PartState.DELIVERED: OfferEvent.DELIVER}


class OfferFollower:
    """Registered with `orders.slots.follow`."""

    def objection(self, session: Session, order: Order) -> str:
        """One offer is paid once: money for another of its orders goes back."""
        offer_id = offer_of_order(session, order.id)
        if offer_id is None:
            return ""
        offer = lock_offer(session, offer_id)
        return "the offer was paid already" if offer.state in BOUGHT and offer.order_id != order.id else ""

    def home(self, session: Session, order: Order) -> str | None:
        """The thread, at the card."""
        offer_id = offer_of_order(session, order.id)
        return thread_path(get_offer(session, offer_id)) if offer_id is not None else None

    def moved(self, session: Session, order: Order, parts: Sequence[OrderPart]) -> None:
        offer_id = offer_of_order(session, order.id)
        if offer_id is None:
            return
        offer = lock_offer(session, offer_id)
        if order.state == OrderState.CANCELLED:
            _closed(session, offer, order)
        elif order.state == OrderState.REFUNDED:
            if offer.order_id == order.id:
                move(session, offer, OfferEvent.RETURN)
        elif order.state == OrderState.PAID:
            event = PARCEL.get(PartState(parts[0].state))
            if event is None:
                _paid(session, offer, order)
            else:
                move(session, offer, event)


def _paid(session: Session, offer: Offer, order: Order) -> None:
    if has_hold(offer):  # Money that came after its page was given up: the order has taken its stock anew.
        inventory.release(session, owner_ref=own_ref(offer))
    offer.order_id = order.id
    moved = move(session, offer, OfferEvent.PAY, order_id=order.id)
    if not moved:
        return
    news.say_paid(session, offer)
    if offer.batch_id is None:
        return
    batch = lock_batch(session, offer.batch_id)
    if units_left(session, batch) <= 0:
        sell_out_batch(session, batch)
    else:
        redraw_batch(session, batch.id)


def _closed(session: Session, offer: Offer, order: Order) -> None:
    """The page can no longer be paid. The order still holds the stock; what is not taken over here is freed next."""
    if offer.order_id != order.id or offer.state != OfferState.PAYING:
        return
    offer.order_id = None
    if not open_holds(session, owner_ref(order.id)):  # Money that came late and found nothing: it goes back.
        move(session, offer, OfferEvent.SELL_OUT)
        return
    if offer.batch_id is not None and offer.holds_stock:
        _take_back(session, offer, order, batch_ref(offer.batch_id))
    ending = OfferEvent(offer.ending) if offer.ending else None
    if ending is None and is_past(offer, clock.now()):
        ending = OfferEvent.EXPIRE
    if ending is not None:
        move(session, offer, ending)
        news.say_ended(session, offer, ending)
        return
    if keeps_stock(offer):
        _take_back(session, offer, order, own_ref(offer))
    move(session, offer, OfferEvent.CLOSE_PAGE)
    if not keeps_stock(offer):
        move(session, offer, OfferEvent.RELEASE)
    if offer.batch_id is not None:
        redraw_batch(session, offer.batch_id)


def _take_back(session: Session, offer: Offer, order: Order, ref: str) -> None:
    inventory.hand_over(
        session,
        from_ref=owner_ref(order.id),
        to_ref=ref,
        variant_id=offer.variant_id,
        quantity=offer.quantity,
        until=offer.valid_until,
    )
