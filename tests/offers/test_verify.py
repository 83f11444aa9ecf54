"""`verify` names what is wrong with offers, and a lost answer of the provider leaves nothing wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from shop.checkout.errors import PaymentUnavailable
from shop.checkout.service import finish_payment
from shop.core import db, verify
from shop.inventory import service as inventory
from shop.offers import service
from shop.offers.cards import label_threads
from shop.offers.models import OfferState
from shop.offers.moving import own_ref
from shop.offers.queries import get_offer
from tests.factories.cast import Cast
from tests.offers.conftest import World, do, euros, later, look, state
from tests.support.till import faults, level, orders, work


def test_verify_names_each_fault(world: World, cast: Cast) -> None:
    waiting, paying = world.offer(), world.offer(unit=euros(9000))
    world.pay_page(paying)
    world.batch("ana", "sam")

    def let_go(session: Session) -> None:
        inventory.release(session, owner_ref=own_ref(get_offer(session, waiting)))

    def sql(statement: str) -> Callable[[Session], None]:
        def tamper(session: Session) -> None:
            session.execute(text(statement))

        return tamper

    tampered = {
        "offers.stock_follows_the_offer": let_go,
        "offers.order_follows_the_offer": sql("UPDATE offers SET unit_amount = 1 WHERE state = 'paying'"),
        "offers.history_ends_where_the_offer_is": sql("UPDATE offers SET state = 'seen' WHERE state = 'sent'"),
        "offers.batches_give_no_more_than_they_have": sql(
            "UPDATE offers SET state = 'held' WHERE batch_id IS NOT NULL"
        ),
    }
    assert faults() == []
    for name, tamper in tampered.items():
        with db.unit_of_work() as session:
            tamper(session)
            assert name in {finding.invariant for finding in verify.check_all(session)}
            session.rollback()
    assert faults() == []


def test_a_lost_answer_is_asked_for_again(world: World) -> None:
    """The page exists and nobody knows it: the next tap finds that very page, and no second one is made."""
    offer_id = world.offer()
    world.till.running.control("/faults", kind="lose_reply", count=3, match="POST /v1/checkout/sessions")
    with pytest.raises(PaymentUnavailable):
        world.pay_page(offer_id)
    assert (state(offer_id), faults()) == (OfferState.PAYING, [])
    world.till.running.app.extensions["sandbox"].faults.clear()
    page = world.pay_page(offer_id)
    assert page.page_url
    assert len(orders()) == 1
    assert len(world.till.running.client.v1.checkout.sessions.list().data) == 1
    world.pay(page)
    world.till.deliver()
    work()
    assert (state(offer_id), level(world.till.shoes), faults()) == (OfferState.PAID, (5, 0, 1), [])


def test_lists_say_how_far_the_newest_offer_is(world: World, cast: Cast, stopped: datetime) -> None:
    def labels() -> tuple[str, str]:
        with db.reading() as session:
            found = [label_threads(session, [world.thread_id], brand) for brand in (True, False)]
        brands, shoppers = (one[world.thread_id].text if one else "" for one in found)
        return brands, shoppers

    assert labels() == ("", "")
    offer_id = world.offer(valid_for=timedelta(hours=1))
    assert labels() == ("Offer sent", "Offer for you")
    do(service.see, thread_id=world.thread_id, shopper_id=str(cast.ana.account_id), up_to=99)
    assert labels() == ("Offer seen", "Offer for you")
    do(service.counter, actor=cast.ana, offer_id=offer_id, unit=euros(9000))
    assert labels() == ("Names a price", "Offer for you")
    page = world.pay_page(offer_id)
    assert labels() == ("Paying now", "Payment open")
    world.close_page(page)
    assert labels() == ("Set aside", "Set aside for you")
    later(minutes=45)
    assert labels() == ("Offer ends in 15 min", "Offer ends in 15 min")
    page = world.pay_page(offer_id)
    world.pay(page)
    finish_payment(str(page.session_ref))
    assert labels() == ("Paid €108.90", "Paid €108.90")
    assert look(offer_id).state == OfferState.PAID
    later(days=8)
    assert labels() == ("", "")
