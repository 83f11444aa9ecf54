"""A brand's orders: the table, one order, shipping it, and the table as CSV. Owners, producers and support."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from pydantic import StringConstraints
from sqlalchemy.orm import Session

from shop.core import clock, db, web
from shop.core.errors import InvalidInput, NotAllowed, NotFound, ShopError, require
from shop.core.forms import Input, Line, OptionalLine, parse_form
from shop.core.i18n import error_text, gettext
from shop.core.policy import crew, policy
from shop.dashboard import nav
from shop.dashboard.sheets import safe_cell
from shop.orders import service
from shop.orders.policy import ORDER_ROLES, can_see_brand_orders
from shop.orders.queries import TABS, OrderView, PartView, count_to_ship, list_parts, load_order_view

bp = Blueprint("brand_orders", __name__, url_prefix="/dashboard/<brand_slug>/orders")
SELLERS = crew(*ORDER_ROLES)
LONGEST_SEARCH = 80
LAST_PAGE = 10_000
EXPORT_ROWS = 5_000


class ShipForm(Input):
    """How a parcel left."""

    carrier: Annotated[Line, StringConstraints(max_length=60)]
    tracking_number: Annotated[OptionalLine, StringConstraints(max_length=80)] = ""
    tracking_url: Annotated[OptionalLine, StringConstraints(max_length=300)] = ""


class NothingForm(Input):
    """A button."""


@bp.get("")
@policy(SELLERS)
def index(brand_slug: str) -> str:
    """The table; tab, search and page are in the address."""
    _check()
    tab, search, page = _view()
    found = list_parts(web.read_session(), brand_id=web.membership().brand_id, tab=tab, search=search, page=page)

    def address(to_page: int) -> str:
        return url_for("brand_orders.index", brand_slug=brand_slug, tab=tab, q=search or None, page=to_page)

    return render_template(
        "dashboard/orders/list.html",
        **nav.frame("orders"),
        found=found,
        tab=tab,
        search=search,
        address=address,
        today=clock.now().date(),
    )


def _view() -> tuple[str, str, int]:
    """Tab, search and page of the address; nonsense is the first page of everything."""
    tab = request.args.get("tab", "all")
    search = "".join(character for character in request.args.get("q", "") if character.isprintable())
    page = request.args.get("page", "1")
    number = int(page) if page.isdecimal() and page.isascii() and len(page) <= 5 else 1
    return tab if tab in TABS else "all", search.strip()[:LONGEST_SEARCH], max(1, min(number, LAST_PAGE))


def _check() -> None:
    require(can_see_brand_orders(web.actor(), web.membership().brand_id), NotAllowed)


@bp.get("/export.csv")
@policy(SELLERS)
def export(brand_slug: str) -> Response:
    """The rows of the current view, one line of goods each, for a spreadsheet."""
    _check()
    tab, search, _ = _view()
    found = list_parts(
        web.read_session(),
        brand_id=web.membership().brand_id,
        tab=tab,
        search=search,
        per_page=EXPORT_ROWS,
    )
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["order", "paid_at", "state", "name", "email", "address", "postal_code", "city", "country", "sku", "title"]
        + ["quantity", "unit_price", "currency", "carrier", "tracking_number"]
    )
    for row in found.rows:
        for cells in _export_rows(row.order, row.part):
            writer.writerow([safe_cell(cell) for cell in cells])
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="orders-{brand_slug}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _export_rows(order: OrderView, part: PartView) -> list[list[object]]:
    to = order.ship_to
    head = [
        part.label,
        clock.iso(order.paid_at) if order.paid_at else "",
        str(part.state),
        to.get("name", ""),
        order.email,
        " ".join(filter(None, (to.get("line1"), to.get("line2")))),
        to.get("postal_code", ""),
        to.get("city", ""),
        to.get("country", ""),
    ]
    return [
        [*head, line.sku, line.title.get("en", ""), line.quantity, line.unit.amount, line.unit.currency]
        + [part.carrier, part.tracking_number]
        for line in part.lines
    ]


@bp.get("/<int(max=999999999):number>")
@policy(SELLERS)
def show(brand_slug: str, number: int) -> str:
    """What this brand has to send of one order, and to whom."""
    return _page(number)


def _page(number: int, errors: dict[str, str] | None = None, problem: str = "", part_id: str = "") -> str:
    _check()
    order, parts = _load(web.refresh_read_session(), number)
    return render_template(
        "dashboard/orders/page.html",
        **nav.frame("orders"),
        order=order,
        parts=parts,
        errors=errors or {},
        problem=problem,
        wrong_part=part_id,
        values=request.form,
    )


def _load(session: Session, number: int) -> tuple[OrderView, tuple[PartView, ...]]:
    """The order and this brand's parts of it; without any it does not exist here, nor before it was paid."""
    order = load_order_view(session, number=number)
    parts = order.of_brand(web.membership().brand_id)
    require(bool(parts) and order.paid_at is not None, NotFound)
    return order, parts


@bp.post("/<int(max=999999999):number>/<part_id>/ship")
@policy(SELLERS)
def ship(brand_slug: str, number: int, part_id: str) -> Any:
    """The parcel left; the shopper gets a mail."""
    _check_part(number, part_id)
    try:
        form = parse_form(ShipForm, request.form)
        with db.unit_of_work() as session:
            service.ship_part(
                session,
                actor=web.actor(),
                part_id=part_id,
                carrier=form.carrier,
                tracking_number=form.tracking_number,
                tracking_url=form.tracking_url,
            )
    except ShopError as error:
        fields = error.fields if isinstance(error, InvalidInput) else {}
        if web.wants_json() or error.http_status not in {409, 422}:
            raise
        return _page(number, fields, "" if fields else error_text(error), part_id), error.http_status
    flash(gettext("Marked as shipped. The shopper gets a mail."))
    return redirect(url_for("brand_orders.show", brand_slug=brand_slug, number=number), 303)


@bp.post("/<int(max=999999999):number>/<part_id>/deliver")
@policy(SELLERS)
def deliver(brand_slug: str, number: int, part_id: str) -> Any:
    """The parcel arrived."""
    parse_form(NothingForm, request.form)
    _check_part(number, part_id)
    with db.unit_of_work() as session:
        service.deliver_part(session, actor=web.actor(), part_id=part_id)
    flash(gettext("Marked as delivered."))
    return redirect(url_for("brand_orders.show", brand_slug=brand_slug, number=number), 303)


def _check_part(number: int, part_id: str) -> PartView:
    """A part that is not this brand's does not exist here."""
    _check()
    _, parts = _load(web.read_session(), number)
    found = next((part for part in parts if part.id == part_id), None)
    require(found is not None, NotFound)
    assert found is not None
    return found


def waiting(brand_id: str) -> int:
    """For the sidebar: parcels to pack."""
    return count_to_ship(web.read_session(), brand_id)
