"""A viewer cuts the last seconds of a show on air; the clip plays on its own page and leads back into the replay."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from shop.accounts.models import Account
from shop.core import db
from shop.social.models import Friendship, Way
from shop.social.queries import pair
from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_accessibility import violations
from tests.browser.test_live_buy_loop import SLUG, STUDIO, go_live, plays
from tools.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

GIULIA, MARCO = "giulia@vetrina.example", "marco@vetrina.example"
LOOKS = os.environ.get("LOOK_AT", "")  # A folder for pictures of the pages, for people who look at them.


def look(page: Page, name: str) -> None:
    if LOOKS:
        page.wait_for_timeout(400)
        page.screenshot(path=Path(LOOKS) / f"{name}.png")


@pytest.fixture
def studio(browser: Browser, stand: Stand) -> Iterator[Page]:
    """Davide is on air from a browser with a fake camera."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, locale="en-GB", permissions=["camera", "microphone"]
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    sign_in(page, stand, "davide@passo.example")
    page.goto(stand.base_url + STUDIO)
    go_live(page)
    page.wait_for_selector("[data-testid=end-show]:visible")
    yield page
    context.close()


def test_a_clip_is_cut_in_the_room_plays_and_leads_back(visit: OpenPage, studio: Page, stand: Stand, axe: str) -> None:
    befriend(stand, GIULIA, MARCO)
    studio.get_by_test_id("show-item").nth(0).get_by_test_id("pin-item").click()
    room = visit(f"/live/{SLUG}", email=GIULIA)
    plays(room, 20_000)
    room.wait_for_timeout(7_000)  # Something to cut.
    room.locator("[data-room-act=share]:visible").first.click()
    dialog = room.locator("dialog.share-dialog")
    expect(dialog).to_be_visible()
    look(room, "share-room-390")
    assert violations(room, axe) == []
    trim(room)
    room.get_by_test_id("clip-cut").click()
    expect(dialog.get_by_text("Save clip")).to_be_visible(timeout=30_000)
    look(room, "share-clip-390")
    link = room.get_by_test_id("share-link").input_value()
    assert "/clips/" in link
    dialog.get_by_role("switch", name="Name me in the link").check()
    named = room.get_by_test_id("share-link").input_value()
    assert named.startswith(link + "?from=")
    send_to_marco(room)
    marco = visit("/messages", email=MARCO)
    marco.get_by_text("Guarda come si piega").first.click()
    card = marco.get_by_test_id("clip-card")
    expect(card).to_be_visible()
    marco.evaluate("document.querySelector('[data-testid=clip-card] video').play()")
    plays(marco, 5_000)
    look(marco, "thread-390")

    clip = visit(named.removeprefix(stand.base_url), size=(1440, 900))
    expect(clip.get_by_test_id("shared-by")).to_have_text("Sent by Giulia")
    clip.evaluate("document.querySelector('video').play()")
    plays(clip, 10_000)
    look(clip, "clip-1440")
    assert violations(clip, axe) == []
    duration = clip.evaluate("document.querySelector('video').duration")
    assert 2 < duration < 9
    clip.evaluate(f"document.querySelector('video').currentTime = {duration - 1}")
    clip.wait_for_function("() => document.querySelector('video').ended", timeout=10_000)
    expect(clip.get_by_test_id("buy-now")).to_be_visible()
    clip.reload()
    expect(clip.get_by_text("1 view")).to_be_visible()
    phone = visit(named.removeprefix(stand.base_url), locale="it", theme="dark")
    look(phone, "clip-390-it-dark")

    end_show(studio)
    clip.goto(link)
    wait_for_replay(clip, stand)
    clip.goto(link)
    clip.get_by_test_id("clip-moment").click()
    clip.wait_for_url(lambda url: "/replay/" in url)
    plays(clip, 20_000)
    look(clip, "replay-1440")
    share_a_moment(clip)


def befriend(stand: Stand, *emails: str) -> None:
    """Two people of the demo know each other; how they came to is tested elsewhere."""
    database = db.Database(stand.settings.database_address)
    with database.unit_of_work() as session:
        one, other = session.scalars(select(Account.id).where(Account.email.in_(emails)))
        low, high = pair(one, other)
        if session.get(Friendship, (low, high)) is None:
            session.add(Friendship(low_id=low, high_id=high, way=Way.CODE))
    database.dispose()


def send_to_marco(page: Page) -> None:
    page.locator("dialog.share-dialog .pick", has_text="Marco").click()
    page.get_by_test_id("share-note").fill("Guarda come si piega")
    button = page.get_by_test_id("share-send")
    expect(button).to_have_text("Send to Marco")
    look(page, "share-friends-390")
    button.click()
    expect(page.get_by_text("Sent to Marco")).to_be_visible()
    expect(page.locator("dialog.share-dialog")).to_have_count(0)


def trim(room: Page) -> None:
    """The handles write into the fields, and the fields move the handles."""
    start, until = room.get_by_test_id("clip-start"), room.get_by_test_id("clip-end")
    handle = room.get_by_role("slider", name="Start of the clip")
    until.fill("0:06")
    start.fill("0:02")
    expect(handle).to_have_attribute("aria-valuetext", "0:02")
    handle.focus()
    room.keyboard.press("ArrowRight")
    expect(start).to_have_value("0:03")
    room.keyboard.press("End")
    expect(start).to_have_value("0:03")  # Three seconds are the least.
    room.keyboard.press("ArrowLeft")
    expect(start).to_have_value("0:02")


def end_show(studio: Page) -> None:
    studio.get_by_test_id("end-show").click()
    studio.get_by_test_id("end-confirm").click()
    studio.wait_for_url(lambda url: "/summary" in url)


def wait_for_replay(page: Page, stand: Stand) -> None:
    for _ in range(40):
        answer = page.request.get(f"{stand.base_url}/replay/{SLUG}", headers={"Accept": "application/json"})
        if answer.ok and answer.json().get("done"):
            return
        page.wait_for_timeout(500)
    raise AssertionError("the replay is not ready")


def share_a_moment(page: Page) -> None:
    page.evaluate("document.querySelector('.replay video').pause()")
    page.evaluate("document.querySelector('.replay video').currentTime = 5.5")
    page.get_by_test_id("share").click()
    expect(page.locator("dialog.share-dialog")).to_be_visible()
    link = page.get_by_test_id("share-link").input_value()
    assert link.endswith(f"/replay/{SLUG}?t=5")
    page.goto(link)
    page.wait_for_function("() => document.querySelector('video').currentTime >= 5", timeout=15_000)
    look(page, "replay-moment-1440")
