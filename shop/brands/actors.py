"""Who acts: one statement from a cookie's hash to the person with all memberships.

It lives here because accounts, the layer below, knows no brands.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask, Response, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.avatars import avatar_url
from shop.accounts.models import Account, SignIn
from shop.accounts.queries import SIGN_IN_LIFETIME
from shop.accounts.service import touch_sign_in
from shop.brands.models import Brand, BrandMember
from shop.core import clock, db, ids, realtime, web
from shop.core.actor import Actor, Membership, Role
from shop.core.realtime import GUEST_COOKIE, SESSION_COOKIE, Identity

SEEN_STEP = timedelta(hours=1)  # `seen_at` is that exact; more would turn every page into a write.


def install(app: Flask) -> None:
    app.extensions["vetrina.load_actor"] = load_for_request
    realtime.use_actor_loader(load_for_socket)
    app.after_request(remember_use)


def load_for_request() -> Actor:
    """From the cookies of this request; guests cost no statement."""
    token, guest = request.cookies.get(SESSION_COOKIE), request.cookies.get(GUEST_COOKIE)
    guest_key = ids.token_hash(guest) if guest else None
    if not token:
        return Actor(guest_key=guest_key)
    actor, seen_at = load_actor(web.read_session(), ids.token_hash(token), guest_key)
    if seen_at is not None and clock.now() - seen_at > SEEN_STEP:
        g.sign_in_to_touch = actor.session_id
    return actor


def load_for_socket(session: Session, who: Identity) -> Actor:
    """From what the handshake proved, read again at each command."""
    if who.session_hash is None:
        return Actor(guest_key=who.guest_key)
    return load_actor(session, who.session_hash, who.guest_key)[0]


def load_actor(session: Session, session_hash: str, guest_key: str | None) -> tuple[Actor, datetime | None]:
    """The person behind a sign-in that is still open, and when it was last used; else a guest."""
    rows = session.execute(
        select(
            SignIn.id.label("session_id"),
            SignIn.seen_at,
            Account.id.label("account_id"),
            Account.handle,
            Account.display_name,
            Account.email,
            Account.email_confirmed_at,
            Account.is_staff,
            BrandMember.role,
            Brand.id.label("brand_id"),
            Brand.slug,
            Brand.name,
        )
        .join(Account, Account.id == SignIn.account_id)
        .outerjoin(BrandMember, BrandMember.account_id == Account.id)
        .outerjoin(Brand, Brand.id == BrandMember.brand_id)
        .where(
            SignIn.token_hash == session_hash,
            SignIn.revoked_at.is_(None),
            SignIn.seen_at > clock.now() - SIGN_IN_LIFETIME,
        )
        .order_by(Brand.name)
    ).all()
    if not rows:
        return Actor(guest_key=guest_key), None
    first = rows[0]
    actor = Actor(
        account_id=first.account_id,
        session_id=first.session_id,
        handle=first.handle,
        display_name=first.display_name,
        email=first.email,
        email_confirmed=first.email_confirmed_at is not None,
        is_staff=first.is_staff,
        avatar_url=avatar_url(first.account_id),
        guest_key=guest_key,
        memberships=tuple(
            Membership(brand_id=row.brand_id, brand_slug=row.slug, brand_name=row.name, role=Role(row.role))
            for row in rows
            if row.brand_id is not None
        ),
    )
    return actor, first.seen_at


def remember_use(response: Response) -> Response:
    """After the answer is made, never inside the view's own unit of work."""
    session_id = g.pop("sign_in_to_touch", None)
    if session_id is not None:
        with db.unit_of_work() as session:
            touch_sign_in(session, session_id=session_id, address=request.remote_addr or "")
    return response
