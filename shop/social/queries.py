"""Who knows whom, and who may see what. Every question is one statement, and a block answers before all others."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.brands.models import Brand
from shop.core.errors import NotFound, require
from shop.social.models import (
    Block,
    BrandFollow,
    Circle,
    CircleMember,
    ContactSettings,
    Datum,
    FriendRequest,
    Friendship,
    Mute,
    PersonFollow,
    RequestState,
    Share,
)

BRAND_PREFIX = "brand_"


def pair(a: str, b: str) -> tuple[str, str]:
    """Two accounts in the order of their keys."""
    return (a, b) if a < b else (b, a)


def are_friends(session: Session, a: str, b: str) -> bool:
    """Whether both said yes. Nobody is their own friend."""
    return a != b and session.get(Friendship, pair(a, b), populate_existing=True) is not None


def friend_ids(session: Session, account_id: str) -> set[str]:
    """Everybody who is a friend of this person."""
    other = case((Friendship.low_id == account_id, Friendship.high_id), else_=Friendship.low_id)
    return set(session.scalars(select(other).where(_is_in(account_id))))


def _is_in(account_id: str) -> ColumnElement[bool]:
    return or_(Friendship.low_id == account_id, Friendship.high_id == account_id)


def is_blocked(session: Session, a: str, b: str) -> bool:
    """Whether either of the two blocked the other."""
    either = or_(
        and_(Block.blocker_id == a, Block.blocked_id == b),
        and_(Block.blocker_id == b, Block.blocked_id == a),
    )
    return bool(session.scalar(select(exists().where(either))))


def blocked_ids(session: Session, account_id: str) -> set[str]:
    """Everybody whom this person blocked or who blocked this person."""
    rows = session.execute(
        select(Block.blocker_id, Block.blocked_id).where(
            or_(Block.blocker_id == account_id, Block.blocked_id == account_id)
        )
    )
    return {blocked if blocker == account_id else blocker for blocker, blocked in rows}


def follower_ids(session: Session, brand_id: str) -> list[str]:
    """Who follows a brand, in the order they came."""
    wanted = select(BrandFollow.account_id).where(BrandFollow.brand_id == brand_id)
    return list(session.scalars(wanted.order_by(BrandFollow.at, BrandFollow.account_id)))


def follows_brand(session: Session, account_id: str | None, brand_id: str) -> bool:
    """Guests follow nobody."""
    return account_id is not None and session.get(BrandFollow, (account_id, brand_id)) is not None


def follows_slug(session: Session, account_id: str, brand_slug: str) -> bool:
    """The same by the brand's slug, in one statement."""
    wanted = exists().where(BrandFollow.account_id == account_id, BrandFollow.brand_id == Brand.id)
    return bool(session.scalar(select(wanted).where(Brand.slug == brand_slug)))


def follows_person(session: Session, account_id: str, followed_id: str) -> bool:
    return session.get(PersonFollow, (account_id, followed_id)) is not None


def may_message_first(session: Session, sender_id: str, receiver_id: str) -> bool:
    """Whether a first message may go straight to the inbox. `sender_id` is a person or a brand.

    A friend may, and whom the receiver follows. A stranger may not: that message waits among the requests. A brand may
    only when the person follows it or lets brands write; somebody blocked may never.
    """
    if sender_id.startswith(BRAND_PREFIX):
        return follows_brand(session, receiver_id, sender_id) or _lets_brands_write(session, receiver_id)
    if sender_id == receiver_id or is_blocked(session, sender_id, receiver_id):
        return False
    return are_friends(session, sender_id, receiver_id) or follows_person(session, receiver_id, sender_id)


def _lets_brands_write(session: Session, account_id: str) -> bool:
    settings = session.get(ContactSettings, account_id)
    return settings is not None and settings.brands_may_write


def muted_ids(session: Session, account_id: str) -> set[str]:
    """Of whom this person wants no news."""
    return set(session.scalars(select(Mute.muted_id).where(Mute.muter_id == account_id)))


def muter_ids(session: Session, account_id: str) -> set[str]:
    """Who wants no news of this person."""
    return set(session.scalars(select(Mute.muter_id).where(Mute.muted_id == account_id)))


def own_blocked_ids(session: Session, account_id: str) -> set[str]:
    """Whom this person blocked; who blocked them is nothing they may learn."""
    return set(session.scalars(select(Block.blocked_id).where(Block.blocker_id == account_id)))


def audience_ids(session: Session, owner_id: str, datum: Datum) -> set[str]:
    """Who may see one kind of datum of this person: friends only, those the owner named, never somebody blocked."""
    friends = friend_ids(session, owner_id)
    if not friends:
        return set()
    rules = set(session.scalars(select(Share.circle_id).where(Share.owner_id == owner_id, Share.datum == datum)))
    if None not in rules:
        friends &= _members(session, owner_id, {rule for rule in rules if rule is not None})
    return friends - blocked_ids(session, owner_id)


def _members(session: Session, owner_id: str, circle_ids: Iterable[str]) -> set[str]:
    wanted = select(CircleMember.account_id).join(Circle, Circle.id == CircleMember.circle_id)
    return set(session.scalars(wanted.where(Circle.owner_id == owner_id, Circle.id.in_(set(circle_ids)))))


def may_see(session: Session, viewer_id: str | None, owner_id: str, datum: Datum) -> bool:
    """Whether one person may see a datum of another; one's own always."""
    if viewer_id is None:
        return False
    return viewer_id == owner_id or viewer_id in audience_ids(session, owner_id, datum)


def visible_owner_ids(session: Session, viewer_id: str, datum: Datum) -> set[str]:
    """Whose datum this person may see: the friends who share it with them. Constant number of statements."""
    in_circle = exists().where(CircleMember.circle_id == Share.circle_id, CircleMember.account_id == viewer_id)
    sharing = select(Share.owner_id).where(Share.datum == datum, or_(Share.circle_id.is_(None), in_circle))
    friends = friend_ids(session, viewer_id)
    if not friends:
        return set()
    owners = set(session.scalars(sharing.where(Share.owner_id.in_(friends))))
    return owners - blocked_ids(session, viewer_id)


def lock_pair(session: Session, a: str, b: str) -> dict[str, Account]:
    """Locks two people in key order: whatever changes between them happens one after another.

    Raises NotFound when they are not two, or one is unknown.
    """
    wanted = select(Account).where(Account.id.in_({a, b})).order_by(Account.id).with_for_update()
    found = {account.id: account for account in session.scalars(wanted)}
    require(a != b and len(found) == 2, NotFound)
    return found


def find_waiting(session: Session, *, sender_id: str, receiver_id: str) -> FriendRequest | None:
    """The one open request of this direction."""
    return session.scalar(
        select(FriendRequest)
        .where(
            FriendRequest.sender_id == sender_id,
            FriendRequest.receiver_id == receiver_id,
            FriendRequest.state == RequestState.WAITING,
        )
        .execution_options(populate_existing=True)
    )


def count_friends(session: Session, account_id: str) -> int:
    return session.scalar(select(func.count()).select_from(Friendship).where(_is_in(account_id))) or 0
