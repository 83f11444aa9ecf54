"""Saying things, and who is in a thread.

A message is one row and one piece of news, however many people read it: nobody's list is written, unread counts are a
subtraction, and who must be told by notice or mail is found by a job that runs once for a burst.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.brands.models import Brand
from shop.core import channel, clock, ids, jobs, notices, realtime
from shop.core.actor import Actor
from shop.core.db import after_commit
from shop.core.errors import Conflict, InvalidInput, NotAllowed, NotFound, SignInNeeded, require
from shop.core.events import publish
from shop.core.i18n import N_
from shop.messaging import inbox, queries, slots
from shop.messaging.cards import Ref, check_cards, stays
from shop.messaging.errors import (
    GroupFull,
    LinksToStrangers,
    NotFriends,
    SameText,
    TooLate,
    TooManyStrangers,
    Unreachable,
)
from shop.messaging.events import (
    InboxChanged,
    MessageChanged,
    MessagePosted,
    ThreadAdded,
    ThreadChanged,
    ThreadClosed,
    ThreadRead,
    ThreadTyping,
)
from shop.messaging.models import (
    LARGEST_GROUP,
    SNIPPET,
    Folder,
    MemberRole,
    Message,
    MessageKind,
    MessageReaction,
    MessageReport,
    Thread,
    ThreadKind,
    ThreadMember,
)
from shop.messaging.policy import (
    FIRST_CONTACTS_PER_HOUR,
    REQUEST_MESSAGES,
    SAME_TEXT_THREADS,
    SIGNS,
    Seat,
    can_change,
    can_manage,
    can_remove,
    has_link,
    text_key,
)
from shop.social.queries import blocked_ids, friend_ids, is_blocked, may_message_first

QUIET = timedelta(days=1)
TELL_AFTER = timedelta(seconds=20)
NOTICE_KIND = "message"
REASONS = ("spam", "scam", "abuse", "other")


def open_direct(session: Session, *, actor: Actor, other_id: str) -> Thread:
    """The thread of two people, made if there is none; the other's part waits in requests unless they are friends.

    Raises NotFound (nobody, oneself, behind a block: the same), TooManyStrangers.
    """
    me = _person(actor)
    other = session.get(Account, other_id)
    require(other is not None and other_id != me and not is_blocked(session, me, other_id), NotFound)
    known = queries.find_thread(session, queries.pair_key(me, other_id))
    if known is not None:
        return _come_back(session, known, me)
    friends = may_message_first(session, me, other_id)
    if not friends:
        _check_strangers(session, me)
    thread = _make(session, Thread(kind=ThreadKind.DIRECT, pair_key=queries.pair_key(me, other_id), created_by=me))
    if session.get(ThreadMember, (thread.id, me)) is None:
        session.add(ThreadMember(thread_id=thread.id, account_id=me))
        folder = Folder.OPEN if friends else Folder.REQUESTS
        session.add(ThreadMember(thread_id=thread.id, account_id=other_id, folder=folder))
        session.flush()
        _announce_thread(session, thread, (me, other_id))
    return thread


def _come_back(session: Session, thread: Thread, account_id: str) -> Thread:
    """Somebody who put the thread away writes after all."""
    member = session.get(ThreadMember, (thread.id, account_id))
    if member is not None and member.left_at is not None:
        member.left_at, member.folder = None, Folder.OPEN
        session.flush()
        _enlist(session, thread.id, account_id)
    return thread


def open_brand_thread(session: Session, *, actor: Actor, brand_id: str) -> Thread:
    """The thread of a shopper and a brand, made if there is none. Raises NotFound, NotAllowed (the brand's own people)."""
    me = _person(actor)
    brand = session.get(Brand, brand_id)
    require(brand is not None, NotFound)
    require(
        actor.membership(brand_id) is None,
        NotAllowed(N_("You work for this brand: shoppers' messages are in the inbox.")),
    )
    key = queries.pair_key(me, brand_id)
    known = queries.find_thread(session, key)
    if known is not None:
        return known
    made = Thread(kind=ThreadKind.BRAND, pair_key=key, brand_id=brand_id, shopper_id=me, created_by=me)
    thread = _make(session, made)
    if session.get(ThreadMember, (thread.id, me)) is None:
        session.add(ThreadMember(thread_id=thread.id, account_id=me))
        session.flush()
        _announce_thread(session, thread, (me,))
    return thread


def _make(session: Session, thread: Thread) -> Thread:
    """Write a thread that may exist once; whoever comes second takes the first one's."""
    try:
        with session.begin_nested():
            session.add(thread)
            session.flush()
    except IntegrityError:
        known = queries.find_thread(session, str(thread.pair_key))
        if known is None:
            raise
        return known
    return thread


def _check_strangers(session: Session, account_id: str) -> None:
    count = queries.count_strangers(session, account_id, clock.now() - timedelta(hours=1))
    require(count < FIRST_CONTACTS_PER_HOUR, TooManyStrangers(retry_after=3600))


def _announce_thread(session: Session, thread: Thread, account_ids: Iterable[str]) -> None:
    for account_id in account_ids:
        _enlist(session, thread.id, account_id)
        publish(session, ThreadAdded(thread_id=thread.id), to=channel.user(account_id))


def _enlist(session: Session, thread_id: str, account_id: str) -> None:
    after_commit(session, lambda: realtime.enlist(channel.user(account_id), into=channel.thread(thread_id)))


def _person(actor: Actor) -> str:
    if actor.account_id is None:
        raise SignInNeeded
    return actor.account_id


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
    me = _person(actor)
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
            _enlist(session, thread.id, member.account_id)
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
    _changed(session, seat.thread, message)
    return message


def delete_message(session: Session, *, actor: Actor, thread_id: str, message_id: str) -> None:
    """Take it back, for 15 minutes: the words go, the place stays. Locks the thread. Emits message.changed."""
    seat, message = _own_message(session, actor, thread_id, message_id)
    _erase(message)
    _changed(session, seat.thread, message)


def _erase(message: Message) -> None:
    message.deleted_at, message.text, message.cards, message.image_id = clock.now(), "", [], None


def _own_message(session: Session, actor: Actor, thread_id: str, message_id: str) -> tuple[Seat, Message]:
    seat = queries.lock_seat(session, actor, thread_id)
    message = queries.get_message(session, seat, message_id)
    require(message.author_id == actor.account_id and message.kind == MessageKind.TEXT, NotAllowed)
    require(can_change(actor, message, clock.now()), TooLate)
    require(not stays(message.cards), NotAllowed)
    return seat, message


def _changed(session: Session, thread: Thread, message: Message) -> None:
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
    known = session.get(MessageReaction, (message.id, _person(actor), sign))
    if known is not None:
        session.delete(known)
    else:
        session.add(MessageReaction(message_id=message.id, account_id=_person(actor), sign=sign))
    _changed(session, seat.thread, message)


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


def accept_request(session: Session, *, actor: Actor, thread_id: str) -> None:
    """Move a stranger's thread to the others. Repeatable."""
    seat = queries.lock_seat(session, actor, thread_id)
    if seat.member is not None:
        seat.member.folder = Folder.OPEN
        session.flush()


def decline_request(session: Session, *, actor: Actor, thread_id: str) -> None:
    """Put a request away, until one writes to the person oneself. The sender does not learn it."""
    seat = queries.lock_seat(session, actor, thread_id)
    require(seat.member is not None and seat.member.folder == Folder.REQUESTS, Conflict)
    assert seat.member is not None
    seat.member.left_at = clock.now()
    _close(session, seat.thread.id, seat.member.account_id)


def mute_thread(session: Session, *, actor: Actor, thread_id: str, muted: bool) -> None:
    """No notices and no number for this thread."""
    seat = queries.take_seat(session, actor, thread_id)
    require(seat.member is not None, NotFound)
    assert seat.member is not None
    seat.member.muted_at = clock.now() if muted else None
    session.flush()


# Groups.


def create_group(session: Session, *, actor: Actor, title: str, account_ids: Sequence[str]) -> Thread:
    """A group of the actor's friends; the actor owns it. Raises NotFriends, GroupFull."""
    me = _person(actor)
    people = _friends_among(session, me, account_ids)
    require(len(people) + 1 <= LARGEST_GROUP, GroupFull(most=LARGEST_GROUP))
    thread = Thread(kind=ThreadKind.GROUP, title=title, created_by=me)
    session.add(thread)
    session.flush()
    session.add(ThreadMember(thread_id=thread.id, account_id=me, role=MemberRole.OWNER))
    session.add_all([ThreadMember(thread_id=thread.id, account_id=one) for one in people])
    session.flush()
    _announce_thread(session, thread, (me, *people))
    _say_what_happened(session, thread, me, {"what": "made", "by": actor.display_name})
    return thread


def _friends_among(session: Session, me: str, account_ids: Sequence[str]) -> list[str]:
    people = list(dict.fromkeys(one for one in account_ids if one != me))
    require(bool(people), InvalidInput(fields={"people": N_("Choose at least one friend.")}))
    require(set(people) <= friend_ids(session, me), NotFriends)
    return people


def add_people(session: Session, *, actor: Actor, thread_id: str, account_ids: Sequence[str]) -> None:
    """Add friends to a group; what was said before is not theirs. Locks the thread. Raises NotFound, NotFriends, GroupFull."""
    seat = _managed(session, actor, thread_id)
    thread, me = seat.thread, _person(actor)
    here = {member.account_id for member in queries.members_of(session, thread.id)}
    people = [one for one in _friends_among(session, me, account_ids) if one not in here]
    require(len(here) + len(people) <= LARGEST_GROUP, GroupFull(most=LARGEST_GROUP))
    for one in people:
        member = session.get(ThreadMember, (thread.id, one))
        if member is None:
            member = ThreadMember(thread_id=thread.id, account_id=one)
            session.add(member)
        member.left_at, member.joined_at, member.role = None, clock.now(), MemberRole.MEMBER
        member.since_number = member.read_number = thread.last_number
    session.flush()
    _announce_thread(session, thread, people)
    for name in _names(session, people):
        _say_what_happened(session, thread, me, {"what": "added", "by": actor.display_name, "who": name})
    publish(session, ThreadChanged(thread_id=thread.id), to=channel.thread(thread.id))


def _managed(session: Session, actor: Actor, thread_id: str) -> Seat:
    seat = queries.lock_seat(session, actor, thread_id)
    require(seat.thread.kind == ThreadKind.GROUP, NotFound)
    require(can_manage(seat), NotAllowed)
    return seat


def _names(session: Session, account_ids: Sequence[str]) -> list[str]:
    rows = session.scalars(select(Account).where(Account.id.in_(account_ids)).order_by(Account.id))
    return [account.display_name for account in rows]


def rename_group(session: Session, *, actor: Actor, thread_id: str, title: str) -> None:
    """Owner and admins. Locks the thread. Emits thread.changed."""
    seat = _managed(session, actor, thread_id)
    if seat.thread.title != title:
        seat.thread.title = title
        _say_what_happened(
            session, seat.thread, _person(actor), {"what": "renamed", "by": actor.display_name, "title": title}
        )
        publish(session, ThreadChanged(thread_id=thread_id), to=channel.thread(thread_id))


def remove_person(session: Session, *, actor: Actor, thread_id: str, account_id: str) -> None:
    """Out at once, on every screen. Locks the thread. Emits thread.closed to the person, thread.changed to the others."""
    seat = _managed(session, actor, thread_id)
    member = queries.find_member(session, thread_id, account_id)
    require(member is not None, NotFound)
    assert member is not None
    require(can_remove(seat, member), NotAllowed)
    member.left_at = clock.now()
    _close(session, thread_id, account_id)
    [name] = _names(session, [account_id])
    _say_what_happened(session, seat.thread, _person(actor), {"what": "removed", "by": actor.display_name, "who": name})
    publish(session, ThreadChanged(thread_id=thread_id), to=channel.thread(thread_id))


def leave_group(session: Session, *, actor: Actor, thread_id: str) -> None:
    """Go. An owner's place goes to the eldest admin, else to the eldest member. Locks the thread. Emits thread.closed."""
    seat = queries.lock_seat(session, actor, thread_id)
    require(seat.thread.kind == ThreadKind.GROUP and seat.member is not None, NotFound)
    assert seat.member is not None
    me = seat.member
    me.left_at = clock.now()
    _close(session, thread_id, me.account_id)
    if me.role == MemberRole.OWNER:
        others = queries.members_of(session, thread_id)
        heir = next((one for one in others if one.role == MemberRole.ADMIN), next(iter(others), None))
        if heir is not None:
            heir.role = MemberRole.OWNER
        me.role = MemberRole.MEMBER
    _say_what_happened(session, seat.thread, me.account_id, {"what": "left", "by": actor.display_name})
    publish(session, ThreadChanged(thread_id=thread_id), to=channel.thread(thread_id))


def set_admin(session: Session, *, actor: Actor, thread_id: str, account_id: str, is_admin: bool) -> None:
    """Let somebody manage the group with the owner, or no longer. The owner alone. Locks the thread."""
    seat = _managed(session, actor, thread_id)
    member = queries.find_member(session, thread_id, account_id)
    require(member is not None, NotFound)
    assert member is not None
    assert seat.member is not None
    require(seat.member.role == MemberRole.OWNER and member.role != MemberRole.OWNER, NotAllowed)
    member.role = MemberRole.ADMIN if is_admin else MemberRole.MEMBER
    session.flush()
    publish(session, ThreadChanged(thread_id=thread_id), to=channel.thread(thread_id))


def _close(session: Session, thread_id: str, account_id: str) -> None:
    """The person's screens hear nothing of the thread from this commit on."""
    session.flush()
    after_commit(session, lambda: realtime.expel(channel.user(account_id), out_of=channel.thread(thread_id)))
    publish(session, ThreadClosed(thread_id=thread_id), to=channel.user(account_id))


def _say_what_happened(session: Session, thread: Thread, author_id: str, data: dict[str, Any]) -> None:
    key = ids.new_id("msg")
    message = Message(author_id=author_id, as_brand=False, kind=MessageKind.SYSTEM, text="", data=data, client_key=key)
    append(session, thread, message)
    author = queries.find_member(session, thread.id, author_id)
    if author is not None:
        author.read_number = thread.last_number
    session.flush()


# Reports.


def report_message(session: Session, *, actor: Actor, thread_id: str, message_id: str, reason: str) -> None:
    """Tell the platform's staff about somebody else's message; once per person and message."""
    seat = queries.take_seat(session, actor, thread_id)
    message = queries.get_message(session, seat, message_id)
    require(message.author_id != actor.account_id and message.kind == MessageKind.TEXT, NotAllowed)
    known = select(func.count()).where(
        MessageReport.message_id == message_id, MessageReport.by_account_id == actor.account_id
    )
    if not session.scalar(known):
        session.add(
            MessageReport(message_id=message_id, by_account_id=_person(actor), reason=reason, text=message.text)
        )
        session.flush()


def close_report(session: Session, *, actor: Actor, report_id: str, remove: bool) -> None:
    """Staff decide: the message goes, or stays. All open reports of the message close. Raises NotFound, NotAllowed."""
    require(actor.is_staff, NotAllowed)
    report = session.get(MessageReport, report_id)
    require(report is not None, NotFound)
    assert report is not None
    message = session.get(Message, report.message_id)
    if remove and message is not None and message.deleted_at is None:
        thread = session.get(Thread, message.thread_id, with_for_update=True)
        assert thread is not None
        _erase(message)
        session.execute(delete(MessageReaction).where(MessageReaction.message_id == message.id))
        _changed(session, thread, message)
    open_ones = select(MessageReport).where(
        MessageReport.message_id == report.message_id, MessageReport.closed_at.is_(None)
    )
    for one in session.scalars(open_ones):
        one.closed_at, one.closed_by, one.outcome = clock.now(), actor.account_id, "removed" if remove else "kept"
    session.flush()
