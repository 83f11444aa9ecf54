"""Reading people and their sign-ins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account, MailToken, SignIn, TokenPurpose
from shop.core import clock, ids
from shop.core.errors import NotFound

SIGN_IN_LIFETIME = timedelta(days=60)  # Since it was last used.


def get_account(session: Session, account_id: str) -> Account:
    """Raises NotFound."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound
    return account


def find_by_email(session: Session, email: str) -> Account | None:
    return session.scalar(select(Account).where(Account.email == normal_email(email)))


def find_accounts(session: Session, account_ids: Iterable[str]) -> dict[str, Account]:
    """Several at once, by id."""
    rows = session.scalars(select(Account).where(Account.id.in_(set(account_ids))))
    return {account.id: account for account in rows}


def normal_email(email: str) -> str:
    """Addresses are compared in lower case; the local part too, because no mail service in use tells case apart."""
    return email.strip().lower()


@dataclass(frozen=True, kw_only=True)
class SignInView:
    """One signed-in browser, for its owner."""

    session_id: str
    user_agent: str
    address: str
    created_at: datetime
    seen_at: datetime


def list_sign_ins(session: Session, account_id: str) -> list[SignInView]:
    """What is open now, last used first."""
    rows = session.scalars(
        select(SignIn)
        .where(SignIn.account_id == account_id, SignIn.revoked_at.is_(None), SignIn.seen_at > _oldest())
        .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
    )
    return [
        SignInView(
            session_id=row.id,
            user_agent=row.user_agent,
            address=row.address,
            created_at=row.created_at,
            seen_at=row.seen_at,
        )
        for row in rows
    ]


def find_token(session: Session, purpose: TokenPurpose, token: str) -> MailToken | None:
    """A mailed link that still works."""
    return session.scalar(
        select(MailToken).where(
            MailToken.token_hash == ids.token_hash(token),
            MailToken.purpose == purpose,
            MailToken.used_at.is_(None),
            MailToken.expires_at > clock.now(),
        )
    )


def lock_account(session: Session, account_id: str) -> Account:
    """Locks the account's row; raises NotFound."""
    account = session.scalar(select(Account).where(Account.id == account_id).with_for_update())
    if account is None:
        raise NotFound
    return account


def _oldest() -> datetime:
    return clock.now() - SIGN_IN_LIFETIME
