"""Threads as pages: everything works without scripts; scripts fetch the same parts again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for

from shop.core import db, ids, web
from shop.core.errors import NotFound, ShopError, require
from shop.core.forms import parse_form
from shop.core.i18n import error_text, gettext, ngettext
from shop.core.policy import SIGNED_IN, policy
from shop.core.ratelimit import check_rate
from shop.media import service as media
from shop.media import storage
from shop.media.models import Image
from shop.messaging import queries, service
from shop.messaging.cards import exact_ref, load_cards
from shop.messaging.forms import (
    EditForm,
    MuteForm,
    NothingForm,
    ReactForm,
    ReportForm,
    SendForm,
    card_refs,
)
from shop.messaging.policy import SIGNS, Seat
from shop.messaging.slots import find_on_air, labels_of

bp = Blueprint("messages", __name__, url_prefix="/messages")
SEND_LIMIT = "120/minute"
REPORT_LIMIT = "20/hour"
LONGEST_SEARCH = 80
LAST_PAGE = 1_000


def unread_threads() -> int:
    """For the number in the bars of every page."""
    account_id = web.actor().account_id
    return queries.count_unread(web.read_session(), account_id) if account_id else 0


@bp.get("")
@policy(SIGNED_IN)
def index() -> Any:
    """The list; tab, search and page are in the address. `part=list` is the list alone."""
    if request.args.get("part") == "list":
        return render_template("messaging/_list.html", **list_frame())
    return render_template("messaging/index.html", **list_frame(), hits=_hits())


def list_frame(current: str = "") -> dict[str, Any]:
    """What the column with threads needs."""
    tab, page = request.args.get("tab", "all"), request.args.get("page", "1")
    number = int(page) if page.isdecimal() and page.isascii() and len(page) <= 4 else 1
    tab = tab if tab in queries.TABS else "all"
    found = queries.list_threads(web.read_session(), web.actor(), tab=tab, page=max(1, min(number, LAST_PAGE)))
    labels = labels_of(web.read_session(), [row.thread_id for row in found.rows if row.brand], for_brand=False)
    return {
        "labels": labels, "threads": found, "tab": tab, "list_page": max(1, number), "current": current, "words": _words(),
    }  # fmt: skip


def _words() -> str:
    return "".join(one for one in request.args.get("q", "") if one.isprintable()).strip()[:LONGEST_SEARCH]


def _hits() -> list[queries.Hit] | None:
    words = _words()
    return queries.search_messages(web.read_session(), web.actor(), words) if len(words) >= 2 else None


@bp.get("/unread")
@policy(SIGNED_IN)
def unread() -> Any:
    """For the badge: how many threads have news."""
    return {"ok": True, "data": {"unread": unread_threads()}}


@bp.get("/<thread_id>")
@policy(SIGNED_IN)
def show(thread_id: str) -> Any:
    """A thread; opening it is reading it. `before` pages back, `card` is what the next message carries."""
    return thread_page(thread_id)


def thread_page(thread_id: str, problem: ShopError | None = None) -> str:
    actor = web.actor()
    seat = _own_seat(queries.take_seat(web.read_session(), actor, thread_id))
    last = seat.thread.last_number
    if seat.read_number < last and request.method == "GET":
        with db.unit_of_work() as session:
            service.mark_read(session, actor=actor, thread_id=thread_id, number=last)
    session = web.refresh_read_session()
    seat = queries.take_seat(session, actor, thread_id)
    page = queries.load_messages(session, actor, seat, before=_number("before"))
    head = queries.load_head(session, seat)
    mine = [message.number for message in page.messages if message.is_mine]
    return render_template(
        "messaging/thread.html",
        **list_frame(thread_id),
        **drawing(seat),
        head=head,
        on_air=find_on_air(session, head.brand.brand_id) if head.brand else None,
        seen=bool(mine) and mine[-1] == head.last_number <= head.seen_number,
        answering=_answering(seat),
        messages=page.messages,
        older=bool(page.messages) and page.messages[-1].number < seat.thread.last_number,
        before=page.before,
        attached=attached_cards(),
        text=request.form.get("text", "")[:2000] if problem else "",
        problem=error_text(problem) if problem else "",
        client_key=ids.new_id("msg"),
    )


def _answering(seat: Seat) -> queries.MessageView | None:
    """The message that `reply_to` in the address names, as far as it is there."""
    message_id = request.values.get("reply_to", "")
    if not message_id:
        return None
    try:
        return queries.load_message(web.read_session(), web.actor(), seat, message_id)
    except NotFound:
        return None


def _own_seat(seat: Seat) -> Seat:
    """Under /messages people speak for themselves; a brand's threads are in its inbox."""
    require(seat.member is not None, NotFound)
    return seat


def drawing(seat: Seat) -> dict[str, Any]:
    """What `_message.html` needs beside the message."""
    return {
        "thread_id": seat.thread.id,
        "is_group": seat.thread.kind == "group",
        "signs": SIGNS,
        "system_text": system_text,
    }


def attached_cards() -> list[Any]:
    """What the address or the form wants to attach, as far as this person may see it; sending checks again."""
    given = request.values.getlist("card")[:3]
    named = [(kind, ref) for kind, ref in card_refs(given) if kind and 0 < len(ref) <= 120]
    refs = [exact_ref(web.read_session(), ref) for ref in named]
    found = load_cards(web.read_session(), web.actor(), refs)
    return [found[ref] for ref in dict.fromkeys(refs) if found[ref].data is not None]


def _number(name: str) -> int | None:
    value = request.args.get(name, "")
    return int(value) if value.isdecimal() and value.isascii() and len(value) <= 9 else None


@bp.get("/<thread_id>/parts")
@policy(SIGNED_IN)
def parts(thread_id: str) -> str:
    """Messages alone: `after` a number, or one `message`; also for a brand's people."""
    session, actor = web.read_session(), web.actor()
    seat = queries.take_seat(session, actor, thread_id)
    message_id = request.args.get("message", "")
    if message_id:
        messages: tuple[queries.MessageView, ...] = (queries.load_message(session, actor, seat, message_id),)
    else:
        messages = queries.load_messages(session, actor, seat, after=_number("after") or 0).messages
    return render_template("messaging/_messages.html", messages=messages, **drawing(seat))


@bp.post("/<thread_id>")
@policy(SIGNED_IN)
def send(thread_id: str) -> Any:
    """Say something; a photo may come along. The page's key makes a second press harmless."""
    actor = web.actor()
    _own_seat(queries.take_seat(web.read_session(), actor, thread_id))
    try:
        message_id = send_form(thread_id)
    except ShopError as error:
        if web.wants_json() or error.http_status not in {403, 409, 413, 422, 429}:
            raise
        return thread_page(thread_id, error), error.http_status
    if web.wants_json():
        return {"ok": True, "data": {"message_id": message_id}}
    return redirect(url_for("messages.show", thread_id=thread_id) + "#latest", 303)


def send_form(thread_id: str) -> str:
    """Read, store the photo, send; the message's id."""
    actor = web.actor()
    check_rate(SEND_LIMIT, "message", str(actor.account_id))
    form = parse_form(SendForm, request.form)
    file = request.files.get("photo")
    data = file.read() if file is not None else b""
    prepared = media.prepare(data) if data else None
    with db.unit_of_work() as session:
        image = media.add_image(session, brand_id=None, prepared=prepared, alt={}) if prepared else None
        message = service.send_message(
            session,
            actor=actor,
            thread_id=thread_id,
            text=form.text.replace("\r\n", "\n"),
            client_key=form.client_key or ids.new_id("msg"),
            cards=card_refs(form.card),
            image_id=image.id if image else None,
            reply_to_id=form.reply_to or None,
        )
        return message.id


@bp.get("/<thread_id>/photos/<message_id>")
@policy(SIGNED_IN)
def photo(thread_id: str, message_id: str) -> Response:
    """A photo for those who may read its message; the picture's own address is never told."""
    session = web.read_session()
    seat = queries.take_seat(session, web.actor(), thread_id)
    view = queries.load_message(session, web.actor(), seat, message_id)
    require(bool(view.photo), NotFound)
    message = queries.get_message(session, seat, message_id)
    image = session.get(Image, message.image_id)
    path = storage.nearest(image.id, 1200) if image is not None else None
    if path is None:
        raise NotFound
    answer = send_file(path, mimetype="image/webp")
    answer.headers["Cache-Control"] = "private, max-age=86400"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


@bp.post("/<thread_id>/messages/<message_id>/edit")
@policy(SIGNED_IN)
def edit(thread_id: str, message_id: str) -> Any:
    """Other words, for a quarter of an hour."""
    form = parse_form(EditForm, request.form)
    with db.unit_of_work() as session:
        service.edit_message(
            session, actor=web.actor(), thread_id=thread_id, message_id=message_id, text=form.text.replace("\r\n", "\n")
        )
    return _back(thread_id)


@bp.post("/<thread_id>/messages/<message_id>/delete")
@policy(SIGNED_IN)
def delete(thread_id: str, message_id: str) -> Any:
    """Take it back, for a quarter of an hour."""
    parse_form(NothingForm, request.form)
    with db.unit_of_work() as session:
        service.delete_message(session, actor=web.actor(), thread_id=thread_id, message_id=message_id)
    return _back(thread_id)


@bp.post("/<thread_id>/messages/<message_id>/reactions")
@policy(SIGNED_IN)
def react(thread_id: str, message_id: str) -> Any:
    """A sign on, or off again."""
    form = parse_form(ReactForm, request.form)
    with db.unit_of_work() as session:
        service.react(session, actor=web.actor(), thread_id=thread_id, message_id=message_id, sign=form.sign)
    return _back(thread_id)


@bp.post("/<thread_id>/messages/<message_id>/reports")
@policy(SIGNED_IN)
def report(thread_id: str, message_id: str) -> Any:
    """Tell the platform's staff."""
    form = parse_form(ReportForm, request.form)
    actor = web.actor()
    check_rate(REPORT_LIMIT, "report_message", str(actor.account_id))
    with db.unit_of_work() as session:
        service.report_message(session, actor=actor, thread_id=thread_id, message_id=message_id, reason=form.reason)
    flash(gettext("Thank you. Our team will look at it."))
    return _back(thread_id)


@bp.post("/<thread_id>/mute")
@policy(SIGNED_IN)
def mute(thread_id: str) -> Any:
    """No notices from this thread, or again."""
    form = parse_form(MuteForm, request.form)
    with db.unit_of_work() as session:
        service.mute_thread(session, actor=web.actor(), thread_id=thread_id, muted=form.muted == "yes")
    return _back(thread_id)


@bp.post("/<thread_id>/accept")
@policy(SIGNED_IN)
def accept(thread_id: str) -> Any:
    """Let a stranger's thread in."""
    parse_form(NothingForm, request.form)
    with db.unit_of_work() as session:
        service.accept_request(session, actor=web.actor(), thread_id=thread_id)
    return _back(thread_id)


@bp.post("/<thread_id>/decline")
@policy(SIGNED_IN)
def decline(thread_id: str) -> Any:
    """Put a stranger's thread away."""
    parse_form(NothingForm, request.form)
    with db.unit_of_work() as session:
        service.decline_request(session, actor=web.actor(), thread_id=thread_id)
    flash(gettext("The request is gone. The sender is not told."))
    return redirect(url_for("messages.index", tab="requests"), 303)


def _back(thread_id: str) -> Any:
    """To the thread, wherever this person reads it."""
    if web.wants_json():
        return {"ok": True, "data": {}}
    target = web.local_path(request.args.get("next"), url_for("messages.show", thread_id=thread_id))
    return redirect(target, 303)


def system_text(data: dict[str, Any]) -> str:
    """Who came and went, in the reader's language."""
    sentences = {
        "made": gettext("%(by)s made the group", **_fill(data)),
        "added": gettext("%(by)s added %(who)s", **_fill(data)),
        "removed": gettext("%(by)s removed %(who)s", **_fill(data)),
        "renamed": gettext("%(by)s called the group “%(title)s”", **_fill(data)),
        "left": gettext("%(by)s left", **_fill(data)),
    }
    return str(sentences.get(str(data.get("what")), ""))


def _fill(data: dict[str, Any]) -> dict[str, str]:
    return {key: str(data.get(key, "")) for key in ("by", "who", "title")}


def waiting_text(minutes: int) -> str:
    """How long somebody has been waiting, in words."""
    if minutes < 1:
        return str(gettext("waiting since just now"))
    if minutes < 60:
        return str(ngettext("waiting %(num)s minute", "waiting %(num)s minutes", minutes))
    if minutes < 48 * 60:
        return str(ngettext("waiting %(num)s hour", "waiting %(num)s hours", minutes // 60))
    return str(ngettext("waiting %(num)s day", "waiting %(num)s days", minutes // 1440))
