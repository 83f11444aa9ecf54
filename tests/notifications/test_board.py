"""What people are told: once, grouped, as they chose, and by mail only while it is unread."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.accounts.models import Account
from shop.core import channel, clock, db, jobs, notices
from shop.core.errors import NotFound
from shop.notifications import service
from shop.notifications.models import Notice
from shop.notifications.queries import count_unread
from tests.factories.cast import Cast
from tests.notifications.conftest import board, mails, tell_now
from tests.support.recording import Recorder

both = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
HALF_AN_HOUR = timedelta(minutes=30)


def unread(actor: object) -> int:
    with db.reading() as session:
        return count_unread(session, account_id=str(actor.account_id))  # type: ignore[attr-defined]


def test_news_reaches_the_board_and_the_persons_sockets_alone(cast: Cast, sent: Recorder, frozen: datetime) -> None:
    tell_now(cast.ana, "test.plain", "wave:1", who="Ben", seen_at="2026-11-24T20:30:00Z")
    (row,) = board(cast.ana)
    assert (row.title, row.text, row.url, row.is_unread) == ("Ben waved", "At Today, 21:30.", "/there", True)
    assert unread(cast.ana) == 1
    assert board(cast.sam) == []
    assert sent == [
        ("notice.added", {"notice_id": row.notice_id, "kind": "test.plain"}, channel.user(str(cast.ana.account_id)))
    ]


def test_the_same_key_tells_once(cast: Cast, sent: Recorder) -> None:
    tell_now(cast.ana, "test.plain", "wave:1", who="Ben")
    tell_now(cast.ana, "test.plain", "wave:1", who="Ben")
    tell_now(cast.sam, "test.plain", "wave:1", who="Ben")
    assert (len(board(cast.ana)), len(board(cast.sam))) == (1, 1)
    assert sent.names == ["notice.added", "notice.added"]


@both
def test_sixteen_at_once_tell_once(app: Flask, cast: Cast, sent: Recorder) -> None:
    gate = threading.Barrier(16)

    def one(_number: int) -> None:
        with app.app_context():
            gate.wait()
            tell_now(cast.ana, "test.letter", "letter:1", who="Ben")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(16)))
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 1
        assert session.scalar(select(func.count()).where(jobs.Job.name == "notices.mail")) == 1
    assert sent.names == ["notice.added"]


def test_news_of_a_failed_transaction_is_not_told(cast: Cast, sent: Recorder) -> None:
    with pytest.raises(RuntimeError), db.unit_of_work() as session:
        notices.tell(session, account_id=str(cast.ana.account_id), kind="test.plain", key="wave:1", url="/there")
        raise RuntimeError
    assert board(cast.ana) == []
    assert sent == []


def test_unread_news_of_a_group_is_one_line(cast: Cast, sent: Recorder) -> None:
    for number in range(3):
        tell_now(cast.ana, "test.letter", f"letter:{number}", group="thread:1", who="Ben")
    tell_now(cast.ana, "test.letter", "letter:9", group="thread:2", who="Mia")
    assert [row.title for row in board(cast.ana)] == ["Mia wrote", "3 letters from Ben"]
    assert unread(cast.ana) == 2


def test_reading_a_line_reads_its_group(cast: Cast, sent: Recorder) -> None:
    for number in range(3):
        tell_now(cast.ana, "test.letter", f"letter:{number}", group="thread:1", who="Ben")
    tell_now(cast.ana, "test.plain", "wave:1", who="Mia")
    wave, letters = board(cast.ana)
    sent.clear()
    with db.unit_of_work() as session:
        service.mark_read(session, actor=cast.ana, notice_id=letters.notice_id)
    assert [(row.title, row.is_unread) for row in board(cast.ana)] == [("Mia waved", True), ("Ben wrote", False)]
    assert sent == [("notices.read", {}, channel.user(str(cast.ana.account_id)))]
    assert wave.notice_id != letters.notice_id


def test_nobody_reads_the_notices_of_others(cast: Cast, sent: Recorder) -> None:
    tell_now(cast.ana, "test.plain", "wave:1", who="Ben")
    sent.clear()
    with pytest.raises(NotFound), db.unit_of_work() as session:
        service.mark_read(session, actor=cast.sam, notice_id=board(cast.ana)[0].notice_id)
    with db.unit_of_work() as session:
        service.mark_all_read(session, actor=cast.sam)
    assert unread(cast.ana) == 1
    assert sent == []


def test_data_that_lacks_a_word_does_not_break_the_board(cast: Cast, sent: Recorder) -> None:
    tell_now(cast.ana, "test.plain", "wave:1")
    assert board(cast.ana)[0].title == " waved"


def test_a_kind_no_feature_knows_any_more_is_left_out(cast: Cast, sent: Recorder) -> None:
    tell_now(cast.ana, "test.plain", "wave:1", who="Ben")
    notices.KINDS.pop("test.plain")
    assert board(cast.ana) == []
    assert unread(cast.ana) == 0


@both
def test_mail_comes_once_when_it_stays_unread(app: Flask, cast: Cast, sent: Recorder, frozen: datetime) -> None:
    tell_now(cast.ana, "test.letter", "letter:1", group="thread:1", who="Ben")
    clock.move(timedelta(minutes=20))
    tell_now(cast.ana, "test.letter", "letter:2", group="thread:1", who="Ben")
    jobs.run_due_jobs()
    assert mails() == []
    clock.move(timedelta(minutes=10))
    jobs.run_due_jobs()
    (mail,) = mails()
    assert (mail.to_address, mail.subject) == ("ana@example.test", "2 letters from Ben")
    clock.move(timedelta(hours=2))
    jobs.run_due_jobs()
    assert len(mails()) == 1


def test_mail_does_not_come_for_what_was_read(cast: Cast, sent: Recorder, frozen: datetime) -> None:
    tell_now(cast.ana, "test.letter", "letter:1", group="thread:1", who="Ben")
    tell_now(cast.ana, "test.letter", "letter:2", group="thread:2", who="Mia")
    with db.unit_of_work() as session:
        notices.settle(session, account_id=str(cast.ana.account_id), kind="test.letter", group="thread:1")
    with db.reading() as session:
        waiting = list(session.scalars(select(jobs.Job.state).where(jobs.Job.name == "notices.mail")))
    assert sorted(waiting) == ["done", "queued"]
    clock.move(HALF_AN_HOUR)
    jobs.run_due_jobs()
    assert [mail.subject for mail in mails()] == ["Mia wrote"]


def test_a_mail_job_that_runs_again_sends_nothing(cast: Cast, sent: Recorder, frozen: datetime) -> None:
    tell_now(cast.ana, "test.letter", "letter:1", who="Ben")
    handler = jobs.HANDLERS["notices.mail"].function
    notice_id = board(cast.ana)[0].notice_id
    handler(notice_id=notice_id)
    handler(notice_id=notice_id)
    assert len(mails()) == 1


def test_no_mail_to_an_address_nobody_confirmed(cast: Cast, sent: Recorder, frozen: datetime) -> None:
    with db.unit_of_work() as session:
        session.get_one(Account, cast.ana.account_id).email_confirmed_at = None
    tell_now(cast.ana, "test.letter", "letter:1", who="Ben")
    clock.move(HALF_AN_HOUR)
    jobs.run_due_jobs()
    assert mails() == []
    assert len(board(cast.ana)) == 1


def test_a_kind_that_was_switched_off_is_neither_shown_nor_mailed(cast: Cast, sent: Recorder, frozen: datetime) -> None:
    with db.unit_of_work() as session:
        service.choose(session, actor=cast.ana, kind="test.letter", in_app=False, by_mail=False)
    tell_now(cast.ana, "test.letter", "letter:1", who="Ben")
    clock.move(HALF_AN_HOUR)
    assert jobs.run_due_jobs() == 0
    assert (board(cast.ana), mails(), sent) == ([], [], [])


def test_mail_alone_can_be_chosen(cast: Cast, sent: Recorder, frozen: datetime) -> None:
    with db.unit_of_work() as session:
        service.choose(session, actor=cast.ana, kind="test.letter", in_app=False, by_mail=True)
    tell_now(cast.ana, "test.letter", "letter:1", who="Ben")
    clock.move(HALF_AN_HOUR)
    jobs.run_due_jobs()
    assert (board(cast.ana), [mail.subject for mail in mails()], sent) == ([], ["Ben wrote"], [])


def test_mail_switched_off_while_it_waited_does_not_come(cast: Cast, sent: Recorder, frozen: datetime) -> None:
    tell_now(cast.ana, "test.letter", "letter:1", who="Ben")
    with db.unit_of_work() as session:
        service.stop_mail(session, account_id=str(cast.ana.account_id), kind="test.letter")
    clock.move(HALF_AN_HOUR)
    jobs.run_due_jobs()
    assert mails() == []
    assert unread(cast.ana) == 1


def test_old_news_leaves_the_board_once_a_day(cast: Cast, frozen: datetime) -> None:
    tell_now(cast.ana, "test.plain", "wave:1", who="Ben")
    clock.move(service.KEEP + timedelta(hours=16))  # Noon and sixteen hours: four in the morning.
    tell_now(cast.ana, "test.plain", "wave:2", who="Cleo")
    for _ in range(2):
        service.forget_old_daily()
        jobs.run_due_jobs()
    assert [row.title for row in board(cast.ana)] == ["Cleo waved"]
    assert unread(cast.ana) == 1
