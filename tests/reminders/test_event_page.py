"""The event's page in each of its states, its calendar file, and the button with and without JavaScript."""

from __future__ import annotations

from datetime import timedelta

import pytest

from livestream.rooms import service as rooms
from livestream.rooms.models import Stream, StreamState
from shop.core import clock, db
from shop.core.actor import SYSTEM
from tests.factories.cast import Cast
from tests.factories.catalog import make_product
from tests.factories.live import make_stream
from tests.reminders.conftest import EVENING, remind
from tests.support.recording import Recorder
from tests.support.visitor import JSON, Visitor

pytestmark = pytest.mark.usefixtures("sent")
PAGE = "/events/evening-walk"


def text(visitor: Visitor, path: str = PAGE, status: int = 200) -> str:
    answer = visitor.get(path)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def test_a_planned_event_for_a_guest(visitor: Visitor, cast: Cast, stream: Stream) -> None:
    with db.unit_of_work() as session:
        product = make_product(session, cast.brand_a)
        rooms.add_item(session, actor=SYSTEM, stream_id=stream.id, product_id=product.id)
    remind(cast.ana)
    page = text(visitor)
    for words in ("Evening walk", "Tuesday 24 November, 21:00", "Italy Time", "1 person will be reminded", "with Ben"):
        assert words in page, words
    assert 'href="/signin?next=/events/evening-walk"' in page
    assert 'href="/p/passo-uno"' in page
    assert ">8</b>" in page and "hours" in page


def test_the_viewers_zone_comes_first_and_the_shops_is_said(visitor: Visitor, stream: Stream) -> None:
    visitor.client.set_cookie("tz", "America/New_York")
    page = text(visitor)
    assert "Tuesday 24 November, 15:00" in page
    assert "Tue 24 Nov, 21:00 · Italy Time" in page


def test_the_last_hour_counts_minutes(visitor: Visitor, stream: Stream) -> None:
    clock.move(EVENING - timedelta(minutes=22, seconds=30) - clock.now())
    page = text(visitor)
    assert '<b>23</b><span class="muted">minutes</span>' in page


def test_the_button_is_a_form_that_works_both_ways(visitor: Visitor, cast: Cast, stream: Stream) -> None:
    visitor.sign_in(cast.ana)
    answer = visitor.post(f"{PAGE}/reminder", wanted="yes", next=PAGE)
    assert (answer.status_code, answer.location) == (303, PAGE)
    page = text(visitor)
    assert "1 person will be reminded" in page
    assert 'name="wanted" value="no"' in page
    visitor.post(f"{PAGE}/reminder", wanted="no")
    assert "Nobody asked for a reminder yet." in text(visitor)


def test_the_script_gets_the_words_it_shows(visitor: Visitor, cast: Cast, stream: Stream) -> None:
    visitor.sign_in(cast.ana)
    answer = visitor.post(f"{PAGE}/reminder", headers=JSON, wanted="yes")
    assert answer.json == {
        "ok": True,
        "data": {
            "wanted": True,
            "people": "1 person will be reminded",
            "words": "We will remind you 10 minutes before",
        },
    }
    wrong = visitor.post(f"{PAGE}/reminder", headers=JSON, wanted="perhaps")
    assert (wrong.status_code, wrong.json["error"]["field"]) == (422, "wanted")


def test_the_home_page_has_a_bell_for_each_planned_stream(visitor: Visitor, cast: Cast, stream: Stream) -> None:
    assert f'href="{PAGE}"' in text(visitor, "/")
    assert f'href="/signin?next={PAGE}"' in text(visitor, "/")
    visitor.sign_in(cast.ana)
    remind(cast.ana)
    page = text(visitor, "/")
    assert f'action="{PAGE}/reminder"' in page
    assert 'name="wanted" value="no"' in page


def test_at_the_start_it_becomes_the_door(visitor: Visitor, stream: Stream) -> None:
    assert visitor.get(PAGE, headers=JSON).json == {"done": False, "url": PAGE}
    with db.unit_of_work() as session:
        rooms.start_stream(session, actor=SYSTEM, stream_id=stream.id)
    page = text(visitor)
    assert "Enter the stream" in page
    assert 'href="/live/evening-walk"' in page
    assert "reminder" not in page
    assert visitor.get(PAGE, headers=JSON).json == {"done": True, "url": PAGE}


def test_what_is_over_leads_to_the_replay_and_the_next_one(visitor: Visitor, cast: Cast, stream: Stream) -> None:
    with db.unit_of_work() as session:
        later, _room = make_stream(session, cast.brand_a, slug="next-walk", title="Next walk")
        rooms.schedule_stream(session, actor=SYSTEM, stream_id=later.id, starts_at=EVENING + timedelta(days=1))
        rooms.start_stream(session, actor=SYSTEM, stream_id=stream.id)
        rooms.end_stream(session, actor=SYSTEM, stream_id=stream.id)
    assert "The replay is being made ready." in text(visitor)
    with db.unit_of_work() as session:
        rooms.note_recording(session, stream_id=stream.id, duration_seconds=60)
    page = text(visitor)
    assert 'href="/replay/evening-walk"' in page
    assert 'href="/events/next-walk"' in page


def test_what_was_called_off_says_so_if_it_was_announced(visitor: Visitor, cast: Cast, stream: Stream) -> None:
    with db.unit_of_work() as session:
        rooms.cancel_stream(session, actor=SYSTEM, stream_id=stream.id)
        draft, _room = make_stream(session, cast.brand_a, slug="never-told", title="Never told")
        rooms.cancel_stream(session, actor=SYSTEM, stream_id=draft.id)
    assert "This show was called off." in text(visitor)
    assert "STATUS:CANCELLED" in text(visitor, f"{PAGE}/calendar.ics")
    text(visitor, "/events/never-told", 404)


def test_a_draft_is_the_crews_alone(visitor: Visitor, cast: Cast, stream: Stream) -> None:
    with db.unit_of_work() as session:
        rooms.unschedule_stream(session, actor=SYSTEM, stream_id=stream.id)
    for actor, status in ((cast.guest, 404), (cast.ana, 404), (cast.zed, 404), (cast.ben, 200)):
        visitor.sign_in(actor)
        assert visitor.get(PAGE).status_code == status
        assert visitor.get(f"{PAGE}/calendar.ics").status_code == status
    visitor.sign_in(cast.ana)
    assert visitor.post(f"{PAGE}/reminder", headers=JSON, wanted="yes").status_code == 404


def test_the_calendar_file_is_one_event_with_an_alarm(visitor: Visitor, cast: Cast, stream: Stream) -> None:
    with db.unit_of_work() as session:
        row = session.get_one(Stream, stream.id)
        row.title = {"en": "Walk, talk; and\r\nATTENDEE:mallory — " + "è" * 60}
        assert row.state == StreamState.SCHEDULED
    answer = visitor.get(f"{PAGE}/calendar.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    lines = answer.get_data(as_text=True).split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "\n" not in "".join(lines)
    unfolded = answer.get_data(as_text=True).replace("\r\n ", "")
    assert "DTSTART:20261124T200000Z" in unfolded
    assert "DTEND:20261124T210000Z" in unfolded
    assert "TRIGGER:-PT10M" in unfolded
    assert "SUMMARY:Walk\\, talk\\; and\\nATTENDEE:mallory" in unfolded
    assert "\r\nATTENDEE" not in unfolded


def test_the_page_takes_a_constant_number_of_statements(
    visitor: Visitor, cast: Cast, stream: Stream, sent: Recorder
) -> None:
    from tests.rooms.test_budget import queries, statements

    visitor.sign_in(cast.ana)
    text(visitor)
    with statements() as seen:
        text(visitor)
    assert len(queries(seen)) <= 9, queries(seen)
