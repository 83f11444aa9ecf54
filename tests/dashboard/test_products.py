"""The brand's products: table, editor, pictures, stock; who may look and who may change."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from sqlalchemy import select

from shop.catalog.models import Product, ProductImage, ProductStatus, Variant, VariantPrice
from shop.core import db
from shop.inventory.queries import levels
from shop.media.models import Image
from tests.factories.cast import Cast
from tests.factories.catalog import make_product, picture, variants_of
from tests.support.visitor import Visitor

BASE = "/dashboard/brand-a/products"


@pytest.fixture
def product(cast: Cast) -> Product:
    with db.unit_of_work() as session:
        return make_product(session, cast.brand_a)


@pytest.fixture
def visitor(client: Any) -> Visitor:
    return Visitor(client)


@pytest.fixture
def olga(visitor: Visitor, cast: Cast) -> Visitor:
    return visitor.sign_in(cast.olga)


def text(answer: Any, status: int = 200) -> str:
    html: str = answer.get_data(as_text=True)
    assert answer.status_code == status, html[:600]
    return html


def edit(**changes: str | None) -> dict[str, str]:
    """The editor's form as the page would send it, with changes; None leaves a field out."""
    fields: dict[str, str | None] = {
        "title_en": "Passo Uno",
        "title_it": "Passo Uno",
        "description_en": "Cut and stitched by hand.",
        "description_it": "Tagliata e cucita a mano.",
        "category": "",
        "status": "active",
        "option-0-en": "Size",
        "option-0-it": "Taglia",
        "option-0-values": "38\n39",
        "row-0-on": "1",
        "row-0-choices": "38",
        "row-0-sku": "PASSO-UNO-38",
        "row-0-EUR": "109.00",
        "row-1-on": "1",
        "row-1-choices": "39",
        "row-1-sku": "PASSO-UNO-39",
        "row-1-EUR": "109.00",
    }
    fields.update({name.replace("__", "-"): value for name, value in changes.items()})
    return {name: value for name, value in fields.items() if value is not None}


def amounts(currency: str = "EUR") -> dict[str, int]:
    with db.reading() as session:
        rows = session.execute(
            select(Variant.sku, VariantPrice.price_amount)
            .join(Variant, Variant.id == VariantPrice.variant_id)
            .where(VariantPrice.price_currency == currency, Variant.is_active)
        )
        return {row.sku: row.price_amount for row in rows}


def test_the_table_lists_only_the_brands_own(olga, cast, product):
    with db.unit_of_work() as session:
        make_product(session, cast.brand_b, slug="foreign", title="Foreign shoe")
    html = text(olga.get(BASE))
    assert 'data-product="passo-uno"' in html
    assert "Foreign shoe" not in html
    assert "10 of 10" in html
    assert "€109.00" in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=corsa", {"passo-corsa"}),
        ("q=PASSO-UNO-39", {"passo-uno"}),
        ("q=100%25", set()),
        ("q=_", set()),
        ("status=draft", {"hidden"}),
        ("stock=out", {"passo-corsa", "hidden"}),
        ("stock=low", {"passo-uno"}),
        ("q=PASSO&order=title", {"passo-uno", "passo-corsa"}),
        ("page=999", {"passo-uno", "passo-corsa", "hidden"}),
    ],
)
def test_search_and_filters_are_in_the_address(olga, cast, product, query, found):
    with db.unit_of_work() as session:
        make_product(session, cast.brand_a, slug="passo-corsa", title="Passo Corsa", stock=0)
        make_product(session, cast.brand_a, slug="hidden", title="Hidden", stock=0, status=ProductStatus.DRAFT)
    assert set(re.findall(r'<tr data-product="([^"]+)"', text(olga.get(f"{BASE}?{query}")))) == found


@pytest.mark.parametrize(
    "query", ["status=x", "page=0", "page=x", "page=1e309", "order=price", "nonsense=1", "q=%00", "q=" + "x" * 101]
)
def test_hostile_addresses_of_the_table_are_refused(olga, query):
    assert olga.get(f"{BASE}?{query}").status_code == 422


def test_a_new_product_starts_as_a_draft(olga, cast):
    answer = olga.post(BASE, title_en="Alpe jacket", title_it="", category="Outerwear")
    assert answer.status_code == 303
    html = text(olga.get(answer.headers["Location"]))
    assert "Draft" in html
    assert 'value="ALPE-JACKET"' in html
    with db.reading() as session:
        made = session.scalars(select(Product)).one()
    assert (made.slug, made.status, made.title) == ("alpe-jacket", "draft", {"en": "Alpe jacket"})


def test_a_product_without_a_title_is_shown_again(olga, cast):
    html = text(olga.post(BASE, title_en=" ", title_it="", category="Shoes"), 422)
    assert 'value="Shoes"' in html
    assert "This is needed." in html


def test_saving_changes_texts_prices_and_options(olga, product):
    answer = olga.post(
        f"{BASE}/passo-uno",
        **edit(
            title_en="Passo Uno, green",
            row__0__EUR="99,50",
            row__1__USD="120",
            **{"option-0-values": "38\n39\n40 / Quaranta"},
        ),
    )
    assert answer.status_code == 303
    assert amounts() == {"PASSO-UNO-38": 9950, "PASSO-UNO-39": 10900, "PASSO-UNO-40": 9950}
    assert amounts("USD")["PASSO-UNO-39"] == 12000
    html = text(olga.get(f"{BASE}/passo-uno"))
    assert "Passo Uno, green" in html
    assert "40 / Quaranta" in html


def test_a_variant_that_is_switched_off_keeps_its_history(olga, product):
    fields = edit(row__1__on=None)
    assert olga.post(f"{BASE}/passo-uno", **fields).status_code == 303
    with db.reading() as session:
        rows = {row.sku: row.is_active for row in session.scalars(select(Variant))}
    assert rows == {"PASSO-UNO-38": True, "PASSO-UNO-39": False}
    assert olga.post(f"{BASE}/passo-uno", **edit()).status_code == 303
    with db.reading() as session:
        assert len(session.scalars(select(Variant).where(Variant.is_active)).all()) == 2


def test_two_variants_may_swap_their_skus(olga, product):
    answer = olga.post(f"{BASE}/passo-uno", **edit(row__0__sku="PASSO-UNO-39", row__1__sku="PASSO-UNO-38"))
    assert answer.status_code == 303
    with db.reading() as session:
        assert {row.sku: row.choices for row in session.scalars(select(Variant))} == {
            "PASSO-UNO-39": ["38"],
            "PASSO-UNO-38": ["39"],
        }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"row__0__EUR": "-1"}, "row-0-EUR"),
        ({"row__0__EUR": "1e309"}, "row-0-EUR"),
        ({"row__0__EUR": "NaN"}, "row-0-EUR"),
        ({"row__0__EUR": "1.234,00"}, "row-0-EUR"),
        ({"row__0__EUR": "99999999999"}, "row-0-EUR"),
        ({"row__0__EUR": "10.999"}, "row-0-EUR"),
        ({"row__0__sku": ""}, "row-0-sku"),
        ({"row__0__sku": "a b"}, "row-0-sku"),
        ({"row__0__sku": "x" * 61}, "row-0-sku"),
        ({"title_en": "", "title_it": ""}, "title_en"),
        ({"title_en": "a\x00b"}, "title_en"),
        ({"title_en": "x" * 121}, "title_en"),
        ({"description_en": "x" * 10_001}, "description_en"),
        ({"status": "sold"}, "status"),
        ({"nonsense": "1"}, "nonsense"),
        ({"row__0__on": None, "row__1__on": None}, "variants"),
        ({"option-0-values": "38\n38"}, "option-0-values"),
        ({"option-0-values": "\n".join(str(n) for n in range(31))}, "option-0-values"),
        ({"option-0-en": "", "option-0-it": ""}, "option-0-values"),
        ({"row__0__EUR": "", "row__1__EUR": "5"}, None),
    ],
)
def test_a_refused_form_changes_nothing_and_keeps_what_was_typed(olga, product, changes, field):
    answer = olga.post(f"{BASE}/passo-uno", **edit(category="Typed", **changes))
    html = text(answer, 422 if field else 303)
    if field:
        assert f'href="#{field}"' in html
        assert 'value="Typed"' in html
        assert amounts() == {"PASSO-UNO-38": 10900, "PASSO-UNO-39": 10900}


def test_going_on_sale_needs_prices(olga, cast):
    olga.post(BASE, title_en="Alpe", title_it="", category="")
    fields = {
        "title_en": "Alpe", "title_it": "", "description_en": "", "description_it": "", "category": "",
        "status": "active", "row-0-on": "1", "row-0-choices": "", "row-0-sku": "ALPE", "row-0-EUR": "",
    }  # fmt: skip
    assert "Give every variant a price first." in text(olga.post(f"{BASE}/alpe", **fields), 422)
    assert olga.post(f"{BASE}/alpe", **{**fields, "row-0-EUR": "189"}).status_code == 303
    assert text(olga.get("/p/alpe"))


def test_a_sku_of_another_product_is_told(olga, cast, product):
    with db.unit_of_work() as session:
        make_product(session, cast.brand_b, slug="foreign", sizes=())
    html = text(olga.post(f"{BASE}/passo-uno", **edit(row__0__sku="FOREIGN")), 409)
    assert "The SKU FOREIGN is used already." in html


def test_a_copy_is_a_draft_with_new_skus_and_no_stock(olga, product):
    answer = olga.post(f"{BASE}/passo-uno/duplicate")
    assert answer.status_code == 303
    with db.reading() as session:
        copy = session.scalars(select(Product).where(Product.slug == "passo-uno-copy")).one()
        variants = variants_of(session, copy)
        assert copy.status == "draft"
        assert [row.sku for row in variants] == ["PASSO-UNO-38-COPY", "PASSO-UNO-39-COPY"]
        assert {level.left for level in levels(session, [row.id for row in variants]).values()} == {0}


def test_several_products_change_their_status_together_or_not_at_all(olga, cast, product):
    with db.unit_of_work() as session:
        other = make_product(session, cast.brand_b, slug="foreign")
    answer = olga.post(f"{BASE}/status", status="archived", product_ids=[product.id, other.id])
    assert answer.status_code == 404
    assert olga.post(f"{BASE}/status", status="archived", product_ids=[product.id]).status_code == 303
    with db.reading() as session:
        assert {row.slug: row.status for row in session.scalars(select(Product))} == {
            "passo-uno": "archived",
            "foreign": "active",
        }


def upload(visitor: Visitor, data: bytes, **fields: str) -> Any:
    words = {"alt_en": "A white shoe", "alt_it": "Una scarpa bianca", **fields}
    return visitor.post(f"{BASE}/passo-uno/pictures", picture=(io.BytesIO(data), "../../evil.php"), **words)


def test_pictures_are_added_moved_described_and_removed(olga, product):
    for _ in range(2):
        assert upload(olga, picture(300, 300)).status_code == 303
    with db.reading() as session:
        first, second = session.scalars(select(ProductImage.image_id).order_by(ProductImage.position)).all()
    assert olga.post(f"{BASE}/passo-uno/pictures/order", act=f"up:{second}").status_code == 303
    words = {f"alt-en-{first}": "Side", f"alt-it-{first}": "Lato"}
    assert olga.post(f"{BASE}/passo-uno", **edit(), **words).status_code == 303
    html = text(olga.get("/p/passo-uno"))
    assert html.index(second) < html.index(first)
    assert 'alt="Side"' in html
    assert olga.post(f"{BASE}/passo-uno/pictures/order", act=f"remove:{second}").status_code == 303
    with db.reading() as session:
        assert session.scalars(select(ProductImage.image_id)).all() == [first]


@pytest.mark.parametrize(
    ("data", "fields", "status"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", {}, 422),
        (picture() + b"<script>alert(1)</script>", {}, 422),
        (picture(), {"alt_en": " "}, 422),
        (picture(), {"alt_it": "x" * 201}, 422),
        (picture(), {"nonsense": "1"}, 422),
        (b"", {}, 422),
        (b"\xff" * (10 * 1024 * 1024 + 1), {}, 413),
    ],
    ids=["svg", "polyglot", "no alt", "long alt", "unknown", "empty", "large"],
)
def test_a_refused_picture_leaves_nothing(olga, product, data, fields, status):
    text(upload(olga, data, **fields), status)
    with db.reading() as session:
        assert session.scalars(select(Image)).all() == []


def test_alt_text_is_needed_in_both_languages_when_saving(olga, product):
    upload(olga, picture())
    with db.reading() as session:
        image_id = session.scalars(select(Image.id)).one()
    html = text(olga.post(f"{BASE}/passo-uno", **edit(), **{f"alt-en-{image_id}": "", f"alt-it-{image_id}": "x"}), 422)
    assert f'href="#alt-en-{image_id}"' in html


def test_stock_changes_with_a_reason_and_shows_its_history(olga, product):
    with db.reading() as session:
        variant = variants_of(session, product)[0].id
    path = f"{BASE}/passo-uno/stock"
    answer = olga.post(path, variant_id=variant, kind="adjusted", quantity="-2", reason="Water damage")
    assert answer.status_code == 303
    html = text(olga.get(path))
    assert "Water damage" in html
    assert "Olga" in html
    with db.reading() as session:
        assert levels(session, [variant])[variant].left == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": "0"}, {"quantity": "-9", "reason": "x"}, {"quantity": "1.5"}, {"quantity": "NaN"},
        {"quantity": "9" * 30}, {"kind": "stolen"}, {"variant_id": "var_x"}, {"kind": "adjusted", "reason": ""},
        {"kind": "received", "quantity": "-1"}, {"reason": "x" * 201}, {"more": "1"},
    ],
)  # fmt: skip
def test_refused_changes_of_stock_change_nothing(olga, product, changes):
    with db.reading() as session:
        variant = variants_of(session, product)[0].id
    fields = {"variant_id": variant, "kind": "adjusted", "quantity": "1", "reason": "Found one", **changes}
    assert olga.post(f"{BASE}/passo-uno/stock", **fields).status_code in {409, 422}
    with db.reading() as session:
        assert levels(session, [variant])[variant].left == 5


@pytest.mark.parametrize("name", ["ben", "mia", "ugo"])
def test_the_others_look_and_cannot_change(visitor, cast, product, name):
    someone = visitor.sign_in(getattr(cast, name))
    html = text(someone.get(f"{BASE}/passo-uno"))
    assert '<fieldset class="editor__all" disabled>' in html
    assert 'savebar"' not in html.replace('data-controller="savebar"', "")
    for path, fields in (
        (f"{BASE}/passo-uno", edit(title_en="Mine")),
        (BASE, {"title_en": "x"}),
        (f"{BASE}/passo-uno/duplicate", {}),
        (f"{BASE}/passo-uno/stock", {}),
        (f"{BASE}/passo-uno/pictures", {}),
        (f"{BASE}/status", {}),
    ):
        assert someone.post(path, **fields).status_code == 403
    with db.reading() as session:
        assert session.scalars(select(Product.title)).all() == [product.title]


@pytest.mark.parametrize("name", ["ana", "zed", "root"])
def test_people_of_elsewhere_find_nothing(visitor, cast, product, name):
    someone = visitor.sign_in(getattr(cast, name))
    for path in ("/dashboard/brand-a", BASE, f"{BASE}/passo-uno", f"{BASE}/passo-uno/stock"):
        assert someone.get(path).status_code == 404


def test_another_brands_product_is_not_found_under_the_own_name(visitor, cast, product):
    zed = visitor.sign_in(cast.zed)
    assert zed.get("/dashboard/brand-b/products/passo-uno").status_code == 404
    assert zed.post("/dashboard/brand-b/products/passo-uno", **edit()).status_code == 404
    assert zed.post("/dashboard/brand-b/products/passo-uno/duplicate").status_code == 404


def test_guests_are_asked_to_sign_in(client, product):
    assert client.get(BASE).status_code == 303


def test_the_dashboard_leads_to_the_only_brand(olga, visitor, cast):
    assert olga.get("/dashboard").headers["Location"].endswith("/dashboard/brand-a")
    assert "Which brand?" in text(visitor.sign_in(cast.ana).get("/dashboard"))


@pytest.mark.parametrize("name", ["olga", "pia", "ben", "mia", "ugo"])
def test_the_overview_is_honest_about_an_empty_brand(visitor, cast, name):
    html = text(visitor.sign_in(getattr(cast, name)).get("/dashboard/brand-a"))
    assert ("Orders to ship" in html) == (name in {"olga", "pia", "ugo"})
    assert ("Put a product on sale" in html) == (name in {"olga", "pia"})
