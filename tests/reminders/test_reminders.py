"""Reminders fire once: after a restart, at the same time as themselves, when the stream moves; never when it is off."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from livestream.reminders import service
from livestream.reminders.errors import NotUpcoming
from livestream.reminders.models import StreamReminder
from livestream.rooms import service as rooms
from livestream.rooms.models import Stream
from shop.core import clock, db, jobs
from shop.core.actor import SYSTEM
from shop.core.errors import NotFound, SignInNeeded
from shop.core.jobs import Job
from shop.social.models import BrandFollow
from tests.factories.cast import Cast
from tests.factories.live import make_stream
from tests.reminders.conftest import EVENING, move_to, remind, subjects, told, work
from tests.support.recording import Recorder

both = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
pytestmark = pytest.mark.usefixtures("sent")


def at(moment: datetime) -> None:
    """Go on to an instant and let the worker do what is due."""
    clock.move(moment - clock.now())
    work()


@both
def test_ten_minutes_before_in_the_shop_and_by_mail_once(cast: Cast, stream: Stream) -> None:
    remind(cast.ana)
    remind(cast.ana)
    at(EVENING - timedelta(minutes=11))
    assert (told(cast.ana), subjects(cast.ana)) == ([], [])
    at(EVENING - timedelta(minutes=10))
    assert (told(cast.ana), subjects(cast.ana)) == (["stream.soon"], ["Starting soon: Evening walk"])
    at(EVENING)
    assert told(cast.ana) == ["stream.soon"]
    assert told(cast.sam) == []


@both
def test_a_restart_in_the_middle_reminds_nobody_twice(cast: Cast, stream: Stream) -> None:
    remind(cast.ana)
    at(EVENING - timedelta(minutes=10))
    with (
        db.unit_of_work() as session
    ):  # The worker died after its work and before it closed the row: the lease runs out.
        session.execute(
            update(Job)
            .where(Job.name == service.FIRE)
            .values(state="running", leased_until=clock.now() - timedelta(seconds=1))
        )
    work()
    assert (told(cast.ana), len(subjects(cast.ana))) == (["stream.soon"], 1)


def test_a_worker_that_slept_through_the_minute_still_reminds(cast: Cast, stream: Stream) -> None:
    remind(cast.ana)
    at(EVENING + timedelta(minutes=5))
    assert told(cast.ana) == ["stream.soon"]


def test_hours_later_nobody_is_told_that_it_starts_soon(cast: Cast, stream: Stream) -> None:
    remind(cast.ana)
    at(EVENING + timedelta(hours=3))
    assert told(cast.ana) == []


@both
def test_eight_workers_at_once_remind_once(app: Flask, cast: Cast, stream: Stream) -> None:
    for person in (cast.ana, cast.sam, cast.mia):
        remind(person)
    clock.move(EVENING - timedelta(minutes=10) - clock.now())
    gate = threading.Barrier(8)

    def one(_number: int) -> int:
        with app.app_context():
            gate.wait()
            with db.unit_of_work() as session:
                return service.fire_some(session, stream_id=stream.id)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(8))) == 3
    assert [told(person) for person in (cast.ana, cast.sam, cast.mia)] == [["stream.soon"]] * 3


@both
def test_a_stream_that_moves_later_reminds_at_the_new_time_only(cast: Cast, stream: Stream) -> None:
    remind(cast.ana)
    move_to(stream, EVENING + timedelta(hours=1))
    at(EVENING - timedelta(minutes=10))
    assert told(cast.ana) == ["stream.moved"]
    at(EVENING + timedelta(minutes=50))
    assert told(cast.ana) == ["stream.moved", "stream.soon"]
    with db.reading() as session:
        waiting = select(Job.id).where(Job.name == service.FIRE, Job.state == "queued")
        assert list(session.scalars(waiting)) == []


def test_a_stream_that_moves_earlier_reminds_earlier(cast: Cast, stream: Stream) -> None:
    remind(cast.ana)
    move_to(stream, EVENING - timedelta(hours=2))
    at(EVENING - timedelta(hours=2, minutes=10))
    assert told(cast.ana) == ["stream.moved", "stream.soon"]
    at(EVENING)
    assert told(cast.ana) == ["stream.moved", "stream.soon"]


def test_a_producer_who_changes_back_bothers_nobody(cast: Cast, stream: Stream) -> None:
    remind(cast.ana)
    move_to(stream, EVENING + timedelta(hours=1))
    move_to(stream, EVENING)
    at(clock.now() + timedelta(minutes=5))
    assert told(cast.ana) == []


def test_a_short_delay_after_the_reminder_is_said_but_does_not_remind_again(cast: Cast, stream: Stream) -> None:
    remind(cast.ana)
    at(EVENING - timedelta(minutes=10))
    move_to(stream, EVENING + timedelta(minutes=20))
    at(EVENING + timedelta(minutes=10))
    assert told(cast.ana) == ["stream.soon", "stream.moved"]


@both
def test_a_stream_that_is_called_off_says_so_and_reminds_nobody(cast: Cast, stream: Stream) -> None:
    remind(cast.ana)
    with db.unit_of_work() as session:
        rooms.cancel_stream(session, actor=SYSTEM, stream_id=stream.id)
    at(EVENING)
    assert (told(cast.ana), subjects(cast.ana)) == (["stream.cancelled"], ["Called off: Evening walk"])


def test_a_stream_taken_back_to_a_draft_reminds_nobody(cast: Cast, stream: Stream) -> None:
    remind(cast.ana)
    with db.unit_of_work() as session:
        rooms.unschedule_stream(session, actor=SYSTEM, stream_id=stream.id)
    at(EVENING)
    assert told(cast.ana) == []


def test_who_does_not_want_it_any_more_is_not_reminded(cast: Cast, stream: Stream) -> None:
    remind(cast.ana)
    with db.unit_of_work() as session:
        service.forget(session, actor=cast.ana, slug=stream.slug)
    at(EVENING)
    assert told(cast.ana) == []


def test_a_host_who_starts_early_reminds_at_once(cast: Cast, stream: Stream) -> None:
    remind(cast.ana)
    clock.move(EVENING - timedelta(minutes=40) - clock.now())
    with db.unit_of_work() as session:
        rooms.start_stream(session, actor=SYSTEM, stream_id=stream.id)
    work()
    at(EVENING)
    assert told(cast.ana) == ["stream.live"]


def test_who_asks_in_the_last_minutes_is_told_at_the_start(cast: Cast, stream: Stream) -> None:
    at(EVENING - timedelta(minutes=4))
    remind(cast.ana)
    work()
    assert told(cast.ana) == []
    with db.unit_of_work() as session:
        rooms.start_stream(session, actor=SYSTEM, stream_id=stream.id)
    work()
    assert told(cast.ana) == ["stream.live"]


@both
def test_followers_hear_once_that_their_brand_is_on_air(cast: Cast, stream: Stream) -> None:
    with db.unit_of_work() as session:
        session.add(BrandFollow(account_id=cast.ana.account_id, brand_id=cast.brand_a.id))
        session.add(BrandFollow(account_id=cast.sam.account_id, brand_id=cast.brand_b.id))
    remind(cast.ana)
    at(EVENING - timedelta(minutes=10))
    with db.unit_of_work() as session:
        rooms.start_stream(session, actor=SYSTEM, stream_id=stream.id)
        rooms.start_stream(session, actor=SYSTEM, stream_id=stream.id)
    work()
    jobs.HANDLERS[service.SAY_LIVE].function(stream_id=stream.id)
    assert told(cast.ana) == ["stream.soon", "stream.live"]
    assert told(cast.sam) == []


def test_a_start_that_fails_tells_nobody(cast: Cast, stream: Stream) -> None:
    with pytest.raises(RuntimeError), db.unit_of_work() as session:
        session.add(BrandFollow(account_id=cast.ana.account_id, brand_id=cast.brand_a.id))
        rooms.start_stream(session, actor=SYSTEM, stream_id=stream.id)
        raise RuntimeError
    work()
    assert told(cast.ana) == []


def test_reminders_are_refused_for_what_is_not_coming(cast: Cast, stream: Stream, sent: Recorder) -> None:
    with pytest.raises(SignInNeeded), db.unit_of_work() as session:
        service.remind(session, actor=cast.guest, slug=stream.slug)
    with db.unit_of_work() as session:
        make_stream(session, cast.brand_a, slug="secret-draft", title="Secret")
    for slug in ("no-such-thing", "secret-draft"):
        with pytest.raises(NotFound), db.unit_of_work() as session:
            service.remind(session, actor=cast.ana, slug=slug)
    with db.unit_of_work() as session:
        rooms.start_stream(session, actor=SYSTEM, stream_id=stream.id)
    with pytest.raises(NotUpcoming), db.unit_of_work() as session:
        service.remind(session, actor=cast.ana, slug=stream.slug)
    with db.reading() as session:
        assert list(session.scalars(select(StreamReminder.account_id))) == []
