"""Opening a brand, and joining one by invitation. The team page is in the dashboard."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from shop.brands import service
from shop.brands.errors import InvitationClosed
from shop.brands.forms import FoundBrandForm, NothingForm
from shop.brands.queries import find_invitation, get_brand
from shop.core import db, i18n, ratelimit, web
from shop.core.errors import InvalidInput, NotAllowed, RateLimited, ShopError, require
from shop.core.forms import parse_form
from shop.core.i18n import error_text, gettext
from shop.core.policy import PUBLIC, SIGNED_IN, policy

bp = Blueprint("brands", __name__)
FOUND_LIMIT = "5/day"


@bp.get("/brands/new")
@policy(SIGNED_IN)
def found() -> str:
    """A short form: name, place, a sentence."""
    return _form({})


@bp.post("/brands/new")
@policy(SIGNED_IN)
def submit_found() -> Any:
    """Open the brand; its founder owns it."""
    actor = web.actor()
    try:
        form = parse_form(FoundBrandForm, request.form)
        ratelimit.check_rate(FOUND_LIMIT, "found_brand", actor.account_id or "")
        about = {i18n.locale_code(): form.about} if form.about else {}
        with db.unit_of_work() as session:
            brand = service.found_brand(
                session, actor=actor, name=form.name, city=form.city, country=form.country, about=about
            )
            slug = brand.slug
    except (InvalidInput, NotAllowed, RateLimited) as error:
        return _form(request.form.to_dict(), error), error.http_status
    flash(gettext("Your brand is open. Next: your products."))
    return redirect(f"/dashboard/{slug}", 303)


def _form(values: dict[str, str], error: ShopError | None = None) -> str:
    errors = error.fields if isinstance(error, InvalidInput) else {}
    problem = error_text(error) if error is not None and not errors else ""
    shown = {name: values.get(name, "")[:1000] for name in ("name", "city", "country", "about")}
    return render_template("brands/new.html", values=shown, errors=errors, problem=problem)


@bp.get("/invitations/<token>")
@policy(PUBLIC)
def invitation(token: str) -> Any:
    """What the mail's link shows: which brand, which role; joining takes a sign-in with the invited address."""
    session = web.read_session()
    waiting = find_invitation(session, token)
    require(waiting is not None, InvitationClosed)
    assert waiting is not None
    brand = get_brand(session, brand_id=waiting.brand_id)
    page = render_template("brands/invitation.html", brand=brand, invitation=waiting)
    return page, 200, {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


@bp.post("/invitations/<token>")
@policy(SIGNED_IN)
def accept(token: str) -> Response:
    """Join the team."""
    parse_form(NothingForm, request.form)
    actor = web.actor()
    with db.unit_of_work() as session:
        slug = service.accept_invitation(session, actor=actor, token=token).slug
    flash(gettext("Welcome to the team."))
    return redirect(f"/dashboard/{slug}", 303)
