"""Mail about accounts. Links are built from the configured address only, never from the request's Host header."""

from __future__ import annotations

from flask import current_app
from sqlalchemy.orm import Session

from shop.accounts.models import Account, TokenPurpose
from shop.accounts.queries import find_by_email
from shop.accounts.service import make_token
from shop.core import db, mail
from shop.core.jobs import enqueue, job
from shop.core.settings import Settings

_PATHS = {
    TokenPurpose.CONFIRM: "/confirm",
    TokenPurpose.RESET: "/password/reset",
    TokenPurpose.SIGN_IN: "/signin/link",
}


def absolute(path: str) -> str:
    settings: Settings = current_app.extensions["vetrina.settings"]
    return settings.base_url + path


def send_confirmation(session: Session, *, account: Account, locale: str, next_path: str = "") -> None:
    """Ask the mailbox whether the account is theirs."""
    _send_link(session, account, TokenPurpose.CONFIRM, locale, next_path)


def send_you_have_an_account(session: Session, *, account: Account, locale: str) -> None:
    """Somebody signed up with an address that has an account: only the mailbox is told."""
    mail.send_later(
        session,
        "account_exists",
        to=account.email,
        locale=locale,
        name=account.display_name,
        sign_in_url=absolute("/signin"),
        reset_url=absolute("/password/forgot"),
    )


def send_password_changed(session: Session, *, account: Account) -> None:
    mail.send_later(
        session,
        "password_changed",
        to=account.email,
        locale=account.locale,
        name=account.display_name,
        reset_url=absolute("/password/forgot"),
    )


def send_link_later(session: Session, *, email: str, purpose: TokenPurpose, locale: str, next_path: str = "") -> None:
    """Queue the same work for known and unknown addresses, so that the answer tells nothing."""
    enqueue(session, "accounts.send_link", email=email, purpose=purpose.value, locale=locale, next_path=next_path)


@job("accounts.send_link")
def send_link(email: str, purpose: str, locale: str, next_path: str) -> None:
    """Make the link now, so that no secret waits in the queue; running twice sends two mails and only the last works."""
    with db.unit_of_work() as session:
        account = find_by_email(session, email)
        if account is None:
            return
        if purpose == TokenPurpose.CONFIRM and account.email_confirmed_at is not None:
            return
        _send_link(session, account, TokenPurpose(purpose), locale, next_path)


def _send_link(session: Session, account: Account, purpose: TokenPurpose, locale: str, next_path: str) -> None:
    token = make_token(session, account_id=account.id, purpose=purpose, next_path=next_path)
    mail.send_later(
        session,
        f"account_{purpose.value}",
        to=account.email,
        locale=locale,
        name=account.display_name,
        link=absolute(f"{_PATHS[purpose]}/{token}"),
    )
