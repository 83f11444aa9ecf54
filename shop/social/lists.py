"""What the friends page, the profile and the privacy page show. Each list is a constant number of statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.accounts.queries import find_accounts
from shop.core import clock
from shop.core.errors import NotFound
from shop.social.models import (
    DECLINED_FOR,
    Block,
    Circle,
    CircleMember,
    ContactSettings,
    Datum,
    FriendRequest,
    Friendship,
    Mute,
    RequestState,
    Share,
    Way,
)
from shop.social.queries import (
    are_friends,
    blocked_ids,
    find_waiting,
    follows_person,
    friend_ids,
    is_blocked,
    may_see,
    muted_ids,
)
from shop.social.watching import online_ids

MAXIMUM_SUGGESTED = 6


@dataclass(frozen=True, kw_only=True)
class FriendRow:
    """One friend in the list of all."""

    account: Account
    is_online: bool
    is_muted: bool


@dataclass(frozen=True, kw_only=True)
class RequestRow:
    """Somebody who asked, or was asked."""

    request_id: str
    account: Account
    way: Way
    at: datetime
    mutual: int


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    account: Account
    mutual: int


def list_friends(session: Session, account_id: str) -> list[FriendRow]:
    """All friends, by name."""
    people = find_accounts(session, friend_ids(session, account_id))
    online, muted = online_ids(session, account_id, people), muted_ids(session, account_id)
    rows = [FriendRow(account=one, is_online=one.id in online, is_muted=one.id in muted) for one in people.values()]
    return sorted(rows, key=lambda row: (row.account.display_name.casefold(), row.account.id))


def list_received(session: Session, account_id: str) -> list[RequestRow]:
    """Who waits for this person's answer, newest first."""
    wanted = (FriendRequest.receiver_id == account_id, FriendRequest.state == RequestState.WAITING)
    rows = session.scalars(select(FriendRequest).where(*wanted).order_by(FriendRequest.at.desc(), FriendRequest.id))
    return _request_rows(session, account_id, [(row, row.sender_id) for row in rows])


def list_sent(session: Session, account_id: str) -> list[RequestRow]:
    """Whom this person asked. A declined request looks like one that waits."""
    still = or_(
        FriendRequest.state == RequestState.WAITING,
        and_(
            FriendRequest.state == RequestState.DECLINED,
            FriendRequest.is_put_away.is_(False),
            FriendRequest.closed_at > clock.now() - DECLINED_FOR,
        ),
    )
    wanted = select(FriendRequest).where(FriendRequest.sender_id == account_id, still)
    hidden = blocked_ids(session, account_id) | friend_ids(session, account_id)
    rows = {
        row.receiver_id: row
        for row in session.scalars(wanted.order_by(FriendRequest.at, FriendRequest.id))
        if row.receiver_id not in hidden
    }
    return _request_rows(session, account_id, [(row, other) for other, row in reversed(rows.items())])


def _request_rows(session: Session, me: str, rows: list[tuple[FriendRequest, str]]) -> list[RequestRow]:
    people = find_accounts(session, [other for _row, other in rows]) if rows else {}
    mutual = count_mutual(session, me, people)
    return [
        RequestRow(request_id=row.id, account=people[other], way=Way(row.way), at=row.at, mutual=mutual[other])
        for row, other in rows
    ]


def count_mutual(session: Session, me: str, others: Iterable[str]) -> Counter[str]:
    """How many friends each of these shares with this person."""
    wanted, friends = set(others), friend_ids(session, me)
    counted: Counter[str] = Counter()
    if not wanted or not friends:
        return counted
    for low, high in session.execute(_edges(friends)):
        for friend, other in ((low, high), (high, low)):
            if friend in friends and other in wanted:
                counted[other] += 1
    return counted


def _edges(friends: set[str]) -> Select[str, str]:
    return select(Friendship.low_id, Friendship.high_id).where(
        or_(Friendship.low_id.in_(friends), Friendship.high_id.in_(friends))
    )


def suggest(session: Session, me: str) -> list[Suggestion]:
    """Friends of friends who let themselves be suggested; most mutual friends first. Never anybody asked or blocked."""
    friends = friend_ids(session, me)
    if not friends:
        return []
    near = {other for edge in session.execute(_edges(friends)) for other in edge} - friends - {me}
    asked = session.execute(
        select(FriendRequest.sender_id, FriendRequest.receiver_id).where(
            or_(FriendRequest.sender_id == me, FriendRequest.receiver_id == me)
        )
    )
    near -= {one for pair in asked for one in pair} | blocked_ids(session, me)
    willing = set(
        session.scalars(
            select(ContactSettings.account_id).where(ContactSettings.account_id.in_(near), ContactSettings.is_suggested)
        )
    )
    people, mutual = find_accounts(session, willing), count_mutual(session, me, willing)
    rows = [Suggestion(account=one, mutual=mutual[one.id]) for one in people.values()]
    return sorted(rows, key=lambda row: (-row.mutual, row.account.display_name))[:MAXIMUM_SUGGESTED]


def list_blocked(session: Session, account_id: str) -> list[Account]:
    """Whom this person blocked; never who blocked them."""
    wanted = select(Account).join(Block, Block.blocked_id == Account.id).where(Block.blocker_id == account_id)
    return list(session.scalars(wanted.order_by(Block.at.desc(), Account.id)))


@dataclass(frozen=True, kw_only=True)
class CircleRow:
    circle: Circle
    count: int


def list_circles(session: Session, account_id: str) -> list[CircleRow]:
    """Close friends first, then by name."""
    rows = session.execute(
        select(Circle, func.count(CircleMember.account_id))
        .outerjoin(CircleMember, CircleMember.circle_id == Circle.id)
        .where(Circle.owner_id == account_id)
        .group_by(Circle.id)
        .order_by(Circle.is_close.desc(), Circle.name)
    )
    return [CircleRow(circle=circle, count=count) for circle, count in rows]


def member_ids(session: Session, circle_id: str) -> set[str]:
    return set(session.scalars(select(CircleMember.account_id).where(CircleMember.circle_id == circle_id)))


def list_shares(session: Session, account_id: str) -> dict[Datum, set[str | None]]:
    """For each datum the circles that see it; None stands for all friends."""
    found: dict[Datum, set[str | None]] = {datum: set() for datum in Datum}
    for row in session.scalars(select(Share).where(Share.owner_id == account_id)):
        found[Datum(row.datum)].add(row.circle_id)
    return found


def contact_settings(session: Session, account_id: str) -> ContactSettings:
    """What was chosen, or the cautious defaults."""
    found = session.get(ContactSettings, account_id)
    return found or ContactSettings(account_id=account_id, brands_may_write=False, is_suggested=False)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Somebody as one visitor may see them: name and face for everybody, the rest only where the owner opened it."""

    account: Account
    is_self: bool
    is_friend: bool
    is_following: bool
    is_muted: bool
    received: FriendRequest | None
    has_asked: bool
    mutual: int
    visible: frozenset[Datum]


def load_profile(session: Session, *, viewer_id: str | None, handle: str) -> Profile:
    """Raises NotFound; also between two of whom one blocked the other."""
    account = session.scalar(select(Account).where(Account.handle == handle.casefold()))
    if account is None or (viewer_id is not None and is_blocked(session, viewer_id, account.id)):
        raise NotFound
    if viewer_id is None or viewer_id == account.id:
        everything = frozenset(Datum) if viewer_id else frozenset[Datum]()
        return Profile(
            account=account, is_self=viewer_id is not None, is_friend=False, is_following=False, is_muted=False,
            received=None, has_asked=False, mutual=0, visible=everything,
        )  # fmt: skip
    return Profile(
        account=account,
        is_self=False,
        is_friend=are_friends(session, viewer_id, account.id),
        is_following=follows_person(session, viewer_id, account.id),
        is_muted=session.get(Mute, (viewer_id, account.id)) is not None,
        received=find_waiting(session, sender_id=account.id, receiver_id=viewer_id),
        has_asked=any(row.account.id == account.id for row in list_sent(session, viewer_id)),
        mutual=count_mutual(session, viewer_id, [account.id])[account.id],
        visible=frozenset(datum for datum in Datum if may_see(session, viewer_id, account.id, datum)),
    )
