"""The offer composer: what it finds, shows, refuses and sends; with and without scripts; for which role."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.catalog.models import Product
from shop.core import db, ids
from shop.core.actor import SYSTEM, Actor
from shop.core.money import Money
from shop.inventory.models import StockLevel
from shop.messaging import service as messaging
from shop.messaging.models import Message
from shop.offers import service
from shop.offers.models import Offer, OfferState
from shop.shipping.models import CountryGroup
from shop.shipping.service import set_rates
from tests.factories.cast import Cast
from tests.factories.catalog import make_product, variants_of
from tests.support.visitor import JSON, Visitor

RATES = {CountryGroup.HOME: Money(490, "EUR"), CountryGroup.EU: Money(990, "EUR")}


@dataclass
class Desk:
    """Brand A's shoes (109.00; 38 and 39, five of each), Ana's and Sam's threads with it, and a screen for anybody."""

    app: Flask
    cast: Cast
    shoes: Product
    mug: Product
    threads: dict[str, str]
    variants: list[str]
    screens: dict[str, Visitor] = field(default_factory=dict)

    def screen(self, name: str) -> Visitor:
        if name not in self.screens:
            self.screens[name] = Visitor(self.app.test_client()).sign_in(getattr(self.cast, name))
        return self.screens[name]

    def path(self, shopper: str = "ana") -> str:
        return f"/dashboard/brand-a/inbox/{self.threads[shopper]}/offers"

    def typed(self, **changes: Any) -> dict[str, Any]:
        """The form as the page would send it."""
        values = {
            "client_key": "key-1",
            "product": self.shoes.slug,
            "variant_id": self.variants[0],
            "quantity": "1",
            "way": "price",
            "value": "104",
            "to": "home",
            "shipping": "usual",
            "minutes": "60",
            "holds_stock": "yes",
        }
        return {name: value for name, value in (values | changes).items() if value is not None}

    def send(self, name: str = "olga", *, headers: dict[str, str] | None = None, **changes: Any) -> Any:
        return self.screen(name).post(self.path(), headers=headers, **self.typed(**changes))


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    with db.unit_of_work() as session:
        shoes = make_product(session, cast.brand_a, stock=5)
        mug = make_product(session, cast.brand_b, slug="marea", title="Marea", sizes=(), amount=2900, stock=5)
        set_rates(session, actor=SYSTEM, brand_id=cast.brand_a.id, currency="EUR", rates=dict(RATES))
        threads = {name: _ask(session, getattr(cast, name), cast.brand_a.id) for name in ("ana", "sam")}
        variants = [variant.id for variant in variants_of(session, shoes)]
    return Desk(app=app, cast=cast, shoes=shoes, mug=mug, threads=threads, variants=variants)


def _ask(session: Any, actor: Actor, brand_id: str) -> str:
    thread = messaging.open_brand_thread(session, actor=actor, brand_id=brand_id)
    messaging.send_message(session, actor=actor, thread_id=thread.id, text="Avete la 38?", client_key=ids.new_id("msg"))
    return thread.id


def offers() -> list[Offer]:
    with db.reading() as session:
        return list(session.scalars(select(Offer).order_by(Offer.id)))


def held(variant_id: str) -> int:
    with db.reading() as session:
        return session.scalars(select(StockLevel.held).where(StockLevel.variant_id == variant_id)).one()


def page_of(answer: Any, status: int = 200) -> str:
    html: str = answer.get_data(as_text=True)
    assert answer.status_code == status, html[:600]
    return html


def words(html: str) -> str:
    """Tags and spaces taken away."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def error_at(html: str, name: str) -> str:
    found = re.search(rf'id="{name}-error".*?<span>(.*?)</span>', html, re.S)
    return found.group(1) if found else ""


def test_begins_with_what_the_shopper_asked_about(desk: Desk) -> None:
    with db.unit_of_work() as session:
        messaging.send_message(
            session,
            actor=desk.cast.ana,
            thread_id=desk.threads["ana"],
            text="",
            client_key="card",
            cards=[("product", desk.shoes.slug)],
        )
    html = page_of(desk.screen("ugo").get(f"{desk.path()}/new"))
    assert re.search(rf'name="product" value="{desk.shoes.slug}" checked', html)
    assert html.count('name="variant_id"') == 2
    assert "Offer for Ana" in html
    part = page_of(desk.screen("ugo").get(f"{desk.path()}/new?part=form"))
    assert "<html" not in part
    assert part.lstrip().startswith("<form")


def test_only_this_brands_products_on_sale_are_found(desk: Desk) -> None:
    with db.unit_of_work() as session:
        make_product(session, desk.cast.brand_a, slug="bozza", title="Bozza", sizes=(), status="draft")
    olga = desk.screen("olga")
    everything = page_of(olga.get(f"{desk.path()}/new"))
    assert re.findall(r'name="product" value="([^"]+)"', everything) == [desk.shoes.slug]
    found = page_of(olga.post(f"{desk.path()}/draft?part=form", **desk.typed(product=None, variant_id=None, q="UNO")))
    assert re.findall(r'name="product" value="([^"]+)"', found) == [desk.shoes.slug]
    none = page_of(
        olga.post(f"{desk.path()}/draft?part=form", **desk.typed(product="marea", variant_id=None, q="100%"))
    )
    assert "No product on sale has these words." in none
    assert 'name="variant_id"' not in none


def test_the_card_is_drawn_while_it_is_typed_and_nothing_is_written(desk: Desk) -> None:
    drawn = words(
        page_of(
            desk.screen("olga").post(
                f"{desk.path()}/draft?part=form", **desk.typed(way="percent", value="10", quantity="2", to="eu")
            )
        )
    )
    # 109.00 less a tenth, twice, and the parcel.
    assert "Olga's discount −€21.80" in drawn
    assert "Total, VAT included €206.10" in drawn
    assert "Send offer of €206.10" in drawn
    assert "5 left" in drawn
    assert offers() == []
    assert held(desk.variants[0]) == 0


def test_sent_without_scripts_and_only_once(desk: Desk) -> None:
    answer = desk.send("ugo", text="Te ne ho messa da parte una.\r\nA presto")
    again = desk.send("ugo", text="Te ne ho messa da parte una.\r\nA presto")
    in_dialog = desk.screen("ugo").post(f"{desk.path()}?part=form", **desk.typed())
    [offer] = offers()
    thread = f"/dashboard/brand-a/inbox/{desk.threads['ana']}"
    assert (answer.status_code, answer.location) == (303, f"{thread}#m{offer.message_number}")
    assert again.location == answer.location
    assert in_dialog.get_json() == {"ok": True, "data": {"number": offer.message_number}}
    assert (offer.unit_amount, offer.base_amount, offer.quantity) == (10400, 10900, 1)
    assert (offer.shipping_amount, offer.shipping_is_given) == (490, False)
    assert (offer.valid_until - offer.created_at).total_seconds() == pytest.approx(3600, abs=5)
    assert (offer.state, held(offer.variant_id)) == (OfferState.SENT, 1)
    with db.reading() as session:
        said = session.scalars(select(Message.text).order_by(Message.number)).all()
    assert said[-2:] == ["Te ne ho messa da parte una.\nA presto", ""]
    assert "Offer sent" in words(page_of(desk.screen("ugo").get("/dashboard/brand-a/inbox?part=list")))
    assert "Offer for you" in page_of(desk.screen("ana").get(f"/messages/{desk.threads['ana']}"))


def test_prices_as_people_give_them(desk: Desk) -> None:
    for place, (typed, expected) in enumerate(
        (
            ({"value": ""}, (10900, 490, False)),
            ({"value": "99,50"}, (9950, 490, False)),
            ({"way": "percent", "value": "20 %"}, (8720, 490, False)),
            ({"way": "amount", "value": "9"}, (10000, 490, False)),
            ({"shipping": "free"}, (10400, 0, True)),
            ({"shipping": "own", "shipping_price": "2.50"}, (10400, 250, True)),
            ({"to": "eu"}, (10400, 990, False)),
        )
    ):
        assert desk.send(client_key=f"key-{place}", holds_stock=None, **typed).status_code == 303
        offer = offers()[-1]
        assert (offer.unit_amount, offer.shipping_amount, offer.shipping_is_given) == expected, typed
        assert offer.holds_stock is False


def test_what_is_refused_stands_beside_its_field_and_nothing_is_lost(desk: Desk) -> None:
    for typed, status, place, sentence in (
        ({"value": "98.09", "by": "ugo"}, 403, "value", "You can go down to €98.10. An owner can offer less."),
        ({"value": "87.19", "by": "ben"}, 403, "value", "You can go down to €87.20. An owner can offer less."),
        ({"value": "109.01"}, 422, "value", "An offer cannot cost more than the normal price of €109.00."),
        ({"value": "0.10"}, 422, "value", "Offer at least what a card payment needs."),
        ({"value": "ninety"}, 422, "value", "An amount like 89.00, please."),
        ({"value": "150", "way": "amount"}, 422, "value", "Offer at least what a card payment needs."),
        ({"value": "100", "way": "percent"}, 422, "value", "A whole number from 1 to 99, please."),
        ({"value": "1/2", "way": "percent"}, 422, "value", "A whole number from 1 to 99, please."),
        ({"quantity": "0"}, 422, "quantity", "At least 1."),
        ({"quantity": "21"}, 422, "quantity", "At most 20."),
        ({"quantity": "two"}, 422, "quantity", "A whole number, please."),
        ({"quantity": "6"}, 409, "quantity", "Not enough left: 5 can still be bought."),
        ({"variant_id": None}, 422, "variant_id", "Choose what you offer."),
        ({"product": None, "variant_id": None}, 422, "variant_id", "Choose what you offer."),
        ({"shipping": "own"}, 422, "shipping_price", "An amount like 89.00, please."),
        ({"shipping": "own", "shipping_price": "5"}, 422, "shipping_price", "Between nothing and your usual rate."),
        ({"to": "world"}, 422, "to", "The brand does not deliver there."),
        ({"minutes": "19"}, 422, "minutes", "At least 20."),
        ({"minutes": "10081"}, 422, "minutes", "At most 10080."),
        ({"text": "x" * 2001}, 422, "text", "At most 2000 characters."),
    ):
        by = str(typed.pop("by", "olga"))
        html = page_of(desk.send(by, **{"text": "Parole mie", **typed}), status)
        assert error_at(html, place) == sentence, typed
        assert "Parole mie" in html or "text" in typed
        for name in ("value", "shipping_price"):
            if typed.get(name):
                assert f'value="{typed[name]}"' in html
    assert offers() == []
    assert held(desk.variants[0]) == 0


def test_what_is_about_the_whole_stands_on_top(desk: Desk) -> None:
    with db.unit_of_work() as session:
        messaging_offer = service.send_offer(
            session,
            actor=desk.cast.olga,
            thread_id=desk.threads["ana"],
            terms=_terms(desk),
            client_key="first",
        )
        offer_id = messaging_offer.id
    with db.unit_of_work() as session:
        session.get_one(Offer, offer_id).state = OfferState.PAYING
    html = page_of(desk.send(instead_of=offer_id), 409)
    assert "This offer changed meanwhile. Look at it again." in html
    assert len(offers()) == 1


def _terms(desk: Desk, **changes: Any) -> Any:
    from shop.offers.terms import Terms

    return Terms(variant_id=desk.variants[0], unit=Money(10400, "EUR"), **changes)


def test_another_offer_takes_the_place_of_one_that_stands(desk: Desk) -> None:
    """Also of the last pieces: what the first one held is free for the second."""
    assert desk.send(quantity="5").status_code == 303
    [first] = offers()
    with db.unit_of_work() as session:
        service.counter(session, actor=desk.cast.ana, offer_id=first.id, unit=Money(9900, "EUR"))
    olga = desk.screen("olga")
    thread = page_of(olga.get(f"/dashboard/brand-a/inbox/{desk.threads['ana']}"))
    again = f"{desk.path()}/new?again={first.id}"
    assert again in thread
    html = page_of(olga.get(again))
    assert re.search(r'id="value"[^>]* value="99.00"', html)
    assert re.search(r'id="quantity"[^>]* value="5"', html)
    assert f'name="instead_of" value="{first.id}"' in html
    assert desk.send(client_key="key-2", quantity="5", value="99", instead_of=first.id).status_code == 303
    assert [offer.state for offer in offers()] == [OfferState.WITHDRAWN, OfferState.SENT]
    assert held(first.variant_id) == 5
    # Sent a second time, nothing more happens.
    assert desk.send(client_key="key-2", quantity="5", value="99", instead_of=first.id).status_code == 303
    assert len(offers()) == 2


def test_the_same_to_several_first_come(desk: Desk) -> None:
    answer = desk.send(also=[desk.threads["sam"]], units="1", quantity="2")
    assert answer.status_code == 303
    sent = offers()
    assert {offer.thread_id for offer in sent} == set(desk.threads.values())
    assert len({offer.batch_id for offer in sent}) == 1
    assert held(desk.variants[0]) == 2
    refused = page_of(desk.send(also=[desk.threads["sam"]], units="3", client_key="other"), 422)
    assert error_at(refused, "units") == "At least one, and no more than there are people."


def test_nobody_offers_what_is_not_theirs(desk: Desk) -> None:
    """A stranger's thread, another brand's product or offer: not there."""
    with db.unit_of_work() as session:
        marea = variants_of(session, desk.mug)[0].id
        foreign = _ask(session, desk.cast.ana, desk.cast.brand_b.id)
    html = page_of(desk.send(product="marea", variant_id=marea), 422)
    assert error_at(html, "variant_id") == "Choose what you offer."
    assert "Marea" not in html
    olga = desk.screen("olga")
    assert olga.get(f"/dashboard/brand-a/inbox/{foreign}/offers/new").status_code == 404
    assert olga.post(f"/dashboard/brand-a/inbox/{foreign}/offers", **desk.typed()).status_code == 404
    assert olga.get(f"{desk.path()}/new?again={ids.new_id('offer')}").status_code == 404
    assert olga.post(desk.path(), **desk.typed(instead_of=ids.new_id("offer"))).status_code == 404
    assert olga.post(desk.path(), **desk.typed(also=[foreign])).status_code == 404
    assert olga.post(desk.path(), headers=JSON, **desk.typed(unit_amount="1")).status_code == 422
    for name, status in (("zed", 404), ("ana", 404), ("mia", 403)):
        assert desk.screen(name).post(desk.path(), **desk.typed()).status_code == status, name
    assert offers() == []


def test_everybody_reads_their_own_limit(desk: Desk) -> None:
    for name, sentence in (
        ("ugo", "You can go down to €98.10."),
        ("ben", "You can go down to €87.20."),
        ("pia", "Empty: €109.00, as for everybody."),
    ):
        shown = words(page_of(desk.screen(name).post(f"{desk.path()}/draft?part=form", **desk.typed())))
        assert sentence in shown
        assert ("You can go down" in shown) == (name != "pia")


def test_owners_set_the_limits(desk: Desk) -> None:
    path = "/dashboard/brand-a/inbox/settings"
    olga = desk.screen("olga")
    assert 'value="10"' in page_of(olga.get(path))
    assert olga.post(f"{path}/limits", host_percent="30", support_percent="0").status_code == 303
    refused = desk.send("ugo", value="108.99")
    assert error_at(page_of(refused, 403), "value") == "You can go down to €109.00. An owner can offer less."
    assert desk.send("ben", value="76.30").status_code == 303
    assert "host_percent" not in page_of(desk.screen("ugo").get(path))
    assert desk.screen("ugo").post(f"{path}/limits", host_percent="90", support_percent="90").status_code == 403
    html = page_of(olga.post(f"{path}/limits", host_percent="101", support_percent="-1"), 422)
    assert (error_at(html, "host_percent"), error_at(html, "support_percent")) == ("At most 100.", "At least 0.")
