"""What a profile may show of bag and purchases: products, and nothing else of them."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

from sqlalchemy import update

from shop.cart.shared import in_bag
from shop.catalog.models import Product, ProductStatus
from shop.core import clock, db
from shop.orders.shared import bought_lately
from shop.social.panels import Thing
from tests.factories.cast import Cast
from tests.support.till import Till

OF_A_THING = {"url", "title", "image_url"}


def bag_of(account_id: str | None) -> list[str]:
    with db.reading() as session:
        return [thing.url for thing in in_bag(session, str(account_id))]


def bought_by(account_id: str | None) -> list[str]:
    with db.reading() as session:
        return [thing.url for thing in bought_lately(session, str(account_id))]


def archive(product: Product) -> None:
    with db.unit_of_work() as session:
        session.execute(update(Product).where(Product.id == product.id).values(status=ProductStatus.ARCHIVED))


def test_a_thing_has_no_price_size_or_quantity() -> None:
    assert {field.name for field in fields(Thing)} == OF_A_THING


def test_the_bag_shows_products_once_last_added_first(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    for sku in ("PASSO-UNO-38", "PASSO-UNO-39", "MAREA"):
        assert ana.post("/cart/lines", variant_id=sku).status_code == 303
    assert bag_of(cast.ana.account_id) == ["/p/marea", "/p/passo-uno"]
    assert bag_of(cast.sam.account_id) == []
    archive(till.mug)
    assert bag_of(cast.ana.account_id) == ["/p/passo-uno"]  # What nobody can look at is not shown.


def test_purchases_are_paid_and_recent(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    answer = ana.post("/checkout/now", variant_id="MAREA")
    assert bought_by(cast.ana.account_id) == []  # Not paid yet.
    ana.get(till.pay(answer))
    assert bought_by(cast.ana.account_id) == ["/p/marea"]
    assert bought_by(cast.sam.account_id) == []
    with clock.frozen(clock.now() + timedelta(days=91)):
        assert bought_by(cast.ana.account_id) == []
