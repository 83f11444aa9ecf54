"""News after commit, work in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from flask import Flask
from sqlalchemy import select

from shop.core import clock, db, events, jobs
from shop.core.events import Event
from tests.support.recording import Recorder

both = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


@dataclass(frozen=True, kw_only=True)
class BellRang(Event):
    """A bell of the tests."""

    name: ClassVar[str] = "test.bell_rang"
    at: datetime


ran: list[str] = []


@jobs.job("test.note", attempts=3)
def note(word: str) -> None:
    ran.append(word)
    if word == "bad":
        raise RuntimeError("no such luck")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    ran.clear()
    yield
    jobs.use_nudge(None)


def test_news_travels_after_commit(app: Flask, sent: Recorder, frozen: datetime) -> None:
    with db.unit_of_work() as session:
        events.publish(session, BellRang(at=frozen), to="room:1")
        assert sent == []
    assert sent == [("test.bell_rang", {"at": "2026-11-24T12:00:00.000Z"}, "room:1")]


def test_rollback_drops_news_and_work(app: Flask, sent: Recorder) -> None:
    with pytest.raises(RuntimeError), db.unit_of_work() as session:
        events.publish(session, BellRang(at=clock.now()), to="room:1")
        jobs.enqueue(session, "test.note", word="never")
        raise RuntimeError
    assert sent == []
    assert jobs.run_due_jobs() == 0


def test_a_failing_subscriber_does_not_stop_the_others(app: Flask, sent: Recorder) -> None:
    heard: list[str] = []

    def broken(_event: BellRang) -> None:
        raise RuntimeError

    events.subscribe(BellRang, broken)
    events.subscribe(BellRang, lambda _event: heard.append("yes"))
    with db.unit_of_work() as session:
        events.publish(session, BellRang(at=clock.now()), to="room:1")
    assert heard == ["yes"]
    assert sent.names == ["test.bell_rang"]


@both
def test_a_job_runs_once_it_is_due(app: Flask, frozen: datetime) -> None:
    jobs.use_nudge(None)
    with db.unit_of_work() as session:
        jobs.enqueue(session, "test.note", word="later", run_at=frozen + timedelta(minutes=5))
    assert jobs.run_due_jobs() == 0
    clock.move(timedelta(minutes=5))
    assert jobs.run_due_jobs() == 1
    assert jobs.run_due_jobs() == 0
    assert ran == ["later"]


@both
def test_the_same_work_waits_once(app: Flask) -> None:
    jobs.use_nudge(None)
    with db.unit_of_work() as session:
        assert jobs.enqueue(session, "test.note", key="k", word="one") is not None
        assert jobs.enqueue(session, "test.note", key="k", word="two") is None
    jobs.run_due_jobs()
    with db.unit_of_work() as session:
        assert jobs.enqueue(session, "test.note", key="k", word="three") is not None
    jobs.run_due_jobs()
    assert ran == ["one", "three"]


@both
def test_a_failing_job_is_tried_again_and_then_given_up(app: Flask, frozen: datetime) -> None:
    jobs.use_nudge(None)
    with db.unit_of_work() as session:
        jobs.enqueue(session, "test.note", word="bad")
    for _ in range(5):
        jobs.run_due_jobs()
        clock.move(timedelta(minutes=20))
    assert ran == ["bad"] * 3
    with db.reading() as session:
        row = session.scalars(select(jobs.Job)).one()
    assert (row.state, row.attempts, row.last_error) == ("failed", 3, "RuntimeError: no such luck")


def test_a_lost_lease_is_picked_up(app: Flask, frozen: datetime) -> None:
    jobs.use_nudge(None)
    with db.unit_of_work() as session:
        job_id = jobs.enqueue(session, "test.note", word="after the crash")
    with db.unit_of_work() as session:
        row = session.get_one(jobs.Job, job_id)
        row.state, row.leased_until = "running", frozen + jobs.LEASE
    assert jobs.run_due_jobs() == 0
    clock.move(jobs.LEASE + timedelta(seconds=1))
    assert jobs.run_due_jobs() == 1
    assert ran == ["after the crash"]


def test_a_unit_of_work_does_not_nest(app: Flask) -> None:
    with db.unit_of_work(), pytest.raises(RuntimeError, match="already open"), db.unit_of_work():
        pass


def test_vendors_are_not_called_while_rows_are_locked(app: Flask) -> None:
    with db.unit_of_work(), pytest.raises(RuntimeError, match="Stripe must not be called"):
        db.check_no_transaction("Stripe")
    db.check_no_transaction("Stripe")
