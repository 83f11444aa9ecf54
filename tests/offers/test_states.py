"""Every state with every event: where it leads, what is ignored, what is refused."""

from __future__ import annotations

from datetime import datetime

import pytest

from shop.core import db
from shop.offers.errors import OfferOver
from shop.offers.models import BOUGHT, OPEN, OVER, OfferState, OfferStep
from shop.offers.moving import move
from shop.offers.queries import lock_offer
from shop.offers.states import MOVES, WHO, OfferEvent, Party, next_state
from tests.offers.conftest import World

# A dot is refused, "=" changes nothing.
TABLE = """
state     send claim see  counter   accept refuse extend    hold open_page close_page release pay  ship    deliver   return   expire  withdraw  decline  sell_out
draft     sent held  .    .         .      .      .         .    .         .          .       .    .       .         .        =       .         .        =
sent      .    .     seen countered .      .      sent      held .         =          =       paid .       .         =        expired withdrawn declined gone
seen      .    .     =    countered .      =      seen      held .         =          =       paid .       .         =        expired withdrawn declined gone
countered .    .     =    countered held   seen   countered held .         =          =       paid .       .         =        expired withdrawn declined gone
held      .    .     =    .         =      .      held      =    paying    =          seen    paid .       .         =        expired withdrawn declined gone
paying    .    .     =    .         .      .      .         =    =         held       =       paid .       .         =        expired withdrawn declined gone
paid      .    .     =    .         .      .      .         .    .         =          =       =    shipped delivered returned =       .         .        =
shipped   .    .     =    .         .      .      .         .    .         =          =       =    =       delivered returned =       .         .        =
delivered .    .     =    .         .      .      .         .    .         =          =       =    =       =         returned =       .         .        =
returned  .    .     =    .         .      .      .         .    .         =          =       =    =       =         =        =       .         .        =
expired   .    .     =    .         .      .      .         .    .         =          =       paid .       .         =        =       .         .        =
withdrawn .    .     =    .         .      .      .         .    .         =          =       paid .       .         =        =       =         .        =
declined  .    .     =    .         .      .      .         .    .         =          =       paid .       .         =        =       .         =        =
gone      .    .     =    .         .      .      .         .    .         =          =       paid .       .         =        =       .         .        =
"""


def rows() -> list[tuple[OfferState, OfferEvent, str]]:
    head, *lines = [line.split() for line in TABLE.strip().splitlines()]
    return [
        (OfferState(line[0]), OfferEvent(event), cell)
        for line in lines
        for event, cell in zip(head[1:], line[1:], strict=True)
    ]


def outcome(state: OfferState, event: OfferEvent) -> str:
    try:
        found = next_state(state, event)
    except OfferOver as refused:
        assert refused.data == {"state": str(state)}
        return "."
    return str(found) if found is not None else "="


@pytest.mark.parametrize(("state", "event", "expected"), rows())
def test_the_table(state: OfferState, event: OfferEvent, expected: str) -> None:
    assert outcome(state, event) == expected


def test_the_table_is_whole() -> None:
    assert {(state, event) for state, event, _cell in rows()} == {(s, e) for s in OfferState for e in OfferEvent}
    assert set(WHO) == set(OfferEvent)
    assert set(MOVES) == set(OfferState)
    assert {*OPEN, *BOUGHT, *OVER, OfferState.DRAFT} == set(OfferState)


def test_nobody_but_the_order_moves_what_is_bought() -> None:
    moving = {WHO[event] for state in BOUGHT for event in MOVES[state]}
    assert moving == {Party.ORDER}


def test_each_move_is_written_down_and_told_to_both_sides(world: World, stopped: datetime) -> None:
    offer_id = world.offer()
    with db.unit_of_work() as session:
        offer = lock_offer(session, offer_id)
        assert move(session, offer, OfferEvent.SEE, by=world.cast.ana)
        assert not move(session, offer, OfferEvent.SEE, by=world.cast.ana)
        with pytest.raises(OfferOver):
            move(session, offer, OfferEvent.SHIP)
    with db.reading() as session:
        steps = session.query(OfferStep).filter(OfferStep.offer_id == offer_id).order_by(OfferStep.number).all()
    assert [(step.number, step.event, step.state) for step in steps] == [(1, "send", "sent"), (2, "see", "seen")]
    assert steps[1].by_account_id == world.cast.ana.account_id
