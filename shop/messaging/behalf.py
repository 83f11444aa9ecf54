"""What other features say in a brand's thread: a shopper's public question moves there, a colleague who is no agent
answers, a show answered out loud. Nothing of this comes from a browser as it is."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.core.actor import Actor
from shop.core.errors import NotAllowed, NotFound, require
from shop.messaging import inbox, queries, service
from shop.messaging.cards import Ref
from shop.messaging.models import Message, MessageKind, Thread
from shop.messaging.policy import Seat, text_key


def ask_for_shopper(
    session: Session, *, account_id: str, brand_id: str, text: str, client_key: str, own_cards: Sequence[Ref] = ()
) -> Message:
    """What a shopper asked the brand elsewhere, as their message: the thread is made if there is none, and waits.

    The same `client_key` again is the same message. Locks the thread. Emits message.posted. Raises NotFound.
    """
    shopper = Actor(account_id=account_id)
    opened = service.open_brand_thread(session, actor=shopper, brand_id=brand_id)
    seat = queries.lock_seat(session, shopper, opened.id)
    said = queries.find_by_client_key(session, thread_id=opened.id, author_id=account_id, client_key=client_key)
    if said is not None:
        return said
    message = Message(
        author_id=account_id,
        as_brand=False,
        text=text,
        cards=[list(ref) for ref in own_cards],
        client_key=client_key,
        text_key=text_key(text),
    )
    service.append(session, seat.thread, message)
    inbox.note_message(session, seat, message)
    session.flush()
    return message


def answer_for_brand(
    session: Session, *, actor: Actor, thread_id: str, text: str, client_key: str, reply_to_id: str | None = None
) -> Message:
    """One of the brand's people answers, whether or not they open its inbox; the caller has asked whether they may.

    The same `client_key` again is the same message. Locks the thread. Emits message.posted. Raises NotFound, NotAllowed.
    """
    thread = _lock(session, thread_id)
    require(thread.brand_id is not None and actor.membership(str(thread.brand_id)) is not None, NotAllowed)
    me = str(actor.account_id)
    said = queries.find_by_client_key(session, thread_id=thread_id, author_id=me, client_key=client_key)
    if said is not None:
        return said
    message = Message(
        author_id=me,
        as_brand=True,
        text=text,
        reply_to_id=reply_to_id,
        client_key=client_key,
        text_key=text_key(text),
    )
    service.append(session, thread, message)
    thread.brand_read = thread.last_number
    inbox.note_message(session, Seat(thread=thread, member=None, as_brand=True), message)
    session.flush()
    return message


def settle_for_brand(
    session: Session, *, thread_id: str, message_id: str, client_key: str, own_cards: Sequence[Ref]
) -> None:
    """A message was answered elsewhere: the cards say where, and nobody waits for it any more.

    Whoever asked again meanwhile goes on waiting. Locks the thread. Emits message.posted, inbox.changed.
    """
    thread = _lock(session, thread_id)
    number = session.scalar(select(Message.number).where(Message.id == message_id, Message.thread_id == thread_id))
    require(number is not None, NotFound)
    later = select(func.count()).where(
        Message.thread_id == thread_id,
        Message.number > number,
        Message.as_brand.is_(False),
        Message.kind == MessageKind.TEXT,
    )
    if not session.scalar(later):
        thread.waiting_since = None
        thread.brand_read = max(thread.brand_read, int(number or 0))
    service.send_automatic(session, thread=thread, client_key=client_key, own_cards=own_cards)


def _lock(session: Session, thread_id: str) -> Thread:
    thread = session.scalar(
        select(Thread).where(Thread.id == thread_id).with_for_update().execution_options(populate_existing=True)
    )
    require(thread is not None, NotFound)
    assert thread is not None
    return thread
