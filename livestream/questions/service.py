"""Asking, answering, and the end of the show: each question ends answered, dropped by the crew, or in the inbox."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from livestream.chat.models import ChatMessage
from livestream.chat.queries import find_message, get_guest_of_brand, load_silences
from livestream.pins.models import Pin
from livestream.questions import news, queries
from livestream.questions.events import QuestionsChanged
from livestream.questions.models import LONGEST_QUESTION, QUESTION_MOVES, QuestionState, RoomQuestion
from livestream.rooms.models import Room, Stream
from livestream.rooms.places import read_ref, show_ref
from livestream.rooms.policy import can_moderate
from livestream.rooms.queries import RoomHead, elapsed_seconds, find_head, get_head, lock_room
from livestream.rooms.service import require_live
from shop.catalog.models import Product
from shop.core import channel, clock, jobs
from shop.core.actor import Actor
from shop.core.errors import NotAllowed, NotFound, WrongMove, require
from shop.core.events import publish
from shop.messaging import behalf
from shop.messaging.cards import Ref
from shop.messaging.models import Message, Thread

MOVE = "questions.move"
MOST_OPEN = 5  # Of one person in one room.


def note_asked(session: Session, message: Message, thread: Thread) -> None:
    """Somebody asked the brand about a show that is on air: the host sees it too. Emits questions.changed.

    The second comes with the card, from the asker's own player; without it, it is now. Whom moderators muted, and who
    has enough questions in the queue, reaches the brand by the thread alone.
    """
    for kind, ref in message.cards:
        place = read_ref(ref)
        head = find_head(session, slug=place.slug) if kind == "stream" else None
        if head is None or not head.is_live or head.brand.id != thread.brand_id:
            continue
        if not _may_queue(session, head, message.author_id):
            return
        now = elapsed_seconds(head.stream, clock.now()) or 0
        slugs = [other for name, other in message.cards if name == "product"]
        _put(
            session,
            head,
            account_id=message.author_id,
            text=message.text,
            second=min(place.second, now) if place.second is not None else now,
            product_id=queries.product_id_of(session, slug=slugs[0], brand_id=head.brand.id) if slugs else None,
            message_id=message.id,
            thread_id=thread.id,
        )
        return


def _may_queue(session: Session, head: RoomHead, account_id: str) -> bool:
    silences = load_silences(session, brand_id=head.brand.id, room_id=head.room.id, account_id=account_id)
    return not silences and queries.count_open_of(session, room_id=head.room.id, account_id=account_id) < MOST_OPEN


def _put(session: Session, head: RoomHead, *, account_id: str, text: str, **fields: object) -> RoomQuestion:
    account, is_crew = get_guest_of_brand(session, account_id=account_id, brand_id=head.brand.id)
    require(not is_crew, NotAllowed)
    question = RoomQuestion(
        room_id=head.room.id,
        account_id=account_id,
        author_name=account.display_name,
        text=" ".join(text.split())[:LONGEST_QUESTION],
        **fields,
    )
    session.add(question)
    session.flush()
    _tell_crew(session, head.room.id)
    return question


def _tell_crew(session: Session, room_id: str) -> None:
    waiting = queries.count_waiting(session, room_id)
    publish(session, QuestionsChanged(room_id=room_id, waiting=waiting), to=channel.crew(room_id))


def take_from_chat(session: Session, *, actor: Actor, room_id: str, message_id: str) -> RoomQuestion:
    """Put a viewer's chat message into the queue, with the product that was on top when it was said. Locks the room.

    Taking it twice is once. Emits questions.changed. Raises NotLive, NotAllowed (also for the crew's own words), NotFound.
    """
    room = lock_room(session, room_id)
    require(can_moderate(actor, room.brand_id), NotAllowed)
    head = get_head(session, room_id=room.id)
    require_live(head.stream.state)
    said = find_message(session, room_id=room.id, message_id=message_id)
    require(said is not None, NotFound)
    assert said is not None
    known = queries.find_by_chat_message(session, said.id)
    if known is not None:
        return known
    return _put(
        session,
        head,
        account_id=said.account_id,
        text=said.text,
        second=elapsed_seconds(head.stream, said.at) or 0,
        product_id=_on_top_at(session, room.id, said.at),
        chat_message_id=said.id,
    )


def _on_top_at(session: Session, room_id: str, at: datetime) -> str | None:
    wanted = (
        Pin.room_id == room_id,
        Pin.starts_at <= at,
        or_(Pin.unpinned_at.is_(None), Pin.unpinned_at > at),
        Pin.undone.is_(False),
    )
    return session.scalar(select(Pin.product_id).where(*wanted).order_by(Pin.starts_at.desc()).limit(1))


def answer(session: Session, *, actor: Actor, room_id: str, question_id: str, text: str = "") -> RoomQuestion:
    """Answered: on air, or in words that go to the asker's thread. Locks the question. Repeatable.

    Emits questions.changed, for words message.posted. Raises NotFound, NotAllowed, WrongMove (dropped or moved).
    """
    question, head = _lock(session, actor, room_id, question_id)
    if not _close(session, question, QuestionState.ANSWERED, by=actor.account_id):
        return question
    if text:
        _answer_in_words(session, actor, question, head, text)
    else:
        _answered_on_air(session, question, head)
    return question


def _lock(session: Session, actor: Actor, room_id: str, question_id: str) -> tuple[RoomQuestion, RoomHead]:
    head = get_head(session, room_id=room_id)
    require(can_moderate(actor, head.brand.id), NotAllowed)
    return queries.lock_question(session, question_id=question_id, room_id=room_id), head


def _close(session: Session, question: RoomQuestion, to: QuestionState, *, by: str | None) -> bool:
    """One step of the table; False when it is there already."""
    state = QuestionState(question.state)
    if state is to:
        return False
    require(to in QUESTION_MOVES[state], WrongMove)
    question.state, question.closed_at, question.closed_by = to, clock.now(), by
    session.flush()
    _tell_crew(session, question.room_id)
    return True


def _answer_in_words(session: Session, actor: Actor, question: RoomQuestion, head: RoomHead, text: str) -> None:
    _give_thread(session, question, head)
    behalf.answer_for_brand(
        session,
        actor=actor,
        thread_id=str(question.thread_id),
        text=text,
        client_key=f"answer:{question.id}",
        reply_to_id=question.message_id,
    )


def _answered_on_air(session: Session, question: RoomQuestion, head: RoomHead) -> None:
    """The asker hears where in the show; with a thread, the moment stands there and nobody waits for more."""
    question.answer_second = elapsed_seconds(head.stream, clock.now())
    if question.thread_id is not None:
        behalf.settle_for_brand(
            session,
            thread_id=question.thread_id,
            message_id=str(question.message_id),
            client_key=f"on-air:{question.id}",
            own_cards=[("stream", show_ref(head.stream.slug, question.answer_second or 0))],
        )
    news.tell_answered(session, question, head)


def _give_thread(session: Session, question: RoomQuestion, head: RoomHead) -> None:
    """A question from the chat becomes the asker's message to the brand, with the product and the moment."""
    if question.message_id is not None:
        return
    cards: list[Ref] = [("stream", show_ref(head.stream.slug, question.second))]
    product = session.get(Product, question.product_id) if question.product_id else None
    if product is not None:
        cards.insert(0, ("product", product.slug))
    message = behalf.ask_for_shopper(
        session,
        account_id=question.account_id,
        brand_id=head.brand.id,
        text=question.text,
        client_key=f"question:{question.id}",
        own_cards=cards,
    )
    question.message_id, question.thread_id = message.id, message.thread_id
    session.flush()


def drop(session: Session, *, actor: Actor, room_id: str, question_id: str) -> None:
    """Out of the queue: no question, or not here. The asker is not told; asked by Ask, it stays in the thread.

    Locks the question. Repeatable. Emits questions.changed. Raises NotFound, NotAllowed, WrongMove.
    """
    question, _head = _lock(session, actor, room_id, question_id)
    _close(session, question, QuestionState.DROPPED, by=actor.account_id)


def move_later(session: Session, stream: Stream, room: Room, _ended_at: datetime) -> None:
    """The show ends: what is open goes to the inbox, in a job that belongs to the same commit."""
    jobs.enqueue(session, MOVE, key=f"{MOVE}:{room.id}", room_id=room.id)


def move_one(session: Session, *, question_id: str) -> None:
    """An open question becomes a thread in the brand's inbox, and the asker is told. Locks the question. Repeatable.

    What moderators removed from the chat is dropped instead.
    """
    question = queries.lock_question(session, question_id=question_id)
    if question.state != QuestionState.OPEN:
        return
    said = session.get(ChatMessage, question.chat_message_id) if question.chat_message_id else None
    if said is not None and said.removed_at is not None:
        _close(session, question, QuestionState.DROPPED, by=None)
        return
    head = get_head(session, room_id=question.room_id)
    _give_thread(session, question, head)
    _close(session, question, QuestionState.MOVED, by=None)
    news.tell_moved(session, question, head)
