"""Holding a claim, the line of those who wait, and what the end of a hold means for both.

All of it under the lock of the show's claims.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from livestream.claims import queries
from livestream.claims.errors import FewerLeft, NoMore
from livestream.claims.events import ClaimChanged, ClaimsChanged
from livestream.claims.models import CLAIM_MOVES, OPEN, Claim, ClaimRules, ClaimState, ClaimStep
from shop.catalog.queries import quote_prices
from shop.core import channel, clock
from shop.core.actor import Actor
from shop.core.errors import ShopError, WrongMove, require
from shop.core.events import publish
from shop.core.money import Money
from shop.inventory.errors import SoldOut
from shop.inventory.queries import levels
from shop.messaging.models import Thread
from shop.messaging.service import open_brand_thread
from shop.offers.claims import offer_for_claim
from shop.offers.models import BOUGHT, OfferState
from shop.offers.queries import get_offer, lock_offer

# A line outlives its show so long: holds of the last minutes still run out, and somebody is glad.
LINE_AFTER_END = timedelta(hours=1)
# What the end of an offer says about its claim.
ENDED_AS: dict[OfferState, ClaimState] = {
    **dict.fromkeys(BOUGHT, ClaimState.PAID),
    OfferState.DECLINED: ClaimState.RELEASED,
    OfferState.WITHDRAWN: ClaimState.REMOVED,
}


def hold_or_wait(session: Session, claim: Claim, rules: ClaimRules, *, by: Actor) -> None:
    """A new claim gets its pieces with an offer, or a place at the end of the line.

    Whoever waits longer goes first, also when pieces came back a moment ago. Emits claim.changed, claims.changed.
    Raises FewerLeft when there are some but not so many, NotOnSale.
    """
    is_waited_for = bool(queries.waiting_line(session, stream_id=claim.stream_id, variant_id=claim.variant_id))
    if is_waited_for:
        hand_on(session, claim.stream_id, claim.variant_id, rules)
        is_waited_for = bool(queries.waiting_line(session, stream_id=claim.stream_id, variant_id=claim.variant_id))
    session.add(claim)
    session.flush()
    record(session, claim, by=by)
    if not is_waited_for:
        try:
            _hold(session, claim, rules)
        except SoldOut:
            left = levels(session, [claim.variant_id])[claim.variant_id].left
            require(left <= 0, FewerLeft(left=left))
    tell(session, claim)


def hold_at_once(session: Session, claim: Claim, rules: ClaimRules, *, by: Actor) -> None:
    """A claim in place of another one of the same person, which has just given its pieces back.

    Emits claim.changed, claims.changed. Raises SoldOut, NotOnSale; then the whole unit of work is rolled back.
    """
    session.add(claim)
    session.flush()
    record(session, claim, by=by)
    _hold(session, claim, rules)
    tell(session, claim)


def check_free(session: Session, claim: Claim) -> None:
    """Whether a claim can have its pieces at once, with nobody in line for them. Under the lock. Raises SoldOut."""
    left = levels(session, [claim.variant_id])[claim.variant_id].left
    is_waited_for = bool(queries.waiting_line(session, stream_id=claim.stream_id, variant_id=claim.variant_id))
    require(not is_waited_for and left >= claim.quantity, SoldOut(sku="", left=0 if is_waited_for else left))


def _hold(session: Session, claim: Claim, rules: ClaimRules) -> None:
    """The offer with its hold, in the claimer's thread with the brand. Raises SoldOut, NotOnSale and the like."""
    offer = offer_for_claim(
        session,
        brand_id=claim.brand_id,
        shopper_id=claim.account_id,
        variant_id=claim.variant_id,
        quantity=claim.quantity,
        unit=_price(session, claim),
        valid_until=clock.now() + timedelta(minutes=rules.hold_minutes),
        claim_ref=claim.id,
        source_ref=claim.source_ref,
    )
    claim.offer_id = offer.id
    _move(session, claim, ClaimState.HELD)


def _price(session: Session, claim: Claim) -> Money:
    """The price of the claim's moment, or today's if that is lower."""
    claimed = Money(claim.unit_amount, claim.currency)
    quote = quote_prices(session, [claim.variant_id], claim.currency, clock.now()).get(claim.variant_id)
    return quote.amount if quote is not None and quote.amount < claimed else claimed


def hand_on(session: Session, stream_id: str, variant_id: str, rules: ClaimRules) -> list[Claim]:
    """Pieces came back: everybody whose turn it is gets theirs, strictly in line. Returns who did.

    Whoever wants more than there is keeps the place, and those behind wait, too. Locks their threads, then stock. Emits
    claim.changed, claims.changed, message.posted, offer.changed.
    """
    served = []
    for claim in _their_turn(session, stream_id, variant_id):
        try:
            _hold(session, claim, rules)
        except SoldOut:
            break
        except ShopError:
            end(session, claim, ClaimState.MISSED, note="not on sale")
            continue
        tell(session, claim)
        served.append(claim)
    return served


def _their_turn(session: Session, stream_id: str, variant_id: str) -> list[Claim]:
    """As many from the front of the line as there are pieces for, their threads locked."""
    waiting = queries.waiting_line(session, stream_id=stream_id, variant_id=variant_id)
    left, found = levels(session, [variant_id])[variant_id].left if waiting else 0, []
    for claim in waiting:
        left -= claim.quantity
        if left < 0:
            break
        found.append(claim)
    lock_threads(session, found)
    return found


def lock_threads(session: Session, claims: Sequence[Claim]) -> None:
    """The threads that the claims' offers go to, opened where there is none: before any stock, in the order of ids."""
    ids = {
        open_brand_thread(session, actor=Actor(account_id=claim.account_id), brand_id=claim.brand_id).id
        for claim in claims
    }
    if ids:
        session.execute(select(Thread.id).where(Thread.id.in_(ids)).order_by(Thread.id).with_for_update())


def lock_before_release(session: Session, claim: Claim) -> None:
    """What giving a claim's pieces back may touch, in the order of locks: the threads of whoever comes next."""
    front = queries.waiting_line(session, stream_id=claim.stream_id, variant_id=claim.variant_id)[: claim.quantity]
    lock_threads(session, [claim, *front])


def _move(session: Session, claim: Claim, to: ClaimState, *, by: Actor | None = None, note: str = "") -> None:
    """One step of the table, with its line in the history. Raises WrongMove."""
    require(to in CLAIM_MOVES[ClaimState(claim.state)], WrongMove)
    claim.state = to
    if to not in OPEN:
        claim.ended_at = clock.now()
    record(session, claim, by=by, note=note)


def record(session: Session, claim: Claim, *, by: Actor | None = None, note: str = "") -> None:
    session.add(
        ClaimStep(
            claim_id=claim.id, state=claim.state, by_account_id=by.account_id if by else None, note=note, at=clock.now()
        )
    )
    session.flush()


def end(session: Session, claim: Claim, state: ClaimState, *, by: Actor | None = None, note: str = "") -> None:
    """The claim is over. Emits claim.changed, claims.changed."""
    _move(session, claim, state, by=by, note=note)
    tell(session, claim)


def tell(session: Session, claim: Claim) -> None:
    """Its owner and the crew; never the room."""
    changed = ClaimChanged(room_id=claim.room_id, claim_id=claim.id, state=str(ClaimState(claim.state)))
    publish(session, changed, to=channel.user(claim.account_id))
    counted = ClaimsChanged(room_id=claim.room_id, open=queries.count_open(session, claim.stream_id))
    publish(session, counted, to=channel.crew(claim.room_id))


def check_more(session: Session, claim: Claim, *, more: int) -> None:
    """Whether its owner may have so many more of the same. Under the lock. Raises NoMore."""
    if more > 0:
        is_waited_for = queries.waiting_line(session, stream_id=claim.stream_id, variant_id=claim.variant_id)
        left = levels(session, [claim.variant_id])[claim.variant_id].left
        require(not is_waited_for and left >= more, NoMore)


def is_being_paid(session: Session, offer_id: str) -> bool:
    """Whether a payment page is open. Locks the offer."""
    return lock_offer(session, offer_id).state == OfferState.PAYING


def follow_offer(session: Session, offer_id: str) -> Claim | None:
    """An offer moved: its claim is paid, given back or run out, and the next in line gets what came back. Repeatable.

    Locks the show's claims. Emits claim.changed, claims.changed.
    """
    claim = queries.claim_of_offer(session, offer_id)
    if claim is None:
        return None
    rules = queries.lock_rules(session, claim.stream_id)
    claim = queries.get_claim(session, claim.id)
    offer = get_offer(session, offer_id)
    if offer.state in {OfferState.HELD, OfferState.PAYING}:
        return claim
    state = ENDED_AS.get(OfferState(offer.state), ClaimState.EXPIRED)
    if claim.state == ClaimState.HELD or (state is ClaimState.PAID and claim.state != ClaimState.PAID):
        end(session, claim, state)
        hand_on(session, claim.stream_id, claim.variant_id, rules)
    return claim


def close_line(session: Session, *, stream_id: str, variant_id: str) -> None:
    """The show is long over: nobody waits any more. Emits claim.changed."""
    queries.lock_rules(session, stream_id)
    for claim in queries.waiting_line(session, stream_id=stream_id, variant_id=variant_id):
        end(session, claim, ClaimState.MISSED, note="show over")
