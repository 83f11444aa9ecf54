"""Questions come into the queue by Ask and from the chat, and leave it answered, written or dropped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from livestream.chat import service as chat
from livestream.pins import service as pins
from livestream.pins.queries import find_current_pin
from livestream.questions import service
from livestream.questions.models import QUESTION_MOVES, QuestionState
from livestream.rooms import service as rooms
from livestream.rooms.errors import NotLive
from shop.core import channel, clock, db
from shop.core.errors import NotAllowed, NotFound, WrongMove
from shop.messaging.models import MessageKind
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom
from tests.questions.conftest import ask, do, messages, notices, queue, say, take, the_question, thread_of
from tests.support.recording import Recorder
from tests.support.visitor import JSON, Visitor


def test_asking_from_the_room_stands_in_the_thread_and_in_the_queue(
    app: Flask, room: LiveRoom, cast: Cast, sent: Recorder
) -> None:
    ask(app, cast.ana, "Ne avete la 38?", "stream:evening-walk@show71", "product:passo-uno")
    [row] = queue(room)
    assert (row.author, row.text, row.second) == ("Ana", "Ne avete la 38?", 71)  # What her own player showed.
    assert row.product is not None
    assert (row.product.slug, row.product.item_id) == ("passo-uno", room.items[0].id)
    [message] = messages()
    assert message.cards == [["stream", "evening-walk@show71"], ["product", "passo-uno"]]
    news = [("questions.changed", {"room_id": room.id, "waiting": 1})]
    assert sent.to(channel.crew(room.id)) == news
    assert [name for name, _payload in sent.to(channel.room(room.id))] == []  # Viewers hear nothing of it.


@pytest.mark.parametrize(
    ("card", "second"),
    [("stream:evening-walk", 83), ("stream:evening-walk@show500", 83), ("stream:evening-walk@12", 12)],
)
def test_the_second_is_never_later_than_now(app: Flask, room: LiveRoom, cast: Cast, card: str, second: int) -> None:
    ask(app, cast.ana, "Quanto costa?", card)
    assert queue(room)[0].second == second


def test_the_page_without_scripts_names_the_second_it_was_opened_at(app: Flask, room: LiveRoom, cast: Cast) -> None:
    visitor = Visitor(app.test_client()).sign_in(cast.ana)
    page = visitor.get("/ask/brand-a?card=stream:evening-walk&card=product:passo-uno").get_data(as_text=True)
    assert 'value="stream:evening-walk@show83"' in page


def test_the_sheet_of_the_room_asks_without_leaving(app: Flask, room: LiveRoom, cast: Cast) -> None:
    visitor = Visitor(app.test_client()).sign_in(cast.ana)
    part = visitor.get("/ask/brand-a?part=form&card=stream:evening-walk@show7").get_data(as_text=True)
    assert "<html" not in part and 'value="stream:evening-walk@show7"' in part
    fields: Any = {"text": "Ciao?", "client_key": "k", "card": "stream:evening-walk@show7"}
    first, again = (visitor.post("/ask/brand-a", headers=JSON, **fields).get_json() for _ in range(2))
    thread = thread_of(cast.ana)
    assert thread is not None
    assert first == again == {"ok": True, "data": {"thread_id": thread.id}}
    assert len(queue(room)) == len(messages()) == 1  # Pressed twice, asked once.


def test_asking_elsewhere_is_no_question_to_the_host(app: Flask, room: LiveRoom, cast: Cast) -> None:
    ask(app, cast.ana, "Spedite?", "product:passo-uno")
    assert queue(room) == []


def test_muted_people_and_floods_reach_the_brand_by_the_thread_alone(app: Flask, room: LiveRoom, cast: Cast) -> None:
    do(chat.mute, actor=cast.mia, room_id=room.id, account_id=cast.ana.account_id)
    ask(app, cast.ana)
    for number in range(service.MOST_OPEN + 1):
        ask(app, cast.sam, f"Domanda {number}")
    assert [row.author for row in queue(room)] == ["Sam"] * service.MOST_OPEN
    assert len(messages()) == service.MOST_OPEN + 2


def test_the_crew_takes_a_question_from_the_chat(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    do(pins.pin_item, actor=cast.ben, room_id=room.id, item_id=room.items[1].id)
    message_id = say(room, cast.ana, "Is it true to size?")
    clock.move(timedelta(minutes=5))
    do(pins.unpin, actor=cast.ben, room_id=room.id, pin_id=pin_id(room))
    assert take(room, cast.mia, message_id) == take(room, cast.ben, message_id)  # Taken twice is once.
    [row] = queue(room)
    assert row.product is not None
    assert (row.text, row.second, row.product.slug) == ("Is it true to size?", 83, "alpe-jacket")
    assert messages() == []  # Nobody's thread is opened before there is something to say.


def pin_id(room: LiveRoom) -> str:
    with db.reading() as session:
        pin = find_current_pin(session, room_id=room.id)
        assert pin is not None
        return pin.id


def test_what_cannot_be_taken(room: LiveRoom, cast: Cast) -> None:
    asked, own = say(room, cast.ana, "Quando arriva?"), say(room, cast.ben, "Buonasera?")
    for actor in (cast.ana, cast.zed, cast.ugo, cast.root, cast.guest):
        with pytest.raises(NotAllowed):
            take(room, actor, asked)
    with pytest.raises(NotAllowed):
        take(room, cast.mia, own)  # The crew answers, it does not ask.
    do(chat.remove_message, actor=cast.mia, room_id=room.id, message_id=asked)
    for message_id in (asked, "msg_00000000000000000000000000"):
        with pytest.raises(NotFound):
            take(room, cast.mia, message_id)
    do(rooms.end_stream, actor=cast.ben, stream_id=room.stream.id)
    with pytest.raises(NotLive):
        take(room, cast.mia, asked)
    assert queue(room) == []


def test_answered_on_air_ends_the_wait_and_names_the_moment(
    app: Flask, room: LiveRoom, cast: Cast, sent: Recorder
) -> None:
    ask(app, cast.ana)
    clock.move(timedelta(seconds=17))
    sent.clear()
    [row] = queue(room)
    question = do(service.answer, actor=cast.mia, room_id=room.id, question_id=row.question_id)
    assert (question.state, question.closed_by, question.answer_second) == ("answered", cast.mia.account_id, 100)
    thread, [_asked, told] = thread_of(cast.ana), messages()
    assert thread is not None and thread.waiting_since is None
    assert (told.kind, told.as_brand, told.cards) == (MessageKind.AUTO, True, [["stream", "evening-walk@show100"]])
    assert notices(cast.ana) == [
        ("question.answered", "/live/evening-walk?t=100", {"who": "Ben", "text": "Ne avete la 38?"})
    ]
    assert ("questions.changed", {"room_id": room.id, "waiting": 0}) in sent.to(channel.crew(room.id))
    do(service.answer, actor=cast.ben, room_id=room.id, question_id=row.question_id)  # Twice is once.
    assert len(messages()) == 2 and len(notices(cast.ana)) == 1


def test_who_asked_again_meanwhile_goes_on_waiting(app: Flask, room: LiveRoom, cast: Cast) -> None:
    ask(app, cast.ana)
    ask(app, cast.ana, "E la 39?")
    first = queue(room)[0]
    do(service.answer, actor=cast.mia, room_id=room.id, question_id=first.question_id)
    thread = thread_of(cast.ana)
    assert thread is not None and thread.waiting_since is not None


def test_a_chat_question_answered_on_air_opens_no_thread(room: LiveRoom, cast: Cast) -> None:
    question_id = take(room, cast.mia, say(room, cast.ana, "Spedite a Zurigo?"))
    do(service.answer, actor=cast.mia, room_id=room.id, question_id=question_id)
    assert messages() == []
    assert [kind for kind, _url, _data in notices(cast.ana)] == ["question.answered"]


@pytest.mark.parametrize("way", ["ask", "chat"])
def test_an_answer_in_words_goes_to_the_askers_thread(app: Flask, room: LiveRoom, cast: Cast, way: str) -> None:
    if way == "ask":
        ask(app, cast.ana)
    else:
        do(pins.pin_item, actor=cast.ben, room_id=room.id, item_id=room.items[0].id)
        take(room, cast.mia, say(room, cast.ana, "Ne avete la 38?"))
    [row] = queue(room)
    # Mia moderates: she does not open the inbox, and answers all the same.
    do(service.answer, actor=cast.mia, room_id=room.id, question_id=row.question_id, text="Sì, due.")
    asked, answer = messages()
    assert (asked.author_id, asked.text, asked.as_brand) == (cast.ana.account_id, "Ne avete la 38?", False)
    assert sorted(asked.cards) == [["product", "passo-uno"], asked.cards[0] if way == "ask" else asked.cards[1]]
    assert (answer.author_id, answer.text, answer.as_brand) == (cast.mia.account_id, "Sì, due.", True)
    assert answer.reply_to_id == asked.id
    thread = thread_of(cast.ana)
    assert thread is not None
    assert (thread.waiting_since, thread.brand_id, thread.assigned_to_id) == (
        None,
        cast.brand_a.id,
        cast.mia.account_id,
    )
    assert queue(room) == []


def test_dropped_is_out_of_the_queue_and_nobody_is_told(app: Flask, room: LiveRoom, cast: Cast) -> None:
    question_id = take(room, cast.mia, say(room, cast.ana, "Ciao?"))
    do(service.drop, actor=cast.mia, room_id=room.id, question_id=question_id)
    assert (queue(room), messages(), notices(cast.ana)) == ([], [], [])
    with pytest.raises(WrongMove):
        do(service.answer, actor=cast.mia, room_id=room.id, question_id=question_id)


def test_a_removed_chat_message_is_no_question_any_more(room: LiveRoom, cast: Cast) -> None:
    message_id = say(room, cast.ana, "Cattiveria?")
    take(room, cast.mia, message_id)
    do(chat.remove_message, actor=cast.mia, room_id=room.id, message_id=message_id)
    assert queue(room) == []


def test_others_have_no_say(room: LiveRoom, cast: Cast) -> None:
    question_id = take(room, cast.mia, say(room, cast.ana, "Ciao?"))
    for actor in (cast.ana, cast.sam, cast.zed, cast.ugo, cast.root):
        for step in (service.answer, service.drop):
            with pytest.raises(NotAllowed):
                do(step, actor=actor, room_id=room.id, question_id=question_id)
    with pytest.raises(NotFound):
        do(service.answer, actor=cast.mia, room_id=room.id, question_id="qst_00000000000000000000000000")
    assert the_question(question_id).state == QuestionState.OPEN


@pytest.mark.parametrize("state", QuestionState)
def test_the_table_of_moves(room: LiveRoom, cast: Cast, state: QuestionState) -> None:
    assert state == QuestionState.OPEN or QUESTION_MOVES[state] == frozenset()
    assert QuestionState.OPEN not in {to for moves in QUESTION_MOVES.values() for to in moves}


PART = "/dashboard/brand-a/streams/evening-walk/questions"


def test_the_studio_reads_the_queue(app: Flask, room: LiveRoom, cast: Cast) -> None:
    ask(app, cast.ana, "<b>Ne avete</b> la 38?")
    clock.move(timedelta(minutes=2))
    for actor, status in (
        (cast.olga, 200), (cast.pia, 200), (cast.ben, 200), (cast.mia, 200), (cast.ugo, 403), (cast.ana, 404), (cast.zed, 404),
    ):  # fmt: skip
        answer = Visitor(app.test_client()).sign_in(actor).get(PART)
        assert answer.status_code == status, actor.handle
        text = answer.get_data(as_text=True)
        assert ("Ne avete" in text) == (status == 200)
        if status == 200:
            assert "&lt;b&gt;Ne avete&lt;/b&gt;" in text and "waiting 2 minutes" in text and "1:23" in text
            assert ("data-question-pin" in text) == (actor is not cast.mia)  # Moderators do not pin.


def test_another_brands_queue_does_not_exist(app: Flask, room: LiveRoom, cast: Cast) -> None:
    zed = Visitor(app.test_client()).sign_in(cast.zed)
    assert zed.get("/dashboard/brand-b/streams/evening-walk/questions").status_code == 404
