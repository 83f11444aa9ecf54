"""Writing brands and teams."""

from __future__ import annotations

import re
from datetime import timedelta

from slugify import slugify
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts import names
from shop.accounts.confusables import skeleton
from shop.accounts.errors import NameRefused
from shop.accounts.queries import find_by_email, normal_email
from shop.brands.errors import AlreadyMember, InvitationClosed, InvitationForAnother, LastOwner
from shop.brands.events import MemberChanged
from shop.brands.models import Brand, BrandMember, Invitation
from shop.brands.policy import can_found_brand, can_manage_team
from shop.brands.queries import count_owners, find_invitation, find_member, lock_brand
from shop.core import channel, clock, ids
from shop.core.actor import Actor, Role
from shop.core.errors import InvalidInput, NotAllowed, NotFound, RateLimited, require
from shop.core.events import close_later, publish
from shop.core.i18n import N_, gettext

INVITATION_LIFETIME = timedelta(days=7)
MAXIMUM_WAITING = 20
RESERVED_SLUGS = {"new", "admin", "static", "api", "vetrina", "official", "support", "dashboard", "studio", "live"}


def create_brand(
    session: Session,
    *,
    slug: str,
    name: str,
    owner_id: str,
    city: str = "",
    country: str = "IT",
    accent: str = "#1E1815",
    about: dict[str, str] | None = None,
) -> Brand:
    """A new brand and its first owner. Raises InvalidInput (slug, accent, country), NameRefused."""
    shown = clean_brand_name(session, name)
    brand = Brand(
        slug=_free_slug(session, slug),
        name=shown,
        name_key=skeleton(shown),
        city=city,
        country=_checked(country.upper(), r"[A-Z]{2}", "country", N_("Two letters, like IT.")),
        accent=_checked(accent, r"#[0-9A-Fa-f]{6}", "accent", N_("A colour like #1F5F4D.")),
        about=dict(about or {}),
    )
    session.add(brand)
    session.flush()
    _put_member(session, brand_id=brand.id, account_id=owner_id, role=Role.OWNER)
    return brand


def found_brand(session: Session, *, actor: Actor, name: str, city: str, country: str, about: dict[str, str]) -> Brand:
    """A brand by somebody who signed in; they own it. Raises NotAllowed, NameRefused, InvalidInput."""
    require(can_found_brand(actor), NotAllowed(N_("Confirm your address first; then you can open a shop.")))
    assert actor.account_id is not None
    slug = slugify(name, max_length=50)
    if len(slug) < 2:
        raise InvalidInput(fields={"name": gettext("Use at least two Latin letters or digits, for the address.")})
    return create_brand(
        session, slug=slug, name=name, owner_id=actor.account_id, city=city, country=country, about=about
    )


def clean_brand_name(session: Session, text: str) -> str:
    """Readable, not the shop's own, not another brand's look-alike; raises NameRefused."""
    name = names.clean_name(text, field="name", maximum=60)
    if names.speaks_for_the_shop(name):
        raise NameRefused(fields={"name": gettext("This name is kept for the people who run the shop.")})
    if session.scalar(select(Brand.id).where(Brand.name_key == skeleton(name))) is not None:
        raise NameRefused(fields={"name": gettext("There is a brand with this name, or one that looks like it.")})
    return name


def add_member(session: Session, *, actor: Actor, brand_id: str, email: str, role: Role) -> BrandMember:
    """Put somebody who has an account into the team at once (seed and commands; pages invite).

    Locks the brand. Publishes MemberChanged. Raises NotAllowed, NotFound, AlreadyMember.
    """
    lock_brand(session, brand_id)
    _require_owner(session, actor, brand_id)
    account = find_by_email(session, email)
    require(account is not None, NotFound)
    assert account is not None
    require(find_member(session, brand_id=brand_id, account_id=account.id) is None, AlreadyMember)
    return _put_member(session, brand_id=brand_id, account_id=account.id, role=role)


def change_role(session: Session, *, actor: Actor, brand_id: str, account_id: str, role: Role) -> BrandMember:
    """Give a member another role; their sockets close and come back with the new one.

    Locks the brand. Publishes MemberChanged. Raises NotAllowed, NotFound, LastOwner.
    """
    lock_brand(session, brand_id)
    _require_owner(session, actor, brand_id)
    member = _get_member(session, brand_id, account_id)
    if member.role == role:
        return member
    if member.role == Role.OWNER:
        require(count_owners(session, brand_id) > 1, LastOwner)
    member.role = role
    session.flush()
    _tell(session, brand_id, account_id, role)
    return member


def remove_member(session: Session, *, actor: Actor, brand_id: str, account_id: str) -> None:
    """Take somebody out of the team and close their sockets; anybody may leave by themselves.

    Locks the brand. Publishes MemberChanged. Raises NotAllowed, NotFound, LastOwner.
    """
    lock_brand(session, brand_id)
    if actor.account_id != account_id:
        _require_owner(session, actor, brand_id)
    member = _get_member(session, brand_id, account_id)
    if member.role == Role.OWNER:
        require(count_owners(session, brand_id) > 1, LastOwner)
    session.delete(member)
    session.flush()
    _tell(session, brand_id, account_id, None)


def invite(session: Session, *, actor: Actor, brand_id: str, email: str, role: Role) -> tuple[Invitation, str]:
    """Offer a role to an address; returns the invitation and the secret of its link (the edge mails it).

    Locks the brand. An earlier invitation of the same address is replaced. Raises NotAllowed, AlreadyMember, RateLimited.
    """
    lock_brand(session, brand_id)
    _require_owner(session, actor, brand_id)
    assert actor.account_id is not None
    address = normal_email(email)
    account = find_by_email(session, address)
    if account is not None:
        require(find_member(session, brand_id=brand_id, account_id=account.id) is None, AlreadyMember)
    waiting = _waiting(session, brand_id)
    for earlier in waiting:
        if earlier.email == address:
            earlier.closed_at = clock.now()
    require(len(waiting) < MAXIMUM_WAITING, RateLimited(N_("Too many invitations wait. Withdraw some first.")))
    token = ids.new_token()
    invitation = Invitation(
        brand_id=brand_id,
        email=address,
        role=role,
        token_hash=ids.token_hash(token),
        invited_by_id=actor.account_id,
        expires_at=clock.now() + INVITATION_LIFETIME,
    )
    session.add(invitation)
    session.flush()
    return invitation, token


def invite_again(session: Session, *, actor: Actor, brand_id: str, invitation_id: str) -> tuple[Invitation, str]:
    """A fresh link for an invitation that waits; the old link stops working. Raises NotAllowed, NotFound."""
    earlier = _get_invitation(session, brand_id, invitation_id)
    return invite(session, actor=actor, brand_id=brand_id, email=earlier.email, role=Role(earlier.role))


def withdraw_invitation(session: Session, *, actor: Actor, brand_id: str, invitation_id: str) -> None:
    """Close an invitation. Raises NotAllowed, NotFound."""
    lock_brand(session, brand_id)
    _require_owner(session, actor, brand_id)
    _get_invitation(session, brand_id, invitation_id).closed_at = clock.now()


def accept_invitation(session: Session, *, actor: Actor, token: str) -> Brand:
    """Join the team. The account must have the invited address, confirmed.

    Locks the brand. Publishes MemberChanged. Raises InvitationClosed, InvitationForAnother.
    """
    found = find_invitation(session, token)
    require(found is not None, InvitationClosed)
    assert found is not None and actor.account_id is not None
    brand = lock_brand(session, found.brand_id)
    session.refresh(found)
    require(found.closed_at is None, InvitationClosed)
    require(actor.email_confirmed and normal_email(actor.email) == found.email, InvitationForAnother)
    found.closed_at = clock.now()
    if find_member(session, brand_id=brand.id, account_id=actor.account_id) is None:
        _put_member(session, brand_id=brand.id, account_id=actor.account_id, role=Role(found.role))
    return brand


def _require_owner(session: Session, actor: Actor, brand_id: str) -> None:
    """The actor was loaded before the lock; only the row under the lock counts."""
    require(can_manage_team(actor, brand_id), NotAllowed)
    assert actor.account_id is not None
    member = find_member(session, brand_id=brand_id, account_id=actor.account_id)
    require(member is not None and member.role == Role.OWNER, NotAllowed)


def _put_member(session: Session, *, brand_id: str, account_id: str, role: Role) -> BrandMember:
    member = BrandMember(brand_id=brand_id, account_id=account_id, role=role)
    session.add(member)
    session.flush()
    _tell(session, brand_id, account_id, role)
    return member


def _get_member(session: Session, brand_id: str, account_id: str) -> BrandMember:
    member = find_member(session, brand_id=brand_id, account_id=account_id)
    if member is None:
        raise NotFound
    return member


def _tell(session: Session, brand_id: str, account_id: str, role: Role | None) -> None:
    publish(session, MemberChanged(brand_id=brand_id, account_id=account_id, role=role))
    close_later(session, channel.user(account_id))


def _waiting(session: Session, brand_id: str) -> list[Invitation]:
    return list(
        session.scalars(
            select(Invitation).where(
                Invitation.brand_id == brand_id, Invitation.closed_at.is_(None), Invitation.expires_at > clock.now()
            )
        )
    )


def _get_invitation(session: Session, brand_id: str, invitation_id: str) -> Invitation:
    wanted = (Invitation.id == invitation_id, Invitation.brand_id == brand_id, Invitation.closed_at.is_(None))
    found = session.scalar(select(Invitation).where(*wanted))
    if found is None:
        raise NotFound
    return found


def _free_slug(session: Session, slug: str) -> str:
    checked = _checked(slug, r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?", "slug", N_("Small letters, digits and hyphens."))
    taken = session.scalar(select(Brand.id).where(Brand.slug == checked)) is not None
    if taken or checked in RESERVED_SLUGS:
        raise InvalidInput(fields={"slug": gettext("This address is taken."), "name": gettext("This name is taken.")})
    return checked


def _checked(text: str, pattern: str, field: str, sentence: str) -> str:
    if re.fullmatch(pattern, text) is None:
        raise InvalidInput(fields={field: gettext(sentence)})
    return text
