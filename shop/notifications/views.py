"""The notice board, its settings, and the link that stops mails."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.core import db, web
from shop.core.errors import NotFound, require
from shop.core.forms import parse_form
from shop.core.i18n import gettext
from shop.core.notices import KINDS
from shop.core.policy import MACHINE, PUBLIC, SIGNED_IN, policy
from shop.core.web import csrf
from shop.notifications import service
from shop.notifications.forms import ChoicesForm, NothingForm
from shop.notifications.links import stops_mail
from shop.notifications.queries import count_unread, list_choices, list_notices

bp = Blueprint("notifications", __name__)


@bp.get("/notices")
@policy(SIGNED_IN)
def index() -> str:
    """What the person was told, newest first."""
    return render_template(
        "notifications/index.html", notices=list_notices(web.read_session(), account_id=_account_id())
    )


@bp.get("/notices/unread")
@policy(SIGNED_IN)
def unread() -> ResponseReturnValue:
    """How many lines wait: what the bell asks for when something happened."""
    answer = jsonify(ok=True, data={"unread": count_unread(web.read_session(), account_id=_account_id())})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/notices/read")
@policy(SIGNED_IN)
def read_all() -> ResponseReturnValue:
    """Everything is read."""
    form = parse_form(NothingForm, request.form)
    with db.unit_of_work() as session:
        service.mark_all_read(session, actor=web.actor())
    return _done(form.next)


@bp.post("/notices/<notice_id>/read")
@policy(SIGNED_IN)
def read_one(notice_id: str) -> ResponseReturnValue:
    """One line is read, with all it folds."""
    form = parse_form(NothingForm, request.form)
    with db.unit_of_work() as session:
        service.mark_read(session, actor=web.actor(), notice_id=notice_id)
    return _done(form.next)


def _done(target: str) -> ResponseReturnValue:
    if web.wants_json():
        return jsonify(ok=True)
    return redirect(web.local_path(target, url_for("notifications.index")), 303)


@bp.get("/account/notices")
@policy(SIGNED_IN)
def settings() -> str:
    """What the person wants to be told, and where."""
    choices = list_choices(web.read_session(), account_id=_account_id())
    return render_template("notifications/settings.html", choices=choices)


@bp.post("/account/notices")
@policy(SIGNED_IN)
def save_settings() -> ResponseReturnValue:
    """Every kind at once: a switch that is not sent is off."""
    form = parse_form(ChoicesForm, request.form)
    require({*form.in_app, *form.by_mail} <= KINDS.keys(), NotFound)
    with db.unit_of_work() as session:
        for kind in KINDS:
            service.choose(
                session, actor=web.actor(), kind=kind, in_app=kind in form.in_app, by_mail=kind in form.by_mail
            )
    flash(gettext("Saved."))
    return redirect(url_for("notifications.settings"), 303)


@bp.get("/unsubscribe/<account_id>/<kind>/<signature>")
@policy(PUBLIC)
def confirm_stop(account_id: str, kind: str, signature: str) -> str:
    """Ask before stopping: programs that open every link in a mail must not unsubscribe anybody."""
    require(kind in KINDS and stops_mail(account_id, kind, signature), NotFound)
    return render_template("notifications/unsubscribe.html", kind=KINDS[kind], is_done=False)


@bp.post("/unsubscribe/<account_id>/<kind>/<signature>")
@csrf.exempt  # type: ignore[untyped-decorator]  # flask-wtf ships no types
@policy(MACHINE)
def stop(account_id: str, kind: str, signature: str) -> str:
    """One tap, in the page or by the mail program (RFC 8058: no cookie, no token, only the signed address)."""
    require(kind in KINDS and stops_mail(account_id, kind, signature), NotFound)
    with db.unit_of_work() as session:
        service.stop_mail(session, account_id=account_id, kind=kind)
    return render_template("notifications/unsubscribe.html", kind=KINDS[kind], is_done=True)


def _account_id() -> str:
    account_id = web.actor().account_id
    assert account_id is not None  # The policy let nobody else in.
    return account_id
