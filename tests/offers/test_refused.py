"""What is refused, with exact answers: nothing changes, nothing is sent, nothing is told about what exists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from shop.core import clock, db, ids
from shop.core.errors import ShopError
from shop.inventory import service as inventory
from shop.messaging import service as messaging
from shop.messaging.models import Message
from shop.offers import paying, service
from shop.offers.cards import load_offers
from shop.offers.models import OfferState
from shop.offers.terms import Terms, discounted
from shop.shipping.models import CountryGroup
from tests.factories.cast import Cast
from tests.factories.catalog import variants_of
from tests.offers.conftest import World, do, euros, look, offers, state
from tests.support.recording import Recorder
from tests.support.till import faults, level
from tests.support.visitor import JSON


def send(world: World, by: str, thread: str = "ana", **terms: Any) -> str:
    """The error's code, or "ok", and then it is taken back."""
    try:
        offer_id = world.offer(by=getattr(world.cast, by), thread=thread, **terms)
    except ShopError as error:
        return error.code
    paying.withdraw(actor=world.cast.olga, offer_id=offer_id)
    return "ok"


PRICES = [
    ("olga", 10400, "ok"),
    ("olga", 50, "ok"),
    ("olga", 49, "invalid_input"),
    ("olga", 10900, "ok"),
    ("olga", 10901, "above_list_price"),
    ("pia", 100, "ok"),
    ("ben", 8720, "ok"),  # A host: a fifth off, no more.
    ("ben", 8719, "below_limit"),
    ("ugo", 9810, "ok"),  # Support: a tenth.
    ("ugo", 9809, "below_limit"),
    ("mia", 10900, "not_found"),  # Moderators answer no messages.
    ("zed", 10900, "not_found"),
    ("ana", 10900, "not_found"),
    ("root", 10900, "not_found"),
]

TERMS: list[tuple[dict[str, Any], str]] = [
    ({"valid_for": timedelta(minutes=20)}, "ok"),
    ({"valid_for": timedelta(minutes=19, seconds=59)}, "invalid_input"),
    ({"valid_for": timedelta(days=7)}, "ok"),
    ({"valid_for": timedelta(days=7, seconds=1)}, "invalid_input"),
    ({"quantity": 0}, "invalid_input"),
    ({"quantity": 5}, "ok"),
    ({"quantity": 6}, "sold_out"),
    ({"quantity": 6, "holds_stock": False}, "ok"),
    ({"quantity": 21, "holds_stock": False}, "invalid_input"),
    ({"shipping": euros(0)}, "ok"),
    ({"shipping": euros(490)}, "ok"),
    ({"shipping": euros(491)}, "invalid_input"),
    ({"shipping": euros(-1)}, "invalid_input"),
    ({"to": CountryGroup.WORLD}, "invalid_input"),
    ({"to": CountryGroup.EU}, "ok"),
]


def test_who_may_offer_for_how_little(world: World) -> None:
    told = [(by, unit, send(world, by, unit=euros(unit))) for by, unit, _expected in PRICES]
    assert told == PRICES
    assert len(offers()) == sum(expected == "ok" for _by, _unit, expected in PRICES)
    assert level(world.till.shoes) == (5, 0, 0)
    assert faults() == []


def test_terms(world: World, sent: Recorder) -> None:
    for terms, expected in TERMS:
        sent.clear()
        assert (terms, send(world, "olga", **terms)) == (terms, expected)
        assert bool(sent) == (expected == "ok"), terms  # Nobody hears of what is refused.
    assert len(offers()) == sum(expected == "ok" for _terms, expected in TERMS)
    assert faults() == []


def test_another_brands_product_and_thread_do_not_exist(world: World, cast: Cast) -> None:
    with db.unit_of_work() as session:
        mug = variants_of(session, world.till.mug)[0].id
        foreign = messaging.open_brand_thread(session, actor=cast.ana, brand_id=cast.brand_b.id).id
    assert send(world, "olga", variant_id=mug, unit=euros(2900)) == "not_found"
    assert send(world, "olga", variant_id="var_00000000000000000000000000", unit=euros(2900)) == "not_found"
    world.threads["foreign"] = foreign
    assert send(world, "olga", "foreign") == "not_found"
    assert offers() == []


def test_a_limit_of_ones_own(world: World, cast: Cast) -> None:
    do(service.set_limits, actor=cast.olga, brand_id=cast.brand_a.id, host_percent=0, support_percent=50)
    assert send(world, "ben", unit=euros(10899)) == "below_limit"
    assert send(world, "ugo", unit=euros(5450)) == "ok"
    for nobody in (cast.pia, cast.ugo, cast.zed):
        with pytest.raises(ShopError):
            do(service.set_limits, actor=nobody, brand_id=cast.brand_a.id, host_percent=90, support_percent=90)


def test_a_counter_below_what_support_may_give_is_the_owners(world: World, cast: Cast) -> None:
    offer_id = world.offer()
    do(service.counter, actor=cast.ana, offer_id=offer_id, unit=euros(5000))
    with pytest.raises(ShopError) as refused:
        do(service.accept_counter, actor=cast.ugo, offer_id=offer_id)
    assert refused.value.code == "below_limit"
    assert (look(offer_id).unit_amount, state(offer_id)) == (10400, OfferState.COUNTERED)
    do(service.accept_counter, actor=cast.olga, offer_id=offer_id)
    do(service.accept_counter, actor=cast.pia, offer_id=offer_id)  # A moment later, on another screen.
    assert (look(offer_id).unit_amount, state(offer_id)) == (5000, OfferState.HELD)
    assert faults() == []


def test_three_prices_and_no_more(world: World, cast: Cast) -> None:
    offer_id = world.offer()
    for amount in (9000, 9100, 9200):
        do(service.counter, actor=cast.ana, offer_id=offer_id, unit=euros(amount))
    with pytest.raises(ShopError) as refused:
        do(service.counter, actor=cast.ana, offer_id=offer_id, unit=euros(9300))
    assert refused.value.code == "too_many_counters"


ROUTES = {
    "payments": {},
    "decline": {},
    "counters": {"price": "90"},
    "destination": {"to": "eu"},
    "sizes": {"variant_id": "PASSO-UNO-39"},
    "return": {},
}
BRAND_ROUTES = {"withdraw": {}, "extend": {"minutes": "30"}, "accept": {}, "refuse": {}, "take-back": {}}


def test_a_stranger_learns_nothing_of_an_offer(world: World, cast: Cast) -> None:
    """What is not theirs answers like what is not there, to the byte."""
    offer_id, nothing = world.offer(), ids.new_id("offer")
    for who in (cast.sam, cast.zed, cast.olga, cast.root):
        visitor = world.till.visitor().sign_in(who)
        for route, form in ROUTES.items():
            theirs = visitor.post(f"/offers/{offer_id}/{route}", headers=JSON, **form)
            absent = visitor.post(f"/offers/{nothing}/{route}", headers=JSON, **form)
            assert (theirs.status_code, theirs.get_json()) == (404, absent.get_json()), route
        assert visitor.post("/offers/nonsense/payments", headers=JSON).status_code == 404
    assert state(offer_id) == OfferState.SENT
    assert level(world.till.shoes) == (5, 1, 0)


def test_nobody_ends_another_brands_offer(world: World, cast: Cast) -> None:
    offer_id = world.offer()
    for who, slug in ((cast.zed, "brand-b"), (cast.zed, "brand-a"), (cast.ana, "brand-a")):
        visitor = world.till.visitor().sign_in(who)
        for route, form in BRAND_ROUTES.items():
            answer = visitor.post(f"/dashboard/{slug}/offers/{offer_id}/{route}", headers=JSON, **form)
            assert answer.status_code == 404, route
    assert state(offer_id) == OfferState.SENT


def test_hosts_send_no_money_back(world: World, cast: Cast) -> None:
    offer_id = world.offer()
    ben = world.till.visitor().sign_in(cast.ben)
    assert ben.post(f"/dashboard/brand-a/offers/{offer_id}/take-back", headers=JSON).status_code == 403


def test_guests_sign_in_first(world: World) -> None:
    offer_id = world.offer()
    guest = world.till.visitor()
    assert guest.post(f"/offers/{offer_id}/payments", headers=JSON).status_code == 401


def test_a_forged_card_is_no_card(world: World, cast: Cast) -> None:
    """Neither the brand's people nor the shopper put an offer's card into a plain message."""
    offer_id = world.offer()
    before = messages()
    for actor, path in (
        (cast.ana, f"/messages/{world.thread_id}"),
        (cast.olga, f"/dashboard/brand-a/inbox/{world.thread_id}"),
    ):
        visitor = world.till.visitor().sign_in(actor)
        answer = visitor.post(path, headers=JSON, text="Paga qui", card=f"offer:{offer_id}")
        assert answer.status_code == 404
    assert messages() == before


def messages() -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Message)) or 0


def test_another_brands_people_see_no_card(world: World, cast: Cast) -> None:
    offer_id = world.offer()
    with db.reading() as session:
        seen = {
            name: bool(load_offers(session, getattr(cast, name), (offer_id,)))
            for name in ("ana", "olga", "ugo", "sam", "mia", "zed", "root", "guest")
        }
    assert seen == {
        "ana": True,
        "olga": True,
        "ugo": True,
        "sam": False,
        "mia": False,
        "zed": False,
        "root": False,
        "guest": False,
    }


def test_gone_when_the_rest_is_sold(world: World, cast: Cast) -> None:
    """An offer that sets nothing aside: what is left decides, and the card says it on both sides."""
    offer_id = world.offer(holds_stock=False)
    line = [inventory.HoldLine(variant_id=world.variant_id(), quantity=5)]
    do(inventory.hold, owner_ref="order:other", lines=line, until=clock.now() + timedelta(hours=1))
    ana = world.till.visitor().sign_in(cast.ana)
    refused = ana.post(f"/offers/{offer_id}/payments", headers=JSON)
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (409, "sold_out")
    assert "set aside for somebody else right now" in ana.get(f"/messages/{world.thread_id}").get_data(as_text=True)
    assert state(offer_id) == OfferState.SEEN
    do(inventory.sell, owner_ref="order:other")
    assert state(offer_id) == OfferState.GONE
    assert "Others were faster" in ana.get(f"/messages/{world.thread_id}").get_data(as_text=True)


def test_discounts_as_people_think_of_them() -> None:
    assert discounted(euros(8900), percent=10) == euros(8010)
    assert discounted(euros(8900), off=euros(500)) == euros(8400)
    assert Terms(variant_id="x", unit=euros(1)).holds_stock
