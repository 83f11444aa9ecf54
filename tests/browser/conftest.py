"""A real shop, real processes, a real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.conftest import missing
from tools.stand import Stand, standing

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
PASSWORD = "vetrina-demo"

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium_path() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        missing("Chromium")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture
def browser(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
    yield launched
    launched.close()


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """The demo shop without its show: web, worker, live process and sandbox."""
    with standing(tmp_path_factory.mktemp("stand"), RATE_LIMITS="0") as running:
        yield running


@pytest.fixture
def visit(browser: Browser, stand: Stand) -> Iterator[OpenPage]:
    """`visit("/path", email=…, size=(390, 844), locale="it", theme="dark")` → a page of a person of its own."""
    contexts: list[BrowserContext] = []

    def open_page(
        path: str,
        *,
        email: str | None = None,
        size: tuple[int, int] = (390, 844),
        locale: str = "en",
        theme: str | None = None,
        javascript: bool = True,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="it-IT" if locale == "it" else "en-GB",
            permissions=["camera", "microphone"],
            bypass_csp=False,
            java_script_enabled=javascript,
        )
        contexts.append(context)
        cookies = [{"name": "locale", "value": locale, "url": stand.base_url}]
        if theme:
            cookies.append({"name": "theme", "value": theme, "url": stand.base_url})
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(15_000)
        if email:
            sign_in(page, stand, email)
        page.goto(stand.base_url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def sign_in(page: Page, stand: Stand, email: str) -> None:
    page.goto(stand.base_url + "/signin")
    page.get_by_test_id("login-email").fill(email)
    page.get_by_test_id("login-password").fill(PASSWORD)
    page.get_by_test_id("login-submit").click()
    page.wait_for_url(lambda url: "/signin" not in url)


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, from the development packages."""
    return (Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text(
        encoding="utf-8"
    )
