"""The card and its buttons, over HTTP and without scripts."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from sqlalchemy import select

from shop.core import db
from shop.core.mail import Mail
from shop.messaging import service as messaging
from shop.messaging.models import Message, Thread
from shop.notifications.models import Notice
from shop.offers import service
from shop.offers.cards import load_offers
from shop.offers.models import OfferState
from shop.orders import service as orders
from shop.orders.queries import load_parts
from tests.factories.cast import Cast
from tests.offers.conftest import World, do, later, look, offers, state
from tests.rooms.test_budget import statements
from tests.support.till import faults, level, path_of, the_order, work
from tests.support.visitor import JSON, Visitor


def card(visitor: Visitor, path: str) -> str:
    """The newest card of a page, tags and spaces taken away."""
    page = visitor.get(path).get_data(as_text=True)
    cards = re.findall(r'<article class="offer.*?</article>', page, re.S)
    assert cards, page[:500]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cards[-1])).strip()


@pytest.fixture
def ana(world: World, cast: Cast) -> Visitor:
    return world.till.visitor().sign_in(cast.ana)


@pytest.fixture
def olga(world: World, cast: Cast) -> Visitor:
    return world.till.visitor().sign_in(cast.olga)


def thread(world: World) -> str:
    return f"/messages/{world.thread_id}"


def inbox(world: World) -> str:
    return f"/dashboard/brand-a/inbox/{world.thread_id}"


def test_paid_in_the_thread_shipped_and_sent_back(world: World, cast: Cast, ana: Visitor, olga: Visitor) -> None:
    offer_id = world.offer()
    assert "Offer for you" in card(ana, thread(world))
    assert "Size 38 · 1 piece" in card(ana, thread(world))
    assert "Pay €108.90" in card(ana, thread(world))
    answer = ana.post(f"/offers/{offer_id}/payments", seen_total="10890")
    assert "Go on paying €108.90" in card(ana, thread(world))
    back = ana.get(world.till.pay(answer))
    assert (back.status_code, back.location) == (303, f"{thread(world)}#m{look(offer_id).message_number}")
    assert re.search(r"Paid .* Order 1001", card(ana, thread(world)))
    assert "Seen" in card(olga, inbox(world))
    order = the_order()
    with db.reading() as session:
        [part] = load_parts(session, order.id)
    do(orders.ship_part, actor=cast.ugo, part_id=part.id, carrier="BRT", tracking_number="1Z")
    shown = card(ana, thread(world))
    assert "On its way" in shown
    assert "BRT 1Z" in shown
    assert ana.post(f"/offers/{offer_id}/return").status_code == 303
    assert "You asked to send it back" in card(ana, thread(world))
    assert "Ana would like to send it back" in card(olga, inbox(world))
    assert olga.post(f"/dashboard/brand-a/offers/{offer_id}/take-back", restock="yes").status_code == 303
    assert "The money is on its way" in card(olga, inbox(world))
    work()
    assert state(offer_id) == OfferState.RETURNED
    assert "The money went back to your card" in card(ana, thread(world))
    assert level(world.till.shoes) == (6, 0, 1)
    assert faults() == []


def test_leaving_the_payment_page_leads_back_to_the_thread_and_not_to_the_bag(world: World, ana: Visitor) -> None:
    offer_id = world.offer()
    answer = ana.post(f"/offers/{offer_id}/payments", seen_total="10890")
    cancel = world.till.running.client.v1.checkout.sessions.retrieve(world.till.session_ref(answer)).cancel_url
    back = ana.get(path_of(cancel))
    assert back.location == f"{thread(world)}#m{look(offer_id).message_number}"
    assert "Your bag is empty" in ana.get("/cart").get_data(as_text=True)
    assert "Set aside for you" in card(ana, thread(world))


def test_a_price_is_named_and_accepted(world: World, ana: Visitor, olga: Visitor) -> None:
    offer_id = world.offer()
    ana.post(f"/offers/{offer_id}/counters", price="99,50")
    assert "Ana would pay €99.50 for a piece." in card(olga, inbox(world))
    assert "Names a price" in olga.get(inbox(world)).get_data(as_text=True)
    olga.post(f"/dashboard/brand-a/offers/{offer_id}/accept")
    assert "Pay €104.40" in card(ana, thread(world))
    assert (look(offer_id).unit_amount, state(offer_id)) == (9950, OfferState.HELD)
    assert faults() == []


@pytest.mark.parametrize(
    ("price", "sentence"),
    [("", "errors"), ("abc", "An amount like 89.00"), ("104.00", "Name a price below"), ("0.10", "Name a price below")],
)
def test_a_price_that_is_none(world: World, ana: Visitor, price: str, sentence: str) -> None:
    offer_id = world.offer()
    answer = ana.post(f"/offers/{offer_id}/counters", headers=JSON, price=price)
    assert answer.status_code == 422
    assert state(offer_id) in {OfferState.SENT, OfferState.SEEN}
    if price:
        ana.post(f"/offers/{offer_id}/counters", price=price)
        assert sentence in ana.get(thread(world)).get_data(as_text=True)


def test_a_total_that_changed_charges_nothing(world: World, ana: Visitor) -> None:
    offer_id = world.offer()
    ana.post(f"/offers/{offer_id}/destination", to="eu")
    assert "Pay €113.90" in card(ana, thread(world))
    answer = ana.post(f"/offers/{offer_id}/payments", headers=JSON, seen_total="10890")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (409, "price_changed")
    assert state(offer_id) == OfferState.SEEN


def test_no_thanks_and_every_other_end_is_told(world: World, ana: Visitor, olga: Visitor, stopped: datetime) -> None:
    declined, withdrawn, expired = world.offer(), world.offer(), world.offer()
    assert ana.post(f"/offers/{declined}/decline").status_code == 303
    olga.post(f"/dashboard/brand-a/offers/{withdrawn}/withdraw")
    later(hours=2)
    work()
    page = ana.get(thread(world)).get_data(as_text=True)
    for sentence in (
        "You said no, thanks.",
        "Brand A took this offer back",
        "This offer has expired. Ask for a new one.",
    ):
        assert sentence in page
    assert page.count('data-testid="offer-ask-again"') == 3
    assert [state(one) for one in (declined, withdrawn, expired)] == ["declined", "withdrawn", "expired"]
    again = ana.post(f"/offers/{expired}/payments", headers=JSON)
    assert (again.status_code, again.get_json()["error"]["code"]) == (409, "offer_expired")
    assert level(world.till.shoes) == (5, 0, 0)


def test_another_size_is_asked_for_in_the_thread(world: World, ana: Visitor, olga: Visitor) -> None:
    offer_id = world.offer()
    ana.post(f"/offers/{offer_id}/sizes", variant_id="PASSO-UNO-39")
    assert "Is it also possible in 39?" in olga.get(inbox(world)).get_data(as_text=True)
    assert ana.post(f"/offers/{offer_id}/sizes", variant_id="MAREA").status_code == 404


def test_more_time(world: World, olga: Visitor, ana: Visitor, stopped: datetime) -> None:
    offer_id = world.offer()
    before = look(offer_id).valid_until
    olga.post(f"/dashboard/brand-a/offers/{offer_id}/extend", minutes="30")
    later(minutes=70)
    work()
    assert (look(offer_id).valid_until - before).total_seconds() == 1800
    assert state(offer_id) == OfferState.SENT
    later(minutes=25)
    work()
    assert state(offer_id) == OfferState.EXPIRED
    assert level(world.till.shoes) == (5, 0, 0)


def test_told_once_and_by_mail_only_to_who_did_not_look(
    world: World, cast: Cast, ana: Visitor, stopped: datetime
) -> None:
    world.offer()
    seen_at_once = world.offer(thread="sam")
    do(messaging.mark_read, actor=cast.sam, thread_id=world.threads["sam"], number=99)
    later(minutes=40)
    work()
    with db.reading() as session:
        mails = session.scalars(select(Mail)).all()
        kinds = session.scalars(select(Notice.kind).where(Notice.account_id == cast.ana.account_id)).all()
    assert [(mail.to_address, mail.subject) for mail in mails] == [("ana@example.test", "Brand A made you an offer")]
    assert kinds == ["offer"]  # And no second notice for the message that carries it.
    assert state(seen_at_once) == OfferState.SEEN


def test_a_card_is_not_deleted_with_its_message(world: World, cast: Cast, olga: Visitor) -> None:
    offer_id = world.offer()
    message_id = look(offer_id).message_id
    answer = olga.post(f"{thread(world)}/messages/{message_id}/delete", headers=JSON)
    assert answer.status_code == 403
    with db.reading() as session:
        assert session.get_one(Message, message_id).deleted_at is None


def test_the_words_come_before_the_card(world: World, cast: Cast) -> None:
    with db.unit_of_work() as session:
        service.send_offer(
            session,
            actor=cast.olga,
            thread_id=world.thread_id,
            terms=world.terms(),
            client_key="one",
            text="Ne ho messa da parte una.",
        )
    with db.unit_of_work() as session:  # Pressed twice.
        service.send_offer(
            session, actor=cast.olga, thread_id=world.thread_id, terms=world.terms(), client_key="one", text="Ne ho"
        )
    with db.reading() as session:
        said = session.scalars(
            select(Message).where(Message.thread_id == world.thread_id).order_by(Message.number)
        ).all()
        assert session.get_one(Thread, world.thread_id).waiting_since is None
    assert [(one.text, len(one.cards)) for one in said] == [
        ("Avete la 38?", 0),
        ("Ne ho messa da parte una.", 0),
        ("", 1),
    ]
    assert level(world.till.shoes) == (5, 1, 0)


def test_a_page_of_cards_costs_as_many_statements_as_one(world: World, cast: Cast) -> None:
    first = world.offer()
    with db.reading() as session, statements() as one:
        assert len(load_offers(session, cast.ana, (first,))) == 1
    for _ in range(3):
        world.offer(holds_stock=False)
    world.batch("ana", "sam", holds_stock=False)
    refs = tuple(offer.id for offer in offers())
    with db.reading() as session, statements() as many:
        assert len(load_offers(session, cast.ana, refs)) == 5
    assert (len(one), len(many)) == (5, 6)  # BEGIN is one; batches count their takers.
