"""The offer composer of a brand's inbox: a page that works as a form, and the same form as a dialog in the thread."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from shop.core import db, web
from shop.core.errors import InvalidInput, NotFound, ShopError, require
from shop.core.forms import parse_form
from shop.core.i18n import N_
from shop.core.policy import crew, policy
from shop.core.ratelimit import check_rate
from shop.dashboard import nav
from shop.dashboard.composer import Typed, chosen_variant, first_values, load_composer
from shop.dashboard.offer_forms import OfferForm, terms_of
from shop.messaging import queries
from shop.messaging.policy import Seat
from shop.offers import service
from shop.offers.models import Offer
from shop.offers.policy import OFFER_ROLES

bp = Blueprint("offer_composer", __name__, url_prefix="/dashboard/<brand_slug>/inbox/<thread_id>/offers")
SELLERS = crew(*OFFER_ROLES)
OFFER_LIMIT = "30/minute;300/hour"


@bp.get("/new")
@policy(SELLERS)
def new(brand_slug: str, thread_id: str) -> Any:
    """Write an offer; `again` begins with another one, `product` with a product. `part=form` is the form alone."""
    seat = _seat(web.read_session(), thread_id)
    return _page(first_values(web.read_session(), web.actor(), seat.thread, request.args), seat)


@bp.post("/draft")
@policy(SELLERS)
def draft(brand_slug: str, thread_id: str) -> Any:
    """The same form for what is typed so far: products found, sizes, limits, the shopper's card. Writes nothing."""
    return _page(_posted(), _seat(web.read_session(), thread_id))


@bp.post("")
@policy(SELLERS)
def send(brand_slug: str, thread_id: str) -> Any:
    """Send it. What is refused comes back as it was typed, each sentence beside its field."""
    seat = _seat(web.read_session(), thread_id)
    try:
        check_rate(OFFER_LIMIT, "send-offer", str(web.actor().account_id))
        form = parse_form(OfferForm, request.form)
        with db.unit_of_work() as session:
            number = _send(session, thread_id, form)
    except ShopError as problem:
        if web.wants_json() or problem.http_status not in {403, 409, 422, 429}:
            raise
        return _page(_posted(), _seat(web.refresh_read_session(), thread_id), problem), problem.http_status
    if web.wants_json() or _is_part():
        return {"ok": True, "data": {"number": number}}
    return redirect(url_for("inbox.show", brand_slug=brand_slug, thread_id=seat.thread.id) + f"#m{number}", 303)


def _send(session: Session, thread_id: str, form: OfferForm) -> int:
    """The number of the message that carries the offer in this thread."""
    actor, brand_id = web.actor(), web.membership().brand_id
    terms = terms_of(form, chosen_variant(session, brand_id=brand_id, values=_posted()))
    text = form.text.replace("\r\n", "\n")
    offers: list[Offer]
    if form.also:
        alone = N_("An offer to several people cannot replace another one.")
        require(not form.instead_of, InvalidInput(fields={"also": alone}))
        offers = service.send_to_many(
            session,
            actor=actor,
            thread_ids=[thread_id, *form.also],
            terms=terms,
            units=form.units,
            client_key=form.client_key,
            text=text,
        )
    else:
        offer = service.send_offer(
            session,
            actor=actor,
            thread_id=thread_id,
            terms=terms,
            client_key=form.client_key,
            text=text,
            instead_of=form.instead_of or None,
        )
        offers = [offer]
    return next(offer.message_number for offer in offers if offer.thread_id == thread_id)


def _seat(session: Session, thread_id: str) -> Seat:
    """This brand's thread; another's does not exist here."""
    seat = queries.take_seat(session, web.actor(), thread_id)
    require(seat.as_brand and seat.thread.brand_id == web.membership().brand_id, NotFound)
    return seat


def _posted() -> Typed:
    return MultiDict((name, value) for name, value in request.form.items(multi=True) if name != "csrf_token")


def _is_part() -> bool:
    return request.args.get("part") == "form"


def _page(values: Typed, seat: Seat, problem: ShopError | None = None) -> str:
    session, actor = web.read_session(), web.actor()
    shopper = queries.load_head(session, seat).shopper
    require(shopper is not None, NotFound)
    assert shopper is not None
    composer = load_composer(session, actor=actor, thread=seat.thread, shopper=shopper, values=values, refused=problem)
    template = "dashboard/inbox/_offer.html" if _is_part() else "dashboard/inbox/offer.html"
    return render_template(template, **nav.frame("inbox"), composer=composer, thread_id=seat.thread.id)
