"""How people find each other: a code read off a phone, a personal link, a handle. Nothing else; no address books."""

from __future__ import annotations

import secrets

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.accounts.queries import lock_account
from shop.core import channel, clock, ids
from shop.core.actor import Actor
from shop.core.errors import NotFound, require
from shop.core.events import publish
from shop.social.errors import CodeRefused
from shop.social.events import FriendsChanged
from shop.social.models import CODE_ALPHABET, CODE_LENGTH, CODE_LIFETIME, FriendCode, FriendLink, Way
from shop.social.queries import is_blocked
from shop.social.service import Asked, ask_friend, own_id


def normal_code(text: str) -> str:
    """As people type it: small letters, a gap or a line in the middle."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def looks_like_code(text: str) -> bool:
    code = normal_code(text)
    return len(code) == CODE_LENGTH and set(code) <= set(CODE_ALPHABET)


def show_code(session: Session, *, actor: Actor) -> FriendCode:
    """A fresh code for five minutes and one use; the one before ends."""
    me = own_id(actor)
    lock_account(session, me)
    now = clock.now()
    # Old ones go: their six characters become free again.
    session.execute(delete(FriendCode).where(or_(FriendCode.account_id == me, FriendCode.expires_at < now)))
    code = FriendCode(account_id=me, code=_free_code(session), expires_at=now + CODE_LIFETIME)
    session.add(code)
    session.flush()
    return code


def _free_code(session: Session) -> str:
    while True:
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        if session.scalar(select(FriendCode.id).where(FriendCode.code == code)) is None:
            return code


def current_code(session: Session, account_id: str) -> FriendCode | None:
    """The code that this person shows now."""
    return session.scalar(select(FriendCode).where(FriendCode.account_id == account_id, *_works()))


def _works() -> tuple[ColumnElement[bool], ...]:
    return FriendCode.used_at.is_(None), FriendCode.expires_at > clock.now()


def owner_of_code(session: Session, *, actor: Actor, text: str) -> Account:
    """Who shows this code. Raises CodeRefused: unknown, old, used, blocked and one's own alike."""
    wanted = select(Account).join(FriendCode, FriendCode.account_id == Account.id)
    owner = session.scalar(wanted.where(FriendCode.code == normal_code(text), *_works()))
    return _reachable(session, own_id(actor), owner)


def owner_of_link(session: Session, *, actor: Actor, token: str) -> Account:
    """Whose link this is. Raises CodeRefused."""
    wanted = select(Account).join(FriendLink, FriendLink.account_id == Account.id).where(FriendLink.token == token)
    return _reachable(session, own_id(actor), session.scalar(wanted))


def owner_of_handle(session: Session, *, actor: Actor, handle: str) -> Account:
    """Who wears this handle. Raises CodeRefused."""
    wanted = select(Account).where(Account.handle == handle.strip().removeprefix("@").casefold())
    return _reachable(session, own_id(actor), session.scalar(wanted))


def _reachable(session: Session, me: str, owner: Account | None) -> Account:
    if owner is None or owner.id == me or is_blocked(session, me, owner.id):
        raise CodeRefused
    return owner


def use_code(session: Session, *, actor: Actor, text: str) -> tuple[Account, Asked]:
    """Ask whoever shows this code; the code is used up. One conditional statement: of two readers one wins.

    Raises CodeRefused, TooManyWaiting, FriendsFull.
    """
    owner = owner_of_code(session, actor=actor, text=text)
    used = session.execute(
        update(FriendCode)
        .where(FriendCode.code == normal_code(text), FriendCode.account_id == owner.id, *_works())
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    require(used.rowcount == 1, CodeRefused)  # type: ignore[attr-defined]  # a CursorResult, as of every UPDATE
    publish(session, FriendsChanged(), to=channel.user(owner.id))
    return owner, _ask(session, actor, owner, Way.CODE)


def use_link(session: Session, *, actor: Actor, token: str) -> tuple[Account, Asked]:
    """Ask whoever gave this link away. Raises CodeRefused, TooManyWaiting, FriendsFull."""
    owner = owner_of_link(session, actor=actor, token=token)
    return owner, _ask(session, actor, owner, Way.LINK)


def use_handle(session: Session, *, actor: Actor, handle: str) -> tuple[Account, Asked]:
    """Ask by name. Raises CodeRefused, TooManyWaiting, FriendsFull."""
    owner = owner_of_handle(session, actor=actor, handle=handle)
    return owner, _ask(session, actor, owner, Way.HANDLE)


def _ask(session: Session, actor: Actor, owner: Account, way: Way) -> Asked:
    try:
        return ask_friend(session, actor=actor, account_id=owner.id, way=way)
    except NotFound:
        # Blocked between the look and the lock.
        raise CodeRefused from None


def personal_link(session: Session, account_id: str) -> str | None:
    """The token of this person's link, if one was made."""
    return session.scalar(select(FriendLink.token).where(FriendLink.account_id == account_id))


def renew_link(session: Session, *, actor: Actor) -> str:
    """Make a link, or replace it: the old one no longer works."""
    me = own_id(actor)
    lock_account(session, me)
    link = session.get(FriendLink, me) or FriendLink(account_id=me)
    link.token, link.at = ids.new_token()[:22], clock.now()  # 132 bits
    session.add(link)
    session.flush()
    return link.token
