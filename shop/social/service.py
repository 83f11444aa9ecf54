"""Asking, answering, parting and blocking. Every change of a pair locks both people in key order."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from shop.accounts.models import Account
from shop.core import channel, clock
from shop.core.actor import Actor
from shop.core.errors import NotFound, SignInNeeded, WrongMove, require
from shop.core.events import publish
from shop.core.notices import settle, tell
from shop.social.errors import FriendsFull, TooManyWaiting
from shop.social.events import FriendPresenceChanged, FriendsChanged, PersonBlocked
from shop.social.models import (
    DECLINED_FOR,
    MAXIMUM_FRIENDS,
    MAXIMUM_WAITING,
    REQUEST_MOVES,
    Block,
    Circle,
    CircleMember,
    FriendRequest,
    Friendship,
    Mute,
    PersonFollow,
    RequestState,
    Way,
)
from shop.social.queries import are_friends, count_friends, find_waiting, is_blocked, lock_pair, pair

REQUEST_NOTICE, ACCEPTED_NOTICE = "friend_request", "friend_accepted"
IN_PERSON = frozenset({Way.CODE})


class Asked(StrEnum):
    """What a request led to."""

    WAITING = "waiting"
    FRIENDS = "friends"


def own_id(actor: Actor) -> str:
    """The acting person's account; raises SignInNeeded."""
    require(actor.account_id is not None, SignInNeeded)
    assert actor.account_id is not None
    return actor.account_id


def ask_friend(session: Session, *, actor: Actor, account_id: str, way: Way) -> Asked:
    """Ask somebody to be friends; two who ask each other are. Asking twice is once.

    Locks both. A declined request is not repeated for thirty days, unless the code was shown in person; its sender sees
    it waiting. Raises NotFound (unknown, blocked and oneself alike), TooManyWaiting, FriendsFull.
    """
    me = own_id(actor)
    people = lock_pair(session, me, account_id)
    require(not is_blocked(session, me, account_id), NotFound)
    if are_friends(session, me, account_id):
        return Asked.FRIENDS
    theirs = find_waiting(session, sender_id=account_id, receiver_id=me)
    if theirs is not None:
        _make_friends(session, theirs, people)
        return Asked.FRIENDS
    if find_waiting(session, sender_id=me, receiver_id=account_id) is None:
        _send(session, people, me, account_id, way)
    return Asked.WAITING


def _send(session: Session, people: dict[str, Account], me: str, account_id: str, way: Way) -> None:
    declined = _declined_lately(session, me, account_id)
    if declined is not None and way not in IN_PERSON:
        declined.is_put_away = False
        return
    waiting = select(func.count()).where(FriendRequest.sender_id == me, FriendRequest.state == RequestState.WAITING)
    require((session.scalar(waiting) or 0) < MAXIMUM_WAITING, TooManyWaiting)
    request = FriendRequest(sender_id=me, receiver_id=account_id, way=way)
    session.add(request)
    session.flush()
    _tell_changed(session, me, account_id)
    if session.get(Mute, (account_id, me)) is None:
        data = {"name": people[me].display_name}
        tell(
            session, account_id=account_id, kind=REQUEST_NOTICE, key=f"freq:{request.id}", group=me,
            url="/friends", data=data,
        )  # fmt: skip


def _declined_lately(session: Session, me: str, account_id: str) -> FriendRequest | None:
    oldest: datetime = clock.now() - DECLINED_FOR
    return session.scalar(
        select(FriendRequest)
        .where(
            FriendRequest.sender_id == me,
            FriendRequest.receiver_id == account_id,
            FriendRequest.state == RequestState.DECLINED,
            FriendRequest.closed_at > oldest,
        )
        .order_by(FriendRequest.closed_at.desc())
        .limit(1)
    )


def accept(session: Session, *, actor: Actor, request_id: str) -> Friendship:
    """Say yes. Saying it twice is once. Raises NotFound for anybody else's request, WrongMove, FriendsFull."""
    request, people = _locked(session, own_id(actor), request_id, FriendRequest.receiver_id)
    if request.state != RequestState.ACCEPTED:
        _make_friends(session, request, people)
    found = session.get(Friendship, pair(request.sender_id, request.receiver_id))
    require(found is not None, WrongMove)
    assert found is not None
    return found


def decline(session: Session, *, actor: Actor, request_id: str) -> None:
    """Say no, quietly: the sender is not told. Raises NotFound, WrongMove."""
    request, _people = _locked(session, own_id(actor), request_id, FriendRequest.receiver_id)
    if _move(request, RequestState.DECLINED):
        session.flush()
        settle(session, account_id=request.receiver_id, kind=REQUEST_NOTICE, group=request.sender_id)
        _tell_changed(session, request.receiver_id)


def withdraw(session: Session, *, actor: Actor, request_id: str) -> None:
    """Take a request back. Raises NotFound, WrongMove."""
    request, _people = _locked(session, own_id(actor), request_id, FriendRequest.sender_id)
    if request.state == RequestState.DECLINED:
        request.is_put_away = True
        _tell_changed(session, request.sender_id)
    elif _move(request, RequestState.WITHDRAWN):
        session.flush()
        settle(session, account_id=request.receiver_id, kind=REQUEST_NOTICE, group=request.sender_id)
        _tell_changed(session, request.sender_id, request.receiver_id)


def _locked(
    session: Session, me: str, request_id: str, side: InstrumentedAttribute[str]
) -> tuple[FriendRequest, dict[str, Account]]:
    """A request of this side, with both people locked, as it is under the lock."""
    wanted = select(FriendRequest).where(FriendRequest.id == request_id, side == me)
    request = session.scalar(wanted)
    require(request is not None, NotFound)
    assert request is not None
    people = lock_pair(session, request.sender_id, request.receiver_id)
    session.refresh(request)
    return request, people


def _move(request: FriendRequest, state: RequestState) -> bool:
    """By the table; False when it is there already."""
    if request.state == state:
        return False
    require(state in REQUEST_MOVES[RequestState(request.state)], WrongMove)
    request.state, request.closed_at = state, clock.now()
    return True


def _make_friends(session: Session, request: FriendRequest, people: dict[str, Account]) -> None:
    sender, receiver = request.sender_id, request.receiver_id
    for account_id in (sender, receiver):
        require(count_friends(session, account_id) < MAXIMUM_FRIENDS, FriendsFull)
    _move(request, RequestState.ACCEPTED)
    low, high = pair(sender, receiver)
    session.add(Friendship(low_id=low, high_id=high, way=request.way))
    session.flush()
    settle(session, account_id=receiver, kind=REQUEST_NOTICE, group=sender)
    data = {"name": people[receiver].display_name}
    tell(
        session, account_id=sender, kind=ACCEPTED_NOTICE, key=f"friends:{request.id}", group=receiver,
        url=f"/u/{people[receiver].handle}", data=data,
    )  # fmt: skip
    _tell_changed(session, sender, receiver)


def unfriend(session: Session, *, actor: Actor, account_id: str) -> None:
    """End a friendship, on both sides, at once. Raises NotFound when there is none."""
    me = own_id(actor)
    lock_pair(session, me, account_id)
    require(_part(session, me, account_id), NotFound)
    _tell_changed(session, me, account_id)


def _part(session: Session, a: str, b: str) -> bool:
    """No friends any more, in no circle of each other."""
    friendship = session.get(Friendship, pair(a, b), populate_existing=True)
    if friendship is None:
        return False
    session.delete(friendship)
    for owner, member in ((a, b), (b, a)):
        mine = select(Circle.id).where(Circle.owner_id == owner)
        session.execute(
            delete(CircleMember)
            .where(CircleMember.account_id == member, CircleMember.circle_id.in_(mine))
            .execution_options(synchronize_session=False)
        )
    session.flush()
    return True


def block(session: Session, *, actor: Actor, account_id: str) -> None:
    """Keep somebody away, in both directions and at once: no friends, no requests, no follows. Raises NotFound."""
    me = own_id(actor)
    lock_pair(session, me, account_id)
    if session.get(Block, (me, account_id)) is not None:
        return
    session.add(Block(blocker_id=me, blocked_id=account_id))
    _part(session, me, account_id)
    for sender, receiver, state in (
        (me, account_id, RequestState.WITHDRAWN),
        (account_id, me, RequestState.DECLINED),
    ):
        request = find_waiting(session, sender_id=sender, receiver_id=receiver)
        if request is not None:
            _move(request, state)
            settle(session, account_id=receiver, kind=REQUEST_NOTICE, group=sender)
    session.execute(delete(PersonFollow).where(_between(me, account_id)).execution_options(synchronize_session=False))
    session.flush()
    publish(session, PersonBlocked(blocker_id=me, blocked_id=account_id))
    _tell_changed(session, me, account_id)


def _between(a: str, b: str) -> ColumnElement[bool]:
    return or_(
        and_(PersonFollow.follower_id == a, PersonFollow.followed_id == b),
        and_(PersonFollow.follower_id == b, PersonFollow.followed_id == a),
    )


def unblock(session: Session, *, actor: Actor, account_id: str) -> None:
    """Lift one's own block; nothing that it ended comes back. Raises NotFound when there is none."""
    me = own_id(actor)
    lock_pair(session, me, account_id)
    found = session.get(Block, (me, account_id))
    require(found is not None, NotFound)
    session.delete(found)
    session.flush()
    _tell_changed(session, me)


def mute(session: Session, *, actor: Actor, account_id: str) -> None:
    """No news of this person any more; they are not told. Raises NotFound."""
    me = own_id(actor)
    lock_pair(session, me, account_id)
    require(not is_blocked(session, me, account_id), NotFound)
    if session.get(Mute, (me, account_id)) is None:
        session.add(Mute(muter_id=me, muted_id=account_id))
        session.flush()
        _tell_changed(session, me)


def unmute(session: Session, *, actor: Actor, account_id: str) -> None:
    """Hear of them again."""
    me = own_id(actor)
    found = session.get(Mute, (me, account_id))
    if found is not None:
        session.delete(found)
        session.flush()
        _tell_changed(session, me)


def _tell_changed(session: Session, *account_ids: str) -> None:
    """Who is a friend decides who is seen, so both lists are asked for again."""
    for account_id in account_ids:
        publish(session, FriendsChanged(), to=channel.user(account_id))
        publish(session, FriendPresenceChanged(room_id=None), to=channel.user(account_id))
