"""Writing people: new accounts, sign-ins, links by mail, passwords and names.

Nothing here hashes inside a unit of work: the edges hash first (`passwords.hash_password`) and pass the hash on.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from slugify import slugify
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.accounts import names
from shop.accounts.confusables import skeleton
from shop.accounts.errors import LinkUsedUp
from shop.accounts.events import SignedIn, SignInEnded
from shop.accounts.models import Account, MailToken, SignIn, TokenPurpose
from shop.accounts.passwords import UNUSABLE, hash_password_now
from shop.accounts.queries import find_by_email, find_token, get_account, lock_account, normal_email
from shop.core import channel, clock, ids
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotFound, SignInNeeded, require
from shop.core.events import close_later, publish
from shop.core.i18n import gettext

TOKEN_LIFETIMES = {
    TokenPurpose.CONFIRM: timedelta(days=3),
    TokenPurpose.RESET: timedelta(hours=1),
    TokenPurpose.SIGN_IN: timedelta(minutes=15),
}


def create_account(
    session: Session,
    *,
    email: str,
    password: str,
    display_name: str,
    handle: str | None = None,
    locale: str = "en",
    confirmed: bool = False,
    is_staff: bool = False,
    is_simulated: bool = False,
) -> Account:
    """A new person, from the seed, a command or a test (pages hash first and call `add_account`).

    Raises NameRefused, InvalidInput for an address that is taken.
    """
    return add_account(
        session,
        email=email,
        password_hash=hash_password_now(password),
        display_name=display_name,
        handle=handle,
        locale=locale,
        confirmed=confirmed,
        is_staff=is_staff,
        is_simulated=is_simulated,
    )


def add_account(
    session: Session,
    *,
    email: str,
    password_hash: str,
    display_name: str,
    handle: str | None = None,
    locale: str = "en",
    confirmed: bool = False,
    is_staff: bool = False,
    is_simulated: bool = False,
    terms_accepted: bool = False,
) -> Account:
    """A new person. Staff may carry staff names. Raises NameRefused, InvalidInput for an address that is taken."""
    if find_by_email(session, email) is not None:
        raise InvalidInput(fields={"email": gettext("There is an account with this address.")})
    name = display_name if is_staff else names.clean_display_name(session, display_name)
    chosen = free_handle(session, name, is_staff=is_staff) if handle is None else _own_handle(session, handle, is_staff)
    account = Account(
        email=normal_email(email),
        email_confirmed_at=clock.now() if confirmed else None,
        password_hash=password_hash,
        handle=chosen,
        handle_key=skeleton(chosen),
        display_name=name,
        locale=locale,
        is_staff=is_staff,
        is_simulated=is_simulated,
        terms_accepted_at=clock.now() if terms_accepted else None,
    )
    session.add(account)
    session.flush()
    return account


def free_handle(session: Session, display_name: str, *, is_staff: bool = False) -> str:
    """A handle made from the name, with digits when somebody has it already."""
    base = slugify(display_name, separator="")[: names.MAXIMUM_HANDLE - 5]
    if len(base) < names.MINIMUM_HANDLE or base.isdigit() or (names.speaks_for_the_shop(base) and not is_staff):
        base = "shopper"
    candidate = base
    while _handle_is_taken(session, candidate):
        candidate = f"{base}{secrets.randbelow(90_000) + 10_000}"
    return candidate


def _own_handle(session: Session, handle: str, is_staff: bool, account_id: str | None = None) -> str:
    chosen = handle.casefold() if is_staff else names.clean_handle(session, handle)
    if _handle_is_taken(session, chosen, but=account_id):
        raise InvalidInput(fields={"handle": gettext("Somebody has this handle, or one that looks like it.")})
    return chosen


def _handle_is_taken(session: Session, handle: str, *, but: str | None = None) -> bool:
    found = session.scalar(select(Account.id).where(Account.handle_key == skeleton(handle)))
    return found is not None and found != but


def renew_unconfirmed(session: Session, *, account: Account, password_hash: str, display_name: str) -> None:
    """A second sign-up before the first was confirmed: the newest person's password and name count."""
    account.password_hash = password_hash
    account.display_name = names.clean_display_name(session, display_name)
    _drop_tokens(session, account.id)
    session.flush()


def make_token(session: Session, *, account_id: str, purpose: TokenPurpose, next_path: str = "") -> str:
    """The secret of a mailed link; earlier ones for the same purpose stop working."""
    _drop_tokens(session, account_id, purpose)
    token = ids.new_token()
    session.add(
        MailToken(
            account_id=account_id,
            purpose=purpose,
            token_hash=ids.token_hash(token),
            next_path=next_path,
            expires_at=clock.now() + TOKEN_LIFETIMES[purpose],
        )
    )
    session.flush()
    return token


def use_token(session: Session, *, purpose: TokenPurpose, token: str) -> MailToken:
    """Use a mailed link up, once. Raises LinkUsedUp; two at the same time: one wins."""
    found = find_token(session, purpose, token)
    require(found is not None, LinkUsedUp)
    assert found is not None
    change = update(MailToken).where(MailToken.id == found.id, MailToken.used_at.is_(None)).values(used_at=clock.now())
    require(session.execute(change).rowcount == 1, LinkUsedUp)  # type: ignore[attr-defined]  # an UPDATE's result counts rows
    return found


def _drop_tokens(session: Session, account_id: str, purpose: TokenPurpose | None = None) -> None:
    change = update(MailToken).where(MailToken.account_id == account_id, MailToken.used_at.is_(None))
    if purpose is not None:
        change = change.where(MailToken.purpose == purpose)
    session.execute(change.values(used_at=clock.now()))


def confirm_email(session: Session, *, token: str) -> MailToken:
    """The mailbox is theirs. Raises LinkUsedUp."""
    used = use_token(session, purpose=TokenPurpose.CONFIRM, token=token)
    account = lock_account(session, used.account_id)
    account.email_confirmed_at = account.email_confirmed_at or clock.now()
    return used


def enter_by_link(session: Session, *, token: str) -> MailToken:
    """The link in the mail opens the account. Raises LinkUsedUp.

    It also confirms the address. A password that was set before anybody confirmed it may be a stranger's: it is dropped.
    """
    used = use_token(session, purpose=TokenPurpose.SIGN_IN, token=token)
    account = lock_account(session, used.account_id)
    if account.email_confirmed_at is None:
        account.email_confirmed_at = clock.now()
        account.password_hash = UNUSABLE
    return used


def reset_password(session: Session, *, token: str, password_hash: str) -> Account:
    """A new password by mailed link: all sign-ins end. Raises LinkUsedUp."""
    used = use_token(session, purpose=TokenPurpose.RESET, token=token)
    account = lock_account(session, used.account_id)
    account.password_hash = password_hash
    account.email_confirmed_at = account.email_confirmed_at or clock.now()
    _drop_tokens(session, account.id)
    end_sign_ins(session, account_id=account.id)
    return account


def change_password(session: Session, *, actor: Actor, password_hash: str) -> None:
    """A new password by its owner: all other sign-ins end, open links die. Raises SignInNeeded."""
    account = lock_account(session, _own_id(actor))
    account.password_hash = password_hash
    _drop_tokens(session, account.id)
    end_sign_ins(session, account_id=account.id, but=actor.session_id)


def store_rehash(session: Session, *, account_id: str, before: str, after: str) -> None:
    """Keep a stronger hash of the same password, unless the password changed meanwhile."""
    session.execute(
        update(Account).where(Account.id == account_id, Account.password_hash == before).values(password_hash=after)
    )


def sign_in_account(
    session: Session, *, account_id: str, user_agent: str, address: str, guest_key: str | None = None
) -> str:
    """Open a new sign-in; returns the cookie's token, always a fresh one. Publishes SignedIn."""
    token = ids.new_token()
    row = SignIn(
        account_id=account_id,
        token_hash=ids.token_hash(token),
        user_agent=_one_line(user_agent)[:200],
        address=address[:45],
    )
    session.add(row)
    session.flush()
    publish(session, SignedIn(account_id=account_id, guest_key=guest_key))
    return token


def sign_out(session: Session, *, actor: Actor) -> None:
    """Close the actor's own sign-in and its sockets; nothing happens for a guest."""
    if actor.session_id and actor.account_id:
        _end(session, session.get_one(SignIn, actor.session_id))


def revoke_sign_in(session: Session, *, actor: Actor, session_id: str) -> None:
    """Close one of the actor's own sign-ins and its sockets. Raises NotFound for anybody else's."""
    row = session.scalar(select(SignIn).where(SignIn.id == session_id, SignIn.account_id == _own_id(actor)))
    require(row is not None, NotFound)
    assert row is not None
    _end(session, row)


def end_sign_ins(session: Session, *, account_id: str, but: str | None = None) -> int:
    """Close all sign-ins of a person except one; returns how many."""
    open_rows = select(SignIn).where(SignIn.account_id == account_id, SignIn.revoked_at.is_(None))
    rows = [row for row in session.scalars(open_rows.order_by(SignIn.id)) if row.id != but]
    for row in rows:
        _end(session, row)
    return len(rows)


def _end(session: Session, row: SignIn) -> None:
    if row.revoked_at is not None:
        return
    row.revoked_at = clock.now()
    session.flush()
    close_later(session, channel.session(row.id))
    publish(session, SignInEnded(session_id=row.id, account_id=row.account_id))


def touch_sign_in(session: Session, *, session_id: str, address: str) -> None:
    """Remember that the sign-in was used."""
    session.execute(update(SignIn).where(SignIn.id == session_id).values(seen_at=clock.now(), address=address[:45]))


def update_profile(session: Session, *, actor: Actor, display_name: str, handle: str) -> Account:
    """Change one's own name and handle. Raises NameRefused, InvalidInput, SignInNeeded."""
    account = lock_account(session, _own_id(actor))
    if display_name != account.display_name:
        account.display_name = names.clean_display_name(session, display_name)
    if handle.removeprefix("@").casefold() != account.handle:
        account.handle = _own_handle(session, handle, account.is_staff, account.id)
        account.handle_key = skeleton(account.handle)
    session.flush()
    return account


def set_locale(session: Session, *, actor: Actor, locale: str) -> None:
    """The language of this person's mail."""
    get_account(session, _own_id(actor)).locale = locale


def _own_id(actor: Actor) -> str:
    require(actor.account_id is not None, SignInNeeded)
    assert actor.account_id is not None
    return actor.account_id


def _one_line(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
