from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from livestream.chat import service as chat
from livestream.questions import queries, service
from livestream.questions.models import RoomQuestion
from shop.core import clock, db, ids
from shop.core.actor import Actor
from shop.messaging.models import Message, Thread
from shop.notifications.models import Notice
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom, make_live_room
from tests.support.recording import Recorder
from tests.support.visitor import Visitor


@pytest.fixture
def room(cast: Cast, sent: Recorder, frozen: datetime) -> LiveRoom:
    """On air for 83 seconds."""
    with db.unit_of_work() as session:
        found = make_live_room(session, cast.brand_a, host=cast.ben)
    clock.move(timedelta(seconds=83))
    sent.clear()
    return found


def do(step: Any, **keywords: Any) -> Any:
    with db.unit_of_work() as session:
        return step(session, **keywords)


def say(room: LiveRoom, actor: Actor, text: str) -> str:
    """A chat message; its id."""
    with db.unit_of_work() as session:
        return chat.post_message(session, actor=actor, room_id=room.id, text=text, client_key=ids.new_id("msg")).id


def ask(app: Flask, actor: Actor, text: str = "Ne avete la 38?", *cards: str) -> None:
    """The Ask form of the room."""
    visitor = Visitor(app.test_client()).sign_in(actor)
    fields: Any = {"text": text, "card": list(cards or ("stream:evening-walk", "product:passo-uno"))}
    assert visitor.post("/ask/brand-a", **fields).status_code == 303


def take(room: LiveRoom, by: Actor, message_id: str) -> str:
    question: RoomQuestion = do(service.take_from_chat, actor=by, room_id=room.id, message_id=message_id)
    return question.id


def queue(room: LiveRoom) -> list[queries.QuestionView]:
    with db.reading() as session:
        return queries.list_waiting(session, room=room.room, currency="EUR")


def the_question(question_id: str = "") -> RoomQuestion:
    with db.reading() as session:
        wanted = select(RoomQuestion)
        return session.scalars(wanted.where(RoomQuestion.id == question_id) if question_id else wanted).one()


def thread_of(actor: Actor) -> Thread | None:
    with db.reading() as session:
        return session.scalar(select(Thread).where(Thread.shopper_id == actor.account_id))


def messages() -> list[Message]:
    with db.reading() as session:
        return list(session.scalars(select(Message).order_by(Message.thread_id, Message.number)))


def notices(actor: Actor) -> list[tuple[str, str, dict[str, Any]]]:
    """What a person was told: (kind, address, data)."""
    with db.reading() as session:
        rows = session.scalars(select(Notice).where(Notice.account_id == actor.account_id).order_by(Notice.id))
        return [(row.kind, row.url, dict(row.data)) for row in rows]
