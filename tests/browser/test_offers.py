"""Giulia asks, Ugo offers, she names a price, he takes it, she pays in the thread; each on a screen of their own."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_live_buy_loop import held_pieces, pay_in_sandbox
from tools.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SKU = "PASSO-UNO-"
INBOX = "/dashboard/passo/inbox"


def ask(visit: OpenPage) -> Page:
    """Giulia asks about the sneakers on their page and waits in the thread."""
    giulia = visit("/p/passo-uno", email="giulia@vetrina.example")
    giulia.get_by_test_id("ask-brand").first.click()
    giulia.get_by_test_id("message-input").fill("Avete ancora la mia misura?")
    giulia.get_by_test_id("message-send").click()
    expect(giulia.get_by_test_id("message").last).to_contain_text("Avete ancora la mia misura?")
    expect(giulia.locator(".msg--waiting")).to_have_count(0)
    return giulia


def open_thread(visit: OpenPage) -> Page:
    """Ugo, who supports, reads what Giulia asked."""
    ugo = visit(INBOX, email="ugo@passo.example", size=(1440, 900))
    ugo.get_by_test_id("inbox-row").filter(has_text="Giulia").click()
    expect(ugo.get_by_test_id("message").last).to_contain_text("Avete ancora la mia misura?")
    return ugo


def offer_with_the_keyboard(ugo: Page, size: str, price: str) -> None:
    """One key opens the composer, on the product that was asked about; the rest is typed."""
    ugo.locator("body").press("o")
    form = ugo.get_by_test_id("make-offer")
    expect(form).to_be_visible()
    choice = form.locator(f"[data-sku='{SKU}{size}']")
    for _ in range(10):
        if choice.is_checked():
            break
        ugo.keyboard.press("ArrowRight")
    expect(form.get_by_test_id("offer-preview")).to_contain_text(size)
    for _ in range(10):
        ugo.keyboard.press("Tab")
        if ugo.evaluate("document.activeElement.id") == "value":
            break
    ugo.keyboard.type(price)
    expect(form.get_by_test_id("offer-preview")).to_contain_text("−€5.00")
    form.get_by_test_id("make-offer-send").press("Enter")
    expect(form).to_be_hidden()


def card(page: Page, size: str) -> Locator:
    """The offer of this size; the demo's thread has another one."""
    return page.get_by_test_id("offer-card").filter(has_text=f"Size {size}")


def state_is(page: Page, size: str, state: str) -> None:
    expect(card(page, size)).to_have_attribute("data-state", state, timeout=20_000)


def test_asked_offered_countered_paid_shipped_and_sent_back(visit: OpenPage, stand: Stand) -> None:
    giulia = ask(visit)
    ugo = open_thread(visit)
    offer_with_the_keyboard(ugo, "42", "104")
    state_is(giulia, "42", "seen")
    label = ugo.get_by_test_id("inbox-row").filter(has_text="Giulia").get_by_test_id("inbox-label")
    expect(label).to_have_text("Offer seen")
    assert held_pieces(stand, SKU + "42") == 1

    card(giulia, "42").get_by_test_id("offer-more").click()
    card(giulia, "42").get_by_test_id("offer-price").fill("99")
    card(giulia, "42").get_by_test_id("offer-counter").click()
    expect(card(ugo, "42")).to_contain_text("Giulia would pay €99.00 for a piece.", timeout=20_000)
    expect(label).to_have_text("Names a price")
    card(ugo, "42").get_by_test_id("offer-accept").click()
    expect(card(giulia, "42").get_by_test_id("offer-pay")).to_have_text("Pay €103.90")

    card(giulia, "42").get_by_test_id("offer-pay").click()
    giulia.wait_for_url(re.compile("/sandbox/pay/"))
    state_is(ugo, "42", "paying")
    pay_in_sandbox(giulia, "4242 4242 4242 4242")
    giulia.wait_for_url(re.compile("/messages/"), timeout=20_000)
    state_is(giulia, "42", "paid")
    expect(card(giulia, "42").get_by_test_id("offer-order")).to_be_visible()
    state_is(ugo, "42", "paid")
    expect(label).to_have_text("Paid €103.90")

    thread = ugo.url
    card(ugo, "42").get_by_test_id("offer-order").click()
    ugo.get_by_label("Carrier").fill("BRT")
    ugo.get_by_label("Tracking number").fill("BRT123456")
    ugo.get_by_label("Tracking link").fill("https://tracking.example/BRT123456")
    ugo.get_by_role("button", name="Mark as shipped").click()
    state_is(giulia, "42", "shipped")
    expect(card(giulia, "42").get_by_role("link", name="BRT123456")).to_be_visible()

    card(giulia, "42").get_by_text("Send it back", exact=True).click()
    card(giulia, "42").get_by_test_id("offer-return").click()
    expect(card(giulia, "42")).to_contain_text("You asked to send it back.")
    ugo.goto(thread)
    expect(card(ugo, "42")).to_contain_text("Giulia would like to send it back.")
    card(ugo, "42").get_by_text("It came back", exact=True).click()
    card(ugo, "42").get_by_test_id("offer-refund").click()
    state_is(giulia, "42", "returned")
    state_is(ugo, "42", "returned")
    assert held_pieces(stand, SKU + "42") == 0
    done = stand.command("verify")
    assert done.returncode == 0, done.stderr


def test_an_offer_that_expires_while_it_is_being_paid_charges_nothing(visit: OpenPage, stand: Stand) -> None:
    giulia = ask(visit)
    ugo = open_thread(visit)
    offer_with_the_keyboard(ugo, "43", "104")
    card(giulia, "43").get_by_test_id("offer-pay").click()
    giulia.wait_for_url(re.compile("/sandbox/pay/"))
    state_is(ugo, "43", "paying")
    let_it_expire(stand)
    state_is(ugo, "43", "expired")
    assert held_pieces(stand, SKU + "43") == 0
    pay_in_sandbox(giulia, "4242 4242 4242 4242")
    expect(giulia.get_by_test_id("sandbox-pay")).to_have_count(0)
    giulia.goto(stand.base_url + "/messages")
    giulia.get_by_test_id("thread-row").filter(has_text="Passo Volante").click()
    state_is(giulia, "43", "expired")
    expect(card(giulia, "43")).to_contain_text("This offer has expired. Ask for a new one.")
    expect(card(ugo, "43").get_by_test_id("offer-anew")).to_be_visible()
    done = stand.command("verify")
    assert done.returncode == 0, done.stderr


def let_it_expire(stand: Stand) -> None:
    """Its hour has passed: the deadline, and that of the job that looks at it, lie behind; a worker comes and does its work."""
    past = (datetime.now(UTC) - timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
    with sqlite3.connect(stand.data_dir / "vetrina.db", timeout=20) as connection:
        changed = connection.execute("UPDATE offers SET valid_until = ? WHERE state = 'paying'", (past,))
        assert changed.rowcount == 1
        connection.execute("UPDATE jobs SET run_at = ? WHERE name = 'offers.expire' AND state = 'queued'", (past,))
    stand.kill("worker")
    stand.start("worker")
