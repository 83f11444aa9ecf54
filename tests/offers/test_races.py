"""Two at the same moment, on both databases; each race beside its twin without the lock, which shows the bug."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from shop.checkout.service import finish_payment
from shop.core import db
from shop.core.actor import Actor
from shop.offers import paying
from shop.offers.errors import OfferOver
from shop.offers.following import OfferFollower
from shop.offers.jobs import expire_due
from shop.offers.models import OfferState
from shop.offers.moving import move
from shop.offers.queries import lock_offer
from shop.offers.states import OfferEvent
from shop.orders.models import OrderState
from shop.orders.queries import lock_order
from shop.payments.models import Payment
from tests.factories.cast import Cast
from tests.offers.conftest import BASE, World, state
from tests.support.races import at_once, codes, twin_at_once, twin_overtaken
from tests.support.till import faults, level, orders, the_order, work

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)

ENDS = {"withdraw": OfferState.WITHDRAWN, "expire": OfferState.EXPIRED, "decline": OfferState.DECLINED}


def placing(actor: Actor, offer_id: str) -> Callable[[Session], Any]:
    """The first half of a tap on Pay, in whatever session it is given."""
    return lambda session: paying._place(session, actor, offer_id, None, BASE)


def ending(world: World, end: str, offer_id: str) -> Callable[[], Any]:
    """Somebody, or the clock, ends an offer."""
    if end == "withdraw":
        return lambda: paying.withdraw(actor=world.cast.olga, offer_id=offer_id)
    if end == "decline":
        return lambda: paying.decline(actor=world.cast.ana, offer_id=offer_id)
    # The deadline's own look at the clock was a moment ago.
    return lambda: paying._end(
        offer_id, OfferEvent.EXPIRE, None, lambda session, _actor, wanted: lock_offer(session, wanted)
    )


def session_state(world: World, payment: Payment) -> str:
    """What the provider says of a payment page."""
    return str(world.till.running.client.v1.checkout.sessions.retrieve(str(payment.session_ref)).status)


def test_four_taps_on_two_devices_are_one_page(app: Flask, world: World) -> None:
    offer_id = world.offer(holds_stock=False)
    pages = at_once(app, *[lambda: world.pay_page(offer_id).page_url] * 4)
    assert codes(pages) == ["ok"] * 4
    assert len(set(pages)) == 1
    assert len(orders()) == 1
    assert level(world.till.shoes) == (5, 1, 0)
    assert faults() == []


def test_the_twin_sets_a_piece_aside_for_nobody(app: Flask, world: World, cast: Cast) -> None:
    """Both devices open a page; only the key of the attempt keeps the second order from being written."""
    offer_id = world.offer(holds_stock=False)
    answers = twin_at_once(app, *[placing(cast.ana, offer_id)] * 2)
    assert sorted(codes(answers)) == ["IntegrityError", "ok"]
    assert level(world.till.shoes) == (5, 2, 0)


def test_two_people_tap_for_the_last_unit(app: Flask, world: World, cast: Cast) -> None:
    ana, sam = world.batch("ana", "sam", holds_stock=False)
    answers = at_once(app, lambda: world.pay_page(ana), lambda: world.pay_page(sam, cast.sam))
    assert sorted(codes(answers)) == ["offer_taken", "ok"]
    assert len(orders()) == 1
    assert faults() == []
    [page] = [answer for answer in answers if isinstance(answer, Payment)]
    world.pay(page)
    world.till.deliver()
    work()
    assert sorted([state(ana), state(sam)]) == [OfferState.GONE, OfferState.PAID]
    assert level(world.till.shoes) == (5, 0, 1)
    assert faults() == []


def test_the_twin_gives_the_last_unit_to_both(app: Flask, world: World, cast: Cast) -> None:
    ana, sam = world.batch("ana", "sam", holds_stock=False)
    answers = twin_at_once(app, placing(cast.ana, ana), placing(cast.sam, sam))
    assert codes(answers) == ["ok", "ok"]
    assert any("1 units and 2 takers" in fault for fault in faults())


@pytest.mark.parametrize("end", ["withdraw", "expire"])
def test_an_end_against_a_tap(app: Flask, world: World, end: str) -> None:
    offer_id = world.offer()
    ended, page = at_once(app, ending(world, end, offer_id), lambda: world.pay_page(offer_id))
    assert codes([ended]) == ["ok"]
    assert codes([page])[0] in {"ok", "offer_over", "offer_expired"}
    assert state(offer_id) == ENDS[end]
    if isinstance(page, Payment):
        assert session_state(world, page) == "expired"
        assert the_order().state == OrderState.CANCELLED
    assert level(world.till.shoes) == (5, 0, 0)
    assert faults() == []


@pytest.mark.parametrize("event", [OfferEvent.WITHDRAW, OfferEvent.EXPIRE])
def test_the_twin_opens_a_page_for_what_is_over(app: Flask, world: World, cast: Cast, event: OfferEvent) -> None:
    offer_id = world.offer()

    def end(session: Session) -> None:
        move(session, lock_offer(session, offer_id), event)

    placed, ended = twin_overtaken(app, placing(cast.ana, offer_id), end)
    # It was over, and yet an order waits for its payment; only the history's key stops the rest.
    assert codes([placed, ended]) == ["IntegrityError", "ok"]
    assert the_order().state == OrderState.PAYING
    assert level(world.till.shoes) == (5, 1, 0)


@pytest.mark.parametrize("end", ["withdraw", "expire"])
def test_an_end_against_the_money(app: Flask, world: World, end: str) -> None:
    offer_id = world.offer()
    page = world.pay_page(offer_id)

    def shopper() -> None:
        world.till.running.browser.pay(str(page.session_ref))
        finish_payment(str(page.session_ref))

    _paid, ended = at_once(app, shopper, ending(world, end, offer_id))
    work()
    if session_state(world, page) == "complete":
        assert codes([ended])[0] in {"offer_paid", "ok"}
        assert (state(offer_id), the_order().state) == (OfferState.PAID, OrderState.PAID)
        assert level(world.till.shoes) == (5, 0, 1)
    else:
        assert codes([ended]) == ["ok"]
        assert (state(offer_id), the_order().state) == (ENDS[end], OrderState.CANCELLED)
        assert level(world.till.shoes) == (5, 0, 0)
    assert faults() == []


@pytest.mark.parametrize("end", ENDS)
def test_the_money_was_faster(world: World, end: str) -> None:
    """It lies at the provider and nobody has told us; whoever ends the offer finds out."""
    offer_id = world.offer()
    page = world.pay_page(offer_id)
    world.pay(page)
    with pytest.raises(Exception, match="paid just now"):
        ending(world, end, offer_id)()
    assert state(offer_id) == OfferState.PAID
    assert level(world.till.shoes) == (5, 0, 1)
    assert faults() == []


def test_the_twin_takes_money_for_what_was_withdrawn(world: World, cast: Cast) -> None:
    """The offer ends at once and the page is left open: somebody pays for what is sold to others by then."""
    offer_id = world.offer()
    page = world.pay_page(offer_id)
    with db.unit_of_work() as session:
        move(session, lock_offer(session, offer_id), OfferEvent.WITHDRAW)
    assert session_state(world, page) == "open"
    world.pay(page)
    world.till.deliver()
    work()
    assert (state(offer_id), the_order().state) == (OfferState.PAID, OrderState.PAID)


def test_a_silent_provider_keeps_the_end_waiting_and_the_page_shut(world: World, cast: Cast) -> None:
    """Withdrawn while nobody can close the page: no new page, no end; when the provider speaks again it ends."""
    offer_id = world.offer()
    page = world.pay_page(offer_id)
    world.till.running.control("/faults", kind="fail_before", count=30)
    assert paying.withdraw(actor=cast.olga, offer_id=offer_id) == paying.Ended(state=OfferState.PAYING, is_closing=True)
    with pytest.raises(OfferOver):
        world.pay_page(offer_id)
    assert level(world.till.shoes) == (5, 1, 0)
    assert faults() == []
    world.till.running.app.extensions["sandbox"].faults.clear()
    assert session_state(world, page) == "open"
    expire_due()
    assert (state(offer_id), session_state(world, page)) == (OfferState.WITHDRAWN, "expired")
    assert level(world.till.shoes) == (5, 0, 0)
    assert faults() == []


def test_money_for_an_older_page_of_a_paid_offer_goes_back(world: World, cast: Cast) -> None:
    """The provider once said that a page is closed, and takes money on it all the same: the offer is paid once."""
    offer_id = world.offer()
    first = world.pay_page(offer_id)
    world.close_page(first)
    second = world.pay_page(offer_id)
    world.pay(second)
    finish_payment(str(second.session_ref))
    paid = the_order()
    with db.unit_of_work() as session:
        order = lock_order(session, first.order_id)
        assert OfferFollower().objection(session, order) == "the offer was paid already"
        assert OfferFollower().objection(session, lock_order(session, paid.id)) == ""
    assert (state(offer_id), paid.state) == (OfferState.PAID, OrderState.PAID)
    assert faults() == []
