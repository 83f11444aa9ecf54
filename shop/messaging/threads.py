"""Threads begin, come back, wait among the requests, and close for somebody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.brands.models import Brand
from shop.core import channel, clock, realtime
from shop.core.actor import Actor
from shop.core.db import after_commit
from shop.core.errors import Conflict, NotAllowed, NotFound, SignInNeeded, require
from shop.core.events import publish
from shop.core.i18n import N_
from shop.messaging import queries
from shop.messaging.errors import TooManyStrangers
from shop.messaging.events import ThreadAdded, ThreadClosed
from shop.messaging.models import Folder, Thread, ThreadKind, ThreadMember
from shop.messaging.policy import FIRST_CONTACTS_PER_HOUR
from shop.social.queries import is_blocked, may_message_first


def open_direct(session: Session, *, actor: Actor, other_id: str) -> Thread:
    """The thread of two people, made if there is none; the other's part waits in requests unless they are friends.

    Raises NotFound (nobody, oneself, behind a block: the same), TooManyStrangers.
    """
    me = person(actor)
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
        announce_thread(session, thread, (me, other_id))
    return thread


def _come_back(session: Session, thread: Thread, account_id: str) -> Thread:
    """Somebody who put the thread away writes after all."""
    member = session.get(ThreadMember, (thread.id, account_id))
    if member is not None and member.left_at is not None:
        member.left_at, member.folder = None, Folder.OPEN
        session.flush()
        enlist(session, thread.id, account_id)
    return thread


def open_brand_thread(session: Session, *, actor: Actor, brand_id: str) -> Thread:
    """The thread of a shopper and a brand, made if there is none. Raises NotFound, NotAllowed (the brand's own people)."""
    me = person(actor)
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
        announce_thread(session, thread, (me,))
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


def announce_thread(session: Session, thread: Thread, account_ids: Iterable[str]) -> None:
    """These people are in the thread: their sockets join it. Emits thread.added to each."""
    for account_id in account_ids:
        enlist(session, thread.id, account_id)
        publish(session, ThreadAdded(thread_id=thread.id), to=channel.user(account_id))


def enlist(session: Session, thread_id: str, account_id: str) -> None:
    """The person's sockets hear the thread from this commit on."""
    after_commit(session, lambda: realtime.enlist(channel.user(account_id), into=channel.thread(thread_id)))


def person(actor: Actor) -> str:
    """The acting person's account; raises SignInNeeded."""
    if actor.account_id is None:
        raise SignInNeeded
    return actor.account_id


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
    close(session, seat.thread.id, seat.member.account_id)


def mute_thread(session: Session, *, actor: Actor, thread_id: str, muted: bool) -> None:
    """No notices and no number for this thread."""
    seat = queries.take_seat(session, actor, thread_id)
    require(seat.member is not None, NotFound)
    assert seat.member is not None
    seat.member.muted_at = clock.now() if muted else None
    session.flush()


def close(session: Session, thread_id: str, account_id: str) -> None:
    """The person's screens hear nothing of the thread from this commit on."""
    session.flush()
    after_commit(session, lambda: realtime.expel(channel.user(account_id), out_of=channel.thread(thread_id)))
    publish(session, ThreadClosed(thread_id=thread_id), to=channel.user(account_id))
