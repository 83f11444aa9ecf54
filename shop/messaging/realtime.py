"""Socket commands of threads."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from shop.core import channel
from shop.core.actor import Actor
from shop.core.errors import NotFound, require
from shop.core.forms import Identifier, Input
from shop.core.policy import SIGNED_IN
from shop.core.realtime import command, identity
from shop.messaging import queries, service
from shop.messaging.forms import CardRef, ClientKey, Words, card_refs
from shop.messaging.policy import INBOX_ROLES


class Watch(Input):
    """Nothing to say: the server knows whose threads they are."""


class ThisThread(Input):
    thread_id: Identifier


class SendMessage(ThisThread):
    text: Words
    client_key: ClientKey
    cards: Annotated[list[CardRef], Field(max_length=3)] = []
    reply_to_id: Identifier | None = None


class ReadThread(ThisThread):
    number: Annotated[int, Field(ge=0, le=2**31 - 1)]


@command("messages.watch", Watch, policy=SIGNED_IN, limit="60/minute", writes=False)
def on_watch(session: Session, actor: Actor, _data: Watch) -> dict[str, Any]:
    """Hear the news of all own threads, and of the inboxes of own brands."""
    account_id = str(actor.account_id)
    threads = queries.followed_threads(session, account_id)
    inboxes = [m.brand_id for m in actor.memberships if m.role in INBOX_ROLES]
    identity().follow([*map(channel.thread, threads), *map(channel.inbox, inboxes)])
    return {"unread": queries.count_unread(session, account_id)}


@command("thread.open", ThisThread, policy=SIGNED_IN, limit="120/minute", writes=False)
def on_open(session: Session, actor: Actor, data: ThisThread) -> dict[str, Any]:
    """Hear the news of one thread: the one that is on the screen."""
    seat = queries.take_seat(session, actor, data.thread_id)
    identity().follow([channel.thread(seat.thread.id)])
    return {"number": seat.thread.last_number}


@command("message.send", SendMessage, policy=SIGNED_IN, limit="120/minute")
def on_send(session: Session, actor: Actor, data: SendMessage) -> dict[str, Any]:
    message = service.send_message(
        session,
        actor=actor,
        thread_id=data.thread_id,
        text=data.text,
        client_key=data.client_key,
        cards=card_refs(data.cards),
        reply_to_id=data.reply_to_id,
    )
    require(message.thread_id == data.thread_id, NotFound)
    return {"message_id": message.id, "number": message.number}


@command("thread.read", ReadThread, policy=SIGNED_IN, limit="240/minute")
def on_read(session: Session, actor: Actor, data: ReadThread) -> dict[str, Any]:
    service.mark_read(session, actor=actor, thread_id=data.thread_id, number=data.number)
    return {}


@command("thread.type", ThisThread, policy=SIGNED_IN, limit="60/minute")
def on_type(session: Session, actor: Actor, data: ThisThread) -> dict[str, Any]:
    service.show_typing(session, actor=actor, thread_id=data.thread_id)
    return {}
