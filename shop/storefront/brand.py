"""The brand's public page and the band that is drawn from its colour and mark."""

from __future__ import annotations

import base64
import re

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from shop.brands.models import Brand
from shop.brands.queries import get_brand
from shop.catalog.queries import ProductView, active_product_ids, load_product_views
from shop.core import clock, web
from shop.core.errors import NotFound
from shop.core.policy import PUBLIC, policy
from shop.media import storage
from shop.shipping.models import CountryGroup
from shop.shipping.queries import all_rates
from shop.storefront import slots

bp = Blueprint("brand", __name__)

TABS = ("shop", "live", "replays", "about")
SHOWN = 60
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


@bp.get("/b/<slug>")
@policy(PUBLIC)
def page(slug: str) -> ResponseReturnValue:
    """What is on air, what comes, what it sells, what can be watched again, who it is."""
    session, currency = web.read_session(), web.settings().default_currency
    brand = get_brand(session, slug=slug)
    tab = request.args.get("tab", "shop")
    if tab not in TABS:
        raise NotFound
    product_ids = active_product_ids(session, brand_id=brand.id, limit=SHOWN)
    rates = all_rates(session, [brand.id], currency)
    return render_template(
        "storefront/brand.html",
        brand=brand,
        tab=tab,
        products=_on_sale(load_product_views(session, product_ids, currency)) if tab == "shop" else [],
        product_count=len(product_ids),
        streams=slots.load_streams(session, currency, brand.id),
        rates={group: rates[brand.id, group] for group in CountryGroup if (brand.id, group) in rates},
        canonical=f"{web.settings().base_url}/b/{brand.slug}",
        base_url=web.settings().base_url,
        server_now=clock.now(),
    )


def _on_sale(products: list[ProductView]) -> list[ProductView]:
    """Those with a price in the shop's currency; what can be bought first."""
    return sorted((p for p in products if p.price_from is not None), key=lambda p: p.sold_out)


@bp.get("/b/<slug>/band.svg")
@policy(PUBLIC)
def band(slug: str) -> Response:
    """The cover band: the brand's colour with its mark as a pattern. Its address carries the colour, so it is cached."""
    brand = get_brand(web.read_session(), slug=slug)
    if _COLOUR.fullmatch(brand.accent) is None:
        abort(404)
    answer = Response(render_template("storefront/band.svg", accent=brand.accent, mark=_mark(brand)))
    answer.mimetype = "image/svg+xml"
    answer.headers["Cache-Control"] = "public, max-age=86400"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; img-src data:; style-src 'none'; sandbox"
    return answer


def _mark(brand: Brand) -> str:
    """The logo inside the drawing: a picture in a picture may not ask for another file."""
    file = storage.nearest(brand.logo_image_id, 160) if brand.logo_image_id else None
    return base64.b64encode(file.read_bytes()).decode() if file else ""
