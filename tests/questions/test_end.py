"""No question dies: at the end of the show the open ones are threads in the brand's inbox, once, also after a restart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from livestream.chat import service as chat
from livestream.questions import jobs as question_jobs
from livestream.questions import service
from livestream.questions.models import QuestionState, RoomQuestion
from livestream.rooms import service as rooms
from livestream.rooms.models import Stream
from shop.core import clock, db, jobs, verify
from shop.messaging import inbox
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom
from tests.questions.conftest import ask, do, messages, notices, queue, say, take, the_question, thread_of
from tests.support.races import at_once, codes, twin_overtaken
from tests.support.visitor import Visitor


def end(room: LiveRoom, cast: Cast) -> None:
    do(rooms.end_stream, actor=cast.ben, stream_id=room.stream.id)


def faults() -> list[str]:
    with db.reading() as session:
        return [one.fault for one in verify.check_all(session) if one.invariant.startswith("questions.")]


def waiting_rows(cast: Cast) -> list[tuple[str, str, int | None]]:
    with db.reading() as session:
        rows = inbox.list_inbox(session, cast.olga, brand_id=cast.brand_a.id, tab="unassigned")
        return [(row.shopper_name, row.snippet, row.waiting_minutes) for row in rows]


def test_open_questions_become_threads_in_the_inbox(app: Flask, room: LiveRoom, cast: Cast) -> None:
    ask(app, cast.ana)
    take(room, cast.mia, say(room, cast.sam, "Spedite a Zurigo?"))
    answered = take(room, cast.mia, say(room, cast.zed, "Che ore sono?"))
    do(service.answer, actor=cast.mia, room_id=room.id, question_id=answered)
    end(room, cast)
    assert faults() == []  # The job waits, so nothing is lost yet.
    jobs.run_due_jobs()
    assert queue(room) == [] and faults() == []
    assert sorted(waiting_rows(cast)) == [("Ana", "Ne avete la 38?", 0), ("Sam", "Spedite a Zurigo?", 0)]
    thread = thread_of(cast.sam)
    assert thread is not None
    [said] = [one for one in messages() if one.thread_id == thread.id]
    assert (said.author_id, said.cards) == (cast.sam.account_id, [["stream", "evening-walk@show83"]])
    assert notices(cast.sam) == [("question.moved", f"/messages/{thread.id}", {"who": "Brand A"})]
    assert [kind for kind, _url, _data in notices(cast.ana)] == ["question.moved"]
    assert thread_of(cast.zed) is None
    summary = Visitor(app.test_client()).sign_in(cast.mia).get("/dashboard/brand-a/streams/evening-walk/summary")
    assert "1 of 3" in summary.get_data(as_text=True) and "2 went to the inbox" in summary.get_data(as_text=True)


def test_the_card_leads_to_the_second_of_the_replay(app: Flask, room: LiveRoom, cast: Cast) -> None:
    take(room, cast.mia, say(room, cast.ana, "Che colore?"))
    thread = ""
    for state in ("live", "over"):
        if state == "over":
            end(room, cast)
            jobs.run_due_jobs()
            found = thread_of(cast.ana)
            assert found is not None
            thread = found.id
    text = Visitor(app.test_client()).sign_in(cast.ana).get(f"/messages/{thread}").get_data(as_text=True)
    assert 'href="/replay/evening-walk?show=83"' in text and "At 1:23 of the stream" in text


def test_moved_once_also_after_a_restart(
    app: Flask, room: LiveRoom, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after the first of three; the lease runs out and another one goes on."""
    for person in (cast.ana, cast.sam, cast.zed):
        take(room, cast.mia, say(room, person, f"Domanda di {person.handle}?"))
    end(room, cast)
    moved: list[str] = []
    real = service.move_one

    def dying(session: Any, *, question_id: str) -> None:
        if moved:
            raise KeyboardInterrupt
        real(session, question_id=question_id)
        moved.append(question_id)

    with monkeypatch.context() as patch:
        patch.setattr(service, "move_one", dying)
        with pytest.raises(KeyboardInterrupt):
            jobs.run_due_jobs()
    assert len(messages()) == 1 and faults() == []
    clock.move(jobs.LEASE + timedelta(seconds=1))
    jobs.run_due_jobs()
    question_jobs.move(room.id)  # And again by hand.
    assert [one.text for one in messages()] == ["Domanda di ana?", "Domanda di sam?", "Domanda di zed?"]
    for person in (cast.ana, cast.sam, cast.zed):
        assert len(notices(person)) == 1
    assert faults() == []


def test_ending_twice_queues_one_job(room: LiveRoom, cast: Cast) -> None:
    end(room, cast)
    end(room, cast)
    with db.reading() as session:
        assert session.scalar(select(func.count()).where(jobs.Job.name == service.MOVE)) == 1


def test_what_moderators_removed_is_dropped(room: LiveRoom, cast: Cast) -> None:
    message_id = say(room, cast.ana, "Cattiveria?")
    question_id = take(room, cast.mia, message_id)
    do(chat.remove_message, actor=cast.mia, room_id=room.id, message_id=message_id)
    end(room, cast)
    jobs.run_due_jobs()
    assert the_question(question_id).state == QuestionState.DROPPED
    assert (messages(), notices(cast.ana)) == ([], [])


def test_verify_finds_a_question_that_was_left_behind(room: LiveRoom, cast: Cast) -> None:
    question_id = take(room, cast.mia, say(room, cast.ana, "Ciao?"))
    with db.unit_of_work() as session:
        session.get_one(Stream, room.stream.id).state = "ended"  # type: ignore[assignment]  # as a broken write would
    assert faults() == [f"question {question_id} is open after its show"]
    with db.unit_of_work() as session:
        session.get_one(RoomQuestion, question_id).state = QuestionState.MOVED
    assert faults() == [f"question {question_id} was moved to no thread of its asker"]


# An answer in the last second of the show, on both databases.

both = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


@both
def test_an_answer_against_the_end_of_the_show(app: Flask, room: LiveRoom, cast: Cast) -> None:
    question_id = take(room, cast.mia, say(room, cast.ana, "Ciao?"))
    answered, moved = codes(
        at_once(
            app,
            lambda: do(service.answer, actor=cast.mia, room_id=room.id, question_id=question_id, text="Sì."),
            lambda: do(service.move_one, question_id=question_id),
        )
    )
    assert moved == "ok"
    said = [one.text for one in messages()]
    if answered == "ok":
        assert said == ["Ciao?", "Sì."] and notices(cast.ana) == []
    else:
        assert answered == "wrong_move" and said == ["Ciao?"]
        assert [kind for kind, _url, _data in notices(cast.ana)] == ["question.moved"]


@both
def test_the_twin_answers_and_moves_the_same_question(app: Flask, room: LiveRoom, cast: Cast) -> None:
    """Without the lock the asker reads an answer, and that nobody got to their question."""
    ask(app, cast.ana)
    question_id = queue(room)[0].question_id
    answers = twin_overtaken(
        app,
        lambda session: service.answer(session, actor=cast.mia, room_id=room.id, question_id=question_id, text="Sì."),
        lambda session: service.move_one(session, question_id=question_id),
    )
    assert codes(answers)[1] == "ok"
    assert [kind for kind, _url, _data in notices(cast.ana)] == ["question.moved"]
    assert the_question(question_id).state == QuestionState.ANSWERED
