"""Saying things and taking them back, signs, what was seen.

A message is one row and one piece of news, however many people read it: nobody's list is written, unread counts are a
subtraction, and who must be told by notice or mail is found by a job that runs once for a burst.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.brands.models import Brand
from shop.core import channel, clock, jobs, notices
from shop.core.actor import Actor
from shop.core.errors import Conflict, InvalidInput, NotAllowed, require
from shop.core.events import publish
from shop.core.i18n import N_
from shop.messaging import inbox, queries, slots
from shop.messaging.cards import Ref, check_cards, stays
from shop.messaging.errors import LinksToStrangers, SameText, TooLate, TooManyStrangers, Unreachable
from shop.messaging.events import InboxChanged, MessageChanged, MessagePosted, ThreadRead, ThreadTyping
from shop.messaging.models import SNIPPET, Folder, Message, MessageKind, MessageReaction, Thread, ThreadKind
from shop.messaging.policy import REQUEST_MESSAGES, SAME_TEXT_THREADS, SIGNS, Seat, can_change, has_link, text_key
from shop.messaging.threads import enlist, person
from shop.social.queries import blocked_ids, may_message_first

NOTICE_KIND = "message"
QUIET = timedelta(days=1)
TELL_AFTER = timedelta(seconds=20)


def send_message(
    session: Session,
    *,
    actor: Actor,
    thread_id: str,
    text: str,
    client_key: str,
    cards: Sequence[Ref] = (),
    own_cards: Sequence[Ref] = (),
    image_id: str | None = None,
    reply_to_id: str | None = None,
) -> Message:
    """Say something. The same `client_key` again is the same message. Locks the thread.

    `cards` come from a browser and are checked; `own_cards` come from a feature that made them in this transaction.
    Emits message.posted once for everybody. Answering a request accepts it. Raises NotFound (also for forged cards),
    Unreachable, SameText, LinksToStrangers, InvalidInput (nothing said).
    """
    seat = queries.lock_seat(session, actor, thread_id)
    me = person(actor)
    said = queries.find_by_client_key(session, thread_id=thread_id, author_id=me, client_key=client_key)
    if said is not None:
        return said
    require(bool(text or cards or own_cards or image_id), InvalidInput(fields={"text": N_("This is needed.")}))
    _check_words(session, seat, me, text)
    if reply_to_id is not None:
        queries.get_message(session, seat, reply_to_id)
    message = Message(
        author_id=me,
        as_brand=seat.as_brand,
        text=text,
        cards=[*check_cards(session, actor, seat.thread, cards), *map(list, own_cards)],
        image_id=image_id,
        reply_to_id=reply_to_id,
        client_key=client_key,
        text_key=text_key(text),
    )
    append(session, seat.thread, message)
    _move_cursor(seat)
    if seat.thread.kind == ThreadKind.BRAND:
        inbox.note_message(session, seat, message)
        if not seat.as_brand:
            slots.asked(session, message, seat.thread)
    session.flush()
    auto = inbox.auto_answer(session, seat, message)
    if auto is not None:
        append(session, seat.thread, auto)
        session.flush()
    return message


def send_automatic(
    session: Session, *, thread: Thread, client_key: str, text: str = "", own_cards: Sequence[Ref] = ()
) -> Message:
    """The brand's shop says something by itself: nobody answered, so no wait ends. The thread's row is locked.

    The same `client_key` again is the same message. Emits message.posted. Raises Conflict (a brand without people).
    """
    author = inbox.speaker(session, thread)
    require(author is not None, Conflict)
    said = queries.find_by_client_key(session, thread_id=thread.id, author_id=str(author), client_key=client_key)
    if said is not None:
        return said
    cards = [list(ref) for ref in own_cards]
    message = Message(
        author_id=author, as_brand=True, kind=MessageKind.AUTO, text=text, cards=cards, client_key=client_key
    )
    has_read = thread.brand_read == thread.last_number
    append(session, thread, message)
    if has_read:  # What nobody said, nobody has to read.
        thread.brand_read = thread.last_number
        session.flush()
    return message


def append(session: Session, thread: Thread, message: Message) -> None:
    """Give the message its number, repeat it on the thread, tell everybody once. The thread's row is locked."""
    was_quiet = clock.now() - thread.last_at > QUIET
    thread.last_number += 1
    message.thread_id, message.number, message.at = thread.id, thread.last_number, clock.now()
    thread.last_at, thread.last_text = message.at, " ".join(message.text.split())[:SNIPPET]
    thread.last_author_id, thread.last_as_brand = message.author_id, message.as_brand
    session.add(message)
    session.flush()
    if was_quiet:  # Nobody's socket is in the channel of a thread that slept; see `queries.FOLLOWED`.
        for member in queries.members_of(session, thread.id):
            enlist(session, thread.id, member.account_id)
    news = MessagePosted(thread_id=thread.id, message_id=message.id, number=message.number)
    publish(session, news, to=channel.thread(thread.id))
    if thread.brand_id is not None:
        publish(session, InboxChanged(thread_id=thread.id), to=channel.inbox(thread.brand_id))
    # One job for a burst, and for everybody in the thread.
    run_at = clock.now() + TELL_AFTER
    jobs.enqueue(session, "messaging.tell", run_at=run_at, key=f"messaging.tell:{thread.id}", thread_id=thread.id)


def _move_cursor(seat: Seat) -> None:
    """Who speaks has read, and who answers a request accepts it."""
    if seat.member is None:
        seat.thread.brand_read = seat.thread.last_number
        return
    seat.member.read_number, seat.member.read_at = seat.thread.last_number, clock.now()
    seat.member.folder = Folder.OPEN


def _check_words(session: Session, seat: Seat, me: str, text: str) -> None:
    require(not queries.is_cut_off(session, seat), Unreachable)
    if seat.as_brand:
        return
    key = text_key(text)
    if key:
        since = clock.now() - timedelta(hours=1)
        count = queries.count_same_text(session, author_id=me, text_key=key, since=since, but=seat.thread.id)
        require(count < SAME_TEXT_THREADS, SameText(retry_after=3600))
    other_id = queries.other_of(seat) if seat.thread.kind == ThreadKind.DIRECT else None
    other = queries.find_member(session, seat.thread.id, other_id) if other_id else None
    if other is not None and other.folder == Folder.REQUESTS and may_message_first(session, me, other.account_id):
        other.folder = Folder.OPEN  # They became friends meanwhile.
    if other is not None and other.folder == Folder.REQUESTS:
        require(not has_link(text), LinksToStrangers)
        require(seat.thread.last_number < REQUEST_MESSAGES, TooManyStrangers(retry_after=3600))


def edit_message(session: Session, *, actor: Actor, thread_id: str, message_id: str, text: str) -> Message:
    """Say it in other words, for 15 minutes. Locks the thread. Emits message.changed. Raises NotFound, TooLate, NotAllowed."""
    seat, message = _own_message(session, actor, thread_id, message_id)
    require(bool(text or message.cards or message.image_id), InvalidInput(fields={"text": N_("This is needed.")}))
    _check_words(session, seat, message.author_id, text)
    message.text, message.text_key, message.edited_at = text, text_key(text), clock.now()
    tell_changed(session, seat.thread, message)
    return message


def delete_message(session: Session, *, actor: Actor, thread_id: str, message_id: str) -> None:
    """Take it back, for 15 minutes: the words go, the place stays. Locks the thread. Emits message.changed."""
    seat, message = _own_message(session, actor, thread_id, message_id)
    erase(message)
    tell_changed(session, seat.thread, message)


def erase(message: Message) -> None:
    """The words go, the place stays."""
    message.deleted_at, message.text, message.cards, message.image_id = clock.now(), "", [], None


def _own_message(session: Session, actor: Actor, thread_id: str, message_id: str) -> tuple[Seat, Message]:
    seat = queries.lock_seat(session, actor, thread_id)
    message = queries.get_message(session, seat, message_id)
    require(message.author_id == actor.account_id and message.kind == MessageKind.TEXT, NotAllowed)
    require(can_change(actor, message, clock.now()), TooLate)
    require(not stays(message.cards), NotAllowed)
    return seat, message


def tell_changed(session: Session, thread: Thread, message: Message) -> None:
    """The list repeats the last message, so it follows. Emits message.changed."""
    if message.number == thread.last_number:
        thread.last_text = " ".join(message.text.split())[:SNIPPET]
    session.flush()
    publish(session, MessageChanged(thread_id=thread.id, message_id=message.id), to=channel.thread(thread.id))


def react(session: Session, *, actor: Actor, thread_id: str, message_id: str, sign: str) -> None:
    """Put a sign on a message, or take it away again. Locks the thread. Emits message.changed."""
    seat = queries.lock_seat(session, actor, thread_id)
    message = queries.get_message(session, seat, message_id)
    require(sign in SIGNS, InvalidInput(fields={"sign": N_("Choose one of the offered values.")}))
    require(not queries.is_cut_off(session, seat), Unreachable)
    known = session.get(MessageReaction, (message.id, person(actor), sign))
    if known is not None:
        session.delete(known)
    else:
        session.add(MessageReaction(message_id=message.id, account_id=person(actor), sign=sign))
    tell_changed(session, seat.thread, message)


def card_changed(session: Session, *, kind: str, ref: str, thread_id: str) -> None:
    """A thing that a thread shows has changed: its cards are drawn anew on every screen, in place. Emits message.changed."""
    recent = select(Message).where(Message.thread_id == thread_id, Message.deleted_at.is_(None))
    for message in session.scalars(recent):
        if [kind, ref] in message.cards:
            publish(session, MessageChanged(thread_id=thread_id, message_id=message.id), to=channel.thread(thread_id))


def redraw(session: Session, *, thread_id: str, message_id: str) -> None:
    """The same for a feature that knows which message shows the thing. Emits message.changed."""
    publish(session, MessageChanged(thread_id=thread_id, message_id=message_id), to=channel.thread(thread_id))


def mark_read(session: Session, *, actor: Actor, thread_id: str, number: int) -> None:
    """Everything up to a number was seen. Emits thread.read when that is news; not from a request's reader."""
    seat = queries.take_seat(session, actor, thread_id)
    seen = min(number, seat.thread.last_number)
    if seen <= seat.read_number:
        return
    if seat.member is not None:
        seat.member.read_number, seat.member.read_at = seen, clock.now()
        notices.settle(session, account_id=seat.member.account_id, kind=NOTICE_KIND, group=thread_id)
    else:
        seat.thread.brand_read = seen
    session.flush()
    if seat.member is not None and seat.member.folder == Folder.REQUESTS:
        return  # A stranger does not learn whether they were read.
    news = ThreadRead(thread_id=thread_id, reader=_reader(seat), number=seen)
    if _has_blocks(session, seat):
        publish(session, news, to=channel.user(_reader(seat)))  # One's own other screens alone.
    else:
        publish(session, news, to=channel.thread(thread_id))


def _reader(seat: Seat) -> str:
    return seat.member.account_id if seat.member is not None else str(seat.thread.brand_id)


def show_typing(session: Session, *, actor: Actor, thread_id: str) -> None:
    """Somebody writes. Emits thread.typing, for brands also inbox.typing to their colleagues."""
    seat = queries.take_seat(session, actor, thread_id)
    if seat.as_brand:
        inbox.show_typing(session, actor, seat)
    if seat.member is not None and (seat.member.folder == Folder.REQUESTS or _has_blocks(session, seat)):
        return
    name = actor.display_name
    if seat.as_brand:
        brand = session.get(Brand, seat.thread.brand_id)
        name = brand.name if brand else ""
    news = ThreadTyping(thread_id=thread_id, writer=_reader(seat), display_name=name)
    publish(session, news, to=channel.thread(thread_id))


def _has_blocks(session: Session, seat: Seat) -> bool:
    """Whether somebody in the thread must not notice this person."""
    if seat.member is None or seat.thread.kind == ThreadKind.BRAND:
        return False
    hidden = blocked_ids(session, seat.member.account_id)
    return bool(hidden) and any(m.account_id in hidden for m in queries.members_of(session, seat.thread.id))
