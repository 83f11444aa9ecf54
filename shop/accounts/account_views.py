"""A person's own pages: name, password, where they are signed in; and language and theme for everybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.accounts import entry, mails, passwords, service
from shop.accounts.forms import ChangePasswordForm, NothingForm, PreferencesForm, ProfileForm
from shop.accounts.queries import get_account, list_sign_ins
from shop.accounts.views import bp
from shop.core import db, web
from shop.core.errors import InvalidInput
from shop.core.forms import parse_form
from shop.core.i18n import LOCALE_COOKIE, gettext
from shop.core.policy import PUBLIC, SIGNED_IN, policy

PREFERENCE_LIFETIME = timedelta(days=365)


@bp.get("/account")
@policy(SIGNED_IN)
def profile() -> str:
    """Name, handle, password, and the ways on."""
    actor = web.actor()
    return _profile_page({"display_name": actor.display_name, "handle": actor.handle}, {})


@bp.post("/account")
@policy(SIGNED_IN)
def submit_profile() -> Any:
    """Change name and handle."""
    try:
        form = parse_form(ProfileForm, request.form)
        with db.unit_of_work() as session:
            service.update_profile(session, actor=web.actor(), display_name=form.display_name, handle=form.handle)
    except InvalidInput as error:
        typed = {name: request.form.get(name, "")[:200] for name in ("display_name", "handle")}
        return _profile_page(typed, error.fields), error.http_status
    flash(gettext("Saved."))
    return redirect(url_for("accounts.profile"), 303)


@bp.post("/account/password")
@policy(SIGNED_IN)
def change_password() -> Any:
    """A new password; every other sign-in ends."""
    actor = web.actor()
    try:
        form = parse_form(ChangePasswordForm, request.form)
        _check_current(form.current_password)
        entry.check_new_password(form.password, email=actor.email, display_name=actor.display_name)
    except InvalidInput as error:
        return _profile_page({"display_name": actor.display_name, "handle": actor.handle}, error.fields), 422
    password_hash = passwords.hash_password(form.password)
    with db.unit_of_work() as session:
        service.change_password(session, actor=actor, password_hash=password_hash)
        assert actor.account_id is not None
        mails.send_password_changed(session, account=get_account(session, actor.account_id))
    flash(gettext("The new password holds. Every other device is signed out."))
    return redirect(url_for("accounts.profile"), 303)


def _check_current(password: str) -> None:
    """Whoever sits at an open browser must still know the password. Raises InvalidInput, RateLimited."""
    actor = web.actor()
    entry.limit_attempts(actor.email)
    with db.reading() as session:
        stored = get_account(session, actor.account_id or "").password_hash
    if not passwords.check_password(stored, password):
        raise InvalidInput(fields={"current_password": gettext("That is not your present password.")})


def _profile_page(values: dict[str, str], errors: dict[str, str]) -> str:
    return render_template("accounts/profile.html", values=values, errors=errors)


@bp.get("/account/sessions")
@policy(SIGNED_IN)
def sessions() -> str:
    """Where this person is signed in."""
    actor = web.actor()
    found = list_sign_ins(web.read_session(), actor.account_id or "")
    return render_template("accounts/sessions.html", sign_ins=found, own=actor.session_id)


@bp.post("/account/sessions/<session_id>/revoke")
@policy(SIGNED_IN)
def revoke(session_id: str) -> Response:
    """Close one of them, sockets included."""
    parse_form(NothingForm, request.form)
    actor = web.actor()
    with db.unit_of_work() as session:
        service.revoke_sign_in(session, actor=actor, session_id=session_id)
    if session_id == actor.session_id:
        return entry.let_out(redirect("/", 303))
    flash(gettext("That device is signed out."))
    return redirect(url_for("accounts.sessions"), 303)


@bp.post("/account/sessions/revoke-others")
@policy(SIGNED_IN)
def revoke_others() -> Response:
    """Close all of them but this one."""
    parse_form(NothingForm, request.form)
    actor = web.actor()
    with db.unit_of_work() as session:
        service.end_sign_ins(session, account_id=actor.account_id or "", but=actor.session_id)
    flash(gettext("Every other device is signed out."))
    return redirect(url_for("accounts.sessions"), 303)


@bp.post("/preferences")
@policy(PUBLIC)
def preferences() -> Any:
    """Language and theme, kept in cookies; the language also holds for the person's mail."""
    form = parse_form(PreferencesForm, request.form)
    answer: Any = redirect(web.local_path(form.next, "/"), 303)
    if web.wants_json():
        answer = jsonify(ok=True)
    if form.locale:
        _keep(answer, LOCALE_COOKIE, form.locale)
        if not web.actor().is_guest:
            with db.unit_of_work() as session:
                service.set_locale(session, actor=web.actor(), locale=form.locale)
    if form.theme:
        _keep(answer, "theme", "" if form.theme == "system" else form.theme)
    return answer


def _keep(answer: Response, name: str, value: str) -> None:
    """Scripts may read these: the theme switch works without a round trip."""
    seconds = int(PREFERENCE_LIFETIME.total_seconds()) if value else 0
    answer.set_cookie(name, value, max_age=seconds, samesite="Lax", secure=web.settings().cookies_secure, path="/")


@bp.get("/terms")
@policy(PUBLIC)
def terms() -> str:
    """What holds between the shop, the brands and the people who buy."""
    return render_template("accounts/terms.html")


@bp.get("/privacy")
@policy(PUBLIC)
def privacy() -> str:
    """What is stored about a visitor, why and for how long."""
    return render_template("accounts/privacy.html")
