"""Each component draws with the smallest call, escapes what people wrote, and says in words what it shows in colour."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.components.rendering import NOON, ROOT, THEMES, draw, environment, styleguide

COMPONENTS = sorted((ROOT / "templates" / "components").glob("[!_]*.html"))
PRICE = {"amount": 8900, "currency": "EUR"}
LOW = {"amount": 10900, "currency": "EUR"}
EVIL = "<script>alert(1)</script>"


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_component_is_documented(path: Path) -> None:
    source = path.read_text()
    assert "{#" in source, "a usage comment stands on top"
    assert "{#" in source[: source.index("{% macro")] if "{% macro" in source else True


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_component_offers_a_macro_of_its_name(path: Path) -> None:
    offered = vars(environment().get_template(f"components/{path.stem}.html").module)
    name = {"chip": "chips"}.get(path.stem, path.stem)
    assert name in offered


@pytest.mark.parametrize("theme", THEMES)
def test_styleguide_draws(theme: str) -> None:
    page = styleguide(theme)
    assert f'data-theme="{theme}"' in page
    assert 'style="' not in page


def test_styleguide_shows_every_component() -> None:
    source = (ROOT / "templates" / "styleguide" / "page.html").read_text()
    names = {path.stem for path in COMPONENTS} - {"icon_button", "live_badge"}
    assert [name for name in sorted(names) if f"components/{name}.html" not in source] == []


def test_every_icon_of_the_components_is_in_the_sprite() -> None:
    listed = set((ROOT / "static" / "icons.txt").read_text().split())
    used = set(re.findall(r"icons\.svg#([a-z0-9-]+)", "".join(styleguide(theme) for theme in THEMES)))
    assert used - listed == set()


def test_price_says_that_the_struck_one_is_the_lowest_of_thirty_days() -> None:
    html = draw(
        '{% from "components/price.html" import price %}{{ price(now, low, 18, note=true) }}', now=PRICE, low=LOW
    )
    assert words(html) == "€89.00 Lowest price in the last 30 days: €109.00 −18% Struck price: 30-day low"


def test_stock_says_the_last_one_in_words() -> None:
    source = '{% from "components/stock_meter.html" import stock_meter %}{{ stock_meter(left, 40) }}'
    assert [words(draw(source, left=left)) for left in (7, 1, 0)] == ["7 left of 40", "Last one", "Sold out"]


def test_text_of_people_stays_text() -> None:
    html = draw(
        '{% from "components/product_card.html" import product_card %}{{ product_card("/p/x", evil, none, evil, now) }}'
        '{% from "components/field.html" import field %}{{ field("name", evil, value=evil, errors={"name": evil}) }}'
        '{% from "components/stream_card.html" import stream_card %}{{ stream_card("/live/x", evil, evil, "/p.webp", evil) }}',
        evil=EVIL,
        now=PRICE,
    )
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 7


def test_field_ties_help_and_error_to_the_input() -> None:
    html = draw(
        '{% from "components/field.html" import field %}{{ field("email", "Email", help="For the receipt", errors=errors) }}',
        errors={"email": "Enter an email address."},
    )
    assert 'aria-describedby="email-help email-error"' in html
    assert 'aria-invalid="true"' in html
    assert '<label class="lab" for="email">Email</label>' in html


def test_sold_out_option_stays_visible_and_is_disabled() -> None:
    html = draw(
        '{% from "components/chip.html" import chips %}{{ chips("Size", "variant", options, "37", attrs) }}',
        options=[("37", "37", False), ("38", "38", True)],
        attrs={"38": {"data-variant": "SKU-38"}},
    )
    assert re.search(r'value="37" checked', html)
    assert re.search(r'value="38" disabled data-variant="SKU-38"', html)
    assert "(sold out)" in html


def test_order_timeline_has_one_current_step() -> None:
    source = '{% from "components/order_timeline.html" import order_timeline %}{{ order_timeline(paid_at=at) }}'
    html = draw(source, at=NOON)
    assert re.findall(r'<li class="(\w+)"', html) == ["done", "cur", "fut", "fut"]
    assert html.count('aria-current="step"') == 1


def test_refunded_order_ends_its_timeline() -> None:
    source = (
        '{% from "components/order_timeline.html" import order_timeline %}'
        '{{ order_timeline(paid_at=at, ended=("refunded", at)) }}'
    )
    html = draw(source, at=NOON)
    assert re.findall(r"<b>(\w+)</b>", html) == ["Paid", "Refunded"]


def test_pager_of_one_page_draws_nothing() -> None:
    assert draw('{% from "components/pager.html" import pager %}{{ pager(1, 1, none) }}').strip() == ""


@pytest.mark.parametrize("layout", ["shop", "auth", "room", "dashboard"])
def test_layout_has_its_landmarks(layout: str) -> None:
    body = "{% block room %}<main id='main'></main>{% endblock %}" if layout == "room" else ""
    html = draw(
        f'{{% extends "layouts/{layout}.html" %}}{body}',
        membership=SimpleNamespace(brand_name="Passo Volante", role="owner"),
        nav=[
            {"label": "Orders", "icon": "box", "url": "/o", "active": True, "count": 3},
            {"label": "Streams", "icon": "radio", "url": "/s", "active": False, "count": 0},
        ],
    )
    assert html.startswith("<!doctype html>")
    assert html.count("<main") == 1
    assert '<a class="skip" href="#main">' in html
    assert 'nonce="nonce"' in html
    assert html.count('rel="preload"') == 2


@pytest.mark.parametrize("status", [403, 404, 409, 410, 422, 429, 500])
def test_error_page_says_what_to_do(status: int) -> None:
    page = environment().get_template("errors/error.html")
    html = page.render(status=status, code="some_code", message="It happened.", fields={})
    assert "It happened." in html
    assert re.search(r'<a class="btn btn-primary" href="[^"]+"', html)
