"""The bag: guests and members, prices and stock of this moment, and its page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from shop.accounts.events import SignedIn
from shop.cart import service
from shop.cart.models import Cart, CartLine
from shop.cart.queries import load_bag
from shop.catalog import service as catalog
from shop.core import clock, db
from shop.core.actor import SYSTEM, Actor
from shop.core.errors import NotFound
from shop.core.events import publish
from shop.core.money import Money
from shop.inventory import service as inventory
from shop.inventory.errors import SoldOut
from tests.factories.cast import Cast
from tests.factories.catalog import make_product, variants_of
from tests.support.till import Till, level
from tests.support.visitor import JSON, Visitor

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


def lines() -> dict[str, int]:
    """Quantities by owner and line, whatever the bag."""
    with db.reading() as session:
        return {row.variant_id: row.quantity for row in session.scalars(select(CartLine))}


@BOTH
def test_adding_again_adds_up(till: Till, cast: Cast) -> None:
    guest = till.visitor()
    first = guest.post("/cart/lines", headers=JSON, variant_id="MAREA", quantity="2").get_json()
    assert first == {"ok": True, "bag": {"count": 2, "total": {"amount": 5800, "currency": "EUR"}}}
    second = guest.post("/cart/lines", headers=JSON, variant_id="MAREA").get_json()
    assert second["bag"]["count"] == 3
    assert list(lines().values()) == [3]
    assert level(till.mug) == (5, 0, 0)  # Nothing is held by a bag.


def test_json_bodies_are_read_strictly_enough(till: Till, cast: Cast) -> None:
    guest = till.visitor()
    headers = {**JSON, "X-CSRFToken": guest.csrf}
    good = guest.client.post("/cart/lines", json={"variant_id": "MAREA", "quantity": 1}, headers=headers)
    assert good.status_code == 200
    for body in (
        {"variant_id": "MAREA", "quantity": -1},
        {"variant_id": 7},
        [],
        None,
        {"variant_id": "\ud800"},
        {"x": 1},
    ):
        answer = guest.client.post("/cart/lines", json=body, headers=headers)
        assert answer.status_code in {404, 422}, body
        assert answer.get_json()["ok"] is False


@BOTH
def test_adding_takes_five_statements(till: Till, cast: Cast) -> None:
    seen: list[str] = []
    engine = db.current().engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        for actor in (cast.ana, cast.guest):
            for _ in range(2):
                seen.clear()
                with db.unit_of_work() as session:
                    service.add(session, actor=actor, sku="MAREA", quantity=1, currency="EUR")
                assert len([s for s in seen if not s.startswith("BEGIN")]) <= 5, seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_more_than_is_left_is_refused_and_changes_nothing(till: Till, cast: Cast) -> None:
    with pytest.raises(SoldOut) as refusal, db.unit_of_work() as session:
        service.add(session, actor=cast.ana, sku="MAREA", quantity=6, currency="EUR")
    assert refusal.value.data["left"] == 5
    assert lines() == {}


def test_what_is_not_on_sale_cannot_be_added(till: Till, cast: Cast) -> None:
    guest = till.visitor()
    assert guest.post("/cart/lines", headers=JSON, variant_id="NOTHING").status_code == 404
    with db.unit_of_work() as session:
        catalog.archive_product(session, actor=SYSTEM, product_id=till.mug.id)
    refused = guest.post("/cart/lines", headers=JSON, variant_id="MAREA")
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (409, "not_for_sale")


@BOTH
def test_the_guests_bag_joins_the_members(till: Till, cast: Cast) -> None:
    with db.unit_of_work() as session:
        service.add(session, actor=cast.guest, sku="MAREA", quantity=2, currency="EUR")
        service.add(session, actor=cast.ana, sku="MAREA", quantity=1, currency="EUR")
        service.add(session, actor=cast.guest, sku="PASSO-UNO-38", quantity=1, currency="EUR")
    assert cast.ana.account_id is not None
    for _ in range(2):
        with db.unit_of_work() as session:
            publish(session, SignedIn(account_id=cast.ana.account_id, guest_key=cast.guest.guest_key))
    assert sorted(lines().values()) == [1, 3]
    with db.reading() as session:
        assert load_bag(session, cast.ana, "EUR").count == 4
        assert load_bag(session, cast.guest, "EUR").count == 0
        assert len(session.scalars(select(Cart)).all()) == 1


def test_the_guests_bag_becomes_the_bag_of_a_new_member(till: Till, cast: Cast) -> None:
    with db.unit_of_work() as session:
        service.add(session, actor=cast.guest, sku="MAREA", quantity=2, currency="EUR")
        before = session.scalars(select(Cart.id)).one()
    assert cast.sam.account_id is not None
    with db.unit_of_work() as session:
        publish(session, SignedIn(account_id=cast.sam.account_id, guest_key=cast.guest.guest_key))
    with db.reading() as session:
        bag = load_bag(session, cast.sam, "EUR")
    assert (bag.cart_id, bag.count) == (before, 2)


def test_somebody_elses_line_does_not_exist(till: Till, cast: Cast) -> None:
    with db.unit_of_work() as session:
        service.add(session, actor=cast.ana, sku="MAREA", quantity=2, currency="EUR")
        line_id = session.scalars(select(CartLine.id)).one()
    for actor in (cast.sam, cast.guest, Actor()):
        with pytest.raises(NotFound), db.unit_of_work() as session:
            service.change_quantity(session, actor=actor, line_id=line_id, quantity=5)
        with pytest.raises(NotFound), db.unit_of_work() as session:
            service.remove(session, actor=actor, line_id=line_id)
    assert list(lines().values()) == [2]
    sam = till.visitor().sign_in(cast.sam)
    assert sam.post(f"/cart/lines/{line_id}", headers=JSON, quantity="1").status_code == 404
    assert sam.post("/cart/lines/nonsense/remove", headers=JSON).status_code == 404


def test_quantity_and_removal_by_plain_forms(till: Till, cast: Cast) -> None:
    guest = till.visitor()
    guest.post("/cart/lines", variant_id="MAREA", quantity="2")
    with db.reading() as session:
        line_id = session.scalars(select(CartLine.id)).one()
    assert guest.post(f"/cart/lines/{line_id}", quantity="3", to="eu").location == "/cart?to=eu"
    assert list(lines().values()) == [3]
    assert guest.post(f"/cart/lines/{line_id}", headers=JSON, quantity="100").status_code == 422
    assert guest.post(f"/cart/lines/{line_id}/remove").location == "/cart"
    assert lines() == {}


def test_a_changed_price_is_told_once(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    ana.post("/cart/lines", variant_id="MAREA")
    with db.unit_of_work() as session:
        variant = variants_of(session, till.mug)[0]
        catalog.set_price(session, actor=SYSTEM, variant_id=variant.id, price=Money(3300, "EUR"))
    page = ana.get("/cart").get_data(as_text=True)
    assert "The price rose from €29.00 to €33.00." in page
    assert "Pay €37.90" in page
    assert "The price rose" not in ana.get("/cart").get_data(as_text=True)


def test_an_ended_live_price_is_told(till: Till, cast: Cast) -> None:
    from datetime import UTC, datetime

    present = datetime.now(UTC)
    with clock.frozen(present):
        with db.unit_of_work() as session:
            catalog.start_live_price(
                session,
                product_id=till.shoes.id,
                amounts={"EUR": 8900},
                starts_at=present,
                ends_at=present + timedelta(minutes=5),
                source_ref="pin_01jcv6aaaaaaaaaaaaaaaaaaaa",
            )
        ana = till.visitor().sign_in(cast.ana)
        ana.post("/cart/lines", variant_id="PASSO-UNO-38")
        page = ana.get("/cart").get_data(as_text=True)
        assert "Pay €93.90" in page
        assert "Live price" in page
        clock.move(timedelta(minutes=5))
        refused = ana.post("/checkout", headers=JSON, seen_total="9390", to="home")
        assert (refused.status_code, refused.get_json()["error"]["code"]) == (409, "price_changed")
        assert "The price rose from €89.00 to €109.00." in ana.get("/cart").get_data(as_text=True)


def test_less_stock_lowers_the_quantity_and_none_leaves_the_payment(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    ana.post("/cart/lines", variant_id="MAREA", quantity="4")
    ana.post("/cart/lines", variant_id="PASSO-UNO-38")
    with db.unit_of_work() as session:
        variant = variants_of(session, till.mug)[0]
        inventory.adjust(session, actor=SYSTEM, variant_id=variant.id, quantity=-3, reason="broken")
    assert "Only 2 are left, so we lowered the quantity." in ana.get("/cart").get_data(as_text=True)
    assert "so we lowered" not in ana.get("/cart").get_data(as_text=True)
    with db.unit_of_work() as session:
        inventory.adjust(session, actor=SYSTEM, variant_id=variant.id, quantity=-2, reason="broken")
    page = ana.get("/cart").get_data(as_text=True)
    assert "Sold out. It is not part of the payment." in page
    assert "Pay €113.90" in page


def test_two_brands_are_two_parcels_with_their_rates(till: Till, cast: Cast) -> None:
    guest = till.visitor()
    guest.post("/cart/lines", variant_id="MAREA", quantity="2")
    guest.post("/cart/lines", variant_id="PASSO-UNO-38")
    page = guest.get("/cart").get_data(as_text=True)
    assert "Two parcels, one payment" in page
    assert "2 parcels to Italy" in page
    assert "€9.80" in page
    assert "Total, VAT included" in page
    abroad = guest.get("/cart?to=eu").get_data(as_text=True)
    assert "2 parcels to European Union" in abroad
    assert "Pay €186.80" in abroad
    for nonsense in ("world", "mars", "%00", "home&to=eu"):
        assert guest.get(f"/cart?to={nonsense}").status_code == 200


def test_back_leads_to_our_own_pages_only(till: Till, cast: Cast) -> None:
    guest = till.visitor()
    guest.post("/cart/lines", variant_id="MAREA")
    assert 'href="https://evil' not in guest.get("/cart?back=https://evil.example/").get_data(as_text=True)
    assert 'href="//evil' not in guest.get("/cart?back=//evil.example/").get_data(as_text=True)
    assert "Back to the stream" in guest.get("/cart?back=/live/evening").get_data(as_text=True)


def test_a_full_bag_takes_no_more(till: Till, cast: Cast) -> None:
    sizes = [str(size) for size in range(100, 130)]
    with db.unit_of_work() as session:
        for slug in ("many", "more"):
            make_product(session, cast.brand_a, slug=slug, title=slug, sizes=tuple(sizes))
    guest = till.visitor()
    skus = [f"{slug}-{size}" for slug in ("MANY", "MORE") for size in sizes][: service.MAXIMUM_LINES + 1]
    answers = [guest.post("/cart/lines", headers=JSON, variant_id=sku) for sku in skus]
    assert [answer.status_code for answer in answers] == [200] * service.MAXIMUM_LINES + [422]
    assert answers[-1].get_json()["error"]["code"] == "bag_full"


def test_the_count_is_on_every_page(till: Till, cast: Cast) -> None:
    visitor: Visitor = till.visitor()
    visitor.post("/cart/lines", variant_id="MAREA", quantity="3")
    assert re.search(r'<span class="count num"[^>]*data-testid="bag-count">3<', visitor.get("/").get_data(as_text=True))
