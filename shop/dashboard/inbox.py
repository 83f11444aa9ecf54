"""A brand's inbox: its threads with shoppers, who answers them, notes, ready answers, hours."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Blueprint, redirect, render_template, request, url_for
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.brands.queries import get_brand
from shop.core import db, ids, web
from shop.core.actor import Actor, Role
from shop.core.errors import InvalidInput, NotFound, ShopError, require
from shop.core.forms import Identifier, Input, Line, parse_form
from shop.core.i18n import error_text
from shop.core.money import Money
from shop.core.policy import crew, policy
from shop.dashboard import nav
from shop.messaging import inbox, queries, service, views
from shop.messaging.forms import NothingForm, Said
from shop.messaging.models import AnswerHours, Thread
from shop.messaging.policy import INBOX_ROLES, Seat
from shop.messaging.slots import labels_of
from shop.offers import service as offers
from shop.offers.queries import limits_of
from shop.orders.models import Order, OrderPart, OrderState
from shop.orders.policy import can_see_brand_orders

bp = Blueprint("inbox", __name__, url_prefix="/dashboard/<brand_slug>/inbox")
AGENTS = crew(*INBOX_ROLES)
Minute = Annotated[int, Field(ge=0, le=24 * 60)]


class AssignForm(Input):
    """Empty: nobody."""

    account_id: Identifier | str = ""


class NoteForm(Input):
    text: Said


class ReplyForm(Input):
    title: Annotated[Line, Field(max_length=60)]
    text: Said


class HoursForm(Input):
    """Times as the browser sends them: 09:00."""

    days: Annotated[list[str], Field(max_length=7)] = []
    opens: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    closes: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    text: Annotated[str, Field(max_length=500)] = ""


class LimitsForm(Input):
    """Whole percent."""

    host_percent: Annotated[int, Field(ge=0, le=100)]
    support_percent: Annotated[int, Field(ge=0, le=100)]


@bp.get("")
@policy(AGENTS)
def index(brand_slug: str) -> str:
    """Mine, unassigned, all: who waits longest is first. `part=list` is the list alone."""
    template = "dashboard/inbox/_list.html" if request.args.get("part") == "list" else "dashboard/inbox/page.html"
    return render_template(template, **_frame(), thread=None)


def _frame(current: str = "") -> dict[str, Any]:
    session, actor, brand_id = web.read_session(), web.actor(), web.membership().brand_id
    tab = request.args.get("tab", "all")
    tab = tab if tab in inbox.INBOX_TABS else "all"
    rows = inbox.list_inbox(session, actor, brand_id=brand_id, tab=tab)
    return {
        **nav.frame("inbox"),
        "rows": rows,
        "labels": labels_of(session, [row.thread_id for row in rows], for_brand=True),
        "counts": inbox.count_inbox(session, actor, brand_id),
        "tab": tab,
        "current": current,
        "waiting_text": views.waiting_text,
        "reply_minutes": queries.reply_minutes(session, brand_id),
    }


@bp.get("/<thread_id>")
@policy(AGENTS)
def show(brand_slug: str, thread_id: str) -> str:
    """One thread; opening it is reading it for the brand."""
    return _thread_page(thread_id)


def _seat(session: Session, thread_id: str) -> Seat:
    """This brand's thread; another's does not exist here."""
    seat = queries.take_seat(session, web.actor(), thread_id)
    require(seat.as_brand and seat.thread.brand_id == web.membership().brand_id, NotFound)
    return seat


def _thread_page(thread_id: str, problem: ShopError | None = None) -> str:
    actor = web.actor()
    seat = _seat(web.read_session(), thread_id)
    if request.method == "GET" and seat.read_number < seat.thread.last_number:
        with db.unit_of_work() as session:
            service.mark_read(session, actor=actor, thread_id=thread_id, number=seat.thread.last_number)
    session = web.refresh_read_session()
    seat = _seat(session, thread_id)
    page = queries.load_messages(session, actor, seat, before=views._number("before"))
    head = queries.load_head(session, seat)
    return render_template(
        "dashboard/inbox/page.html",
        **_frame(thread_id),
        **views.drawing(seat),
        thread=seat.thread,
        head=head,
        messages=page.messages,
        before=page.before,
        agents=inbox.list_agents(session, str(seat.thread.brand_id)),
        notes=inbox.list_notes(session, thread_id),
        replies=_replies(session, seat, head),
        customer=_customer(session, actor, seat.thread),
        text=request.form.get("text", "")[:2000] if problem else "",
        problem=error_text(problem) if problem else "",
        client_key=ids.new_id("msg"),
    )


def _replies(session: Session, seat: Seat, head: queries.ThreadHead) -> list[dict[str, str]]:
    """The brand's ready answers with their variables filled for this shopper."""
    brand_id = str(seat.thread.brand_id)
    brand, name = get_brand(session, brand_id=brand_id), head.shopper.name if head.shopper else ""
    return [
        {
            "title": reply.title,
            "text": inbox.filled_reply(reply.text, shopper_name=name, brand=brand, agent_name=web.actor().display_name),
        }
        for reply in inbox.list_replies(session, brand_id)
    ]


def _customer(session: Session, actor: Actor, thread: Thread) -> dict[str, Any] | None:
    """Orders of this shopper with this brand; only for those who may see orders."""
    if not can_see_brand_orders(actor, str(thread.brand_id)):
        return None
    rows = session.execute(
        select(Order.number, Order.paid_at, Order.currency, OrderPart.items_amount)
        .join(OrderPart, OrderPart.order_id == Order.id)
        .where(
            Order.account_id == thread.shopper_id,
            OrderPart.brand_id == thread.brand_id,
            Order.state == OrderState.PAID,
        )
        .order_by(Order.number.desc())
    ).all()
    currency = web.settings().default_currency
    spent = sum(row.items_amount for row in rows if row.currency == currency)
    return {"orders": len(rows), "spent": Money(spent, currency), "last": rows[0] if rows else None}


@bp.post("/<thread_id>")
@policy(AGENTS)
def send(brand_slug: str, thread_id: str) -> Any:
    """Answer as the brand."""
    _seat(web.read_session(), thread_id)
    try:
        views.send_form(thread_id)
    except ShopError as error:
        if web.wants_json() or error.http_status not in {403, 409, 413, 422, 429}:
            raise
        return _thread_page(thread_id, error), error.http_status
    return _back(brand_slug, thread_id)


@bp.post("/<thread_id>/assignee")
@policy(AGENTS)
def assign(brand_slug: str, thread_id: str) -> Any:
    """Say who answers."""
    form = parse_form(AssignForm, request.form)
    _seat(web.read_session(), thread_id)
    with db.unit_of_work() as session:
        inbox.assign(session, actor=web.actor(), thread_id=thread_id, account_id=form.account_id or None)
    return _back(brand_slug, thread_id)


@bp.post("/<thread_id>/notes")
@policy(AGENTS)
def note(brand_slug: str, thread_id: str) -> Any:
    """A word among colleagues."""
    form = parse_form(NoteForm, request.form)
    _seat(web.read_session(), thread_id)
    with db.unit_of_work() as session:
        inbox.add_note(session, actor=web.actor(), thread_id=thread_id, text=form.text)
    return _back(brand_slug, thread_id)


def _back(brand_slug: str, thread_id: str) -> Any:
    if web.wants_json():
        return {"ok": True, "data": {}}
    return redirect(url_for("inbox.show", brand_slug=brand_slug, thread_id=thread_id) + "#latest", 303)


@bp.get("/settings")
@policy(AGENTS)
def settings(brand_slug: str) -> str:
    """Ready answers and hours; for owners how much discount others may give."""
    return _settings_page()


def _settings_page(errors: dict[str, str] | None = None) -> str:
    session, brand_id = web.read_session(), web.membership().brand_id
    return render_template(
        "dashboard/inbox/settings.html",
        **nav.frame("inbox"),
        replies=inbox.list_replies(session, brand_id),
        hours=session.get(AnswerHours, brand_id),
        limits=limits_of(session, brand_id) if web.actor().has_role(brand_id, Role.OWNER) else None,
        values=request.form if errors else {},
        errors=errors or {},
    )


@bp.post("/settings/limits")
@policy(crew(Role.OWNER))
def set_limits(brand_slug: str) -> Any:
    """How far hosts and support may go below the price of the moment when they make an offer."""
    try:
        form = parse_form(LimitsForm, request.form)
    except InvalidInput as problem:
        if web.wants_json():
            raise
        return _settings_page(problem.fields), problem.http_status
    with db.unit_of_work() as session:
        offers.set_limits(
            session,
            actor=web.actor(),
            brand_id=web.membership().brand_id,
            host_percent=form.host_percent,
            support_percent=form.support_percent,
        )
    return redirect(url_for("inbox.settings", brand_slug=brand_slug) + "#limits", 303)


@bp.post("/settings/replies")
@policy(AGENTS)
def save_reply(brand_slug: str) -> Any:
    """A ready answer; the same title replaces it."""
    form = parse_form(ReplyForm, request.form)
    with db.unit_of_work() as session:
        inbox.save_reply(
            session, actor=web.actor(), brand_id=web.membership().brand_id, title=form.title, text=form.text
        )
    return redirect(url_for("inbox.settings", brand_slug=brand_slug), 303)


@bp.post("/settings/replies/<reply_id>/delete")
@policy(AGENTS)
def drop_reply(brand_slug: str, reply_id: str) -> Any:
    """Away with it."""
    parse_form(NothingForm, request.form)
    with db.unit_of_work() as session:
        inbox.drop_reply(session, actor=web.actor(), brand_id=web.membership().brand_id, reply_id=reply_id)
    return redirect(url_for("inbox.settings", brand_slug=brand_slug), 303)


@bp.post("/settings/hours")
@policy(AGENTS)
def set_hours(brand_slug: str) -> Any:
    """When somebody answers."""
    form = parse_form(HoursForm, request.form)
    with db.unit_of_work() as session:
        inbox.set_hours(
            session,
            actor=web.actor(),
            brand_id=web.membership().brand_id,
            days=[int(day) for day in form.days if day in set("0123456")],
            opens_minute=_minute(form.opens),
            closes_minute=_minute(form.closes),
            text=form.text.strip(),
        )
    return redirect(url_for("inbox.settings", brand_slug=brand_slug), 303)


def _minute(clock_time: str) -> int:
    hour, _, minute = clock_time.partition(":")
    return int(hour) * 60 + int(minute)


def waiting(brand_id: str) -> int:
    """For the sidebar: threads without an answer."""
    return inbox.count_waiting(web.read_session(), brand_id)
