"""The bag: `/cart` and its lines. Everything works as plain forms; scripts ask for JSON."""

from __future__ import annotations

from typing import TypeVar

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.accounts.guests import acting
from shop.cart import service
from shop.cart.forms import AddLine, ChangeLine, RemoveLine
from shop.cart.queries import BagCount, count_bag, load_bag
from shop.core import db, web
from shop.core.errors import InvalidInput, ShopError
from shop.core.forms import Input, parse, parse_form
from shop.core.i18n import error_text, gettext
from shop.core.policy import PUBLIC, policy
from shop.core.ratelimit import check_rate
from shop.shipping.models import CountryGroup

bp = Blueprint("cart", __name__, url_prefix="/cart")
M = TypeVar("M", bound=Input)


@bp.get("")
@policy(PUBLIC)
def bag() -> ResponseReturnValue:
    """Prices and stock of this moment; what changed since the last look is told once."""
    actor, currency = web.actor(), web.settings().default_currency
    view = load_bag(web.read_session(), actor, currency, to=wished_destination())
    if view.changed:
        with db.unit_of_work() as session:
            service.note_seen(session, bag=view)
    back = web.local_path(request.args.get("back"), "")
    return render_template("cart/page.html", bag=view, back=back, hold_minutes=web.settings().hold_minutes)


def wished_destination() -> CountryGroup | None:
    """The group in the address, if it is one."""
    wished = request.args.get("to", "")
    return CountryGroup(wished) if wished in set(CountryGroup) else None


@bp.post("/lines")
@policy(PUBLIC)
def add_line() -> ResponseReturnValue:
    """Put something into the bag."""
    actor = acting()
    check_rate("60/minute", "bag", actor.account_id or actor.guest_key or "")
    data = read_input(AddLine)
    with db.unit_of_work() as session:
        count = service.add(
            session,
            actor=actor,
            sku=data.variant_id,
            quantity=data.quantity,
            currency=web.settings().default_currency,
            source_ref=data.source_ref or None,
        )
    if web.wants_json():
        return bag_json(count)
    flash(gettext("In your bag"))
    back = web.local_path(data.return_path, "")
    return redirect(url_for("cart.bag", back=back or None), 303)


@bp.post("/lines/<line_id>")
@policy(PUBLIC)
def change_line(line_id: str) -> ResponseReturnValue:
    """Set a quantity; the plus and minus buttons are submit buttons that carry the new number."""
    data = read_input(ChangeLine)
    with db.unit_of_work() as session:
        service.change_quantity(session, actor=web.actor(), line_id=line_id, quantity=data.quantity)
    return _to_bag(data.to)


@bp.post("/lines/<line_id>/remove")
@policy(PUBLIC)
def remove_line(line_id: str) -> ResponseReturnValue:
    data = read_input(RemoveLine)
    with db.unit_of_work() as session:
        service.remove(session, actor=web.actor(), line_id=line_id)
    return _to_bag(data.to)


def _to_bag(to: CountryGroup | None) -> ResponseReturnValue:
    if web.wants_json():
        session = web.refresh_read_session()
        return bag_json(count_bag(session, web.actor(), web.settings().default_currency))
    return redirect(url_for("cart.bag", to=to), 303)


def bag_json(count: BagCount) -> ResponseReturnValue:
    return jsonify(ok=True, bag={"count": count.count, "total": count.total.as_json()})


def read_input(model: type[M]) -> M:
    """A posted form, or the same fields as JSON."""
    if request.is_json:
        return parse(model, request.get_json(silent=True))
    return parse_form(model, request.form)


def bag_count() -> int:
    """For the number on every page's bag; 0 for a browser that never put anything in."""
    actor = web.actor()
    if actor.is_guest and actor.guest_key is None:
        return 0
    return count_bag(web.read_session(), actor, web.settings().default_currency).count


@bp.errorhandler(ShopError)
def refused(error: ShopError) -> ResponseReturnValue:
    """People go back to their bag with a sentence; programs get the error."""
    if web.wants_json() or request.method == "GET" or error.http_status not in {404, 409, 422}:
        return web.error_answer(error)
    if isinstance(error, InvalidInput) and error.fields:
        return web.error_answer(error)
    flash(error_text(error), "error")
    return redirect(url_for("cart.bag"), 303)
