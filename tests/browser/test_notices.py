"""The bell counts while the page is open, a line is read where it is, and "Remind me" turns round at once."""

from __future__ import annotations

from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tools.stand import Stand

pytestmark = pytest.mark.browser
EVENT = "/events/listening-room-vinyl-night"
GIULIA, HOST = "giulia@vetrina.example", "marta@passo.example"


def test_remind_me_and_take_it_back(visit: OpenPage, stand: Stand) -> None:
    page = visit(EVENT, email=GIULIA)
    page.get_by_test_id("remind").click()
    expect(page.get_by_test_id("remind")).to_contain_text("You will be reminded")
    expect(page.locator("[data-reminded]")).to_have_text("1 person will be reminded")
    page.reload()
    expect(page.get_by_test_id("remind")).to_contain_text("You will be reminded")
    page.get_by_test_id("remind").click()
    expect(page.locator("[data-reminded]")).to_have_text("Nobody asked for a reminder yet.")
    page.route("**/reminder", lambda route: route.abort())
    page.get_by_test_id("remind").click()
    expect(page.get_by_test_id("remind")).to_contain_text("Remind me")  # It said no: turned back.


def test_without_javascript_it_is_a_form(visit: OpenPage) -> None:
    page = visit(EVENT)
    page.get_by_test_id("remind").click()
    assert page.url.endswith(f"/signin?next={EVENT}")
    with urlopen(page.url.split("/signin")[0] + EVENT + "/calendar.ics") as answer:  # our own server
        assert answer.read().startswith(b"BEGIN:VCALENDAR")


def test_the_bell_hears_of_a_show_that_starts(visit: OpenPage) -> None:
    watcher = visit("/b/fonica", email=GIULIA)
    before = unread(watcher)
    watcher.goto(watcher.url.split("/b/")[0] + EVENT)
    watcher.get_by_test_id("remind").click()
    expect(watcher.get_by_test_id("remind")).to_contain_text("You will be reminded")
    host = visit("/dashboard/fonica/streams/listening-room-vinyl-night", email="ettore@fonica.example")
    token = host.locator('meta[name="csrf-token"]').get_attribute("content")
    started = host.request.post(
        host.url.split("/dashboard")[0] + "/dashboard/fonica/streams/listening-room-vinyl-night/start",
        form={"csrf_token": str(token)},
        max_redirects=0,
    )
    assert started.status == 303, started.status
    expect(watcher.get_by_test_id("bell").locator("[data-bell-target=count]")).to_have_text(
        str(before + 1), timeout=15_000
    )
    watcher.get_by_test_id("bell").click()
    line = watcher.get_by_test_id("notice").first
    expect(line).to_contain_text("Fonica is live")
    line.get_by_role("button").click()
    expect(line.get_by_role("button")).to_have_count(0)
    assert unread(watcher) == before


def unread(page: object) -> int:
    answer = page.request.get(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + "/notices/unread")  # type: ignore[attr-defined]
    return int(answer.json()["data"]["unread"])
