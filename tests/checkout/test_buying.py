"""From a tap on Buy to a paid order, and every way back to the bag."""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from shop.checkout.jobs import look_at_waiting_orders
from shop.core import clock, db
from shop.core.actor import SYSTEM
from shop.core.mail import Mail
from shop.inventory import service as inventory
from shop.orders.models import OrderState
from shop.payments.models import PaymentState
from tests.factories.cast import Cast
from tests.factories.catalog import variants_of
from tests.support.recording import Recorder
from tests.support.till import Till, faults, level, orders, path_of, the_order, the_payment, work
from tests.support.visitor import JSON, Visitor

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


def fill(visitor: Visitor) -> None:
    assert visitor.post("/cart/lines", variant_id="PASSO-UNO-38", quantity="1").status_code == 303
    assert visitor.post("/cart/lines", variant_id="MAREA", quantity="2").status_code == 303


@BOTH
def test_a_bag_of_two_brands_is_one_payment_and_two_parcels(till: Till, cast: Cast, sent: Recorder) -> None:
    ana = till.visitor().sign_in(cast.ana)
    fill(ana)
    answer = ana.post("/checkout", seen_total=str(10900 + 5800 + 980), to="home")
    order = the_order()
    assert (order.state, order.total_amount, order.number) == (OrderState.PAYING, 17680, 1001)
    assert level(till.shoes) == (5, 1, 0)
    assert level(till.mug) == (5, 2, 0)
    assert faults() == []
    back = till.pay(answer)
    page = ana.get(back).get_data(as_text=True)
    assert "Paid. Thank you" in page
    assert "1001-A" in page
    assert "1001-B" in page
    order = the_order()
    assert (order.state, order.email) == (OrderState.PAID, "ana@example.test")
    assert order.ship_to["country"] == "IT"
    assert order.card == "Visa 4242"
    assert the_payment(order).state == PaymentState.PAID
    assert level(till.shoes) == (5, 0, 1)
    assert level(till.mug) == (5, 0, 2)
    assert "Your bag is empty" in ana.get("/cart").get_data(as_text=True)
    assert sent.names.count("order.paid") == 2  # To whoever watches the order, and to Ana's own sockets.
    assert faults() == []


@BOTH
@pytest.mark.parametrize("backwards", [False, True])
def test_events_alone_finish_an_order_in_any_order_any_number_of_times(
    till: Till, cast: Cast, sent: Recorder, backwards: bool
) -> None:
    ana = till.visitor().sign_in(cast.ana)
    till.pay(ana.post("/checkout/now", variant_id="PASSO-UNO-38", quantity="2"))
    assert set(till.deliver(times=3, backwards=backwards)) == {200}
    assert the_order().state == OrderState.PAYING  # Nothing but a row was written.
    work()
    assert the_order().state == OrderState.PAID
    assert level(till.shoes) == (5, 0, 2)
    assert set(till.deliver(times=2)) == {200}
    work()
    with db.reading() as session:
        mails = session.scalars(select(Mail).where(Mail.to_address == "ana@example.test")).all()
    assert [mail.subject for mail in mails] == ["Your order 1001 is paid"]
    assert [name for name in sent.names if name == "order.paid"] == ["order.paid", "order.paid"]
    assert faults() == []


def test_webhooks_off_the_sweep_finishes(till: Till, cast: Cast, stopped: datetime) -> None:
    ana = till.visitor().sign_in(cast.ana)
    till.pay(ana.post("/checkout/now", variant_id="MAREA"))
    look_at_waiting_orders()
    assert the_order().state == OrderState.PAYING  # Two minutes are left to the event and the return page.
    clock.move(timedelta(minutes=3))
    look_at_waiting_orders()
    assert the_order().state == OrderState.PAID
    assert faults() == []


@BOTH
def test_double_click_and_two_tabs_are_one_order(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    fill(ana)
    first = ana.post("/checkout", seen_total="17680", to="home")
    second = ana.post("/checkout", seen_total="17680", to="home")
    assert first.location == second.location
    assert len(orders()) == 1
    assert level(till.shoes) == (5, 1, 0)


@BOTH
def test_ten_clicks_at_once_are_one_order(till: Till, cast: Cast) -> None:
    people = [till.visitor() for _ in range(10)]
    keys = people[0].sign_in(cast.ana).token
    assert keys is not None
    for one in people[1:]:
        one.client.set_cookie("vetrina_session", keys)
    for one in people:
        _ = one.csrf
    found: list[str | None] = []

    def click(visitor: Visitor) -> None:
        # The last five pieces: only one hold of five fits, so a twin that lost the race must find the winner's order.
        answer = visitor.post("/checkout/now", variant_id="PASSO-UNO-38", quantity="5")
        found.append(answer.location)

    threads = [threading.Thread(target=click, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(orders()) == 1
    assert len(set(found)) == 1
    assert level(till.shoes) == (5, 5, 0)
    assert faults() == []


@BOTH
def test_cancelled_at_the_page_returns_to_the_bag_and_frees_the_stock(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    fill(ana)
    answer = ana.post("/checkout", seen_total="17680", to="home")
    cancel = till.running.client.v1.checkout.sessions.retrieve(till.session_ref(answer)).cancel_url
    back = ana.get(path_of(cancel))
    assert (back.status_code, back.location) == (303, "/cart?to=home")
    page = ana.get(back.location).get_data(as_text=True)
    assert "Nothing was charged." in page
    assert page.count('data-testid="bag-line"') == 2
    assert the_order().state == OrderState.CANCELLED
    assert level(till.shoes) == (5, 0, 0)
    assert till.running.client.v1.checkout.sessions.retrieve(till.session_ref(answer)).status == "expired"
    again = ana.post("/checkout", seen_total="17680", to="home")
    assert again.location != answer.location
    assert faults() == []


def test_bought_directly_and_cancelled_waits_in_the_bag(till: Till, cast: Cast) -> None:
    guest = till.visitor()
    answer = guest.post("/checkout/now", variant_id="PASSO-UNO-39", return_path="/live/evening")
    cancel = till.running.client.v1.checkout.sessions.retrieve(till.session_ref(answer)).cancel_url
    back = guest.get(path_of(cancel))
    page = guest.get(back.location).get_data(as_text=True)
    assert 'data-variant="PASSO-UNO-39"' in page
    assert "/live/evening" in page
    assert level(till.shoes, 1) == (5, 0, 0)


def test_a_forged_cancel_link_changes_nothing(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    ana.post("/checkout/now", variant_id="MAREA")
    order = the_order()
    for token in (order.id, f"{order.id}.{'0' * 40}", "", "ord_x.y", "%00"):
        assert ana.get("/checkout/cancelled", query_string={"order": token}).status_code == 404
    assert the_order().state == OrderState.PAYING


def test_declined_then_another_card(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    answer = ana.post("/checkout/now", variant_id="MAREA")
    declined = till.running.browser.pay(till.session_ref(answer), "4000000000000002")
    assert declined.status_code == 402
    assert the_order().state == OrderState.PAYING
    ana.get(till.pay(answer))
    assert the_order().state == OrderState.PAID


@BOTH
def test_deadline_closes_the_page_before_it_frees_the_stock(till: Till, cast: Cast, stopped: datetime) -> None:
    ana = till.visitor().sign_in(cast.ana)
    answer = ana.post("/checkout/now", variant_id="MAREA")
    clock.move(timedelta(minutes=9))
    work()
    assert level(till.mug) == (5, 1, 0)
    clock.move(timedelta(minutes=2))
    work()
    assert the_order().state == OrderState.CANCELLED
    assert level(till.mug) == (5, 0, 0)
    assert till.running.client.v1.checkout.sessions.retrieve(till.session_ref(answer)).status == "expired"
    assert faults() == []


def test_paid_in_the_last_second_is_paid(till: Till, cast: Cast, stopped: datetime) -> None:
    ana = till.visitor().sign_in(cast.ana)
    till.pay(ana.post("/checkout/now", variant_id="MAREA"))
    clock.move(timedelta(minutes=11))
    work()
    assert the_order().state == OrderState.PAID
    assert faults() == []


def test_silent_provider_at_the_deadline_keeps_the_hold(till: Till, cast: Cast, stopped: datetime) -> None:
    ana = till.visitor().sign_in(cast.ana)
    ana.post("/checkout/now", variant_id="MAREA")
    till.running.control("/faults", kind="fail_before", count=30)
    clock.move(timedelta(minutes=11))
    work()
    look_at_waiting_orders()
    assert the_order().state == OrderState.PAYING
    assert level(till.mug) == (5, 1, 0)
    till.running.app.extensions["sandbox"].faults.clear()
    look_at_waiting_orders()
    assert the_order().state == OrderState.CANCELLED
    assert level(till.mug) == (5, 0, 0)


def test_an_order_that_hangs_calls_for_a_person(till: Till, cast: Cast, stopped: datetime) -> None:
    ana = till.visitor().sign_in(cast.ana)
    ana.post("/checkout/now", variant_id="MAREA")
    till.running.control("/faults", kind="fail_before", count=30)
    clock.move(timedelta(minutes=61))
    look_at_waiting_orders()
    assert the_order().state == OrderState.PAYING
    assert the_order().needs_attention


@pytest.mark.parametrize("kind", ["fail_before", "fail_after", "lose_reply"])
def test_page_that_could_not_be_opened_leaves_bag_and_stock_right(
    till: Till, cast: Cast, stopped: datetime, kind: str
) -> None:
    ana = till.visitor().sign_in(cast.ana)
    fill(ana)
    till.running.control("/faults", kind=kind, count=30, match="POST /v1/checkout/sessions")
    back = ana.post("/checkout", seen_total="17680", to="home")
    assert (back.status_code, back.location) == (303, "/cart?to=home")
    page = ana.get("/cart").get_data(as_text=True)
    assert "Nothing was charged and your bag is safe" in page
    assert page.count('data-testid="bag-line"') == 2
    assert level(till.shoes) == (5, 1, 0)  # A page may exist: the hold stays until we know.
    till.running.app.extensions["sandbox"].faults.clear()
    clock.move(timedelta(minutes=3))
    till.running.time[0] += 180
    look_at_waiting_orders()
    assert the_order().state == OrderState.CANCELLED
    assert level(till.shoes) == (5, 0, 0)
    sessions = till.running.client.v1.checkout.sessions.list().data
    assert [session.status for session in sessions if session.status == "open"] == []
    assert faults() == []


def test_lost_reply_then_a_second_click_finds_the_same_page(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    till.running.control("/faults", kind="lose_reply", count=3, match="POST /v1/checkout/sessions")
    assert ana.post("/checkout/now", variant_id="MAREA").location == "/cart"
    answer = ana.post("/checkout/now", variant_id="MAREA")
    ana.get(till.pay(answer))
    assert the_order().state == OrderState.PAID
    assert len(till.running.client.v1.checkout.sessions.list().data) == 1
    assert len(orders()) == 1


def test_refused_request_ends_the_order_at_once(till: Till, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from shop.checkout import placing

    monkeypatch.setattr(placing, "PAGE_LIFETIME", timedelta(minutes=5))  # Stripe takes 30 minutes and more.
    ana = till.visitor().sign_in(cast.ana)
    answer = ana.post("/checkout/now", headers=JSON, variant_id="MAREA")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (502, "payment_unavailable")
    assert the_order().state == OrderState.CANCELLED
    assert level(till.mug) == (5, 0, 0)
    assert faults() == []


@BOTH
def test_late_money_takes_the_goods_again_if_there_are_any(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    back = till.pay(ana.post("/checkout/now", variant_id="MAREA"))
    release_by_hand()
    ana.get(back)
    assert the_order().state == OrderState.PAID
    assert level(till.mug) == (5, 0, 1)
    assert faults() == []


@BOTH
def test_late_money_without_goods_goes_back_in_full(till: Till, cast: Cast, sent: Recorder) -> None:
    ana = till.visitor().sign_in(cast.ana)
    back = till.pay(ana.post("/checkout/now", variant_id="MAREA"))
    release_by_hand()
    with db.unit_of_work() as session:
        variant = variants_of(session, till.mug)[0]
        inventory.adjust(session, actor=SYSTEM, variant_id=variant.id, quantity=-5, reason="broken")
    ana.get(back)
    assert the_order().state == OrderState.CANCELLED
    assert faults() == []
    work()
    order = the_order()
    assert order.state == OrderState.REFUNDED
    assert the_payment(order).state == PaymentState.REFUNDED
    refunds = till.running.client.v1.refunds.list().data
    assert [refund.amount for refund in refunds] == [3390]
    assert level(till.mug) == (0, 0, 0)
    assert "order.paid" not in sent.names
    page = ana.get(back).get_data(as_text=True)
    assert "Your money is on its way back" in page
    with db.reading() as session:
        subjects = list(session.scalars(select(Mail.subject)))
    assert subjects == ["Your money for order 1001 is on its way back"]
    work()
    assert len(till.running.client.v1.refunds.list().data) == 1
    assert faults() == []


def release_by_hand() -> None:
    """Somebody closed the order although its page could still be paid."""
    from shop.checkout.service import _close
    from shop.orders.queries import lock_order
    from shop.payments.queries import payment_of

    with db.unit_of_work() as session:
        order = lock_order(session, the_order().id)
        _close(session, order, payment_of(session, order.id), "by hand")


@pytest.mark.parametrize("field", ["total_amount", "currency"])
def test_money_that_does_not_match_is_refused_and_sent_back(
    till: Till, cast: Cast, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    from dataclasses import replace

    from shop.payments.providers.stripe.client import StripeProvider

    honest = StripeProvider.fetch_checkout
    wrong = {"total_amount": {"amount_total": 100}, "currency": {"currency": "JPY"}}[field]
    monkeypatch.setattr(StripeProvider, "fetch_checkout", lambda self, ref: replace(honest(self, ref), **wrong))
    ana = till.visitor().sign_in(cast.ana)
    ana.get(till.pay(ana.post("/checkout/now", variant_id="MAREA")))
    order = the_order()
    assert order.state == OrderState.CANCELLED
    assert order.needs_attention == "The payment did not match the order, so it goes back."
    assert level(till.mug) == (5, 0, 0)
    work()
    assert the_order().state == OrderState.REFUNDED
    assert faults() == []


def test_success_page_opened_by_hand_pays_nothing(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    answer = ana.post("/checkout/now", variant_id="MAREA")
    page = ana.get(f"/checkout/done?session_id={till.session_ref(answer)}").get_data(as_text=True)
    assert "We are confirming your payment" in page
    assert 'http-equiv="refresh"' in page
    assert the_order().state == OrderState.PAYING
    poll = ana.get(f"/checkout/done?session_id={till.session_ref(answer)}", headers=JSON).get_json()
    assert poll["done"] is False
    for ref in ("", "cs_test_nothing", "%00", "x" * 5000):
        assert ana.get("/checkout/done", query_string={"session_id": ref}).status_code == 404


def test_the_return_page_tells_strangers_little(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    back = till.pay(ana.post("/checkout/now", variant_id="MAREA"))
    ana.get(back)
    stranger = till.visitor().get(back).get_data(as_text=True)
    assert "ana@example.test" not in stranger
    assert "4242" not in stranger
    assert "/orders/1001" not in stranger


def test_price_changed_between_page_and_tap_needs_another_tap(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    fill(ana)
    answer = ana.post("/checkout", seen_total="16000", to="home")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "You saw €160.00, now it is €176.80. Nothing was charged." in page
    assert orders() == []
    assert level(till.shoes) == (5, 0, 0)
    again = re.search(r'name="seen_total" value="(\d+)"', page)
    assert again is not None
    assert ana.post("/checkout", seen_total=again.group(1), to="home").status_code == 303


def test_price_of_one_thing_changed(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    answer = ana.post("/checkout/now", variant_id="MAREA", seen_amount="2500")
    assert answer.status_code == 409
    assert "You saw €25.00, now it is €29.00" in answer.get_data(as_text=True)
    refused = ana.post("/checkout/now", headers=JSON, variant_id="MAREA", seen_amount="2500").get_json()
    assert refused["error"]["code"] == "price_changed"
    assert orders() == []


def test_sold_out_between_page_and_tap_is_told_before_paying(till: Till, cast: Cast) -> None:
    ana, sam = till.visitor().sign_in(cast.ana), till.visitor().sign_in(cast.sam)
    ana.post("/cart/lines", variant_id="MAREA", quantity="2")
    assert sam.post("/checkout/now", variant_id="MAREA", quantity="4").status_code == 303
    answer = ana.post("/checkout", headers=JSON, seen_total="6290", to="home")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (409, "sold_out")
    page = ana.get("/cart").get_data(as_text=True)
    assert "Only 1 is left" in page
    assert len(orders()) == 1


def test_one_hold_per_shopper_and_product(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    first = ana.post("/checkout/now", variant_id="PASSO-UNO-38", quantity="2")
    second = ana.post("/checkout/now", variant_id="PASSO-UNO-39", quantity="1")
    assert second.status_code == 303
    assert [order.state for order in orders()] == [OrderState.CANCELLED, OrderState.PAYING]
    assert level(till.shoes) == (5, 0, 0)
    assert till.running.client.v1.checkout.sessions.retrieve(till.session_ref(first)).status == "expired"
    assert faults() == []


@pytest.mark.parametrize(
    "quantity", ["0", "-1", "1.5", "1e309", "NaN", "true", "", "9999999999999999999999", "21", "\x00"]
)
def test_impossible_quantities_are_refused(till: Till, cast: Cast, quantity: str) -> None:
    ana = till.visitor().sign_in(cast.ana)
    answer = ana.post("/checkout/now", headers=JSON, variant_id="MAREA", quantity=quantity)
    assert answer.status_code in {409, 422}
    assert answer.get_json()["ok"] is False
    assert orders() == []


@pytest.mark.parametrize("extra", ["price", "total", "currency", "brand_id", "discount"])
def test_fields_that_would_name_a_price_are_refused(till: Till, cast: Cast, extra: str) -> None:
    ana = till.visitor().sign_in(cast.ana)
    fill(ana)
    answer = ana.post("/checkout", headers=JSON, seen_total="17680", to="home", **{extra: "1"})
    assert answer.status_code == 422
    assert extra in answer.get_json()["error"]["fields"]
    assert orders() == []


def test_undelivered_destination_is_refused(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    fill(ana)
    answer = ana.post("/checkout", headers=JSON, seen_total="17680", to="world")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (409, "not_delivered")


def test_to_the_union_costs_its_rate_and_offers_its_countries(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    answer = ana.post("/checkout/now", variant_id="MAREA", to="eu")
    ref = till.session_ref(answer)
    session = till.running.client.v1.checkout.sessions.retrieve(ref)
    assert session.amount_total == 2900 + 990
    assert session.shipping_address_collection is not None
    countries = session.shipping_address_collection.allowed_countries
    assert "IT" not in countries
    assert {"DE", "FR"} <= set(countries)


def test_ten_events_at_once_are_one_effect(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    till.pay(ana.post("/checkout/now", variant_id="MAREA"))
    till.running.deliver()
    letters = list(zip(till.running.inbox.bodies, till.running.inbox.signatures, strict=True)) * 5
    statuses: list[int] = []

    def post(letter: tuple[bytes, str]) -> None:
        statuses.append(till.post_event(*letter).status_code)

    threads = [threading.Thread(target=post, args=(letter,)) for letter in letters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}
    work()
    assert level(till.mug) == (5, 0, 1)
    assert faults() == []


def test_what_i_hold_is_not_sold_out_to_me(till: Till, cast: Cast) -> None:
    ana, sam = till.visitor().sign_in(cast.ana), till.visitor().sign_in(cast.sam)
    for visitor in (ana, sam):
        visitor.post("/cart/lines", variant_id="MAREA", quantity="5")
    first = ana.post("/checkout", seen_total="14990", to="home")
    assert level(till.mug) == (5, 5, 0)
    assert "It is not part of the payment" not in ana.get("/cart").get_data(as_text=True)
    assert "It is not part of the payment" in sam.get("/cart").get_data(as_text=True)
    assert ana.post("/checkout", seen_total="14990", to="home").location == first.location
