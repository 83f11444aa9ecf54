"""Two people write to each other, each on a screen of their own."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser


def open_thread(page: Page, title: str) -> str:
    page.get_by_test_id("thread-row").filter(has=page.get_by_text(title, exact=True)).click()
    expect(page.get_by_test_id("message-list")).to_be_visible()
    return page.url


def test_words_arrive_are_seen_and_can_be_taken_back(visit: OpenPage) -> None:
    giulia = visit("/messages", email="giulia@vetrina.example")
    marco = visit("/messages", email="marco@vetrina.example", size=(1440, 900))
    open_thread(giulia, "Marco")
    open_thread(marco, "Giulia")
    for letter in "Arrivo tra poco":  # Passing news: it reaches Giulia once her socket stands.
        marco.get_by_test_id("message-input").type(letter)
        marco.wait_for_timeout(700)
        if "Marco is writing" in (giulia.locator(".dm-typing").text_content() or ""):
            break
    expect(giulia.locator(".dm-typing")).to_have_text("Marco is writing…")
    giulia.get_by_test_id("message-input").fill("Ci vediamo <b>alle 8</b>?")
    giulia.get_by_test_id("message-send").click()
    arrived = marco.get_by_test_id("message-text").filter(has_text="Ci vediamo <b>alle 8</b>?")
    expect(arrived).to_be_visible()
    expect(giulia.locator(".msg--waiting")).to_have_count(0)
    expect(giulia.locator(".dm-seen")).to_be_visible()
    mine = giulia.get_by_test_id("message").last
    mine.hover()
    mine.locator("summary").first.click()
    mine.get_by_role("button", name="Delete").click()
    expect(marco.get_by_test_id("message").last).to_contain_text("Message deleted")


def test_two_friends_write_in_a_group(visit: OpenPage) -> None:
    giulia = visit("/messages", email="giulia@vetrina.example")
    marco = visit("/messages", email="marco@vetrina.example", size=(1440, 900))
    for page in (giulia, marco):
        open_thread(page, "Sneaker amiche")
    marco.get_by_test_id("message-input").fill("Io ci sono")
    marco.get_by_test_id("message-send").click()
    last = giulia.get_by_test_id("message").filter(has_text="Io ci sono")
    expect(last.locator(".msg__author")).to_have_text("Marco")
    last.get_by_label("Actions for this message").click()
    last.get_by_label("React with 👍").click()
    expect(marco.get_by_test_id("message").filter(has_text="Io ci sono").locator(".msg__signs")).to_contain_text("👍")


def test_what_is_written_offline_is_sent_later_and_once(visit: OpenPage) -> None:
    giulia = visit("/messages", email="giulia@vetrina.example")
    marco = visit("/messages", email="marco@vetrina.example")
    open_thread(giulia, "Marco")
    open_thread(marco, "Giulia")
    giulia.context.set_offline(True)
    giulia.get_by_test_id("message-input").fill("Scritto in galleria")
    giulia.get_by_test_id("message-send").click()
    expect(giulia.locator(".msg--waiting")).to_have_count(1)
    giulia.context.set_offline(False)
    expect(marco.get_by_test_id("message-text").filter(has_text="Scritto in galleria")).to_have_count(1, timeout=30_000)
    expect(giulia.locator(".msg--waiting")).to_have_count(0, timeout=30_000)


def test_the_number_on_the_icon_is_live(visit: OpenPage) -> None:
    marco = visit("/messages", email="marco@vetrina.example")
    open_thread(marco, "Giulia")  # Read until here.
    marco.goto(re.sub(r"/messages.*", "/brands", marco.url))
    before = int(marco.get_by_test_id("messages-count").text_content() or 0)
    giulia = visit("/messages", email="giulia@vetrina.example")
    open_thread(giulia, "Marco")
    giulia.get_by_test_id("message-input").fill("Dove sei?")
    giulia.get_by_test_id("message-send").click()
    expect(marco.get_by_test_id("messages-count")).to_have_text(str(before + 1))


def test_a_brands_people_see_who_is_replying(visit: OpenPage) -> None:
    davide = visit("/dashboard/passo/inbox", email="davide@passo.example", size=(1440, 900))
    ugo = visit("/dashboard/passo/inbox", email="ugo@passo.example", size=(1440, 900))
    for page in (davide, ugo):
        page.get_by_test_id("inbox-row").filter(has_text="Sara").click()
        expect(page.get_by_test_id("message-input")).to_be_visible()
    bar = ugo.locator("#inbox-collision")
    for letter in "Ciao Sara, arrivano":  # Passing news: it reaches Ugo once his socket stands.
        davide.get_by_test_id("message-input").type(letter)
        davide.wait_for_timeout(700)
        if bar.text_content():
            break
    expect(bar).to_have_text("Davide is replying")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_messages_have_no_violations(visit: OpenPage, axe: str, theme: str) -> None:
    page = visit("/messages", email="giulia@vetrina.example", theme=theme)
    paths = ["/messages", re.sub(r"^https?://[^/]+", "", open_thread(page, "Passo Volante")), "/messages/new"]
    origin = re.sub(r"^(https?://[^/]+).*", r"\1", page.url)
    found = []
    for path in paths:
        page.goto(origin + path)
        page.evaluate(axe)
        report = page.evaluate("axe.run(document)")
        found += [f"{path}: {one['id']} {one['nodes'][0]['html'][:160]}" for one in report["violations"]]
    assert found == []
