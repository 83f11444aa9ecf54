"""The page of an event, its calendar file, and the reminder's button."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from livestream.reminders import service, when
from livestream.reminders.calendar import calendar_file
from livestream.reminders.queries import EventView, count_reminders, get_event, load_event
from livestream.rooms.models import StreamState
from shop.core import clock, db, web
from shop.core.errors import NotFound, require
from shop.core.forms import Input, OptionalLine, parse_form
from shop.core.i18n import gettext, ngettext, number
from shop.core.policy import PUBLIC, SIGNED_IN, policy

bp = Blueprint("reminders", __name__)


class RemindForm(Input):
    """`wanted` says which way; `next` where to go afterwards."""

    wanted: Literal["yes", "no"]
    next: OptionalLine = ""


@bp.get("/events/<slug>")
@policy(PUBLIC)
def show(slug: str) -> ResponseReturnValue:
    """What comes, when, with what; asked as JSON it says whether it began."""
    if "application/json" in request.headers.get("Accept", ""):
        stream = get_event(web.read_session(), slug=slug, actor=web.actor()).stream
        return jsonify(done=stream.state == StreamState.LIVE, url=url_for("reminders.show", slug=slug))
    settings = web.settings()
    event = load_event(web.read_session(), slug=slug, actor=web.actor(), currency=settings.default_currency)
    starts_at = event.head.stream.starts_at
    return render_template(
        "reminders/event.html",
        event=event,
        head=event.head,
        times=when.times_of(starts_at, settings.default_timezone) if starts_at else None,
        left=_left(event),
        people_words=people_words,
        server_now=clock.now(),
        canonical=f"{settings.base_url}/events/{slug}",
        base_url=settings.base_url,
    )


def _left(event: EventView) -> when.Left | None:
    """Time to wait, while there is some."""
    starts_at = event.head.stream.starts_at
    if event.state != StreamState.SCHEDULED or starts_at is None:
        return None
    return when.Left.of(max(starts_at - clock.now(), timedelta()))


@bp.get("/events/<slug>/calendar.ics")
@policy(PUBLIC)
def calendar(slug: str) -> Response:
    """For the visitor's own calendar."""
    head = get_event(web.read_session(), slug=slug, actor=web.actor())
    require(head.stream.starts_at is not None, NotFound)
    answer = Response(
        calendar_file(head, base_url=web.settings().base_url), content_type="text/calendar; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{head.stream.slug}.ics"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/events/<slug>/reminder")
@policy(SIGNED_IN)
def set_reminder(slug: str) -> ResponseReturnValue:
    """Remind me, or not any more."""
    form = parse_form(RemindForm, request.form)
    wanted = form.wanted == "yes"
    with db.unit_of_work() as session:
        (service.remind if wanted else service.forget)(session, actor=web.actor(), slug=slug)
    words = gettext("We will remind you 10 minutes before") if wanted else gettext("We will not remind you.")
    if web.wants_json():
        session = web.refresh_read_session()
        stream = get_event(session, slug=slug, actor=web.actor()).stream
        people = people_words(count_reminders(session, stream_id=stream.id))
        return jsonify(ok=True, data={"wanted": wanted, "people": people, "words": words})
    flash(words)
    return redirect(web.local_path(form.next, url_for("reminders.show", slug=slug)), 303)


def people_words(count: int) -> str:
    """How many will be reminded, in words."""
    if count == 0:
        return str(gettext("Nobody asked for a reminder yet."))
    return str(
        ngettext("%(count)s person will be reminded", "%(count)s people will be reminded", count, count=number(count))
    )
