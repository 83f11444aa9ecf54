"""Who sees what: the privacy switches, circles, and the list of blocked people."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from shop.core import db, web
from shop.core.errors import InvalidInput
from shop.core.forms import parse_form
from shop.core.i18n import gettext
from shop.core.policy import SIGNED_IN, policy
from shop.social import circles, lists
from shop.social.forms import CircleForm, DeedForm, MembersForm, PrivacyForm
from shop.social.models import Datum
from shop.social.service import own_id

bp = Blueprint("social_settings", __name__)


@bp.get("/friends/privacy")
@policy(SIGNED_IN)
def privacy() -> str:
    """Who sees what, in plain switches; all off until switched on."""
    return _privacy_page({})


def _privacy_page(errors: dict[str, str]) -> str:
    session, me = web.read_session(), own_id(web.actor())
    return render_template(
        "social/privacy.html",
        circles=lists.list_circles(session, me),
        shares=lists.list_shares(session, me),
        contact=lists.contact_settings(session, me),
        errors=errors,
        typed=request.form.get("name", "")[:40],
    )


@bp.post("/friends/privacy")
@policy(SIGNED_IN)
def save_privacy() -> Any:
    form = parse_form(PrivacyForm, request.form)
    with db.unit_of_work() as session:
        choices = {datum: set(getattr(form, datum.value)) for datum in Datum}
        circles.share(session, actor=web.actor(), choices=choices)
        circles.set_contact(
            session,
            actor=web.actor(),
            brands_may_write=bool(form.brands_may_write),
            is_suggested=bool(form.is_suggested),
        )
    flash(gettext("Saved."))
    return redirect(url_for("social_settings.privacy"), 303)


@bp.post("/friends/circles")
@policy(SIGNED_IN)
def make_circle() -> Any:
    """A new list, empty."""
    try:
        form = parse_form(CircleForm, request.form)
        with db.unit_of_work() as session:
            made = circles.make_circle(session, actor=web.actor(), name=form.name).id
    except InvalidInput as error:
        return _privacy_page(error.fields), error.http_status
    return redirect(url_for("social_settings.circle", circle_id=made), 303)


@bp.post("/friends/circles/close")
@policy(SIGNED_IN)
def make_close() -> Any:
    """Open the circle of close friends; it is made on first use."""
    parse_form(DeedForm, request.form)
    with db.unit_of_work() as session:
        made = circles.close_circle(session, actor=web.actor()).id
    return redirect(url_for("social_settings.circle", circle_id=made), 303)


@bp.get("/friends/circles/<circle_id>")
@policy(SIGNED_IN)
def circle(circle_id: str) -> str:
    """Who is in one circle."""
    session = web.read_session()
    found = circles.get_own_circle(session, actor=web.actor(), circle_id=circle_id)
    friends = lists.list_friends(session, own_id(web.actor()))
    return render_template(
        "social/circle.html", circle=found, friends=friends, members=lists.member_ids(session, circle_id)
    )


@bp.post("/friends/circles/<circle_id>")
@policy(SIGNED_IN)
def save_circle(circle_id: str) -> Any:
    form = parse_form(MembersForm, request.form)
    with db.unit_of_work() as session:
        circles.set_members(session, actor=web.actor(), circle_id=circle_id, account_ids=form.account_id)
    flash(gettext("Saved."))
    return redirect(url_for("social_settings.privacy"), 303)


@bp.post("/friends/circles/<circle_id>/delete")
@policy(SIGNED_IN)
def delete_circle(circle_id: str) -> Any:
    parse_form(DeedForm, request.form)
    with db.unit_of_work() as session:
        circles.delete_circle(session, actor=web.actor(), circle_id=circle_id)
    return redirect(url_for("social_settings.privacy"), 303)


@bp.get("/friends/blocked")
@policy(SIGNED_IN)
def blocked() -> str:
    """Whom one has blocked."""
    people = lists.list_blocked(web.read_session(), own_id(web.actor()))
    return render_template("social/blocked.html", people=people)
