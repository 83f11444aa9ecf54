"""Who sees which order, and how a parcel leaves."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import select

from shop.core import db
from shop.core.mail import Mail
from shop.orders.models import Order, OrderPart, PartState
from tests.factories.cast import Cast
from tests.support.recording import Recorder
from tests.support.till import Till, faults, path_of, the_order
from tests.support.visitor import Visitor


def buy(till: Till, visitor: Visitor, sku: str = "PASSO-UNO-38") -> str:
    """Buy one thing; the path of the return page, which was opened."""
    back = till.pay(visitor.post("/checkout/now", variant_id=sku))
    visitor.get(back)
    return back


def part() -> OrderPart:
    with db.reading() as session:
        return session.scalars(select(OrderPart).order_by(OrderPart.id)).one()


def test_a_member_sees_their_orders_and_nobody_elses(till: Till, cast: Cast) -> None:
    ana, sam = till.visitor().sign_in(cast.ana), till.visitor().sign_in(cast.sam)
    assert "Your first order will show up here" in ana.get("/orders").get_data(as_text=True)
    buy(till, ana)
    assert "Order 1001" in ana.get("/orders").get_data(as_text=True)
    page = ana.get("/orders/1001").get_data(as_text=True)
    assert "Passo Uno" in page
    assert "Total, VAT included" in page
    assert "€113.90" in page
    assert sam.get("/orders/1001").status_code == 404
    assert "Order 1001" not in sam.get("/orders").get_data(as_text=True)
    assert till.visitor().get("/orders/1001").status_code == 404
    assert ana.get("/orders/9999").status_code == 404


def test_a_guest_opens_the_order_with_the_signed_link_only(till: Till, cast: Cast) -> None:
    guest = till.visitor()
    page = guest.get(buy(till, guest)).get_data(as_text=True)
    link = re.search(r'href="(/orders/1001\?key=[0-9a-f]{40})"', page)
    assert link is not None
    stranger = till.visitor()
    assert stranger.get("/orders/1001").status_code == 404
    assert stranger.get("/orders/1001?key=" + "0" * 40).status_code == 404
    assert stranger.get("/orders/1001?key=%E2%82%AC").status_code == 404
    assert stranger.get(link.group(1)).status_code == 200
    with db.reading() as session:
        mail = session.scalars(select(Mail)).one()
    assert link.group(1) in mail.text
    buy(till, stranger, "MAREA")
    other = link.group(1).replace("1001", "1002")
    assert guest.get(other).status_code == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [("olga", 200), ("pia", 200), ("ugo", 200), ("ben", 403), ("mia", 403), ("zed", 404), ("ana", 404)],
)
def test_only_sellers_see_names_and_addresses(till: Till, cast: Cast, who: str, status: int) -> None:
    buy(till, till.visitor().sign_in(cast.sam))
    visitor = till.visitor().sign_in(getattr(cast, who))
    for path in ("", "/1001", "/export.csv"):
        assert visitor.get(f"/dashboard/brand-a/orders{path}").status_code == status
    if status != 200:
        refused = visitor.post(f"/dashboard/brand-a/orders/1001/{part().id}/ship", carrier="BRT")
        assert refused.status_code == status
        assert part().state == PartState.TO_SHIP


def test_a_brand_sees_its_own_parcel_only(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    ana.post("/cart/lines", variant_id="PASSO-UNO-38")
    ana.post("/cart/lines", variant_id="MAREA")
    ana.get(till.pay(ana.post("/checkout", seen_total=str(10900 + 2900 + 980), to="home")))
    olga, zed = till.visitor().sign_in(cast.olga), till.visitor().sign_in(cast.zed)
    mine = olga.get("/dashboard/brand-a/orders/1001").get_data(as_text=True)
    assert "1001-A" in mine
    assert "PASSO-UNO-38" in mine
    assert "MAREA" not in mine
    with db.reading() as session:
        parts = {row.letter: row.id for row in session.scalars(select(OrderPart))}
    foreign = zed.post(f"/dashboard/brand-b/orders/1001/{parts['A']}/ship", carrier="BRT")
    assert foreign.status_code == 404
    assert zed.post(f"/dashboard/brand-b/orders/1001/{parts['B']}/ship", carrier="BRT").status_code == 303


def test_shipping_tells_the_shopper(till: Till, cast: Cast, sent: Recorder) -> None:
    ana, ugo = till.visitor().sign_in(cast.ana), till.visitor().sign_in(cast.ugo)
    buy(till, ana)
    address = f"/dashboard/brand-a/orders/1001/{part().id}"
    wrong = ugo.post(f"{address}/ship", carrier="", tracking_url="javascript:alert(1)")
    assert wrong.status_code == 422
    wrong = ugo.post(f"{address}/ship", carrier="BRT", tracking_url="javascript:alert(1)")
    assert wrong.status_code == 422
    assert "A link starts with https://" in wrong.get_data(as_text=True)
    assert part().state == PartState.TO_SHIP
    fields = {"carrier": "BRT", "tracking_number": "0417 2261", "tracking_url": "https://brt.example/0417"}
    assert ugo.post(f"{address}/ship", **fields).status_code == 303
    assert ugo.post(f"{address}/ship", **fields).status_code == 303
    with db.reading() as session:
        subjects = [mail.subject for mail in session.scalars(select(Mail).order_by(Mail.id))]
    assert subjects == ["Your order 1001 is paid", "Your parcel 1001-A is on its way"]
    page = ana.get("/orders/1001").get_data(as_text=True)
    assert "On its way" in page
    assert "https://brt.example/0417" in page
    changed = [payload for name, payload, _ in sent if name == "order.changed"]
    assert changed[-1]["parts"] == {"A": "shipped"}
    assert ugo.post(f"{address}/deliver").status_code == 303
    assert "Delivered" in ana.get("/orders/1001").get_data(as_text=True)
    assert faults() == []


def test_table_search_and_tabs(till: Till, cast: Cast) -> None:
    buy(till, till.visitor().sign_in(cast.ana))
    olga = till.visitor().sign_in(cast.olga)

    def rows(**query: str) -> int:
        answer = olga.get("/dashboard/brand-a/orders", query_string=query)
        assert answer.status_code == 200
        return answer.get_data(as_text=True).count('class="t num"')

    assert rows() == 1
    assert rows(tab="to_ship") == 1
    assert rows(tab="shipped") == 0
    for found in ("1001", "#1001", "1001-A", "ana@", "PASSO-UNO", "passo-uno-38"):
        assert rows(q=found) == 1, found
    for missed in ("1002", "%", "_", "\\", "zzz", "9" * 60, "\x00"):
        assert rows(q=missed) == (1 if missed == "\x00" else 0), missed
    assert rows(tab="nonsense", page="-1") == 1
    assert rows(page="99999999999") == 1


def test_the_export_holds_no_formula(till: Till, cast: Cast) -> None:
    buy(till, till.visitor().sign_in(cast.ana))
    with db.unit_of_work() as session:
        order = session.get_one(Order, the_order().id)
        order.ship_to = {**order.ship_to, "name": '=HYPERLINK("http://x","y")', "line1": "\t=1+1", "city": "@SUM(A1)"}
    olga = till.visitor().sign_in(cast.olga)
    text = olga.get("/dashboard/brand-a/orders/export.csv").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert len(rows) == 1
    assert rows[0]["order"] == "1001-A"
    assert rows[0]["unit_price"] == "10900"
    for cell in rows[0].values():
        assert not cell.lstrip().startswith(("=", "+", "-", "@"))


def test_hostile_names_are_text(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    answer = ana.post("/checkout/now", variant_id="MAREA")
    ana.get(till.pay(answer, name='<img src=x onerror="alert(1)">', line1="</address><script>1</script>"))
    for page in (ana.get("/orders/1001"), till.visitor().sign_in(cast.zed).get("/dashboard/brand-b/orders/1001")):
        text = page.get_data(as_text=True)
        assert "<img src=x" not in text
        assert "<script>1" not in text
        assert "&lt;img src=x" in text
    with db.reading() as session:
        assert "<img src=x" not in session.scalars(select(Mail.html)).one()


def test_italian_shopper_gets_italian_words(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    ana.client.set_cookie("locale", "it")
    answer = ana.post("/checkout/now", variant_id="MAREA")
    session = till.running.client.v1.checkout.sessions.retrieve(
        till.session_ref(answer), params={"expand": ["line_items"]}
    )
    assert session.locale == "it"
    assert session.line_items is not None
    assert session.line_items.data[0].description == "Marea (it)"
    assert path_of(session.success_url or "").startswith("/checkout/done")


def test_shipping_rates_page(till: Till, cast: Cast) -> None:
    olga, ben = till.visitor().sign_in(cast.olga), till.visitor().sign_in(cast.ben)
    page = olga.get("/dashboard/brand-a/shipping").get_data(as_text=True)
    assert 'value="4.90"' in page
    wrong = olga.post("/dashboard/brand-a/shipping", home="4.90.1", eu="-1", world="1e9")
    assert wrong.status_code == 422
    assert olga.post("/dashboard/brand-a/shipping", home="5,50", eu="", world="0").status_code == 303
    page = olga.get("/dashboard/brand-a/shipping").get_data(as_text=True)
    assert 'value="5.50"' in page
    assert 'value="0.00"' in page
    readonly = ben.get("/dashboard/brand-a/shipping").get_data(as_text=True)
    assert "disabled" in readonly
    assert ben.post("/dashboard/brand-a/shipping", home="1").status_code == 403
    assert till.visitor().sign_in(cast.zed).get("/dashboard/brand-a/shipping").status_code == 404
