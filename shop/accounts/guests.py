"""A guest's browser has a key of its own: it names a bag and an order before there is an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask import Response, g, request
from werkzeug.wrappers import Response as AnyResponse

from shop.core import ids, web
from shop.core.actor import Actor
from shop.core.realtime import GUEST_COOKIE

GUEST_LIFETIME = timedelta(days=90)


def guest_key() -> str:
    """The key of this browser: the hash of its cookie. A browser without one gets its cookie with this answer."""
    token = request.cookies.get(GUEST_COOKIE) or g.get("new_guest_token")
    if not token:
        token = g.new_guest_token = ids.new_token()
    return ids.token_hash(token)


def acting() -> Actor:
    """The actor of this request, with a guest key even on a first visit: for the bag and the checkout."""
    actor = web.actor()
    if actor.guest_key is None:
        actor = g.actor = replace(actor, guest_key=guest_key())
    return actor


def ensure_guest(response: Response) -> Response:
    """Give the browser its key if this request made one. Runs after every request; calling it again does no harm."""
    token = g.get("new_guest_token")
    if token:
        set_cookie(response, GUEST_COOKIE, token, GUEST_LIFETIME)
    return response


def set_cookie(response: AnyResponse, name: str, value: str, lifetime: timedelta) -> None:
    """A cookie that scripts cannot read and other sites cannot send along with a form."""
    response.set_cookie(
        name,
        value,
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=web.settings().cookies_secure,
        path="/",
    )
