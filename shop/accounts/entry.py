"""The way in, step by step: what the pages of sign-in and sign-up share.

Passwords are checked between two looks at the database, never inside a unit of work.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from flask import g, redirect, request
from flask import session as form_session
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from shop.accounts import mails, passwords, service
from shop.accounts.errors import WrongCredentials
from shop.accounts.forms import SignInForm, SignUpForm
from shop.accounts.guests import set_cookie
from shop.accounts.models import Account, TokenPurpose
from shop.accounts.names import clean_display_name
from shop.accounts.queries import SIGN_IN_LIFETIME, find_by_email
from shop.core import db, i18n, ratelimit, web
from shop.core.errors import InvalidInput, require
from shop.core.i18n import gettext
from shop.core.realtime import SESSION_COOKIE

ACCOUNT_LIMIT = "10/15 minute"
ADDRESS_LIMIT = "60/15 minute"
MAIL_LIMIT = "5/hour"
MAIL_ADDRESS_LIMIT = "30/hour"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the password check needs, copied out of the database."""

    account_id: str
    password_hash: str
    is_confirmed: bool


def network_of(address: str | None) -> str:
    """The address for limits: an IPv6 subscriber has a whole /64, so that is one."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


def limit_attempts(email: str) -> None:
    """Raises RateLimited, with the same counts whether or not the address has an account."""
    ratelimit.check_rate(ADDRESS_LIMIT, "sign_in", network_of(request.remote_addr))
    ratelimit.check_rate(ACCOUNT_LIMIT, "sign_in_account", email)


def limit_mails(email: str) -> None:
    """Raises RateLimited before a mailbox or our sender's name suffers."""
    ratelimit.check_rate(MAIL_ADDRESS_LIMIT, "account_mail", network_of(request.remote_addr))
    ratelimit.check_rate(MAIL_LIMIT, "account_mail_to", email)


def check_credentials(form: SignInForm) -> Found:
    """Raises WrongCredentials after the same work, whoever asks; an unconfirmed address gets its mail again."""
    limit_attempts(form.email)
    found = _find(form.email)
    fits = passwords.check_password(found.password_hash if found else None, form.password)
    require(found is not None and fits, WrongCredentials)
    assert found is not None
    ratelimit.forgive(ACCOUNT_LIMIT, "sign_in_account", form.email)
    if not found.is_confirmed:
        limit_mails(form.email)
        with db.unit_of_work() as session:
            mails.send_link_later(
                session,
                email=form.email,
                purpose=TokenPurpose.CONFIRM,
                locale=i18n.locale_code(),
                next_path=web.local_path(form.next, ""),
            )
        raise WrongCredentials
    _keep_hash_fresh(found, form.password)
    return found


def _find(email: str) -> Found | None:
    with db.reading() as session:
        account = find_by_email(session, email)
        if account is None:
            return None
        return Found(
            account_id=account.id,
            password_hash=account.password_hash,
            is_confirmed=account.email_confirmed_at is not None,
        )


def _keep_hash_fresh(found: Found, password: str) -> None:
    if passwords.needs_rehash(found.password_hash):
        stronger = passwords.hash_password(password)
        with db.unit_of_work() as session:
            service.store_rehash(session, account_id=found.account_id, before=found.password_hash, after=stronger)


def sign_up(form: SignUpForm) -> None:
    """New, unconfirmed or known address: the same checks, the same work, the same answer; the mailbox learns the rest."""
    check_new_password(form.password, email=form.email, display_name=form.display_name)
    with db.reading() as session:
        clean_display_name(session, form.display_name)
    limit_mails(form.email)
    password_hash = passwords.hash_password(form.password)
    locale, next_path = i18n.locale_code(), web.local_path(form.next, "")[:300]
    with db.unit_of_work() as session:
        account = find_by_email(session, form.email)
        if account is not None and account.email_confirmed_at is not None:
            mails.send_you_have_an_account(session, account=account, locale=locale)
            return
        if account is None:
            account = _add(form, session, password_hash, locale)
        else:
            service.renew_unconfirmed(
                session, account=account, password_hash=password_hash, display_name=form.display_name
            )
        mails.send_confirmation(session, account=account, locale=locale, next_path=next_path)


def _add(form: SignUpForm, session: Session, password_hash: str, locale: str) -> Account:
    return service.add_account(
        session,
        email=form.email,
        password_hash=password_hash,
        display_name=form.display_name,
        locale=locale,
        terms_accepted=True,
    )


def check_new_password(password: str, *, email: str = "", display_name: str = "") -> None:
    """Raises InvalidInput on the field."""
    sentence = passwords.weakness(password, email=email, display_name=display_name)
    if sentence is not None:
        raise InvalidInput(fields={"password": gettext(sentence)})


def let_in(account_id: str, next_path: str, *, password_hash: str | None = None) -> Response:
    """Open a fresh sign-in, close the browser's earlier one, and go on. With a hash: only if it is still that one."""
    actor = web.actor()
    with db.unit_of_work() as session:
        if password_hash is not None:
            account = session.get(Account, account_id)
            require(account is not None and account.password_hash == password_hash, WrongCredentials)
        service.sign_out(session, actor=actor)
        token = service.sign_in_account(
            session,
            account_id=account_id,
            user_agent=request.headers.get("User-Agent", ""),
            address=request.remote_addr or "",
            guest_key=actor.guest_key,
        )
    forget_browser()
    answer = redirect(web.local_path(next_path, "/"), 303)
    set_cookie(answer, SESSION_COOKIE, token, SIGN_IN_LIFETIME)
    return answer


def let_out(answer: Response) -> Response:
    """Take the cookie back."""
    forget_browser()
    answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="Lax", secure=web.settings().cookies_secure)
    return answer


def forget_browser() -> None:
    """Nothing of the earlier person stays: form tokens and the loaded actor are new after this."""
    form_session.clear()
    g.pop("actor", None)
    web.close_read_session(None)
