"""Friends over HTTP: the page, adding, answering, profiles, following."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from shop.brands.queries import get_brand
from shop.core import db, web
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotFound, ShopError, require
from shop.core.forms import parse_form
from shop.core.i18n import error_text, gettext
from shop.core.policy import PUBLIC, SIGNED_IN, policy
from shop.core.ratelimit import check_rate
from shop.social import finding, follows, lists, panels, service
from shop.social.codes import qr_svg
from shop.social.errors import CodeRefused
from shop.social.forms import AddForm, DeedForm
from shop.social.models import Datum, Way
from shop.social.queries import blocked_ids, follows_brand, follows_slug, friend_ids, muted_ids, own_blocked_ids
from shop.social.service import Asked, own_id
from shop.social.watching import friends_watching, place_of

bp = Blueprint("social", __name__)

# Guessing among a thousand million codes that live five minutes: this many tries find nothing.
TRIES, TRIES_FROM = "10/minute;40/hour", "60/minute;200/hour"
ASKS = "30/hour;100/day"


@bp.get("/friends")
@policy(SIGNED_IN)
def index() -> str:
    """One's own code, requests, who watches now, all friends."""
    return _page()


def _page(**told: Any) -> str:
    session, me = web.read_session(), own_id(web.actor())
    link = finding.personal_link(session, me)
    words: dict[str, Any] = {"error": "", "typed": "", **_lists(session, me), **told}
    return render_template("social/friends.html", code=_code(session, me), link=_link_address(link), **words)


def _lists(session: Session, me: str) -> dict[str, Any]:
    return {
        "received": lists.list_received(session, me),
        "sent": lists.list_sent(session, me),
        "watching": friends_watching(session, me),
        "friends": lists.list_friends(session, me),
        "suggestions": lists.suggest(session, me),
    }


def _code(session: Session, me: str) -> dict[str, Any] | None:
    shown = finding.current_code(session, me)
    if shown is None:
        return None
    address = f"{web.settings().base_url}{url_for('social.see_code', code=shown.code)}"
    return {
        "text": shown.code,
        "expires_at": shown.expires_at,
        "qr": qr_svg(address, gettext("QR code with your friend code")),
    }


def _link_address(token: str | None) -> str:
    return f"{web.settings().base_url}{url_for('social.see_link', token=token)}" if token else ""


@bp.get("/friends/lists")
@policy(SIGNED_IN)
def live_lists() -> Any:
    """The lists of the page alone: what the page asks for when something changed."""
    session, me = web.read_session(), own_id(web.actor())
    return _private(render_template("social/_lists.html", **_lists(session, me)))


@bp.get("/friends/here/<room_id>")
@policy(SIGNED_IN)
def here(room_id: str) -> Any:
    """The chip of one room: which friends watch it, too, and whether its `brand` (a slug) is followed."""
    session, me = web.read_session(), own_id(web.actor())
    found = friends_watching(session, me, room_id=room_id)
    return _private(
        render_template(
            "social/_here.html",
            company=found[0] if found else None,
            is_following=follows_slug(session, me, request.args.get("brand", "")),
        )
    )


@bp.get("/friends/voices")
@policy(SIGNED_IN)
def voices() -> Any:
    """Whose words a room shows otherwise: friends with a tag, people whom one blocked not at all. Ids for scripts."""
    session, me = web.read_session(), own_id(web.actor())
    friends = friend_ids(session, me) - muted_ids(session, me) - blocked_ids(session, me)
    data = {"friends": sorted(friends), "hidden": sorted(own_blocked_ids(session, me))}
    return {"ok": True, "data": data}, 200, {"Cache-Control": "no-store"}


@bp.get("/friends/watching")
@policy(SIGNED_IN)
def watching() -> Any:
    """The row of the home page."""
    session, me = web.read_session(), own_id(web.actor())
    return _private(render_template("social/_watching.html", watching=friends_watching(session, me)))


def _private(part: str) -> Any:
    return part, 200, {"Cache-Control": "no-store"}


@bp.post("/friends/codes")
@policy(SIGNED_IN)
def show_code() -> Any:
    """A fresh code; the one before no longer works."""
    parse_form(DeedForm, request.form)
    check_rate("20/minute", "friend-code", own_id(web.actor()))
    with db.unit_of_work() as session:
        finding.show_code(session, actor=web.actor())
    return redirect(url_for("social.index"), 303)


@bp.post("/friends/links")
@policy(SIGNED_IN)
def renew_link() -> Any:
    """A personal link; the one before no longer works."""
    parse_form(DeedForm, request.form)
    with db.unit_of_work() as session:
        finding.renew_link(session, actor=web.actor())
    return redirect(url_for("social.index") + "#link", 303)


@bp.post("/friends/add")
@policy(SIGNED_IN)
def add() -> Any:
    """A typed code or handle. Six characters of the alphabet are tried as a code first."""
    try:
        who = parse_form(AddForm, request.form).who
        _limit_tries()
        with db.unit_of_work() as session:
            account, asked = _find_and_ask(session, who)
            name = account.display_name
    except ShopError as error:
        if web.wants_json():
            raise
        told = error.fields.get("who", "") if isinstance(error, InvalidInput) else ""
        return _page(error=told or error_text(error), typed=request.form.get("who", "")[:60]), error.http_status
    return _asked(name, asked)


def _find_and_ask(session: Session, who: str) -> Any:
    actor = web.actor()
    if not who.startswith("@") and finding.looks_like_code(who):
        try:
            return finding.use_code(session, actor=actor, text=who)
        except CodeRefused:
            pass  # A handle can look like a code: "marika".
    return finding.use_handle(session, actor=actor, handle=who)


def _limit_tries() -> None:
    check_rate(TRIES, "friend-tries", own_id(web.actor()))
    check_rate(TRIES_FROM, "friend-tries-from", request.remote_addr or "")


def _asked(name: str, asked: Asked) -> Any:
    if web.wants_json():
        return jsonify(ok=True, data={"state": asked})
    told = gettext("You and %(name)s are friends now.") if asked == Asked.FRIENDS else gettext("%(name)s was asked.")
    flash(told % {"name": name})
    return redirect(url_for("social.index"), 303)


@bp.get("/friends/add/<code>")
@policy(SIGNED_IN)
def see_code(code: str) -> Any:
    """Where the QR code leads: whose it is, and a button. Looking does not use it up."""
    _limit_tries()
    owner = finding.owner_of_code(web.read_session(), actor=web.actor(), text=code)
    return _private(render_template("social/add.html", owner=owner, action=url_for("social.use_code", code=code)))


@bp.post("/friends/add/<code>")
@policy(SIGNED_IN)
def use_code(code: str) -> Any:
    parse_form(DeedForm, request.form)
    _limit_tries()
    with db.unit_of_work() as session:
        owner, asked = finding.use_code(session, actor=web.actor(), text=code)
        name = owner.display_name
    return _asked(name, asked)


@bp.get("/friends/with/<token>")
@policy(SIGNED_IN)
def see_link(token: str) -> Any:
    """Where a personal link leads."""
    _limit_tries()
    owner = finding.owner_of_link(web.read_session(), actor=web.actor(), token=token)
    return _private(render_template("social/add.html", owner=owner, action=url_for("social.use_link", token=token)))


@bp.post("/friends/with/<token>")
@policy(SIGNED_IN)
def use_link(token: str) -> Any:
    parse_form(DeedForm, request.form)
    _limit_tries()
    with db.unit_of_work() as session:
        owner, asked = finding.use_link(session, actor=web.actor(), token=token)
        name = owner.display_name
    return _asked(name, asked)


Answer = Callable[..., Any]
ANSWERS: dict[str, Answer] = {"accept": service.accept, "decline": service.decline, "withdraw": service.withdraw}


@bp.post("/friends/requests/<request_id>/<answer>")
@policy(SIGNED_IN)
def answer_request(request_id: str, answer: str) -> Any:
    """Accept, decline, or take back."""
    require(answer in ANSWERS, NotFound)
    form = parse_form(DeedForm, request.form)
    with db.unit_of_work() as session:
        ANSWERS[answer](session, actor=web.actor(), request_id=request_id)
    return _done(form)


def _ask(session: Session, *, actor: Actor, account_id: str) -> None:
    check_rate(ASKS, "friend-asks", own_id(actor))
    way = Way.SUGGESTION if request.form.get("next") == "/friends" else Way.HANDLE
    service.ask_friend(session, actor=actor, account_id=account_id, way=way)


DEEDS: dict[str, Callable[..., None]] = {
    "ask": _ask,
    "unfriend": service.unfriend,
    "block": service.block,
    "unblock": service.unblock,
    "mute": service.mute,
    "unmute": service.unmute,
    "follow": follows.follow_person,
    "unfollow": follows.unfollow_person,
}


@bp.post("/people/<account_id>/<deed>")
@policy(SIGNED_IN)
def do(account_id: str, deed: str) -> Any:
    """What one person does about another; the table above names the deeds."""
    require(deed in DEEDS, NotFound)
    form = parse_form(DeedForm, request.form)
    with db.unit_of_work() as session:
        DEEDS[deed](session, actor=web.actor(), account_id=account_id)
    if deed == "block" and not web.wants_json():
        flash(gettext("Blocked. Neither of you sees the other any more."))
        return redirect(url_for("social_settings.blocked"), 303)
    return _done(form)


def _done(form: DeedForm) -> Any:
    if web.wants_json():
        return jsonify(ok=True)
    return redirect(web.local_path(form.next, url_for("social.index")), 303)


@bp.get("/u/<handle>")
@policy(PUBLIC)
def profile(handle: str) -> str:
    """Somebody's page: name and face for everybody, the rest only where the owner opened it to this visitor."""
    session, actor = web.read_session(), web.actor()
    found = lists.load_profile(session, viewer_id=actor.account_id, handle=handle)
    owner_id, may = found.account.id, found.visible
    return render_template(
        "social/profile.html",
        person=found,
        place=place_of(session, owner_id) if Datum.WATCHING in may else None,
        bought=panels.things(session, owner_id, Datum.BUYING) if Datum.BUYING in may else [],
        bag=panels.things(session, owner_id, Datum.BAG) if Datum.BAG in may else [],
    )


@bp.post("/b/<slug>/follow")
@policy(SIGNED_IN)
def follow_brand(slug: str) -> Any:
    """Hear of a brand."""
    return _follow(slug, follows.follow_brand)


@bp.post("/b/<slug>/unfollow")
@policy(SIGNED_IN)
def unfollow_brand(slug: str) -> Any:
    """Hear of it no more."""
    return _follow(slug, follows.unfollow_brand)


def _follow(slug: str, change: Callable[..., None]) -> Any:
    form = parse_form(DeedForm, request.form)
    with db.unit_of_work() as session:
        brand = get_brand(session, slug=slug)
        change(session, actor=web.actor(), brand_id=brand.id)
        is_following = follows_brand(session, own_id(web.actor()), brand.id)
    if web.wants_json():
        return jsonify(ok=True, data={"following": is_following})
    return redirect(web.local_path(form.next, f"/b/{slug}"), 303)
