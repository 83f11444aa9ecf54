"""What the next message carries: a product by search, one's own order; without scripts as with them."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from flask import Flask

from shop.catalog.models import ProductStatus
from shop.core import clock, db
from shop.core.actor import Actor
from shop.orders.models import Order, OrderLine, OrderPart, OrderState
from tests.factories.cast import Cast
from tests.factories.catalog import make_product, variants_of
from tests.messaging.conftest import befriend, brand_thread, direct, make_group
from tests.support.visitor import Visitor


@pytest.fixture
def goods(cast: Cast, frozen: datetime) -> None:
    """Brand A sells a shoe and a jacket and hides a draft; Brand B sells a mug."""
    with db.unit_of_work() as session:
        make_product(session, cast.brand_a, slug="passo-uno", title="Passo Uno")
        make_product(session, cast.brand_a, slug="alpe-jacket", title="Alpe jacket", sizes=())
        draft = make_product(session, cast.brand_a, slug="passo-segreto", title="Passo Segreto")
        draft.status = ProductStatus.DRAFT
        make_product(session, cast.brand_b, slug="marea", title="Marea 100%", sizes=())


def make_order(session_slug: str, owner: Actor, number: int) -> None:
    """A paid order of one line."""
    from sqlalchemy import select

    from shop.catalog.models import Product

    with db.unit_of_work() as session:
        product = session.scalars(select(Product).where(Product.slug == session_slug)).one()
        variant = variants_of(session, product)[0]
        order = Order(
            number=number, account_id=owner.account_id, state=OrderState.PAID, currency="EUR",
            items_amount=8900, shipping_amount=0, total_amount=8900, paid_at=clock.now(),
        )  # fmt: skip
        session.add(order)
        session.flush()
        part = OrderPart(order_id=order.id, brand_id=product.brand_id, letter="A", items_amount=8900, shipping_amount=0)
        session.add(part)
        session.flush()
        session.add(
            OrderLine(
                part_id=part.id, variant_id=variant.id, product_id=product.id, sku=variant.sku,
                title=product.title, quantity=1, unit_amount=8900,
            )
        )  # fmt: skip


def offered(visitor: Visitor, thread_id: str, query: str = "") -> list[str]:
    answer = visitor.get(f"/messages/{thread_id}/attach{query}")
    assert answer.status_code == 200
    return re.findall(r'data-attach-pick="([^"]+)"', answer.get_data(as_text=True))


@pytest.fixture
def ana(app: Flask, cast: Cast) -> Visitor:
    return Visitor(app.test_client()).sign_in(cast.ana)


def test_a_brands_thread_offers_what_the_brand_sells(goods: None, ana: Visitor, cast: Cast) -> None:
    thread_id = brand_thread(cast.ana, cast.brand_a.id)
    assert set(offered(ana, thread_id)) == {"product:alpe-jacket", "product:passo-uno"}
    assert offered(ana, thread_id, "?q=PASSO") == ["product:passo-uno"]
    assert offered(ana, thread_id, "?q=marea") == []
    assert "Nothing on sale has" in ana.get(f"/messages/{thread_id}/attach?q=marea").get_data(as_text=True)


@pytest.mark.parametrize("kind", ["direct", "group"])
def test_friends_can_send_anything_on_sale_and_no_orders(goods: None, ana: Visitor, cast: Cast, kind: str) -> None:
    befriend(cast.ana, cast.sam)
    make_order("passo-uno", cast.ana, 1042)
    thread_id = direct(cast.ana, cast.sam) if kind == "direct" else make_group(cast.ana, cast.sam)
    assert set(offered(ana, thread_id)) == {"product:alpe-jacket", "product:passo-uno", "product:marea"}
    assert offered(ana, thread_id, "?q=100%25") == ["product:marea"]  # A percent sign means itself.
    assert set(offered(ana, thread_id, "?tab=orders")) == set(offered(ana, thread_id))
    assert "tab=orders" not in ana.get(f"/messages/{thread_id}/attach").get_data(as_text=True)


def test_ones_own_orders_with_this_brand(goods: None, ana: Visitor, cast: Cast) -> None:
    make_order("passo-uno", cast.ana, 1042)
    make_order("marea", cast.ana, 1043)
    make_order("passo-uno", cast.sam, 1044)
    thread_id = brand_thread(cast.ana, cast.brand_a.id)
    assert offered(ana, thread_id, "?tab=orders") == ["order:1042"]
    other = brand_thread(cast.sam, cast.brand_b.id)
    sam = Visitor(ana.client.application.test_client()).sign_in(cast.sam)
    assert offered(sam, other, "?tab=orders") == []


def test_picked_without_scripts_it_stands_in_the_composer_and_is_sent(goods: None, ana: Visitor, cast: Cast) -> None:
    make_order("passo-uno", cast.ana, 1042)
    thread_id = brand_thread(cast.ana, cast.brand_a.id)
    page = ana.get(f"/messages/{thread_id}").get_data(as_text=True)
    assert f'href="/messages/{thread_id}/attach"' in page
    first = ana.get(f"/messages/{thread_id}/attach?q=passo").get_data(as_text=True)
    address = re.search(r'href="(/messages/[^"]+card=product[^"]+)"', first)
    assert address is not None
    thread = ana.get(address[1].replace("&amp;", "&").split("#")[0]).get_data(as_text=True)
    assert 'name="card" value="product:passo-uno"' in thread
    again = re.search(rf'href="(/messages/{thread_id}/attach\?[^"]+)"', thread)
    assert again is not None
    second = ana.get(again[1].replace("&amp;", "&") + "&tab=orders").get_data(as_text=True)
    both = re.search(r'href="(/messages/[^"]+card=order[^"]+)"', second)
    assert both is not None
    assert both[1].replace("&amp;", "&") == f"/messages/{thread_id}?card=product%3Apasso-uno&card=order%3A1042#say"
    sent = ana.post(f"/messages/{thread_id}", text="", client_key="k", card=["product:passo-uno", "order:1042"])  # type: ignore[arg-type]
    assert sent.status_code == 303
    text = ana.get(f"/messages/{thread_id}").get_data(as_text=True)
    assert 'data-product="passo-uno"' in text and "Order 1042" in text


def test_the_sheet_is_the_part_alone(goods: None, ana: Visitor, cast: Cast) -> None:
    thread_id = brand_thread(cast.ana, cast.brand_a.id)
    part = ana.get(f"/messages/{thread_id}/attach?part=1").get_data(as_text=True)
    assert "<html" not in part and 'data-attach-pick="product:passo-uno"' in part


def test_others_threads_do_not_exist(goods: None, app: Flask, ana: Visitor, cast: Cast) -> None:
    thread_id = brand_thread(cast.ana, cast.brand_a.id)
    for actor in (cast.sam, cast.zed, cast.root, cast.olga):  # A brand composes offers in its inbox.
        assert Visitor(app.test_client()).sign_in(actor).get(f"/messages/{thread_id}/attach").status_code == 404
    assert Visitor(app.test_client()).get(f"/messages/{thread_id}/attach").status_code == 303
