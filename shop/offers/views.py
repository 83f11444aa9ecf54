"""The card's buttons, as forms that work without scripts: the shopper's under /offers, the brand's in its dashboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for

from shop.checkout.views import payment_address
from shop.core import db, web
from shop.core.amounts import read_amount
from shop.core.errors import InvalidInput, NotFound, ShopError
from shop.core.forms import parse_form
from shop.core.i18n import error_text, gettext, pick
from shop.core.money import Money
from shop.core.policy import SIGNED_IN, crew, policy
from shop.core.ratelimit import check_rate
from shop.messaging import service as messaging
from shop.offers import paying, service
from shop.offers.forms import (
    CounterForm,
    DestinationForm,
    ExtendForm,
    NothingForm,
    PayForm,
    SizeForm,
    TakeBackForm,
)
from shop.offers.models import Offer
from shop.offers.paying import thread_path
from shop.offers.policy import OFFER_ROLES, is_shopper, speaks_for_brand
from shop.offers.queries import get_offer, other_choice

bp = Blueprint("offers", __name__, url_prefix="/offers")
brand_bp = Blueprint("brand_offers", __name__, url_prefix="/dashboard/<brand_slug>/offers")
SELLERS = crew(*OFFER_ROLES)
PAY_LIMIT = "20/minute;120/hour"
ANSWER_LIMIT = "30/minute;200/hour"


@bp.post("/<offer_id>/payments")
@policy(SIGNED_IN)
def pay(offer_id: str) -> Any:
    """Pay this offer: to the payment page, the same one from every tab and device."""
    actor, form = web.actor(), parse_form(PayForm, request.form)
    try:
        check_rate(PAY_LIMIT, "checkout", str(actor.account_id))
        base_url = web.settings().public_url or request.url_root.rstrip("/")
        payment = paying.start_payment(actor=actor, offer_id=offer_id, seen_total=form.seen_total, base_url=base_url)
    except ShopError as problem:
        return _refused(problem, offer_id)
    address = payment_address(payment.page_url)
    return {"ok": True, "url": address} if web.wants_json() else redirect(address, 303)


@bp.post("/<offer_id>/decline")
@policy(SIGNED_IN)
def decline(offer_id: str) -> Any:
    """No, thanks."""
    parse_form(NothingForm, request.form)
    return _answer(offer_id, lambda: _ended(paying.decline(actor=web.actor(), offer_id=offer_id)))


@bp.post("/<offer_id>/counters")
@policy(SIGNED_IN)
def counter(offer_id: str) -> Any:
    """Name a price for one piece."""
    form = parse_form(CounterForm, request.form)

    def name_price() -> None:
        amount = read_amount(form.price, web.settings().default_currency)
        if amount is None:
            raise InvalidInput(fields={"price": gettext("An amount like 89.00, please.")})
        with db.unit_of_work() as session:
            unit = Money(amount, web.settings().default_currency)
            service.counter(session, actor=web.actor(), offer_id=offer_id, unit=unit)

    return _answer(offer_id, name_price)


@bp.post("/<offer_id>/destination")
@policy(SIGNED_IN)
def destination(offer_id: str) -> Any:
    """Have it sent elsewhere; the card shows the new total."""
    form = parse_form(DestinationForm, request.form)
    return _answer(offer_id, lambda: _do(service.set_destination, offer_id, to=form.to))


@bp.post("/<offer_id>/sizes")
@policy(SIGNED_IN)
def ask_size(offer_id: str) -> Any:
    """Ask the brand whether another size is possible; the answer comes in the thread."""
    form = parse_form(SizeForm, request.form)

    def ask() -> None:
        actor = web.actor()
        with db.unit_of_work() as session:
            offer = service.lock_for_shopper(session, actor, offer_id)
            choice, slug = other_choice(session, product_id=offer.product_id, sku=form.variant_id)
            messaging.send_message(
                session,
                actor=actor,
                thread_id=offer.thread_id,
                text=gettext("Is it also possible in %(choice)s?", choice=pick(choice)),
                client_key=f"{offer.id[-12:]}:{form.variant_id}"[:40],  # One question per size.
                cards=[("product", slug)],
            )

    return _answer(offer_id, ask)


@bp.post("/<offer_id>/return")
@policy(SIGNED_IN)
def ask_return(offer_id: str) -> Any:
    """Send it back: the brand is asked in the thread."""
    parse_form(NothingForm, request.form)
    words = gettext("I would like to send this back.")
    return _answer(offer_id, lambda: _do(service.ask_return, offer_id, text=words))


@brand_bp.post("/<offer_id>/withdraw")
@policy(SELLERS)
def withdraw(brand_slug: str, offer_id: str) -> Any:
    """Take it back; a payment page that is open is closed first."""
    parse_form(NothingForm, request.form)
    return _answer(offer_id, lambda: _ended(paying.withdraw(actor=web.actor(), offer_id=offer_id)))


@brand_bp.post("/<offer_id>/extend")
@policy(SELLERS)
def extend(brand_slug: str, offer_id: str) -> Any:
    """More time."""
    form = parse_form(ExtendForm, request.form)
    return _answer(offer_id, lambda: _do(service.extend, offer_id, by=timedelta(minutes=form.minutes)))


@brand_bp.post("/<offer_id>/accept")
@policy(SELLERS)
def accept(brand_slug: str, offer_id: str) -> Any:
    """Take the shopper's price."""
    parse_form(NothingForm, request.form)
    return _answer(offer_id, lambda: _do(service.accept_counter, offer_id))


@brand_bp.post("/<offer_id>/refuse")
@policy(SELLERS)
def refuse(brand_slug: str, offer_id: str) -> Any:
    """Stay with the offer as it is."""
    parse_form(NothingForm, request.form)
    return _answer(offer_id, lambda: _do(service.refuse_counter, offer_id))


@brand_bp.post("/<offer_id>/take-back")
@policy(SELLERS)
def take_back(brand_slug: str, offer_id: str) -> Any:
    """It came back: send the money back."""
    form = parse_form(TakeBackForm, request.form)
    return _answer(offer_id, lambda: _do(service.take_back, offer_id, restock=form.restock == "yes"))


def _do(step: Callable[..., Any], offer_id: str, **keywords: Any) -> None:
    with db.unit_of_work() as session:
        step(session, actor=web.actor(), offer_id=offer_id, **keywords)


def _ended(ended: paying.Ended) -> None:
    if ended.is_closing and not web.wants_json():
        flash(gettext("The payment page is being closed. The card says when it is."))


def _answer(offer_id: str, step: Callable[[], None]) -> Any:
    """Do it, and back to the card; people who are refused go there too, with a sentence."""
    try:
        check_rate(ANSWER_LIMIT, "offer", str(web.actor().account_id))
        step()
    except ShopError as problem:
        return _refused(problem, offer_id)
    if web.wants_json():
        return {"ok": True, "data": {}}
    return redirect(_card_path(offer_id), 303)


def _refused(problem: ShopError, offer_id: str) -> Any:
    if web.wants_json() or problem.http_status not in {403, 409, 422, 429, 502}:
        raise problem
    sentence = next(iter(problem.fields.values()), "") if isinstance(problem, InvalidInput) else ""
    flash(gettext(sentence) if sentence else error_text(problem), "error")
    return redirect(_card_path(offer_id), 303)


def _card_path(offer_id: str) -> str:
    """Where this person reads the thread. Raises NotFound for everybody whose offer it is not."""
    offer: Offer = get_offer(web.refresh_read_session(), offer_id)
    if is_shopper(web.actor(), offer):
        return thread_path(offer)
    if not speaks_for_brand(web.actor(), offer):
        raise NotFound
    slug = next(m.brand_slug for m in web.actor().memberships if m.brand_id == offer.brand_id)
    page = url_for("inbox.show", brand_slug=slug, thread_id=offer.thread_id)
    return f"{page}#m{offer.message_number}"
