"""Paying: from the bag or directly, the way back from the payment page, and the way back without paying."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import structlog
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from shop.accounts.guests import acting
from shop.cart.queries import BagView, load_bag, load_single
from shop.cart.views import read_input
from shop.checkout.errors import NotDelivered, PaymentUnavailable, PriceChanged
from shop.checkout.forms import BuyNow, PayBag
from shop.checkout.links import order_of_token
from shop.checkout.placing import Wish
from shop.checkout.service import abandon, begin, finish_payment, keep_in_bag
from shop.core import db, web
from shop.core.actor import Actor
from shop.core.errors import Conflict, InvalidInput, NotFound, ProviderError, RateLimited, ShopError, require
from shop.core.i18n import error_text, gettext
from shop.core.money import Money
from shop.core.policy import PUBLIC, policy
from shop.core.ratelimit import check_rate
from shop.orders.links import order_path
from shop.orders.models import OrderState
from shop.orders.policy import can_see_order
from shop.orders.queries import get_order, load_order_view
from shop.orders.slots import home_of
from shop.payments.queries import find_payment, payment_of

log = structlog.get_logger()
bp = Blueprint("checkout", __name__, url_prefix="/checkout")

LIMIT = "20/minute;120/hour"
POLL_LIMIT = "15/minute"


@bp.post("")
@policy(PUBLIC)
def pay_bag() -> ResponseReturnValue:
    """Pay everything in the bag with one payment."""
    actor, data = acting(), read_input(PayBag)
    currency = web.settings().default_currency

    def load(session: Session) -> BagView:
        bag = load_bag(session, actor, currency, to=data.to)
        require(not bag.lines or bag.to == data.to, NotDelivered)
        return bag

    def seen(bag: BagView) -> tuple[Money, Money] | None:
        assert bag.total is not None
        old = Money(data.seen_total, currency)
        return (old, bag.total) if old != bag.total else None

    wish = _wish(actor, load, seen, data)
    try:
        return _to_payment(wish)
    except PriceChanged as changed:
        if web.wants_json():
            raise
        bag = load(web.refresh_read_session())
        return render_template(
            "checkout/changed.html", bag=bag, changed=changed.data, return_path=wish.return_path
        ), 409
    except ShopError as problem:
        return _refused(problem, url_for("cart.bag", to=data.to))


@bp.post("/now")
@policy(PUBLIC)
def buy_now() -> ResponseReturnValue:
    """Pay one thing at once; the bag is left alone."""
    actor, data = acting(), read_input(BuyNow)
    currency = web.settings().default_currency

    def load(session: Session) -> BagView:
        bag = load_single(
            session,
            actor,
            sku=data.variant_id,
            quantity=data.quantity,
            source_ref=data.source_ref or None,
            currency=currency,
            to=data.to,
        )
        require(bool(bag.lines), NotFound)
        return bag

    def seen(bag: BagView) -> tuple[Money, Money] | None:
        unit = bag.lines[0].unit
        if data.seen_amount is None or unit is None or unit.amount == data.seen_amount:
            return None
        return Money(data.seen_amount, currency), unit

    wish = _wish(actor, load, seen, data)
    try:
        return _to_payment(wish)
    except PriceChanged as changed:
        if web.wants_json():
            raise
        bag = load(web.refresh_read_session())
        page = render_template(
            "checkout/changed_one.html",
            bag=bag,
            line=bag.lines[0],
            changed=changed.data,
            wanted=data,
            back=wish.return_path,
        )
        return page, 409
    except ShopError as problem:
        return _refused(problem, wish.return_path if wish.return_path != "/" else url_for("cart.bag"))


def _wish(actor: Actor, load: object, seen: object, data: PayBag | BuyNow) -> Wish:
    check_rate(LIMIT, "checkout", actor.account_id or actor.guest_key or "")
    return Wish(
        buyer=actor,
        load=load,  # type: ignore[arg-type]  # the two closures above
        seen=seen,  # type: ignore[arg-type]
        seen_amount=data.seen_total if isinstance(data, PayBag) else data.seen_amount,
        return_path=web.local_path(data.return_path, "/"),
        base_url=web.settings().public_url or request.url_root.rstrip("/"),
    )


def _to_payment(wish: Wish) -> ResponseReturnValue:
    payment = begin(wish)
    address = payment_address(payment.page_url)
    if web.wants_json():
        return jsonify(ok=True, url=address)
    return redirect(address, 303)


def payment_address(page_url: str) -> str:
    """Where the shopper pays. The sandbox lives on our own port, so whatever name the shopper used for us is right."""
    if not web.settings().uses_sandbox:
        return page_url
    parts = urlsplit(page_url)
    return urlunsplit(("", "", parts.path, parts.query, parts.fragment))


def _refused(problem: ShopError, back: str) -> ResponseReturnValue:
    """People go back to where they were with a sentence, nothing charged; programs get the error."""
    expected = isinstance(problem, (Conflict, PaymentUnavailable, ProviderError, RateLimited))
    expected = expected or (isinstance(problem, InvalidInput) and not problem.fields)
    if web.wants_json() or not expected:
        raise problem
    flash(error_text(problem), "error")
    return redirect(back, 303)


@bp.get("/done")
@policy(PUBLIC)
def done() -> ResponseReturnValue:
    """Back from the payment page. Its word counts for nothing: we ask the provider ourselves."""
    session_ref = request.args.get("session_id", "")[:200]
    payment = find_payment(web.read_session(), session_ref=session_ref)
    if payment is None:
        raise NotFound
    try:
        if web.wants_json():
            check_rate(POLL_LIMIT, "payment-poll", payment.id)
        finish_payment(session_ref)
    except (ProviderError, RateLimited) as problem:
        log.info("payment not confirmed yet", payment=payment.id, reason=problem.code)
    session = web.refresh_read_session()
    order = load_order_view(session, order_id=payment.order_id)
    if web.wants_json():
        return jsonify(ok=True, done=order.state is not OrderState.PAYING, url=request.full_path)
    row = get_order(session, order.id)
    is_mine = can_see_order(web.actor(), row)
    home = home_of(session, row) if is_mine else None
    if home is not None and order.state is not OrderState.PAYING:
        return redirect(home, 303)  # The page it was paid from says how it went.
    return render_template("checkout/done.html", order=order, is_mine=is_mine, order_url=order_path(order))


@bp.get("/cancelled")
@policy(PUBLIC)
def cancelled() -> ResponseReturnValue:
    """The shopper left the payment page: close it, give the stock back, return to the bag as it was."""
    order_id = order_of_token(request.args.get("order", "")[:200])
    try:
        abandon(order_id, reason="left")
    except ProviderError:
        session = web.read_session()
        home = home_of(session, get_order(session, order_id))
        flash(
            gettext("You left the payment page.") if home else gettext("You left the payment page. Your bag is safe.")
        )
        return redirect(home or url_for("cart.bag"), 303)
    with db.unit_of_work() as session:
        order, payment = get_order(session, order_id), payment_of(session, order_id)
        home = home_of(session, order)
        if home is None:
            keep_in_bag(session, order)
    if order.state in {OrderState.PAID, OrderState.REFUNDED} or payment.paid_at is not None:
        return redirect(url_for("checkout.done", session_id=payment.session_ref), 303)
    flash(gettext("Nothing was charged."))
    if home is not None:
        return redirect(home, 303)
    back = order.return_path if order.return_path.startswith("/live/") else None
    return redirect(url_for("cart.bag", to=order.country_group, back=back), 303)
