"""Somebody's place in a thread, and the threads and messages that can be reached from it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.core.actor import Actor
from shop.core.errors import NotFound, SignInNeeded
from shop.messaging.models import Message, Thread, ThreadKind, ThreadMember
from shop.messaging.policy import INBOX_ROLES, Seat
from shop.social.queries import is_blocked


def take_seat(session: Session, actor: Actor, thread_id: str) -> Seat:
    """The actor's place in the thread; raises NotFound for everybody else."""
    return _seat(session, actor, session.get(Thread, thread_id))


def lock_seat(session: Session, actor: Actor, thread_id: str) -> Seat:
    """Locks the thread's row: messages get their numbers, people come and go one after another."""
    thread = session.scalar(
        select(Thread).where(Thread.id == thread_id).with_for_update().execution_options(populate_existing=True)
    )
    return _seat(session, actor, thread)


def _seat(session: Session, actor: Actor, thread: Thread | None) -> Seat:
    if actor.account_id is None:
        raise SignInNeeded
    if thread is None:
        raise NotFound
    member = find_member(session, thread.id, actor.account_id)
    if member is not None:
        return Seat(thread=thread, member=member)
    if thread.brand_id is not None and actor.has_role(thread.brand_id, *INBOX_ROLES):
        return Seat(thread=thread, member=None, as_brand=True)
    raise NotFound


def find_member(session: Session, thread_id: str, account_id: str) -> ThreadMember | None:
    """Somebody who is in the thread now."""
    return session.scalar(
        select(ThreadMember)
        .where(
            ThreadMember.thread_id == thread_id, ThreadMember.account_id == account_id, ThreadMember.left_at.is_(None)
        )
        .execution_options(populate_existing=True)
    )


def members_of(session: Session, thread_id: str) -> list[ThreadMember]:
    """Who is in the thread now, in the order they came."""
    return list(
        session.scalars(
            select(ThreadMember)
            .where(ThreadMember.thread_id == thread_id, ThreadMember.left_at.is_(None))
            .order_by(ThreadMember.joined_at, ThreadMember.account_id)
            .execution_options(populate_existing=True)
        )
    )


def find_thread(session: Session, pair_key: str) -> Thread | None:
    return session.scalar(select(Thread).where(Thread.pair_key == pair_key))


def pair_key(one: str, other: str) -> str:
    """Two people, or a brand and a person, in either order."""
    return "|".join(sorted((one, other)))


def is_cut_off(session: Session, seat: Seat) -> bool:
    """Whether a block stands between the two people of a direct thread."""
    if seat.thread.kind != ThreadKind.DIRECT or seat.member is None:
        return False
    other_id = other_of(seat)
    return other_id is None or is_blocked(session, seat.member.account_id, other_id)


def other_of(seat: Seat) -> str | None:
    """The other person of a direct thread; its key names both."""
    if seat.thread.pair_key is None or seat.member is None:
        return None
    return next((part for part in seat.thread.pair_key.split("|") if part != seat.member.account_id), None)


def find_by_client_key(session: Session, *, thread_id: str, author_id: str, client_key: str) -> Message | None:
    wanted = (Message.thread_id == thread_id, Message.author_id == author_id, Message.client_key == client_key)
    return session.scalar(select(Message).where(*wanted))


def get_message(session: Session, seat: Seat, message_id: str, *, also_deleted: bool = False) -> Message:
    """A message that this seat can see; raises NotFound."""
    message = session.get(Message, message_id)
    if message is None or message.thread_id != seat.thread.id or message.number <= seat.since_number:
        raise NotFound
    if message.deleted_at is not None and not also_deleted:
        raise NotFound
    return message
