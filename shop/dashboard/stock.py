"""Stock of one product: the counters, a change with its reason, and the ledger as it was written."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.core import db, web
from shop.core.actor import Role
from shop.core.errors import InvalidInput, ShopError
from shop.core.forms import parse_form
from shop.core.i18n import error_text, gettext
from shop.core.policy import ANY_ROLE, crew, policy
from shop.dashboard import nav
from shop.dashboard.product_forms import StockForm
from shop.dashboard.products import own_view
from shop.inventory import service
from shop.inventory.policy import can_change_stock
from shop.inventory.queries import levels, list_entries

bp = Blueprint("stock", __name__, url_prefix="/dashboard/<brand_slug>/products/<slug>/stock")
CHANGES: dict[str, Callable[..., None]] = {
    "received": service.receive,
    "adjusted": service.adjust,
    "returned": service.take_back,
}


@bp.get("")
@policy(ANY_ROLE)
def index(brand_slug: str, slug: str) -> str:
    """Counters and history; the form for those who may change stock."""
    return _page(slug)


@bp.post("")
@policy(crew(Role.OWNER, Role.PRODUCER))
def change(brand_slug: str, slug: str) -> ResponseReturnValue:
    """One change: received, corrected or taken back."""
    try:
        form = parse_form(StockForm, request.form)
        if own_view(slug).variant_of(form.variant_id) is None:
            raise InvalidInput(fields={"variant_id": gettext("Choose one of the offered values.")})
        with db.unit_of_work() as session:
            CHANGES[form.kind](
                session, actor=web.actor(), variant_id=form.variant_id, quantity=form.quantity, reason=form.reason
            )
    except ShopError as problem:
        if problem.http_status not in {409, 422}:
            raise
        return _page(slug, problem), problem.http_status
    flash(gettext("Stock changed."))
    return redirect(url_for("stock.index", brand_slug=brand_slug, slug=slug), 303)


def _page(slug: str, problem: ShopError | None = None) -> str:
    session = web.refresh_read_session()
    product = own_view(slug)
    return render_template(
        "dashboard/products/stock.html",
        **nav.frame("products"),
        product=product,
        levels=levels(session, [variant.id for variant in product.variants]),
        entries=list_entries(session, product_id=product.id),
        can_change=can_change_stock(web.actor(), product.brand.id),
        values=request.form if problem else {},
        errors=problem.fields if isinstance(problem, InvalidInput) else {},
        problem=error_text(problem) if problem else None,
    )
