"""axe finds nothing on any page, in any theme, in both languages; nothing scrolls sideways."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage

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
    ("/account/sessions", "giulia@vetrina.example"),
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


def test_narrowest_phone_does_not_scroll_sideways(visit: OpenPage) -> None:
    for path in ("/", "/p/passo-uno", "/cart", "/signin"):
        page = visit(path, size=(320, 640), locale="it")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
