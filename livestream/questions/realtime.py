"""Socket commands of the queue, for the crew."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints
from sqlalchemy.orm import Session

from livestream.questions import service
from livestream.rooms.policy import MODERATORS
from shop.core.actor import Actor
from shop.core.forms import Identifier, Input, check_text
from shop.core.policy import crew
from shop.core.realtime import command

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), AfterValidator(check_text)]


class TakeQuestion(Input):
    """A chat message that asks something."""

    room_id: Identifier
    message_id: Identifier


class ThisQuestion(Input):
    room_id: Identifier
    question_id: Identifier


class AnswerQuestion(ThisQuestion):
    """Empty: it was answered on air."""

    text: Words = ""


@command("question.take", TakeQuestion, policy=crew(*MODERATORS))
def on_take(session: Session, actor: Actor, data: TakeQuestion) -> dict[str, Any]:
    question = service.take_from_chat(session, actor=actor, room_id=data.room_id, message_id=data.message_id)
    return {"question_id": question.id}


@command("question.answer", AnswerQuestion, policy=crew(*MODERATORS))
def on_answer(session: Session, actor: Actor, data: AnswerQuestion) -> dict[str, Any]:
    service.answer(session, actor=actor, room_id=data.room_id, question_id=data.question_id, text=data.text)
    return {}


@command("question.drop", ThisQuestion, policy=crew(*MODERATORS))
def on_drop(session: Session, actor: Actor, data: ThisQuestion) -> dict[str, Any]:
    service.drop(session, actor=actor, room_id=data.room_id, question_id=data.question_id)
    return {}
