"""The brand's side: who may, who waits, who answers, what never reaches a shopper."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shop.core import channel, clock, db
from shop.core.errors import NotAllowed, NotFound
from shop.messaging import inbox, queries, service
from shop.messaging.models import MessageKind
from tests.factories.cast import Cast
from tests.messaging.conftest import brand_thread, do, say
from tests.messaging.test_messages import read, texts
from tests.support.recording import Recorder
from tests.support.visitor import Visitor


@pytest.fixture
def question(cast: Cast, sent: Recorder, frozen: datetime) -> str:
    """Ana asked Brand A something."""
    thread_id = brand_thread(cast.ana, cast.brand_a.id)
    say(cast.ana, thread_id, "Avete la 38?")
    sent.clear()
    return thread_id


def test_a_question_waits_until_somebody_answers(question: str, cast: Cast, sent: Recorder) -> None:
    clock.move(timedelta(minutes=42))
    with db.reading() as session:
        [row] = inbox.list_inbox(session, cast.ben, brand_id=cast.brand_a.id, tab="unassigned")
        assert (row.shopper_name, row.waiting_minutes, row.agent) == ("Ana", 42, "")
        assert inbox.count_inbox(session, cast.ben, cast.brand_a.id) == {"mine": 0, "unassigned": 1, "all": 1}
    say(cast.ben, question, "Sì")
    with db.reading() as session:
        [row] = inbox.list_inbox(session, cast.ben, brand_id=cast.brand_a.id, tab="mine")
        assert (row.waiting_minutes, row.agent, row.by_brand) == (None, "Ben", True)  # Who answers, has it.
        assert inbox.count_waiting(session, cast.brand_a.id) == 0
    assert ("inbox.changed", {"thread_id": question}) in sent.to(channel.inbox(cast.brand_a.id))


def test_the_answer_time_is_measured(cast: Cast, frozen: datetime) -> None:
    people = (cast.ana, cast.sam, cast.zed)
    for minutes, person in zip((2, 5, 60), people, strict=True):
        with db.reading() as session:
            assert queries.reply_minutes(session, cast.brand_a.id) is None  # Too little to say.
        thread_id = brand_thread(person, cast.brand_a.id)
        say(person, thread_id, "Domanda")
        clock.move(timedelta(minutes=minutes))
        say(cast.ben, thread_id, "Risposta")
        say(cast.ben, thread_id, "Ancora")  # Nobody waited for this one.
    with db.reading() as session:
        assert queries.reply_minutes(session, cast.brand_a.id) == 5


def test_only_the_brands_own_people_read_it(question: str, cast: Cast) -> None:
    for person in (cast.zed, cast.mia, cast.sam, cast.root):
        with pytest.raises(NotFound):
            read(person, question)
        with pytest.raises(NotFound):
            say(person, question)
    for person in (cast.olga, cast.pia, cast.ben, cast.ugo):
        assert texts(person, question) == ["Avete la 38?"]


def test_notes_never_reach_the_shopper(question: str, cast: Cast, sent: Recorder, visitor: Visitor) -> None:
    do(inbox.add_note, actor=cast.ugo, thread_id=question, text="Preferisce il corriere")
    assert {to for _name, _payload, to in sent} == {channel.inbox(cast.brand_a.id)}
    assert "corriere" not in str(sent)
    with pytest.raises(NotFound):
        do(inbox.add_note, actor=cast.ana, thread_id=question, text="x")
    visitor.sign_in(cast.ana)
    for path in (f"/messages/{question}", f"/messages/{question}/parts", "/messages?q=corriere"):
        page = visitor.get(path).get_data(as_text=True)
        assert "Preferisce" not in page
    visitor.sign_in(cast.ben)
    page = visitor.get(f"/dashboard/brand-a/inbox/{question}").get_data(as_text=True)
    assert "Preferisce il corriere" in page


def test_threads_are_given_to_colleagues_only(question: str, cast: Cast) -> None:
    do(inbox.assign, actor=cast.ben, thread_id=question, account_id=cast.ugo.account_id)
    for nobody in (cast.mia, cast.zed, cast.ana):
        with pytest.raises(NotAllowed):
            do(inbox.assign, actor=cast.ben, thread_id=question, account_id=nobody.account_id)
    with pytest.raises(NotFound):
        do(inbox.assign, actor=cast.ana, thread_id=question, account_id=None)
    with db.reading() as session:
        [row] = inbox.list_inbox(session, cast.ugo, brand_id=cast.brand_a.id, tab="mine")
    assert row.agent == "Ugo"


def test_a_colleague_sees_who_is_replying(question: str, cast: Cast, sent: Recorder) -> None:
    do(service.show_typing, actor=cast.ben, thread_id=question)
    assert sent == [
        (
            "inbox.typing",
            {"thread_id": question, "account_id": cast.ben.account_id, "display_name": "Ben"},
            channel.inbox(cast.brand_a.id),
        ),
        (
            "thread.typing",
            {"thread_id": question, "writer": cast.brand_a.id, "display_name": "Brand A"},
            channel.thread(question),
        ),
    ]


def test_outside_its_hours_the_brand_says_so_once(cast: Cast, frozen: datetime) -> None:
    do(
        inbox.set_hours,
        actor=cast.olga,
        brand_id=cast.brand_a.id,
        days=[0, 1, 2, 3, 4],
        opens_minute=9 * 60,
        closes_minute=18 * 60,
        text="Rispondiamo domani dalle 9.",
    )
    thread_id = brand_thread(cast.ana, cast.brand_a.id)
    say(cast.ana, thread_id, "Di giorno")  # Tuesday, one in the afternoon in Rome.
    clock.move(timedelta(hours=8))
    say(cast.ana, thread_id, "Di sera")
    say(cast.ana, thread_id, "Ancora")
    kinds = [message.kind for message in read(cast.ana, thread_id)]
    assert kinds == [MessageKind.TEXT, MessageKind.TEXT, MessageKind.AUTO, MessageKind.TEXT]
    with db.reading() as session:
        assert inbox.count_waiting(session, cast.brand_a.id) == 1  # The machine ends no wait.


def test_saved_answers_are_the_brands_own(cast: Cast, visitor: Visitor, question: str) -> None:
    reply = do(inbox.save_reply, actor=cast.ben, brand_id=cast.brand_a.id, title="Ciao", text="Ciao {name}, {agent}")
    with pytest.raises(NotFound):
        do(inbox.drop_reply, actor=cast.zed, brand_id=cast.brand_b.id, reply_id=reply.id)
    with pytest.raises(NotAllowed):
        do(inbox.save_reply, actor=cast.zed, brand_id=cast.brand_a.id, title="x", text="x")
    visitor.sign_in(cast.ugo)
    assert "Ciao Ana, Ugo" in visitor.get(f"/dashboard/brand-a/inbox/{question}").get_data(as_text=True)


def test_the_inbox_works_without_scripts(question: str, cast: Cast, visitor: Visitor) -> None:
    visitor.sign_in(cast.ugo)
    base = "/dashboard/brand-a/inbox"
    assert "Avete la 38?" in visitor.get(base).get_data(as_text=True)
    assert visitor.post(f"{base}/{question}", text="Sì, una").status_code == 303
    assert visitor.post(f"{base}/{question}/notes", text="Da chiamare").status_code == 303
    assert visitor.post(f"{base}/{question}/assignee", account_id=str(cast.ben.account_id)).status_code == 303
    assert visitor.post(f"{base}/settings/replies", title="Ciao", text="Ciao {name}").status_code == 303
    hours = {"days": ["0", "1"], "opens": "09:00", "closes": "18:30", "text": "Domani"}
    assert visitor.post(f"{base}/settings/hours", **hours).status_code == 303
    assert "18:30" in visitor.get(f"{base}/settings").get_data(as_text=True)
    assert visitor.post(f"{base}/settings/hours", opens="25:00", closes="x").status_code == 422
    assert texts(cast.ana, question) == ["Avete la 38?", "Sì, una"]
    visitor.sign_in(cast.zed)
    assert visitor.get(f"/dashboard/brand-b/inbox/{question}").status_code == 404
    assert visitor.post(f"/dashboard/brand-b/inbox/{question}", text="x").status_code == 404
