"""axe finds nothing on any page, in any theme, in both languages; nothing scrolls sideways."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tools.stand import Stand

pytestmark = pytest.mark.browser

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OWNER = "marta@passo.example"
PAGES: list[tuple[str, str | None]] = [
    ("/", None),
    ("/brands", None),
    ("/b/passo", None),
    ("/p/passo-uno", None),
    ("/p/terralume-mug", None),
    ("/cart", None),
    ("/signin", None),
    ("/signup", None),
    ("/nowhere", None),
    ("/orders", "giulia@vetrina.example"),
    ("/account", "giulia@vetrina.example"),
    ("/account/sessions", "giulia@vetrina.example"),
    ("/notices", "giulia@vetrina.example"),
    ("/account/notices", "giulia@vetrina.example"),
    ("/events/listening-room-vinyl-night", None),
    ("/events/listening-room-vinyl-night", "giulia@vetrina.example"),
    ("/dashboard/passo", OWNER),
    ("/dashboard/passo/products", OWNER),
    ("/dashboard/passo/orders", OWNER),
    ("/dashboard/passo/shipping", OWNER),
    ("/dashboard/passo/team", OWNER),
    ("/dashboard/passo/streams", OWNER),
]


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found: Any = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", TAGS
    )
    return [
        f"{row['id']}: {row['nodes'][0]['html'][:160]} {row['nodes'][0].get('failureSummary', '')[:200]}"
        for row in found["violations"]
    ]


@pytest.mark.parametrize(("path", "email"), PAGES)
def test_page_has_no_violations(visit: OpenPage, axe: str, path: str, email: str | None) -> None:
    for theme, locale, size in (("light", "en", (390, 844)), ("dark", "it", (1440, 900))):
        page = visit(path, email=email, theme=theme, locale=locale, size=size)
        page.wait_for_load_state("networkidle")
        assert violations(page, axe) == [], f"{path} {theme} {size}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways at {size}"
        page.context.close()


# Pages whose address only a list knows: where the list is, and the link that leads on.
BEHIND_LISTS: list[tuple[str, str, str]] = [
    ("/orders", "main a[href^='/orders/']", "giulia@vetrina.example"),
    ("/dashboard/passo/orders", "main td a[href^='/dashboard/passo/orders/']", OWNER),
    ("/dashboard/passo/products", "main a[href^='/dashboard/passo/products/']:not([href$='/new'])", OWNER),
    ("/dashboard/passo/streams", "main a[href^='/dashboard/passo/streams/']:not([href$='/new'])", OWNER),
]


@pytest.mark.parametrize("way", BEHIND_LISTS, ids=lambda way: way[0])
def test_page_behind_a_list_has_no_violations(
    visit: OpenPage, axe: str, stand: Stand, way: tuple[str, str, str]
) -> None:
    listing, link, email = way
    for theme, locale, size in (("light", "it", (390, 844)), ("dark", "en", (1440, 900))):
        page = visit(listing, email=email, theme=theme, locale=locale, size=size)
        page.goto(stand.base_url + str(page.locator(link).first.get_attribute("href")))
        page.wait_for_load_state("networkidle")
        assert violations(page, axe) == [], f"{page.url} {theme} {size}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} scrolls sideways"
        page.context.close()


def test_full_bag_has_no_violations(visit: OpenPage, axe: str, stand: Stand) -> None:
    for theme, locale, size in (("light", "it", (390, 844)), ("dark", "en", (1440, 900))):
        page = visit("/p/passo-uno", theme=theme, locale=locale, size=size)
        for path in ("/p/passo-uno", "/p/terralume-mug"):
            page.goto(stand.base_url + path)
            page.get_by_test_id("add-to-bag").first.click()
            page.wait_for_function("() => document.querySelector('[data-live=bag-count]')?.textContent !== '0'")
        page.goto(stand.base_url + "/cart")
        assert page.get_by_test_id("bag-line").count() == 2
        page.wait_for_load_state("networkidle")
        assert violations(page, axe) == [], f"{theme} {size}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"the bag scrolls sideways at {size}"
        )
        page.context.close()


def test_narrowest_phone_does_not_scroll_sideways(visit: OpenPage) -> None:
    for path in ("/", "/p/passo-uno", "/cart", "/signin"):
        page = visit(path, size=(320, 640), locale="it")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
