"""Reading brands and their people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account, SignIn
from shop.brands.models import Brand, BrandMember, Invitation
from shop.core import clock, ids
from shop.core.actor import Role
from shop.core.errors import NotFound

ROLE_ORDER = {role: place for place, role in enumerate(Role)}


def get_brand(session: Session, *, slug: str | None = None, brand_id: str | None = None) -> Brand:
    """By slug or id; raises NotFound."""
    wanted = Brand.slug == slug if slug is not None else Brand.id == brand_id
    brand = session.scalar(select(Brand).where(wanted))
    if brand is None:
        raise NotFound
    return brand


def list_brands(session: Session) -> list[Brand]:
    """All, by name."""
    return list(session.scalars(select(Brand).order_by(Brand.name, Brand.id)))


def brand_name_keys(session: Session) -> set[str]:
    """Skeletons that no person may wear."""
    return set(session.scalars(select(Brand.name_key)))


def lock_brand(session: Session, brand_id: str) -> Brand:
    """Locks the brand's row: changes of a team happen one after another. Raises NotFound."""
    brand = session.scalar(select(Brand).where(Brand.id == brand_id).with_for_update())
    if brand is None:
        raise NotFound
    return brand


def find_member(session: Session, *, brand_id: str, account_id: str) -> BrandMember | None:
    wanted = (BrandMember.brand_id == brand_id, BrandMember.account_id == account_id)
    return session.scalar(select(BrandMember).where(*wanted).execution_options(populate_existing=True))


def count_owners(session: Session, brand_id: str) -> int:
    owners = select(func.count()).where(BrandMember.brand_id == brand_id, BrandMember.role == Role.OWNER)
    return session.scalar(owners) or 0


@dataclass(frozen=True, kw_only=True)
class MemberView:
    """One row of the team table."""

    member_id: str
    account_id: str
    display_name: str
    handle: str
    email: str
    role: Role
    seen_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class InvitationView:
    """One invitation that waits."""

    invitation_id: str
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    days_left: int


def list_members(session: Session, brand_id: str) -> list[MemberView]:
    """Owners first, then by name."""
    seen_at = (
        select(func.max(SignIn.seen_at))
        .where(SignIn.account_id == Account.id)
        .correlate(Account)
        .scalar_subquery()
        .label("seen_at")
    )
    rows = session.execute(
        select(BrandMember, Account, seen_at)
        .join(Account, Account.id == BrandMember.account_id)
        .where(BrandMember.brand_id == brand_id)
    ).all()
    views = [
        MemberView(
            member_id=member.id,
            account_id=account.id,
            display_name=account.display_name,
            handle=account.handle,
            email=account.email,
            role=Role(member.role),
            seen_at=seen,
        )
        for member, account, seen in rows
    ]
    return sorted(views, key=lambda view: (ROLE_ORDER[view.role], view.display_name.casefold(), view.member_id))


def list_invitations(session: Session, brand_id: str) -> list[InvitationView]:
    """Those that still wait, newest first."""
    rows = session.execute(
        select(Invitation, Account.display_name)
        .join(Account, Account.id == Invitation.invited_by_id)
        .where(Invitation.brand_id == brand_id, Invitation.closed_at.is_(None), Invitation.expires_at > clock.now())
        .order_by(Invitation.id.desc())
    ).all()
    return [
        InvitationView(
            invitation_id=row.id,
            email=row.email,
            role=Role(row.role),
            invited_by=name,
            created_at=row.created_at,
            days_left=-((clock.now() - row.expires_at) // timedelta(days=1)),
        )
        for row, name in rows
    ]


def find_invitation(session: Session, token: str) -> Invitation | None:
    """An invitation that still works."""
    return session.scalar(
        select(Invitation).where(
            Invitation.token_hash == ids.token_hash(token),
            Invitation.closed_at.is_(None),
            Invitation.expires_at > clock.now(),
        )
    )
