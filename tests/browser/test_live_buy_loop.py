"""The main job, end to end: Davide goes live with a camera, Giulia watches, chats and buys, Marco sees the stock fall."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tools.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SLUG = "passo-live"
STUDIO = f"/dashboard/passo/streams/{SLUG}/studio"


def hash_of_picture(page: Page) -> str:
    """A fingerprint of the decoded frame: moving pictures have different ones."""
    found: str = page.evaluate(
        """() => {
          const video = document.querySelector('video');
          const canvas = document.createElement('canvas');
          canvas.width = 48; canvas.height = 48;
          const context = canvas.getContext('2d');
          context.drawImage(video, 0, 0, 48, 48);
          return Array.from(context.getImageData(0, 0, 48, 48).data).filter((_, i) => i % 7 === 0).join(',');
        }"""
    )
    return found


def plays(page: Page, timeout_ms: int = 20_000) -> None:
    """Waits until the video advances and its decoded frames differ; a short pause at the live edge is allowed."""
    page.wait_for_function("() => document.querySelector('video')?.currentTime > 0.2", timeout=timeout_ms)
    first = hash_of_picture(page)
    began = page.evaluate("document.querySelector('video').currentTime")
    page.wait_for_function(
        "began => document.querySelector('video')?.currentTime > began + 0.3", arg=began, timeout=timeout_ms
    )
    assert hash_of_picture(page) != first


def number_in(text: str | None) -> int:
    return int(re.sub(r"\D", "", text or "") or 0)


def go_live(studio: Page) -> None:
    studio.get_by_test_id("go-live").click()


def pay_in_sandbox(page: Page, card: str) -> None:
    page.get_by_test_id("sandbox-card").fill(card)
    page.get_by_test_id("sandbox-expiry").fill("12 / 34")
    page.get_by_test_id("sandbox-cvc").fill("123")
    fill_if_asked(
        page,
        {
            "email": "giulia@vetrina.example",
            "name": "Giulia Rossi",
            "line1": "Via Roma 1",
            "postal_code": "63100",
            "city": "Ascoli Piceno",
        },
    )
    page.get_by_test_id("sandbox-pay").click()


def fill_if_asked(page: Page, fields: dict[str, str]) -> None:
    for name, value in fields.items():
        box: Any = page.locator(f"input[name='{name}']:visible, input[name$='[{name}]']:visible")
        if box.count() and not box.first.input_value():
            box.first.fill(value)


def choose_size(page: Page, sku: str) -> None:
    page.get_by_test_id("buy-now").first.click()
    page.locator(f"[data-variant='{sku}']:visible").first.click()


def test_from_going_live_to_a_paid_order(visit: OpenPage, stand: Stand) -> None:
    studio = visit(STUDIO, email="davide@passo.example", size=(1440, 900))
    giulia = visit("/", email="giulia@vetrina.example", locale="it")
    go_live(studio)
    studio.wait_for_selector("[data-testid=end-show]:visible", timeout=20_000)
    started = time.monotonic()
    giulia.goto(f"{stand.base_url}/live/{SLUG}")
    plays(giulia)
    print(f"moving pictures {time.monotonic() - started:.1f} s after going live")
    marco = visit(f"/live/{SLUG}", email="marco@vetrina.example")

    giulia.get_by_test_id("chat-input").fill("Che belle, vestono giuste?")
    giulia.get_by_test_id("chat-send").click()
    expect(marco.get_by_test_id("chat-log")).to_contain_text("Che belle, vestono giuste?")
    expect(studio.locator("body")).to_contain_text("Che belle, vestono giuste?")

    studio.get_by_test_id("show-item").filter(has_text="Passo Uno").get_by_test_id("pin-item").click()
    card = giulia.get_by_test_id("pin-card")
    expect(card.get_by_test_id("pin-title")).to_contain_text("Passo Uno")
    expect(card.get_by_test_id("pin-price")).to_contain_text("89,00")
    expect(card.get_by_test_id("pin-timer")).to_be_visible()
    expect(card.get_by_test_id("stock-left")).to_be_attached()
    before = number_in(marco.get_by_test_id("stock-left").first.get_attribute("data-left"))

    choose_size(giulia, "PASSO-UNO-38")
    giulia.get_by_test_id("checkout-pay").click()
    giulia.wait_for_url(re.compile("/sandbox/pay/"))
    pay_in_sandbox(giulia, "4242 4242 4242 4242")
    giulia.wait_for_url(re.compile("/checkout/done|/orders/"), timeout=20_000)
    expect(giulia.get_by_test_id("order-number")).to_be_visible(timeout=20_000)

    marco.wait_for_function(
        "before => Number(document.querySelector('[data-testid=stock-left]').dataset.left) < before", arg=before
    )
    expect(studio.get_by_test_id("studio-orders")).to_contain_text("1")
    expect(studio.get_by_test_id("studio-gmv")).to_contain_text("89")
    done = stand.command("verify")
    assert done.returncode == 0, done.stderr


def test_declined_and_cancelled_payments_end_in_the_bag(visit: OpenPage, stand: Stand) -> None:
    page = visit("/p/terralume-mug")
    page.locator("[data-variant='TERRALUME-MUG-BLU']").first.click()
    page.get_by_test_id("buy-now").first.click()
    page.wait_for_url(re.compile("/sandbox/pay/"))
    pay_in_sandbox(page, "4000 0000 0000 0002")
    expect(page.get_by_test_id("sandbox-decline-message")).to_be_visible()
    page.get_by_test_id("sandbox-cancel").click()
    page.wait_for_url(re.compile("/cart"))
    expect(page.get_by_test_id("bag-line")).to_have_count(1)
    done = stand.command("verify")
    assert done.returncode == 0, done.stderr
    assert held_pieces(stand, "TERRALUME-MUG-BLU") == 0


def held_pieces(stand: Stand, sku: str) -> int:
    import sqlite3

    question = "SELECT held FROM stock_levels JOIN variants ON variants.id = variant_id WHERE sku = ?"
    with sqlite3.connect(stand.data_dir / "vetrina.db") as connection:
        return int(connection.execute(question, (sku,)).fetchone()[0])


def test_buying_with_the_keyboard_alone(visit: OpenPage) -> None:
    page = visit("/p/rosaspina-serum", size=(1440, 900))
    focus(page, "[data-testid=buy-now]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/sandbox/pay/"))
    focus(page, "[data-testid=sandbox-card]")
    for name, value in (("sandbox-card", "4242424242424242"), ("sandbox-expiry", "1234"), ("sandbox-cvc", "123")):
        focus(page, f"[data-testid={name}]")
        page.keyboard.type(value)
    for name, value in (
        ("email", "anna@example.test"),
        ("name", "Anna Neri"),
        ("line1", "Via Roma 1"),
        ("postal_code", "63100"),
        ("city", "Ascoli"),
    ):
        if page.locator(f"input[name='{name}'], input[name$='[{name}]']").count():
            focus(page, f"input[name='{name}'], input[name$='[{name}]']")
            page.keyboard.type(value)
    focus(page, "[data-testid=sandbox-pay]")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("order-number")).to_be_visible(timeout=20_000)


def focus(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus, as a person without a mouse would."""
    page.keyboard.press("Home")
    page.evaluate("document.activeElement?.blur()")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with Tab")
