"""From sent to paid and returned, and every other way an offer can go."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shop.core import db
from shop.offers.models import OfferState
from shop.orders import service as orders
from shop.orders.models import OrderState
from shop.orders.queries import load_parts
from tests.factories.cast import Cast
from tests.offers.conftest import World, do, later, state
from tests.support.till import faults, level, the_order, work
from tests.support.till import orders as all_orders

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


@BOTH
def test_sent_seen_paid_shipped_delivered(world: World, cast: Cast) -> None:
    offer_id = world.offer()
    assert state(offer_id) == OfferState.SENT
    assert level(world.till.shoes) == (5, 1, 0)
    from shop.messaging import service as messaging

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
