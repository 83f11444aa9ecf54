"""The fixed cast, so that permission tests read as sentences."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.brands.models import Brand, BrandMember
from shop.core import clock
from shop.core.actor import Actor, Membership, Role


@dataclass(frozen=True)
class Cast:
    """Actors and the two brands they are about."""

    brand_a: Brand
    brand_b: Brand
    ana: Actor  # shops
    sam: Actor  # shops, too
    olga: Actor  # owns Brand A
    pia: Actor  # produces for Brand A
    ben: Actor  # hosts for Brand A
    mia: Actor  # moderates for Brand A
    ugo: Actor  # supports for Brand A
    zed: Actor  # owns Brand B, nobody in A
    root: Actor  # staff
    guest: Actor


def make_account(session: Session, name: str, *, is_staff: bool = False) -> Account:
    """A confirmed account whose password nobody knows."""
    key = name.lower()
    account = Account(
        email=f"{key}@example.test",
        email_confirmed_at=clock.now(),
        password_hash="!",
        handle=key,
        handle_key=key,
        display_name=name,
        is_staff=is_staff,
    )
    session.add(account)
    session.flush()
    return account


def make_brand(session: Session, name: str) -> Brand:
    slug = name.lower().replace(" ", "-")
    brand = Brand(slug=slug, name=name, name_key=slug)
    session.add(brand)
    session.flush()
    return brand


def make_actor(
    session: Session, name: str, *, brand: Brand | None = None, role: Role | None = None, is_staff: bool = False
) -> Actor:
    """An account as the actor that a request would load for it."""
    account = make_account(session, name, is_staff=is_staff)
    memberships: tuple[Membership, ...] = ()
    if brand is not None and role is not None:
        session.add(BrandMember(brand_id=brand.id, account_id=account.id, role=role))
        memberships = (Membership(brand_id=brand.id, brand_slug=brand.slug, brand_name=brand.name, role=role),)
    session.flush()
    return Actor(
        account_id=account.id,
        handle=account.handle,
        display_name=account.display_name,
        email=account.email,
        email_confirmed=True,
        is_staff=is_staff,
        memberships=memberships,
    )


def make_cast(session: Session) -> Cast:
    a, b = make_brand(session, "Brand A"), make_brand(session, "Brand B")
    return Cast(
        brand_a=a,
        brand_b=b,
        ana=make_actor(session, "Ana"),
        sam=make_actor(session, "Sam"),
        olga=make_actor(session, "Olga", brand=a, role=Role.OWNER),
        pia=make_actor(session, "Pia", brand=a, role=Role.PRODUCER),
        ben=make_actor(session, "Ben", brand=a, role=Role.HOST),
        mia=make_actor(session, "Mia", brand=a, role=Role.MODERATOR),
        ugo=make_actor(session, "Ugo", brand=a, role=Role.SUPPORT),
        zed=make_actor(session, "Zed", brand=b, role=Role.OWNER),
        root=make_actor(session, "Root", is_staff=True),
        guest=Actor(guest_key="guest-of-the-tests"),
    )
