"""The product page."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from shop.catalog.models import ProductStatus
from shop.catalog.policy import can_see_products
from shop.catalog.queries import (
    ProductView,
    VariantView,
    active_product_ids,
    load_product_view,
    load_product_views,
)
from shop.core import clock, db, templating, web
from shop.core.errors import NotFound
from shop.core.forms import Input, OptionalLine, parse_form
from shop.core.i18n import gettext
from shop.core.policy import PUBLIC, SIGNED_IN, policy
from shop.inventory.waits import stop_waiting, wait_for, waiting_for
from shop.shipping.models import CountryGroup
from shop.shipping.queries import quote
from shop.storefront import slots

bp = Blueprint("product", __name__)

SIMILAR = 8
SCARCE_PIECES, SCARCE_SHARE = 20, 4


@dataclass(frozen=True, kw_only=True)
class StockNote:
    """What the page says about stock: nothing unless it is scarce, a quarter or 20 pieces (DESIGN section 3)."""

    left: int
    total: int

    @property
    def is_shown(self) -> bool:
        return self.left > 0 and (self.left <= SCARCE_PIECES or self.left * SCARCE_SHARE <= self.total)


class WaitForm(Input):
    """The SKU to wait for, or to stop waiting for."""

    wait: OptionalLine = ""
    stop: OptionalLine = ""


@bp.get("/p/<slug>")
@policy(PUBLIC)
def page(slug: str) -> ResponseReturnValue:
    """A product on sale; its brand's people see drafts, too. At most four statements for a guest."""
    session, currency = web.read_session(), web.settings().default_currency
    product = load_product_view(session, slug=slug, currency=currency)
    if product.status is ProductStatus.ARCHIVED:
        return gone(product)
    is_draft = product.status is ProductStatus.DRAFT
    if is_draft and not can_see_products(web.actor(), product.brand.id):
        raise NotFound
    sold_out = [] if is_draft else [variant for variant in product.variants if variant.sold_out]
    live = None if is_draft else slots.find_live(session, product.id)
    shown = templating.kept_view(
        "storefront/_product.html",
        late={"csrf_token": generate_csrf(), "server_now": clock.iso(clock.now())},
        product=product,
        picked=picked_variant(product, request.args.get("variant", "")),
        is_draft=is_draft,
        now_strip=live,
        shipping=quote(session, [product.brand.id], CountryGroup.HOME, currency)[product.brand.id],
        stock=StockNote(left=product.left, total=product.total),
        source_ref=source_ref(product),
        tax_note=tax_note(currency),
    )
    meta = templating.kept_view(
        "storefront/_product_meta.html",
        late={},
        product=product,
        base_url=web.settings().base_url,
        is_draft=is_draft,
    )
    return render_template(
        "storefront/product.html",
        product=product,
        shown=shown,
        meta=meta,
        sold_out=sold_out,
        waited=waiting_for(session, actor=web.actor(), variant_ids=[variant.id for variant in sold_out]),
    )


@bp.post("/p/<slug>/waits")
@policy(SIGNED_IN)
def wait(slug: str) -> ResponseReturnValue:
    """Tell me when it is back, or not any more."""
    form = parse_form(WaitForm, request.form)
    product = load_product_view(web.read_session(), slug=slug, currency=web.settings().default_currency)
    variant = product.variant(form.wait or form.stop)
    if variant is None:
        raise NotFound
    change = wait_for if form.wait else stop_waiting
    with db.unit_of_work() as session:
        change(session, actor=web.actor(), variant_id=variant.id)
    flash(gettext("We will tell you when it is back.") if form.wait else gettext("We will not tell you."))
    return redirect(f"{url_for('product.page', slug=slug)}#back", 303)


def gone(product: ProductView) -> ResponseReturnValue:
    """410: it was sold once; what the brand sells today may do as well."""
    session, currency = web.read_session(), web.settings().default_currency
    ids = active_product_ids(session, brand_id=product.brand.id, limit=SIMILAR)
    similar = load_product_views(session, ids, currency)
    body = render_template("storefront/product_gone.html", product=product, similar=similar)
    return current_app.make_response((body, 410))


def picked_variant(product: ProductView, sku: str) -> VariantView | None:
    """The one that was asked for, else the first that can be bought, else the first."""
    asked = product.variant(sku)
    if asked is not None and not asked.sold_out:
        return asked
    can_buy = [variant for variant in product.variants if not variant.sold_out]
    return next(iter([*can_buy, *product.variants]), None)


def source_ref(product: ProductView) -> str:
    """The pin whose live price the page shows, so that its stream is credited."""
    refs = [variant.quote.source_ref for variant in product.variants if variant.quote and variant.quote.source_ref]
    return refs[0] if refs else ""


def tax_note(currency: str) -> str:
    """Which of the catalogue's sentences about tax is true: American prices come without, all others with tax."""
    return "without" if currency == "USD" else "included"
