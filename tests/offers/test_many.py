"""First come for several people, and claims of a live room."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shop.catalog.pricing import set_price
from shop.core import clock, db
from shop.core.errors import ShopError
from shop.inventory.errors import SoldOut
from shop.messaging.models import Message, MessageKind, Thread
from shop.offers import claims, service
from shop.offers.cards import load_offers
from shop.offers.models import OfferState
from tests.factories.cast import Cast
from tests.offers.conftest import World, do, euros, later, look, offers, state
from tests.support.recording import Recorder
from tests.support.till import faults, level, work

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


def redrawn(sent: Recorder) -> set[str]:
    """Messages that screens were told to draw anew."""
    return {payload["message_id"] for name, payload, _channel in sent if name == "message.changed"}


@BOTH
@pytest.mark.parametrize("holds", [True, False])
def test_the_first_who_pays_gets_it(world: World, cast: Cast, sent: Recorder, holds: bool) -> None:
    ana, sam = world.batch("ana", "sam", holds_stock=holds)
    assert level(world.till.shoes) == (5, int(holds), 0)
    page = world.pay_page(ana)
    with pytest.raises(ShopError) as refused:
        world.pay_page(sam, cast.sam)
    assert refused.value.code == "offer_taken"
    assert faults() == []
    sams_card = look(sam).message_id
    sent.clear()
    world.close_page(page)
    assert sams_card in redrawn(sent)  # Sam sees that it is back.
    page = world.pay_page(ana)
    sent.clear()
    world.pay(page)
    world.till.deliver()
    work()
    assert sams_card in redrawn(sent)
    assert (state(ana), state(sam)) == (OfferState.PAID, OfferState.GONE)
    assert level(world.till.shoes) == (5, 0, 1)
    assert faults() == []


@BOTH
def test_who_leaves_the_page_leaves_the_unit_to_others(world: World, cast: Cast) -> None:
    ana, sam = world.batch("ana", "sam", quantity=2)
    assert level(world.till.shoes) == (5, 2, 0)
    world.close_page(world.pay_page(ana))
    assert (state(ana), state(sam)) == (OfferState.SEEN, OfferState.SENT)
    assert level(world.till.shoes) == (5, 2, 0)
    assert faults() == []
    world.pay(world.pay_page(sam, cast.sam))
    world.till.deliver()
    work()
    assert (state(ana), state(sam)) == (OfferState.GONE, OfferState.PAID)
    assert level(world.till.shoes) == (5, 0, 2)
    assert faults() == []


def test_two_units_for_two_and_the_rest_freed_at_the_end(world: World, cast: Cast, stopped: datetime) -> None:
    ana, sam = world.batch("ana", "sam", units=2)
    world.pay_page(ana)
    with db.reading() as session:
        assert load_offers(session, cast.sam, (sam,))[sam].units_left == 1
    assert level(world.till.shoes) == (5, 2, 0)
    assert faults() == []
    later(hours=2)
    work()
    assert (state(ana), state(sam)) == (OfferState.EXPIRED, OfferState.EXPIRED)
    assert level(world.till.shoes) == (5, 0, 0)
    assert faults() == []


def test_a_price_that_falls_is_told_on_the_card(world: World, cast: Cast, sent: Recorder) -> None:
    offer_id = world.offer()
    sent.clear()
    with db.unit_of_work() as session:
        set_price(session, actor=cast.olga, variant_id=world.variant_id(), price=euros(9900))
    assert redrawn(sent) == {look(offer_id).message_id}
    with db.reading() as session:
        view = load_offers(session, cast.ana, (offer_id,))[offer_id]
    assert (view.cheaper_now, view.now) == (True, euros(9900))


def test_a_batch_has_one_price_and_no_more_units_than_people(world: World, cast: Cast) -> None:
    ana, _sam = world.batch("ana", "sam")
    with pytest.raises(ShopError) as refused:
        do(service.counter, actor=cast.ana, offer_id=ana, unit=euros(9000))
    assert refused.value.code == "price_fixed"
    for units in (0, 3):
        with pytest.raises(ShopError):
            world.batch("ana", "sam", units=units)
    assert len(offers()) == 2


def claim(world: World, cast: Cast, quantity: int = 2, ref: str = "claim_1") -> str:
    with db.unit_of_work() as session:
        return claims.offer_for_claim(
            session,
            brand_id=cast.brand_a.id,
            shopper_id=str(cast.ana.account_id),
            variant_id=world.variant_id(),
            quantity=quantity,
            unit=euros(8900),
            valid_until=clock.now() + timedelta(minutes=10),
            claim_ref=ref,
            source_ref="pin_1",
        ).id


@BOTH
def test_a_claim_is_held_payable_and_made_once(world: World, cast: Cast) -> None:
    offer_id = claim(world, cast)
    assert claim(world, cast) == offer_id
    assert state(offer_id) == OfferState.HELD
    assert level(world.till.shoes) == (5, 2, 0)
    with db.reading() as session:
        message = session.get_one(Message, look(offer_id).message_id)
        thread = session.get_one(Thread, world.thread_id)
        # Nobody answered: whoever asked something still waits, and the measured reply time stays honest.
        assert (message.kind, message.as_brand, thread.waiting_since is None) == (MessageKind.AUTO, True, False)
    assert faults() == []
    page = world.pay_page(offer_id)
    world.pay(page)
    world.till.deliver()
    work()
    assert state(offer_id) == OfferState.PAID
    assert faults() == []


def test_a_claim_of_more_than_there_is_writes_nothing(world: World, cast: Cast) -> None:
    with db.unit_of_work() as session:
        try:
            claims.offer_for_claim(
                session,
                brand_id=cast.brand_a.id,
                shopper_id=str(cast.ana.account_id),
                variant_id=world.variant_id(),
                quantity=6,
                unit=euros(8900),
                valid_until=clock.now() + timedelta(minutes=10),
                claim_ref="claim_1",
            )
        except SoldOut as refused:
            assert refused.data["left"] == 5  # And the transaction goes on.
    assert offers() == []
    assert claim(world, cast)


@pytest.mark.parametrize("paying", [False, True])
def test_a_claim_is_given_up(world: World, cast: Cast, paying: bool) -> None:
    offer_id = claim(world, cast)
    if paying:
        world.pay_page(offer_id)
    assert do(claims.release_offer, offer_id=offer_id, by=cast.ana)
    assert state(offer_id) == (OfferState.PAYING if paying else OfferState.DECLINED)
    with pytest.raises(ShopError):
        world.pay_page(offer_id)
    work()
    assert state(offer_id) == OfferState.DECLINED
    assert not do(claims.release_offer, offer_id=offer_id, by=cast.ana)
    assert level(world.till.shoes) == (5, 0, 0)
    assert faults() == []


def test_the_brands_own_people_claim_nothing(world: World, cast: Cast) -> None:
    with pytest.raises(ShopError) as refused, db.unit_of_work() as session:
        claims.offer_for_claim(
            session,
            brand_id=cast.brand_a.id,
            shopper_id=str(cast.ben.account_id),
            variant_id=world.variant_id(),
            quantity=1,
            unit=euros(8900),
            valid_until=clock.now() + timedelta(minutes=10),
            claim_ref="claim_1",
        )
    assert refused.value.code == "not_allowed"
