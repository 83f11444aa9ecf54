"""The product page: what it says, to whom, in how many statements."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from livestream.pins import service as pins
from shop.catalog import service as catalog
from shop.catalog.models import Product, ProductStatus
from shop.core import clock, db
from shop.core.actor import SYSTEM
from shop.inventory import service as inventory
from tests.factories.cast import Cast
from tests.factories.catalog import make_product, variants_of
from tests.factories.live import make_live_room
from tests.support.visitor import Visitor


@pytest.fixture
def product(frozen: Any, cast: Cast) -> Product:
    with db.unit_of_work() as session:
        return make_product(session, cast.brand_a)


@pytest.fixture
def visitor(client: Any) -> Visitor:
    return Visitor(client)


def count_statements(client: Any, path: str) -> list[str]:
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    engine = db.current().engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return seen


def structured(html: str) -> list[dict[str, Any]]:
    return [json.loads(text) for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)]


def test_each_visitor_gets_the_own_form_token(app, product):
    pages = [app.test_client().get("/p/passo-uno").text for _ in range(2)]
    tokens = []
    for page in pages:
        (shown,) = re.findall(r'<meta name="csrf-token" content="([^"]+)"', page)
        (form,) = re.findall(r'id="buy".*?name="csrf_token" value="([^"]+)"', page, re.S)
        assert form == shown
        tokens.append(form)
    assert tokens[0] != tokens[1]


def test_a_guest_costs_at_most_four_statements(client, product):
    client.get("/p/passo-uno")
    assert len(count_statements(client, "/p/passo-uno")) <= 4


def test_it_shows_title_price_choices_and_both_forms(page, product):
    html = page("/p/passo-uno")
    assert "<h1>Passo Uno</h1>" in html
    assert "€109.00" in html
    assert 'data-variant="PASSO-UNO-38"' in html
    assert 'data-product="passo-uno"' in html
    assert 'action="/checkout/now"' in html
    assert 'formaction="/cart/lines"' in html
    assert html.count('name="seen_amount" value="10900"') == 2
    assert re.search(r'name="variant_id" value="PASSO-UNO-38" required checked', html)
    assert "VAT included" in html
    assert '<link rel="canonical" href="http://localhost:5000/p/passo-uno">' in html
    assert '<meta property="product:price:amount" content="109.00">' in html


def test_structured_data_names_each_variant_with_its_offer(page, product):
    group, crumbs = structured(page("/p/passo-uno"))
    assert group["@type"] == "ProductGroup"
    assert [variant["sku"] for variant in group["hasVariant"]] == ["PASSO-UNO-38", "PASSO-UNO-39"]
    offer = group["hasVariant"][0]["offers"]
    assert (offer["price"], offer["priceCurrency"]) == ("109.00", "EUR")
    assert offer["availability"] == "https://schema.org/InStock"
    assert [step["name"] for step in crumbs["itemListElement"]] == ["Brand A", "Passo Uno"]


def test_a_live_price_is_shown_with_its_end_and_the_struck_low(page, product):
    clock.move(timedelta(days=40))
    with db.unit_of_work() as session:
        catalog.start_live_price(
            session,
            product_id=product.id,
            amounts={"EUR": 8900},
            starts_at=clock.now(),
            ends_at=clock.now() + timedelta(minutes=5),
            source_ref="pin_1",
        )
    html = page("/p/passo-uno")
    assert "€89.00" in html
    assert re.search(r"<s class=\"strike\">.*?€109\.00", html, re.S)
    assert "−18%" in html
    assert "Struck price: 30-day low" in html
    assert 'name="source_ref" value="pin_1"' in html
    assert re.search(r'data-countdown-until-value="2027-01-03T12:05:00(\.000)?Z"', html)
    clock.move(timedelta(minutes=5))
    html = page("/p/passo-uno")
    assert "€89.00" not in html
    assert "strike" not in html


def test_sold_out_variants_are_there_and_cannot_be_chosen(page, product):
    with db.unit_of_work() as session:
        for variant in variants_of(session, product)[:1]:
            inventory.adjust(session, actor=SYSTEM, variant_id=variant.id, quantity=-5, reason="Gone")
    html = page("/p/passo-uno")
    assert re.search(r'value="PASSO-UNO-38" required disabled', html)
    assert re.search(r'value="PASSO-UNO-39" required checked', html)
    assert "5 left of 5" in html


def test_sold_out_altogether_says_so_and_disables_both_buttons(page, product):
    with db.unit_of_work() as session:
        for variant in variants_of(session, product):
            inventory.adjust(session, actor=SYSTEM, variant_id=variant.id, quantity=-5, reason="Gone")
    html = page("/p/passo-uno")
    assert re.search(r'data-testid="buy-now" disabled', html)
    assert re.search(r'data-testid="stock-left">Sold out', html)
    assert structured(html)[0]["hasVariant"][0]["offers"]["availability"] == "https://schema.org/OutOfStock"


def test_hostile_texts_stay_texts(page, cast, frozen):
    evil = '</script><script>alert(1)</script>"><img src=x onerror=alert(1)>'
    with db.unit_of_work() as session:
        made = make_product(session, cast.brand_a, slug="evil", title=evil)
        catalog.update_product(
            session, actor=SYSTEM, product_id=made.id, title={"en": evil}, description={"en": evil}, category=evil
        )
    html = page("/p/evil")
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert structured(html)[0]["name"] == evil


def test_italian_reads_italian(client, product):
    html = client.get("/p/passo-uno", headers={"Accept-Language": "it"}).get_data(as_text=True)
    assert "Passo Uno (it)" in html
    assert "109,00\xa0€" in html


def test_a_draft_is_for_the_brands_people_only(visitor, cast, product):
    with db.unit_of_work() as session:
        catalog.set_status(session, actor=SYSTEM, product_id=product.id, status=ProductStatus.DRAFT)
    assert visitor.get("/p/passo-uno").status_code == 404
    assert visitor.sign_in(cast.zed).get("/p/passo-uno").status_code == 404
    answer = visitor.sign_in(cast.mia).get("/p/passo-uno")
    assert answer.status_code == 200
    assert "Only your team sees this draft." in answer.get_data(as_text=True)


def test_an_archived_product_is_gone_and_offers_others(page, cast, product):
    with db.unit_of_work() as session:
        make_product(session, cast.brand_a, slug="passo-corsa", title="Passo Corsa")
        catalog.archive_product(session, actor=SYSTEM, product_id=product.id)
    html = page("/p/passo-uno", 410)
    assert "Passo Uno is no longer sold." in html
    assert 'data-product="passo-corsa"' in html


@pytest.mark.parametrize(
    "path", ["/p/nothing", "/p/%00", "/p/" + "x" * 500, "/p/..%2f", "/b/nothing", "/b/brand-a?tab=x"]
)
def test_unknown_addresses_are_not_found(client, product, path):
    assert client.get(path).status_code == 404


def test_the_wanted_variant_is_picked(page, product):
    assert re.search(r'value="PASSO-UNO-39" required checked', page("/p/passo-uno?variant=PASSO-UNO-39"))


def test_the_brand_page_lists_what_it_sells(page, product, cast):
    with db.unit_of_work() as session:
        make_product(session, cast.brand_a, slug="hidden", title="Hidden", status=ProductStatus.DRAFT)
        make_product(session, cast.brand_b, slug="foreign", title="Foreign")
    html = page("/b/brand-a")
    assert 'data-product="passo-uno"' in html
    assert "/p/hidden" not in html
    assert "/p/foreign" not in html
    for tab in ("live", "replays", "about"):
        assert 'aria-current="page"' in page(f"/b/brand-a?tab={tab}")


def test_the_band_is_drawn_in_the_brands_colour(client, cast):
    answer = client.get("/b/brand-a/band.svg")
    assert answer.mimetype == "image/svg+xml"
    assert 'fill="#1E1815"' in answer.get_data(as_text=True)


def test_while_it_is_pinned_the_page_leads_into_the_stream_for_the_same_price(client, frozen, cast):
    with db.unit_of_work() as session:
        room = make_live_room(session, cast.brand_a, host=cast.ben)
    clock.move(timedelta(minutes=1))
    with db.unit_of_work() as session:
        pins.pin_item(session, actor=cast.ben, room_id=room.id, item_id=room.items[0].id)
    client.get("/p/passo-uno")
    assert len(count_statements(client, "/p/passo-uno")) <= 4
    html = client.get("/p/passo-uno").get_data(as_text=True)
    assert 'class="nowstrip product__now" href="/live/evening-walk"' in html
    assert "Live now with Ben" in html
    assert "€89.00 for another" in html
    assert "nowstrip" not in client.get("/p/alpe-jacket").get_data(as_text=True)
