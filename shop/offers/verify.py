"""What is always true of offers, their stock and their orders."""

from __future__ import annotations

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from shop.core.verify import invariant
from shop.inventory.models import Hold, HoldState
from shop.offers.models import BOUGHT, OPEN, Offer, OfferBatch, OfferState, OfferStep
from shop.offers.moving import batch_ref, own_ref
from shop.offers.policy import has_hold
from shop.offers.queries import TAKEN
from shop.orders.models import Order, OrderLine, OrderPart, OrderState, PartState

# Where the order, and its parcel, of an offer in each state can be.
BESIDE: dict[OfferState, tuple[OrderState, frozenset[PartState]]] = {
    OfferState.PAYING: (OrderState.PAYING, frozenset({PartState.WAITING})),
    OfferState.PAID: (OrderState.PAID, frozenset({PartState.TO_SHIP})),
    OfferState.SHIPPED: (OrderState.PAID, frozenset({PartState.SHIPPED})),
    OfferState.DELIVERED: (OrderState.PAID, frozenset({PartState.DELIVERED})),
    OfferState.RETURNED: (OrderState.REFUNDED, frozenset(PartState) - {PartState.WAITING}),
}


@invariant("offers.stock_follows_the_offer")
def stock_follows_the_offer(session: Session) -> list[str]:
    """An offer holds its pieces exactly while it says so, a batch those of its units that nobody has taken."""
    held = {
        ref: (variant_id, int(quantity))
        for ref, variant_id, quantity in session.execute(
            select(Hold.owner_ref, Hold.variant_id, Hold.quantity).where(
                Hold.state == HoldState.HELD, Hold.owner_ref.like("offer%")
            )
        )
    }
    wanted: dict[str, tuple[str, int]] = {}
    open_by_batch: dict[str, int] = {}
    taken_by_batch: dict[str, int] = {}
    for offer in session.scalars(select(Offer)):
        if has_hold(offer):
            wanted[own_ref(offer)] = (offer.variant_id, offer.quantity)
        if offer.batch_id is not None:
            open_by_batch[offer.batch_id] = open_by_batch.get(offer.batch_id, 0) + (offer.state in OPEN)
            taken_by_batch[offer.batch_id] = taken_by_batch.get(offer.batch_id, 0) + (offer.state in TAKEN)
    for batch in session.scalars(select(OfferBatch).where(OfferBatch.holds_stock)):
        left = batch.units - taken_by_batch.get(batch.id, 0)
        if left > 0 and open_by_batch.get(batch.id, 0):
            wanted[batch_ref(batch.id)] = (batch.variant_id, left * batch.quantity)
    return [
        f"{ref} holds {held.get(ref)}, not {wanted.get(ref)}"
        for ref in sorted(held.keys() | wanted.keys())
        if held.get(ref) != wanted.get(ref)
    ]


@invariant("offers.order_follows_the_offer")
def order_follows_the_offer(session: Session) -> list[str]:
    """One order at a time, of exactly the offer's goods at its price, in a state that fits."""
    rows = session.execute(
        select(Offer, Order, OrderPart.state.label("part_state"), OrderLine)
        .outerjoin(Order, Order.id == Offer.order_id)
        .outerjoin(OrderPart, OrderPart.order_id == Order.id)
        .outerjoin(OrderLine, OrderLine.part_id == OrderPart.id)
    )
    faults = []
    for offer, order, part_state, line in rows:
        beside = BESIDE.get(OfferState(offer.state))
        if (beside is None) != (order is None):
            faults.append(f"{offer.id} is {offer.state} and its order is {order.number if order else None}")
        elif order is not None and beside is not None:
            if order.state != beside[0] or PartState(part_state) not in beside[1]:
                faults.append(f"{offer.id} is {offer.state} while its order is {order.state}, {part_state}")
            asked = (offer.variant_id, offer.quantity, offer.unit_amount, offer.shipping_amount, offer.shopper_id)
            got = (line.variant_id, line.quantity, line.unit_amount, order.shipping_amount, order.account_id)
            if asked != got:
                faults.append(f"{offer.id} says {asked}, its order {got}")
    return faults


@invariant("offers.paid_once")
def paid_once(session: Session) -> list[str]:
    """Of all orders that were ever made from one offer at most one keeps its money."""
    rows = session.execute(
        select(OfferStep.offer_id, func.count(func.distinct(Order.id)))
        .join(Order, Order.id == OfferStep.order_id)
        .where(Order.state == OrderState.PAID)
        .group_by(OfferStep.offer_id)
        .having(func.count(func.distinct(Order.id)) > 1)
    )
    return [f"{offer_id} is paid {count} times" for offer_id, count in rows]


@invariant("offers.batches_give_no_more_than_they_have")
def batches_give_no_more_than_they_have(session: Session) -> list[str]:
    """First come: no more people than units, and nobody waits for what is gone."""
    taken = (
        select(Offer.batch_id, func.count().label("count"))
        .where(Offer.state.in_(TAKEN))
        .group_by(Offer.batch_id)
        .subquery()
    )
    rows = session.execute(
        select(OfferBatch.id, OfferBatch.units, taken.c.count).join(taken, taken.c.batch_id == OfferBatch.id)
    )
    return [f"{batch_id} has {units} units and {count} takers" for batch_id, units, count in rows if count > units]


@invariant("offers.history_ends_where_the_offer_is")
def history_ends_where_the_offer_is(session: Session) -> list[str]:
    """The last step of an offer led to its state; bought ones were paid in a step of their own."""
    last = select(OfferStep.offer_id, OfferStep.state).join(
        Offer, and_(Offer.id == OfferStep.offer_id, Offer.steps == OfferStep.number)
    )
    states = dict(session.execute(last).all())
    paid = set(session.scalars(select(OfferStep.offer_id).where(OfferStep.event == "pay")))
    faults = []
    for offer in session.scalars(select(Offer).where(Offer.state != OfferState.DRAFT)):
        if states.get(offer.id) != offer.state:
            faults.append(f"{offer.id} is {offer.state}, its history ends {states.get(offer.id)}")
        if (offer.state in BOUGHT) != (offer.id in paid):
            faults.append(f"{offer.id} is {offer.state} and {'was' if offer.id in paid else 'was never'} paid")
    return faults
