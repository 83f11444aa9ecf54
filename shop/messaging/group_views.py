"""New threads, and the settings of a group."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from shop.accounts.models import Account
from shop.core import db, ids, web
from shop.core.errors import InvalidInput, NotFound, ShopError, require
from shop.core.forms import parse_form
from shop.core.i18n import error_text, gettext
from shop.core.policy import SIGNED_IN, policy
from shop.messaging import queries, service
from shop.messaging.forms import AdminForm, NewForm, NothingForm, PeopleForm, RenameForm
from shop.messaging.models import LARGEST_GROUP, ThreadKind
from shop.social.queries import friend_ids

bp = Blueprint("groups", __name__, url_prefix="/messages")


@bp.get("/new")
@policy(SIGNED_IN)
def new() -> str:
    """Friends to choose from: one is a thread, several are a group. `to` names somebody by handle."""
    return _new_page()


def _new_page(problem: ShopError | None = None) -> str:
    errors = problem.fields if isinstance(problem, InvalidInput) else {}
    return render_template(
        "messaging/new.html",
        friends=_friends(),
        values={name: request.values.get(name, "")[:2000] for name in ("to", "title", "text")},
        chosen=request.values.getlist("people"),
        errors=errors,
        problem=error_text(problem) if problem else "",
    )


def _friends() -> list[Account]:
    session = web.read_session()
    found = friend_ids(session, str(web.actor().account_id))
    return list(session.scalars(select(Account).where(Account.id.in_(found)).order_by(Account.display_name)))


@bp.post("/new")
@policy(SIGNED_IN)
def create() -> Any:
    """One person: the thread with them. Several, or a name: a group. The first words may come along."""
    try:
        thread_id = _create()
    except ShopError as error:
        if web.wants_json() or error.http_status not in {403, 404, 409, 422, 429}:
            raise
        return _new_page(error), error.http_status
    if web.wants_json():
        return {"ok": True, "data": {"thread_id": thread_id}}
    return redirect(url_for("messages.show", thread_id=thread_id), 303)


def _create() -> str:
    form, actor = parse_form(NewForm, request.form), web.actor()
    with db.unit_of_work() as session:
        if len(form.people) > 1 or form.title:
            require(bool(form.title), InvalidInput(fields={"title": gettext("Give the group a name.")}))
            thread = service.create_group(session, actor=actor, title=form.title, account_ids=form.people)
        else:
            other_id = form.people[0] if form.people else _by_handle(session, form.to)
            thread = service.open_direct(session, actor=actor, other_id=other_id)
        if form.text:
            service.send_message(
                session, actor=actor, thread_id=thread.id, text=form.text, client_key=ids.new_id("msg")
            )
        return thread.id


def _by_handle(session: Any, handle: str) -> str:
    wanted = handle.lstrip("@").lower()
    require(bool(wanted), InvalidInput(fields={"to": gettext("Choose a friend or write a name like @anna.")}))
    found: str | None = session.scalar(select(Account.id).where(Account.handle == wanted))
    if found is None:
        raise NotFound
    return found


@bp.get("/<thread_id>/settings")
@policy(SIGNED_IN)
def settings(thread_id: str) -> str:
    """Name, people, mute, leave."""
    return _settings_page(thread_id)


def _settings_page(thread_id: str, problem: ShopError | None = None) -> str:
    session = web.refresh_read_session()
    seat = queries.take_seat(session, web.actor(), thread_id)
    require(seat.member is not None and seat.thread.kind == ThreadKind.GROUP, NotFound)
    head = queries.load_head(session, seat)
    here = {face.account_id for face in head.faces}
    return render_template(
        "messaging/settings.html",
        head=head,
        friends=[one for one in _friends() if one.id not in here],
        problem=error_text(problem) if problem else "",
        largest=LARGEST_GROUP,
    )


def _change(thread_id: str, step: Any) -> Any:
    """Do it and come back to the settings; a refusal is said there."""
    try:
        with db.unit_of_work() as session:
            step(session)
    except ShopError as error:
        if web.wants_json() or error.http_status not in {403, 409, 422}:
            raise
        return _settings_page(thread_id, error), error.http_status
    return redirect(url_for("groups.settings", thread_id=thread_id), 303)


@bp.post("/<thread_id>/settings")
@policy(SIGNED_IN)
def rename(thread_id: str) -> Any:
    """A new name."""
    form = parse_form(RenameForm, request.form)
    return _change(
        thread_id,
        lambda session: service.rename_group(session, actor=web.actor(), thread_id=thread_id, title=form.title),
    )


@bp.post("/<thread_id>/people")
@policy(SIGNED_IN)
def add(thread_id: str) -> Any:
    """More friends."""
    form = parse_form(PeopleForm, request.form)
    return _change(
        thread_id,
        lambda session: service.add_people(session, actor=web.actor(), thread_id=thread_id, account_ids=form.people),
    )


@bp.post("/<thread_id>/people/<account_id>/remove")
@policy(SIGNED_IN)
def remove(thread_id: str, account_id: str) -> Any:
    """Out at once."""
    parse_form(NothingForm, request.form)
    return _change(
        thread_id,
        lambda session: service.remove_person(session, actor=web.actor(), thread_id=thread_id, account_id=account_id),
    )


@bp.post("/<thread_id>/people/<account_id>/admin")
@policy(SIGNED_IN)
def admin(thread_id: str, account_id: str) -> Any:
    """Let somebody manage the group too, or no longer."""
    form = parse_form(AdminForm, request.form)
    return _change(
        thread_id,
        lambda session: service.set_admin(
            session, actor=web.actor(), thread_id=thread_id, account_id=account_id, is_admin=form.is_admin == "yes"
        ),
    )


@bp.post("/<thread_id>/leave")
@policy(SIGNED_IN)
def leave(thread_id: str) -> Any:
    """Go."""
    parse_form(NothingForm, request.form)
    with db.unit_of_work() as session:
        service.leave_group(session, actor=web.actor(), thread_id=thread_id)
    flash(gettext("You left the group."))
    return redirect(url_for("messages.index"), 303)
