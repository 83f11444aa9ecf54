"""Socket commands of the chat."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy.orm import Session

from livestream.chat import service
from livestream.rooms.policy import MODERATORS
from shop.core.actor import Actor
from shop.core.forms import Identifier, Input, OptionalLine, check_line
from shop.core.policy import SIGNED_IN, crew
from shop.core.realtime import command, identity

Message = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(check_line)
]
ClientKey = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(check_line)]


class PostMessage(Input):
    room_id: Identifier
    text: Message
    client_key: ClientKey
    reply_to_id: Identifier | None = None


class RemoveMessage(Input):
    room_id: Identifier
    message_id: Identifier


class ThisPerson(Input):
    room_id: Identifier
    account_id: Identifier


class BanPerson(ThisPerson):
    reason: OptionalLine = ""


class MutePerson(BanPerson):
    seconds: Annotated[int, Field(ge=10, le=86_400)] = service.MUTE_SECONDS


class SetSlowMode(Input):
    room_id: Identifier
    seconds: Annotated[int, Field(ge=0, le=120)]


class SetNotice(Input):
    room_id: Identifier
    text: OptionalLine


@command("chat.post", PostMessage, policy=SIGNED_IN, limit="240/minute")
def on_post(session: Session, actor: Actor, data: PostMessage) -> dict[str, Any]:
    message = service.post_message(
        session,
        actor=actor,
        room_id=data.room_id,
        text=data.text,
        client_key=data.client_key,
        reply_to_id=data.reply_to_id,
        address=identity().address,
    )
    return {"message_id": message.id} | service.SLOTS.answer(session, actor, message)


@command("chat.remove", RemoveMessage, policy=crew(*MODERATORS))
def on_remove(session: Session, actor: Actor, data: RemoveMessage) -> dict[str, Any]:
    service.remove_message(session, actor=actor, room_id=data.room_id, message_id=data.message_id)
    return {}


@command("chat.mute", MutePerson, policy=crew(*MODERATORS))
def on_mute(session: Session, actor: Actor, data: MutePerson) -> dict[str, Any]:
    silence = service.mute(
        session,
        actor=actor,
        room_id=data.room_id,
        account_id=data.account_id,
        seconds=data.seconds,
        reason=data.reason,
    )
    return {"until": silence.until}


@command("chat.unmute", ThisPerson, policy=crew(*MODERATORS))
def on_unmute(session: Session, actor: Actor, data: ThisPerson) -> dict[str, Any]:
    service.lift(session, actor=actor, room_id=data.room_id, account_id=data.account_id, kind="mute")
    return {}


@command("chat.ban", BanPerson, policy=crew(*MODERATORS))
def on_ban(session: Session, actor: Actor, data: BanPerson) -> dict[str, Any]:
    service.ban(session, actor=actor, room_id=data.room_id, account_id=data.account_id, reason=data.reason)
    return {}


@command("chat.unban", ThisPerson, policy=crew(*MODERATORS))
def on_unban(session: Session, actor: Actor, data: ThisPerson) -> dict[str, Any]:
    service.lift(session, actor=actor, room_id=data.room_id, account_id=data.account_id, kind="ban")
    return {}


@command("room.slow_mode", SetSlowMode, policy=crew(*MODERATORS))
def on_slow_mode(session: Session, actor: Actor, data: SetSlowMode) -> dict[str, Any]:
    service.set_slow_mode(session, actor=actor, room_id=data.room_id, seconds=data.seconds)
    return {}


@command("room.notice", SetNotice, policy=crew(*MODERATORS))
def on_notice(session: Session, actor: Actor, data: SetNotice) -> dict[str, Any]:
    service.set_notice(session, actor=actor, room_id=data.room_id, text=data.text)
    return {}
