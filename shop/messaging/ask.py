"""Asking a brand, from wherever one is: the product and the moment of the stream come along as cards.

Anybody may begin to write; who is signed out signs in on the way, and the words are kept.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for

from shop.brands.queries import get_brand
from shop.core import db, ids, web
from shop.core.errors import ShopError
from shop.core.forms import parse_form
from shop.core.i18n import error_text
from shop.core.policy import PUBLIC, policy
from shop.core.ratelimit import check_rate
from shop.messaging import queries, service, views
from shop.messaging.forms import AskForm, card_refs

bp = Blueprint("ask", __name__)
KEPT = "ask"
KEPT_LENGTH = 1000  # A cookie holds it.


@bp.get("/ask/<slug>")
@policy(PUBLIC)
def form(slug: str) -> Any:
    """The beginning of a thread with the brand; who has one goes there, with what this is about.

    `part=form` is the form alone, for the sheet of a room: nobody leaves the show to ask.
    """
    if request.args.get("part") == "form":
        return _page(slug, "")
    brand = get_brand(web.read_session(), slug=slug)
    account_id = web.actor().account_id
    if account_id is not None and web.actor().membership(brand.id) is None:
        thread = queries.find_thread(web.read_session(), queries.pair_key(account_id, brand.id))
        if thread is not None and slug not in session.get(KEPT, {}):
            cards = request.args.getlist("card")[:3]
            return redirect(url_for("messages.show", thread_id=thread.id, card=cards), 303)
    kept = session.get(KEPT, {}).get(slug, "") if account_id is not None else ""
    return _page(slug, kept)


def _page(slug: str, text: str, problem: ShopError | None = None) -> str:
    reading = web.refresh_read_session()
    brand = get_brand(reading, slug=slug)
    template = "messaging/_ask_sheet.html" if request.args.get("part") == "form" else "messaging/ask.html"
    return render_template(
        template,
        brand=brand,
        minutes=queries.reply_minutes(reading, brand.id),
        attached=views.attached_cards(),
        text=text,
        problem=error_text(problem) if problem else "",
        works_here=web.actor().membership(brand.id) is not None,
        client_key=ids.new_id("msg"),
    )


@bp.post("/ask/<slug>")
@policy(PUBLIC)
def ask(slug: str) -> Any:
    """Open the thread and say it."""
    brand = get_brand(web.read_session(), slug=slug)
    data, actor = parse_form(AskForm, request.form), web.actor()
    if actor.is_guest:
        session[KEPT] = {slug: data.text[:KEPT_LENGTH]}
        back = url_for("ask.form", slug=slug, card=data.card)
        return redirect(url_for("accounts.sign_in", next=back), 303)
    try:
        check_rate(views.SEND_LIMIT, "message", str(actor.account_id))
        with db.unit_of_work() as writing:
            thread = service.open_brand_thread(writing, actor=actor, brand_id=brand.id)
            service.send_message(
                writing,
                actor=actor,
                thread_id=thread.id,
                text=data.text.replace("\r\n", "\n"),
                client_key=data.client_key or ids.new_id("msg"),
                cards=card_refs(data.card),
            )
    except ShopError as error:
        if web.wants_json() or error.http_status not in {403, 409, 422, 429}:
            raise
        return _page(slug, data.text, error), error.http_status
    session.pop(KEPT, None)
    if web.wants_json():
        return {"ok": True, "data": {"thread_id": thread.id}}
    return redirect(url_for("messages.show", thread_id=thread.id), 303)
