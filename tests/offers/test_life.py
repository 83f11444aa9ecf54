"""From sent to paid and returned, and every other way an offer can go."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shop.checkout.service import finish_payment
from shop.core import db
from shop.messaging import service as messaging
from shop.offers.models import OfferState
from shop.orders import service as orders
from shop.orders.models import OrderState
from shop.orders.queries import load_parts
from tests.factories.cast import Cast
from tests.offers.conftest import World, do, euros, later, look, state
from tests.support.recording import Recorder
from tests.support.till import faults, level, the_order, work
from tests.support.till import orders as all_orders

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


@BOTH
def test_sent_seen_paid_shipped_delivered(world: World, cast: Cast) -> None:
    offer_id = world.offer()
    assert state(offer_id) == OfferState.SENT
    assert level(world.till.shoes) == (5, 1, 0)
    do(messaging.mark_read, actor=cast.ana, thread_id=world.thread_id, number=99)
    assert state(offer_id) == OfferState.SEEN
    page = world.pay_page(offer_id)
    assert state(offer_id) == OfferState.PAYING
    assert level(world.till.shoes) == (5, 1, 0)
    assert faults() == []
    world.pay(page)
    world.till.deliver()
    work()
    assert state(offer_id) == OfferState.PAID
    order = the_order()
    assert (order.state, order.items_amount, order.shipping_amount) == (OrderState.PAID, 10400, 490)
    assert level(world.till.shoes) == (5, 0, 1)
    assert faults() == []
    with db.reading() as session:
        [part] = load_parts(session, order.id)
    do(orders.ship_part, actor=cast.ugo, part_id=part.id, carrier="BRT", tracking_number="1Z")
    assert state(offer_id) == OfferState.SHIPPED
    do(orders.deliver_part, actor=cast.ugo, part_id=part.id)
    assert state(offer_id) == OfferState.DELIVERED
    assert faults() == []


@BOTH
@pytest.mark.parametrize("holds", [True, False])
def test_a_page_left_gives_the_offer_back(world: World, holds: bool) -> None:
    offer_id = world.offer(holds_stock=holds)
    page = world.pay_page(offer_id)
    world.close_page(page)
    assert state(offer_id) == (OfferState.HELD if holds else OfferState.SEEN)
    assert level(world.till.shoes) == (5, int(holds), 0)
    assert faults() == []
    again = world.pay_page(offer_id)
    assert again.order_id != page.order_id
    assert len(all_orders()) == 2
    assert faults() == []


def test_the_deadline_ends_it_and_frees_the_stock(world: World, stopped: datetime) -> None:
    offer_id = world.offer(valid_for=timedelta(minutes=20))
    later(minutes=19)
    work()
    assert state(offer_id) == OfferState.SENT
    later(minutes=2)
    work()
    assert state(offer_id) == OfferState.EXPIRED
    assert level(world.till.shoes) == (5, 0, 0)
    assert faults() == []


def test_both_sides_are_told_of_each_move_and_nobody_else(world: World, cast: Cast, sent: Recorder) -> None:
    offer_id = world.offer()
    message_id = look(offer_id).message_id
    sent.clear()
    do(messaging.mark_read, actor=cast.ana, thread_id=world.thread_id, number=99)
    assert [(name, payload) for name, payload, _channel in sent if name != "thread.read"] == [
        ("message.changed", {"thread_id": world.thread_id, "message_id": message_id}),
        ("inbox.changed", {"thread_id": world.thread_id}),
        ("offer.changed", {"offer_id": offer_id, "thread_id": world.thread_id, "state": "seen"}),
        ("notices.read", {}),  # Ana's own: what told of it needs no attention any more.
    ]
    assert {channel for name, _payload, channel in sent if name != "thread.read"} == {
        f"thread:{world.thread_id}",
        f"inbox:{cast.brand_a.id}",
        f"user:{cast.ana.account_id}",
    }


@BOTH
def test_two_offers_of_one_thing_have_one_page_between_them(world: World) -> None:
    """One hold per shopper and product: who begins to pay the second leaves the first."""
    first, second = world.offer(), world.offer(unit=euros(9900))
    world.pay_page(first)
    page = world.pay_page(second)
    assert (state(first), state(second)) == (OfferState.HELD, OfferState.PAYING)
    assert level(world.till.shoes) == (5, 2, 0)
    assert faults() == []
    world.pay(page)
    finish_payment(str(page.session_ref))
    assert (state(first), state(second)) == (OfferState.HELD, OfferState.PAID)
    assert (the_order().items_amount, faults()) == (9900, [])


def test_buying_the_same_in_the_shop_closes_the_offers_page(world: World, cast: Cast) -> None:
    offer_id = world.offer()
    world.pay_page(offer_id)
    ana = world.till.visitor().sign_in(cast.ana)
    bought = ana.post("/checkout/now", variant_id="PASSO-UNO-38")
    assert bought.status_code == 303
    assert (state(offer_id), the_order().items_amount) == (OfferState.HELD, 10900)
    assert level(world.till.shoes) == (5, 2, 0)
    assert faults() == []


def test_expiring_while_the_page_is_open_closes_it_first(world: World, stopped: datetime) -> None:
    offer_id = world.offer(valid_for=timedelta(minutes=20))
    later(minutes=15)
    page = world.pay_page(offer_id)
    assert the_order().held_until == look(offer_id).valid_until  # Five minutes, not ten.
    assert world.pay_page(offer_id).id == page.id
    later(minutes=6)
    work()
    assert state(offer_id) == OfferState.EXPIRED
    assert world.till.running.client.v1.checkout.sessions.retrieve(str(page.session_ref)).status == "expired"
    assert (the_order().state, level(world.till.shoes)) == (OrderState.CANCELLED, (5, 0, 0))
    assert faults() == []
