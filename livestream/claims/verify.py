"""What is always true of claims, their offers and the line."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from livestream.claims.models import COUNTED, Claim, ClaimState, ClaimStep
from shop.core import clock
from shop.core.verify import invariant
from shop.offers.models import BOUGHT, Offer, OfferState, OfferStep

NEWS = timedelta(minutes=2)
LIVE_OFFER = frozenset({OfferState.HELD, OfferState.PAYING})


@invariant("claims.held_have_their_offer")
def held_have_their_offer(session: Session) -> list[str]:
    """A claim that holds has an offer of the same person, variant and pieces that holds or is being paid, and only then.

    What an offer holds is `offers.stock_follows_the_offer`. A claim hears of its offer's end after the commit, or from
    the sweep a minute later.
    """
    rows = session.execute(
        select(Claim, Offer, OfferStep.at)
        .outerjoin(Offer, Offer.id == Claim.offer_id)
        .outerjoin(OfferStep, and_(OfferStep.offer_id == Offer.id, OfferStep.number == Offer.steps))
    )
    faults = []
    for claim, offer, moved_at in rows:
        is_news = moved_at is not None and clock.now() - moved_at < NEWS
        if claim.state == ClaimState.HELD and (offer is None or (offer.state not in LIVE_OFFER and not is_news)):
            faults.append(f"{claim.id} holds, its offer is {offer.state if offer else None}")
        if claim.state == ClaimState.PAID and (offer is None or offer.state not in BOUGHT):
            faults.append(f"{claim.id} is paid, its offer is {offer.state if offer else None}")
        if claim.state == ClaimState.WAITING and offer is not None:
            faults.append(f"{claim.id} waits with an offer")
        if claim.state not in {ClaimState.HELD, ClaimState.PAID} and offer is not None and offer.state in LIVE_OFFER:
            faults.append(f"{claim.id} is {claim.state}, its offer is {offer.state}")
        if offer is not None:
            asked = (claim.account_id, claim.brand_id, claim.variant_id, claim.quantity)
            got = (offer.shopper_id, offer.brand_id, offer.variant_id, offer.quantity)
            if asked != got:
                faults.append(f"{claim.id} says {asked}, its offer {got}")
    return faults


@invariant("claims.nobody_beyond_the_cap")
def nobody_beyond_the_cap(session: Session) -> list[str]:
    """Pieces of one person per item and per show, open and paid, within the caps that held when they were claimed."""
    ended = (ClaimState.RELEASED, ClaimState.EXPIRED, ClaimState.REMOVED)
    paid_late = select(ClaimStep.claim_id).where(ClaimStep.state.in_(ended))  # The money was faster than their end.
    faults = []
    for columns, cap in (
        ((Claim.stream_id, Claim.account_id, Claim.item_id), Claim.most_per_item),
        ((Claim.stream_id, Claim.account_id), Claim.most_per_show),
    ):
        rows = session.execute(
            select(*columns, func.sum(Claim.quantity), func.max(cap))
            .where(Claim.state.in_(COUNTED), Claim.id.not_in(paid_late))
            .group_by(*columns)
            .having(func.sum(Claim.quantity) > func.max(cap))
        )
        faults += [
            f"{row[1]} has {row[-2]} pieces of {row[-3] if len(row) == 5 else row[0]}, {row[-1]} at most"
            for row in rows
        ]
    return faults


@invariant("claims.line_is_in_order")
def line_is_in_order(session: Session) -> list[str]:
    """Nobody was served before somebody who came first and still waits; a changed claim came when the first one did."""
    served = select(ClaimStep.claim_id).where(ClaimStep.state == ClaimState.HELD)
    waiting = select(Claim).where(Claim.state == ClaimState.WAITING).subquery()
    rows = session.execute(
        select(Claim.id, waiting.c.id)
        .join(waiting, (waiting.c.stream_id == Claim.stream_id) & (waiting.c.variant_id == Claim.variant_id))
        .where(Claim.turn > waiting.c.turn, Claim.replaces_id.is_(None), Claim.id.in_(served))
    )
    return [f"{later} was served before {first}" for later, first in rows]


@invariant("claims.history_ends_where_the_claim_is")
def history_ends_where_the_claim_is(session: Session) -> list[str]:
    """The last line of a claim's history says its state."""
    steps = session.execute(select(ClaimStep.claim_id, ClaimStep.state).order_by(ClaimStep.id))
    last = {row.claim_id: row.state for row in steps}
    return [
        f"{claim.id} is {claim.state}, its history ends {last.get(claim.id)}"
        for claim in session.scalars(select(Claim))
        if last.get(claim.id) != claim.state
    ]
