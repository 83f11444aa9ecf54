"""Following brands and people: one-sided, and undone as easily."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from shop.accounts.queries import lock_account
from shop.brands.queries import get_brand
from shop.core.actor import Actor
from shop.core.errors import NotFound, require
from shop.core.events import publish
from shop.social.events import BrandFollowed
from shop.social.models import BrandFollow, PersonFollow
from shop.social.queries import follows_brand, follows_person, is_blocked, lock_pair
from shop.social.service import own_id


def follow_brand(session: Session, *, actor: Actor, brand_id: str) -> None:
    """Hear of a brand. Following twice is once. Raises NotFound, SignInNeeded."""
    me = own_id(actor)
    get_brand(session, brand_id=brand_id)
    lock_account(session, me)
    if not follows_brand(session, me, brand_id):
        session.add(BrandFollow(account_id=me, brand_id=brand_id))
        session.flush()
        publish(session, BrandFollowed(brand_id=brand_id, account_id=me, is_following=True))


def unfollow_brand(session: Session, *, actor: Actor, brand_id: str) -> None:
    """Hear of it no more. Raises SignInNeeded."""
    me = own_id(actor)
    gone = delete(BrandFollow).where(BrandFollow.account_id == me, BrandFollow.brand_id == brand_id)
    session.execute(gone)
    publish(session, BrandFollowed(brand_id=brand_id, account_id=me, is_following=False))


def follow_person(session: Session, *, actor: Actor, account_id: str) -> None:
    """Follow somebody, silently. Raises NotFound (unknown, blocked and oneself alike)."""
    me = own_id(actor)
    lock_pair(session, me, account_id)
    require(not is_blocked(session, me, account_id), NotFound)
    if not follows_person(session, me, account_id):
        session.add(PersonFollow(follower_id=me, followed_id=account_id))
        session.flush()


def unfollow_person(session: Session, *, actor: Actor, account_id: str) -> None:
    """Undo it."""
    me = own_id(actor)
    gone = delete(PersonFollow).where(PersonFollow.follower_id == me, PersonFollow.followed_id == account_id)
    session.execute(gone)
