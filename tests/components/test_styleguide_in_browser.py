"""axe and the keyboard on the styleguide: every component, every theme, phone and desktop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import browser, chromium_path, playwright  # noqa: F401  # fixtures
from tests.components.rendering import ROOT, THEMES, styleguide

pytestmark = pytest.mark.browser
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = [(390, 844), (1440, 900)]


class Guide(SimpleHTTPRequestHandler):
    """The styleguide at /guide, the static files below it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, directory=str(ROOT), **options)

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path != "/guide":
            super().do_GET()
            return
        body = styleguide(parse_qs(address.query)["theme"][0]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Quiet: pytest shows what matters."""


@pytest.fixture(scope="module")
def guide() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Guide)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/guide"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser, guide: str) -> Iterator[Page]:  # noqa: F811  # the fixture above
    opened = browser.new_page(viewport={"width": 390, "height": 844})
    opened.goto(f"{guide}?theme=light")
    opened.wait_for_selector("html.js")
    yield opened
    opened.close()


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(browser: Browser, guide: str, theme: str) -> None:  # noqa: F811  # the fixture above
    for width, height in SIZES:
        opened = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
        opened.goto(f"{guide}?theme={theme}")
        opened.wait_for_selector("html.js")
        opened.evaluate(AXE.read_text())
        found = opened.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
        assert [(row["id"], row["nodes"][0]["html"][:160]) for row in found["violations"]] == []
        opened.close()


def test_narrowest_phone_does_not_scroll_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_mirrored_page_does_not_scroll_sideways(page: Page) -> None:
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_sheet_takes_the_focus_and_gives_it_back(page: Page) -> None:
    opener = page.get_by_role("button", name="Open the sheet")
    opener.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('dialog')?.id") == "guide-sheet"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Open the sheet"


def test_sheet_closes_when_its_handle_is_dragged_down(page: Page) -> None:
    page.get_by_role("button", name="Open the sheet").click()
    page.wait_for_timeout(500)
    box = page.locator("#guide-sheet .dialog__handle").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 300, steps=6)
    page.mouse.up()
    page.wait_for_function("!document.getElementById('guide-sheet').open")


def test_question_focuses_cancel_first(page: Page) -> None:
    page.get_by_role("button", name="Open the question").click()
    assert page.evaluate("document.activeElement.textContent.trim()") == "Cancel"


def test_arrow_keys_move_between_tabs(page: Page) -> None:
    page.wait_for_function("document.getElementById('guide-tabs-two').hidden")
    page.get_by_role("tab", name="Chat").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Shop"
    assert page.locator("#guide-tabs-two").is_visible()
    assert page.locator("#guide-tabs-one").is_hidden()


def test_short_press_pays_nothing_and_enter_asks(page: Page) -> None:
    page.evaluate(
        """() => {
          const button = document.querySelector('.press');
          const form = document.createElement('form');
          form.addEventListener('submit', (event) => { event.preventDefault(); document.body.dataset.paid = '1'; });
          button.before(form); form.append(button);
        }"""
    )
    page.wait_for_timeout(300)
    button = page.locator(".press")
    button.click()
    assert page.evaluate("document.body.dataset.paid") is None
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Pay €93.90?").wait_for()
    assert page.evaluate("document.body.dataset.paid") is None
    button_box = button.bounding_box()
    page.keyboard.press("Escape")
    assert button_box is not None
    page.mouse.move(button_box["x"] + 40, button_box["y"] + 20)
    page.mouse.down()
    page.wait_for_function("document.body.dataset.paid === '1'", timeout=4000)
    page.mouse.up()
