"""The payment page in a real browser: filled by a tap, paid once, readable for everyone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_accessibility import violations
from tests.payments.sandbox.running import Running, line_item, running_sandbox

pytestmark = pytest.mark.browser


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with running_sandbox(tmp_path) as running:
        yield running


def open_page(
    browser: Browser, url: str, *, size: tuple[int, int] = (390, 844), theme: str = "light", **options: bool
) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if theme == "dark" else "light", **options
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(url)
    return page


def to_this_sandbox(running: Running) -> str:
    """A session whose way back leads to a page that exists."""
    done = f"{running.url}/healthz?session_id={{CHECKOUT_SESSION_ID}}"
    session = running.session(success_url=done, cancel_url=f"{running.url}/healthz?cancelled=1")
    return f"{running.url}/sandbox/pay/{session.id}"


@pytest.mark.parametrize("javascript", [True, False])
def test_declined_then_3d_secure_then_paid(running: Running, browser: Browser, javascript: bool) -> None:
    page = open_page(browser, to_this_sandbox(running), java_script_enabled=javascript)
    page.get_by_role("button", name="No funds").click()
    expect(page.get_by_test_id("sandbox-card")).to_have_value("4000 0000 0000 9995")
    page.get_by_test_id("sandbox-pay").click()
    expect(page.get_by_test_id("sandbox-decline-message")).to_contain_text("Your bank declined the card.")
    page.get_by_test_id("sandbox-card").fill("4000002760003184")
    page.get_by_test_id("sandbox-expiry").fill("12/34")
    page.get_by_test_id("sandbox-cvc").fill("123")
    page.get_by_test_id("sandbox-pay").click()
    page.get_by_test_id("sandbox-3ds-fail").click()
    expect(page.get_by_test_id("sandbox-decline-message")).to_contain_text("payment_intent_authentication_failure")
    page.get_by_role("button", name="Asks 3-D Secure").click()
    page.get_by_test_id("sandbox-pay").click()
    page.get_by_test_id("sandbox-3ds-complete").click()
    page.wait_for_url("**/healthz?session_id=cs_test_*")
    assert len([c for c in running.client.v1.charges.list().data if c.paid]) == 1


def test_paying_by_keyboard_alone(running: Running, browser: Browser) -> None:
    page = open_page(browser, to_this_sandbox(running), size=(1440, 900))
    page.get_by_test_id("sandbox-card").focus()
    page.keyboard.type("4242424242424242")
    assert page.get_by_test_id("sandbox-card").input_value() == "4242 4242 4242 4242"
    page.keyboard.press("Tab")
    page.keyboard.type("1234")
    page.keyboard.press("Tab")
    page.keyboard.type("123")
    page.keyboard.press("Enter")
    page.wait_for_url("**/healthz?session_id=cs_test_*")


def test_the_way_back_is_one_tap(running: Running, browser: Browser) -> None:
    page = open_page(browser, to_this_sandbox(running))
    page.get_by_test_id("sandbox-cancel").click()
    page.wait_for_url("**/healthz?cancelled=1")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(390, 844), (1440, 900)])
def test_axe_finds_nothing(running: Running, browser: Browser, axe: str, theme: str, size: tuple[int, int]) -> None:
    session = running.session(
        customer_email=None,
        locale="it",
        line_items=[line_item("Passo Uno", 8900)],
        shipping_address_collection={"allowed_countries": ["IT", "US"]},
    )
    tried = running.session()
    running.browser.pay(tried.id, "4000000000000002")
    asked = running.session()
    bank = running.browser.pay(asked.id, "4000002760003184").headers["Location"]
    paths = (
        f"/sandbox/pay/{session.id}",
        f"/sandbox/pay/{tried.id}?declined=1",
        bank,
        "/sandbox/dashboard",
        "/sandbox/none",
    )
    for path in paths:
        page = open_page(browser, running.url + path, size=size, theme=theme)
        assert violations(page, axe) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        page.context.close()


def test_the_narrowest_phone_does_not_scroll_sideways(running: Running, browser: Browser) -> None:
    items = [line_item("Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 2, 8900)]
    session = running.session(line_items=items, locale="it")
    page = open_page(browser, f"{running.url}/sandbox/pay/{session.id}", size=(320, 640))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
