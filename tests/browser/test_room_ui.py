"""The room and the studio in the browser: pins, moderation, sheets, keys, the end. One show, on air for the whole file."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_accessibility import violations
from tools.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

BUDGET = 60 * 1024
WIDE = (1440, 900)


def stream_slug(page: Page, stand: Stand) -> str:
    """The slug of the brand's stream that can go on air."""
    page.goto(stand.base_url + "/dashboard/terralume/streams")
    link = page.locator("a[href$='/studio']").first.get_attribute("href") or ""
    found = re.search(r"/streams/([^/]+)/studio", link)
    assert found is not None
    return found.group(1)


class Show:
    """Amara is on air from a browser with a fake camera."""

    def __init__(self, studio: Page, slug: str) -> None:
        self.studio = studio
        self.slug = slug
        self.room = f"/live/{slug}"

    def pin(self, place: int) -> str:
        """Pin an item by its place; returns its title."""
        row = self.studio.get_by_test_id("show-item").nth(place)
        if row.get_attribute("data-state") != "pinned":
            row.get_by_test_id("pin-item").click()
        expect(row).to_have_attribute("data-state", "pinned")
        title: str = row.locator("h3").evaluate("heading => heading.lastChild.textContent.trim()")  # After its number.
        return title


@pytest.fixture
def show(browser: Browser, stand: Stand) -> Iterator[Show]:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, locale="en-GB", permissions=["camera", "microphone"]
    )
    context.add_cookies([{"name": "locale", "value": "en", "url": stand.base_url}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    sign_in(page, stand, "amara@terralume.example")
    slug = stream_slug(page, stand)
    page.goto(f"{stand.base_url}/dashboard/terralume/streams/{slug}/studio")
    if page.get_by_test_id("end-show").is_hidden():
        page.get_by_test_id("go-live").click()
        page.wait_for_selector("[data-testid=end-show]:visible")
    yield Show(page, slug)
    context.close()


def test_a_pin_is_seen_at_once_undone_and_taken_away(visit: OpenPage, show: Show) -> None:
    first = show.pin(0)
    viewer = visit(show.room)
    card = viewer.get_by_test_id("pin-card")
    expect(card.get_by_test_id("pin-title")).to_have_text(first)
    second = show.pin(1)
    expect(card.get_by_test_id("pin-title")).to_have_text(second)
    show.studio.get_by_role("button", name="Undo").click()
    expect(card.get_by_test_id("pin-title")).to_have_text(first)
    show.studio.get_by_test_id("unpin").click()
    expect(card).to_have_count(0)
    show.studio.keyboard.press("2")
    expect(viewer.get_by_test_id("pin-title")).to_have_text(second)


def test_a_removed_message_leaves_every_screen(visit: OpenPage, show: Show) -> None:
    giulia = visit(show.room, email="giulia@vetrina.example")
    marco = visit(show.room, email="marco@vetrina.example")
    giulia.get_by_test_id("chat-input").fill("<b>Ciao</b> & benvenuti")
    giulia.get_by_test_id("chat-send").click()
    for screen in (giulia, marco, show.studio):
        expect(screen.get_by_test_id("chat-log")).to_contain_text("<b>Ciao</b> & benvenuti")
    said = marco.get_by_test_id("chat-message").filter(has_text="benvenuti")
    expect(said.get_by_text("FRIEND", exact=True)).to_be_visible()  # Only on his screen: the studio has no friends.
    expect(show.studio.get_by_text("FRIEND", exact=True)).to_have_count(0)
    row = show.studio.get_by_test_id("chat-message").filter(has_text="benvenuti")
    row.hover()
    row.get_by_role("button", name="Remove message").click()
    for screen in (giulia, marco, show.studio):
        expect(screen.get_by_test_id("chat-log")).not_to_contain_text("benvenuti", timeout=2_000)


def test_a_muted_person_reads_until_when_and_slow_mode_counts_down(visit: OpenPage, show: Show) -> None:
    sara = visit(show.room, email="sara@vetrina.example")
    sara.get_by_test_id("chat-input").fill("Prima")
    sara.get_by_test_id("chat-send").click()
    row = show.studio.get_by_test_id("chat-message").filter(has_text="Prima")
    row.hover()
    row.get_by_role("button", name="Mute or ban").click()
    show.studio.get_by_role("button", name="Mute for 5 min").click()
    expect(sara.locator("#composer-note")).to_contain_text("muted you until", timeout=2_000)
    expect(sara.get_by_test_id("chat-log")).not_to_contain_text("Prima")


def test_a_question_is_asked_over_the_video_answered_in_the_studio_and_read_in_the_thread(
    visit: OpenPage, show: Show
) -> None:
    show.pin(0)
    marco = visit(show.room, email="marco@vetrina.example")
    expect(marco.locator(".room")).to_have_attribute("data-line", "connected")
    title = marco.get_by_test_id("pin-title").inner_text()
    marco.get_by_test_id("ask-brand").click()
    sheet = marco.locator(".ask-sheet")
    sheet.get_by_test_id("ask-text").fill("Di che legno è?")
    sheet.get_by_test_id("ask-send").click()
    expect(sheet).to_have_count(0)
    expect(marco.locator(".room")).to_have_attribute("data-line", "connected")  # He never left.
    expect(show.studio.get_by_test_id("questions-count")).to_have_text("1")
    show.studio.keyboard.press("q")
    row = show.studio.get_by_test_id("question").filter(has_text="Di che legno è?")
    expect(row.get_by_test_id("question-product")).to_have_text(title)
    expect(row.get_by_test_id("question-moment")).to_have_text(re.compile(r"At \d+:\d\d of the stream"))
    row.get_by_test_id("question-write").click()
    row.get_by_role("textbox").fill("Di faggio.")
    row.get_by_role("button", name="Send").click()
    expect(row).to_have_count(0)
    marco.goto(marco.url.split("/live/")[0] + "/messages")
    marco.get_by_test_id("thread-row").first.click()
    expect(marco.get_by_test_id("message-text").filter(has_text="Di faggio.")).to_be_visible()


def test_a_guest_writes_and_is_taken_to_sign_in_with_the_text_kept(visit: OpenPage, show: Show) -> None:
    page = visit(show.room)
    expect(page.locator(".room")).to_have_attribute("data-line", "connected")
    page.get_by_test_id("chat-input").fill("Does it come in sand?")
    page.get_by_role("button", name="Sign in and send").click()
    page.wait_for_url(re.compile("/signin"))
    expect(page.get_by_text("Does it come in sand?")).to_be_visible()
    page.get_by_test_id("login-email").fill("anna@vetrina.example")
    page.get_by_test_id("login-password").fill("vetrina-demo")
    page.get_by_test_id("login-submit").click()
    page.wait_for_url(re.compile(show.room))
    expect(page.get_by_test_id("chat-log")).to_contain_text("Does it come in sand?")


def test_the_sheet_gives_the_choice_on_a_phone_and_the_card_on_a_desk(visit: OpenPage, show: Show) -> None:
    show.pin(0)
    phone = visit(show.room)
    expect(phone.locator(".room")).to_have_attribute("data-line", "connected")
    assert phone.locator("[data-variant]").count() == 0
    phone.get_by_test_id("buy-now").click()
    expect(phone.get_by_test_id("checkout-pay")).to_be_visible()
    choice = phone.locator("[data-variant]:not(:has(input:disabled)):visible")
    if choice.count():
        choice.first.click()
    phone.get_by_test_id("add-to-bag").click()
    expect(phone.get_by_test_id("bag-count")).to_have_text("1")
    desk = visit(show.room, size=WIDE)
    choice = desk.locator("[data-variant]:not(:has(input:disabled)):visible")
    if choice.count():
        choice.first.click()
    desk.get_by_test_id("add-to-bag").click()
    expect(desk.get_by_test_id("bag-count")).to_have_text("1")


def test_one_key_shortcuts(visit: OpenPage, show: Show) -> None:
    page = visit(show.room)
    expect(page.locator(".room")).to_have_attribute("data-line", "connected")
    page.keyboard.press("b")
    expect(page.locator("#shelf-panel:popover-open")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_test_id("chat-input")).to_be_focused()
    page.keyboard.type("b")
    expect(page.get_by_test_id("chat-input")).to_have_value("b")
    page.locator("h1").evaluate("element => document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.locator("#keys-dialog")).to_be_visible()


def test_offline_keeps_the_text_and_stops_buying(visit: OpenPage, show: Show) -> None:
    show.pin(0)
    page = visit(show.room, email="luca@vetrina.example")
    expect(page.locator(".room")).to_have_attribute("data-line", "connected")
    page.get_by_test_id("chat-input").fill("Back soon")
    page.context.set_offline(True)
    expect(page.get_by_test_id("buy-now")).to_be_disabled()
    page.get_by_test_id("chat-send").click()
    expect(page.locator("#composer-note")).to_contain_text("goes out when you are online again")
    page.context.set_offline(False)
    expect(page.get_by_test_id("buy-now")).to_be_enabled(timeout=20_000)
    expect(show.studio.get_by_test_id("chat-log")).to_contain_text("Back soon", timeout=20_000)


def test_the_room_is_complete_without_scripts(visit: OpenPage, show: Show) -> None:
    show.pin(0)
    page = visit(show.room, javascript=False)
    expect(page.get_by_test_id("pin-price")).to_be_visible()
    expect(page.get_by_test_id("buy-now")).to_be_enabled()
    page.get_by_test_id("shelf-open").click()
    expect(page.locator("#shelf-panel")).to_be_visible()


def test_room_and_studio_have_no_violations(visit: OpenPage, show: Show, axe: str) -> None:
    show.pin(0)
    for size in ((390, 844), (1024, 768), WIDE):
        page = visit(show.room, size=size, locale="it")
        expect(page.locator(".room")).to_have_attribute("data-line", "connected")
        assert violations(page, axe) == [], size
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        page.context.close()
    assert violations(show.studio, axe) == []


def test_the_room_keeps_its_budget(visit: OpenPage, show: Show, stand: Stand) -> None:
    page = visit("/brands")
    sizes: dict[str, int] = {}

    def weigh(response: object) -> None:
        kind = response.request.resource_type  # type: ignore[attr-defined]  # a playwright Response
        if kind in {"document", "stylesheet", "script"} and "hls" not in response.url:  # type: ignore[attr-defined]
            sizes[response.url] = len(gzip.compress(response.body(), 9))  # type: ignore[attr-defined]

    page.on("response", weigh)
    page.goto(stand.base_url + show.room)
    expect(page.locator(".room")).to_have_attribute("data-line", "connected")
    page.wait_for_timeout(1_500)
    scripts = sum(size for url, size in sizes.items() if ".js" in url)
    assert scripts <= BUDGET
    assert sum(sizes.values()) - scripts <= BUDGET


def test_the_end_is_confirmed_and_leads_to_summary_and_replay(visit: OpenPage, show: Show) -> None:
    viewer = visit(show.room)
    expect(viewer.locator(".room")).to_have_attribute("data-line", "connected")
    show.studio.get_by_test_id("end-show").click()
    expect(show.studio.get_by_role("button", name="Cancel")).to_be_focused()
    show.studio.get_by_test_id("end-confirm").click()
    show.studio.wait_for_url(re.compile("/summary"))
    expect(viewer.locator("#ended-title")).to_be_visible()
    expect(viewer.get_by_role("link", name="Watch the replay")).to_be_visible(timeout=30_000)
