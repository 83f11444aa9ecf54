"""Comment to buy: a claim holds, the next one waits in line, gets the pieces that come back, and pays in the sandbox."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import violations
from tests.browser.test_clips import look, studio  # noqa: F401  (the fixture: Davide on air)
from tests.browser.test_live_buy_loop import SLUG, pay_in_sandbox

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

GIULIA, MARCO = "giulia@vetrina.example", "marco@vetrina.example"


def say(page: Page, words: str) -> None:
    page.get_by_test_id("chat-input").fill(words)
    page.get_by_test_id("chat-send").click()


def enter(visit: OpenPage, email: str, **how: object) -> Page:
    page = visit(f"/live/{SLUG}", email=email, **how)
    expect(page.locator(".room")).to_have_attribute("data-line", "connected")
    expect(page.locator(".claimplace")).to_be_attached()
    return page


def test_claim_line_pass_and_pay(visit: OpenPage, studio: Page, axe: str) -> None:  # noqa: F811
    studio.get_by_test_id("show-item").filter(has_text="Passo Uno").get_by_test_id("pin-item").click()
    giulia = enter(visit, GIULIA)
    expect(giulia.get_by_test_id("pin-card").locator(".itemno")).to_contain_text("1")

    giulia.get_by_test_id("chat-input").fill("sold 38")
    expect(giulia.get_by_test_id("claim-hint")).to_contain_text("38, 1 piece")
    look(giulia, "claim-hint-390")
    assert violations(giulia, axe) == []
    giulia.get_by_test_id("chat-send").click()
    card = giulia.get_by_test_id("claim-card")
    expect(card).to_contain_text("It is yours, we set it aside")
    expect(card.get_by_test_id("claim-pay")).to_contain_text("93.90")
    expect(giulia.locator(".msg--claim")).to_contain_text("sold 38")
    expect(giulia.get_by_test_id("pin-card")).to_be_hidden()  # On phones the claim takes its place.
    look(giulia, "claim-held-390")
    assert violations(giulia, axe) == []

    marco = enter(visit, MARCO, locale="it", size=(1440, 900))
    say(marco, "mia 38")  # It was the last one.
    expect(marco.get_by_test_id("claim-card")).to_contain_text("Sei il prossimo in fila")
    look(marco, "claim-line-1440")
    assert violations(marco, axe) == []
    assert giulia.locator(".msg--claim").count() == 1  # Nobody sees what others claimed.

    expect(studio.get_by_test_id("claims-count")).to_have_text("2")
    studio.get_by_test_id("claims-open").click()
    expect(studio.get_by_test_id("claim-row")).to_have_count(2)
    assert violations(studio, axe) == []
    studio.keyboard.press("Escape")

    say(giulia, "pass")
    expect(giulia.get_by_test_id("claim-card")).to_have_count(0)
    expect(marco.get_by_test_id("claim-card")).to_contain_text("È tua, l'abbiamo messa da parte")
    marco.get_by_test_id("claim-pay").click()
    marco.wait_for_url(re.compile("/sandbox/pay/"))
    pay_in_sandbox(marco, "4242 4242 4242 4242")
    marco.wait_for_url(re.compile("/(checkout/done|messages)/"), timeout=20_000)
    expect(studio.get_by_test_id("claims-count")).to_be_hidden()  # One was given back, one is paid.
    ask_back_and_change(giulia, axe)


def ask_back_and_change(giulia: Page, axe: str) -> None:
    """Unclear words are asked back; sizes are chosen and changed by the keyboard alone."""
    say(giulia, "I'll take it!!")
    expect(giulia.get_by_test_id("claim-question")).to_contain_text("Which size shall we hold?")
    look(giulia, "claim-ask-390")
    assert violations(giulia, axe) == []
    giulia.get_by_test_id("claim-more").press("Enter")
    giulia.get_by_test_id("claim-choice").filter(has_text="42").press("Enter")
    card = giulia.get_by_test_id("claim-card")
    expect(card).to_contain_text("42")
    giulia.reload()
    expect(card).to_contain_text("42")  # Asked anew, not remembered by the page.
    card.get_by_test_id("claim-change").press("Enter")
    giulia.get_by_test_id("claim-choice").filter(has_text="40").press("Enter")
    expect(card).to_contain_text("40")
    card.get_by_test_id("claim-release").press("Enter")
    expect(card).to_have_count(0)
