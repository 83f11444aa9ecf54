"""The one place where an offer moves: by the table, with a line in its history, seen by both sides after the commit."""

from __future__ import annotations

from sqlalchemy.orm import Session

from shop.core import channel, clock
from shop.core.actor import Actor
from shop.core.events import publish
from shop.inventory import service as inventory
from shop.messaging import service as messaging
from shop.messaging.events import InboxChanged
from shop.offers import news
from shop.offers.events import OfferChanged
from shop.offers.models import OPEN, OVER, Offer, OfferBatch, OfferState, OfferStep
from shop.offers.queries import get_offer, lock_offer, open_in_batch
from shop.offers.states import OfferEvent, next_state


def move(
    session: Session,
    offer: Offer,
    event: OfferEvent,
    *,
    by: Actor | None = None,
    amount: int | None = None,
    order_id: str | None = None,
) -> bool:
    """Let the event happen to a locked offer; False when it changes nothing. An end gives its stock back.

    Emits offer.changed, message.changed, inbox.changed. Raises OfferOver.
    """
    state = next_state(OfferState(offer.state), event)
    if state is None:
        return False
    offer.state, offer.steps = state, offer.steps + 1
    step = OfferStep(
        offer_id=offer.id,
        number=offer.steps,
        event=str(event),
        state=state,
        by_account_id=by.account_id if by else None,
        amount=amount,
        order_id=order_id,
        at=clock.now(),
    )
    session.add(step)
    if state not in OPEN:
        offer.ending = ""
    if state in OVER:
        offer.counter_amount = None
    session.flush()
    if state in OVER:
        _give_back(session, offer)
        news.settle_sent(session, offer)  # No mail about what is over.
    redraw(session, offer)
    return True


def redraw(session: Session, offer: Offer) -> None:
    """Both sides draw the card anew. Emits offer.changed, message.changed, inbox.changed."""
    if offer.message_id is None:
        return
    messaging.redraw(session, thread_id=offer.thread_id, message_id=offer.message_id)
    publish(session, InboxChanged(thread_id=offer.thread_id), to=channel.inbox(offer.brand_id))
    changed = OfferChanged(offer_id=offer.id, thread_id=offer.thread_id, state=str(OfferState(offer.state)))
    publish(session, changed, to=channel.user(offer.shopper_id))


def redraw_batch(session: Session, batch_id: str) -> None:
    """Everybody in a batch sees how many are left."""
    for offer_id in open_in_batch(session, batch_id):
        redraw(session, get_offer(session, offer_id))


def own_ref(offer: Offer) -> str:
    """The name under which an offer holds its stock."""
    return f"offer:{offer.id}"


def batch_ref(batch_id: str) -> str:
    """The name under which a batch holds the stock of all its units."""
    return f"offers:{batch_id}"


def _give_back(session: Session, offer: Offer) -> None:
    """An offer that is over holds nothing; a batch gives back the rest when its last offer is over."""
    if offer.batch_id is None:
        inventory.release(session, owner_ref=own_ref(offer))
    elif not open_in_batch(session, offer.batch_id):
        inventory.release(session, owner_ref=batch_ref(offer.batch_id))


def sell_out_batch(session: Session, batch: OfferBatch) -> None:
    """The last unit is paid: the others are told. Locks them in the order of ids; the batch's row is locked."""
    for offer_id in open_in_batch(session, batch.id):
        move(session, lock_offer(session, offer_id), OfferEvent.SELL_OUT)
    inventory.release(session, owner_ref=batch_ref(batch.id))
