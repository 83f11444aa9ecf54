"""Groups of friends: who is in, who manages, and the sentence that says what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.core import channel, clock, ids
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotAllowed, NotFound, require
from shop.core.events import publish
from shop.core.i18n import N_
from shop.messaging import queries
from shop.messaging.errors import GroupFull, NotFriends
from shop.messaging.events import ThreadChanged
from shop.messaging.messages import append
from shop.messaging.models import LARGEST_GROUP, MemberRole, Message, MessageKind, Thread, ThreadKind, ThreadMember
from shop.messaging.policy import Seat, can_manage, can_remove
from shop.messaging.threads import announce_thread, close, person
from shop.social.queries import friend_ids


def create_group(session: Session, *, actor: Actor, title: str, account_ids: Sequence[str]) -> Thread:
    """A group of the actor's friends; the actor owns it. Raises NotFriends, GroupFull."""
    me = person(actor)
    people = _friends_among(session, me, account_ids)
    require(len(people) + 1 <= LARGEST_GROUP, GroupFull(most=LARGEST_GROUP))
    thread = Thread(kind=ThreadKind.GROUP, title=title, created_by=me)
    session.add(thread)
    session.flush()
    session.add(ThreadMember(thread_id=thread.id, account_id=me, role=MemberRole.OWNER))
    session.add_all([ThreadMember(thread_id=thread.id, account_id=one) for one in people])
    session.flush()
    announce_thread(session, thread, (me, *people))
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
    thread, me = seat.thread, person(actor)
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
    announce_thread(session, thread, people)
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
            session, seat.thread, person(actor), {"what": "renamed", "by": actor.display_name, "title": title}
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
    close(session, thread_id, account_id)
    [name] = _names(session, [account_id])
    _say_what_happened(session, seat.thread, person(actor), {"what": "removed", "by": actor.display_name, "who": name})
    publish(session, ThreadChanged(thread_id=thread_id), to=channel.thread(thread_id))


def leave_group(session: Session, *, actor: Actor, thread_id: str) -> None:
    """Go. An owner's place goes to the eldest admin, else to the eldest member. Locks the thread. Emits thread.closed."""
    seat = queries.lock_seat(session, actor, thread_id)
    require(seat.thread.kind == ThreadKind.GROUP and seat.member is not None, NotFound)
    assert seat.member is not None
    me = seat.member
    me.left_at = clock.now()
    close(session, thread_id, me.account_id)
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


def _say_what_happened(session: Session, thread: Thread, author_id: str, data: dict[str, Any]) -> None:
    key = ids.new_id("msg")
    message = Message(author_id=author_id, as_brand=False, kind=MessageKind.SYSTEM, text="", data=data, client_key=key)
    append(session, thread, message)
    author = queries.find_member(session, thread.id, author_id)
    if author is not None:
        author.read_number = thread.last_number
    session.flush()
