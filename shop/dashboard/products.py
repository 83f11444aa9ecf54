"""Products: the table, the editor, pictures. Everybody of the brand looks, owner and producer change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalog import service
from shop.catalog.listing import ProductFilter, list_products
from shop.catalog.models import PRODUCT_MOVES, Product, ProductStatus, Variant, VariantPrice
from shop.catalog.policy import can_edit_products
from shop.catalog.queries import ProductView, get_product, load_product_view, lowest_prices
from shop.core import clock, db, ratelimit, web
from shop.core.actor import Role
from shop.core.amounts import typed
from shop.core.errors import InvalidInput, NotFound, ShopError
from shop.core.forms import parse_form
from shop.core.i18n import error_text, gettext, pick
from shop.core.money import EXPONENTS, Money
from shop.core.policy import ANY_ROLE, crew, policy
from shop.dashboard import nav
from shop.dashboard.product_forms import (
    AltForm,
    ListForm,
    MoveForm,
    NewProductForm,
    StatusForm,
    read_edit,
    value_lines,
)
from shop.inventory.queries import levels, sold_since
from shop.media import service as media

bp = Blueprint("products", __name__, url_prefix="/dashboard/<brand_slug>/products")
EDITORS = crew(Role.OWNER, Role.PRODUCER)
SOLD_WINDOW = timedelta(days=30)
UPLOAD_LIMIT = "30/minute;500/day"


@bp.get("")
@policy(ANY_ROLE)
def index(brand_slug: str) -> str:
    """The table; search, filters, order and page are in the address."""
    form = parse_form(ListForm, request.args)
    session, brand_id, currency = web.read_session(), web.membership().brand_id, web.settings().default_currency
    wanted = ProductFilter(
        text=form.q,
        status=ProductStatus(form.status) if form.status else None,
        category=form.category,
        stock=form.stock,
        order=form.order,
        page=form.page,
    )
    page = list_products(session, brand_id=brand_id, wanted=wanted, currency=currency)

    def address(**changes: Any) -> str:
        """The same list with something changed; empty values leave the address."""
        values = {**form.model_dump(), "page": 1, **changes}
        kept = {
            name: value
            for name, value in values.items()
            if value not in {"", "newest"} and (name, value) != ("page", 1)
        }
        return url_for("products.index", brand_slug=brand_slug, **kept)

    return render_template(
        "dashboard/products/index.html",
        **nav.frame("products"),
        page=page,
        form=form,
        address=address,
        page_url=lambda number: address(page=number),
        sold=sold_since(session, [product.id for product in page.products], clock.now() - SOLD_WINDOW),
        can_edit=can_edit_products(web.actor(), brand_id),
        statuses=ProductStatus,
    )


@bp.get("/new")
@policy(EDITORS)
def new(brand_slug: str) -> str:
    """The first step of a product."""
    return render_template("dashboard/products/new.html", **nav.frame("products"), values={}, errors={}, problem=None)


@bp.post("")
@policy(EDITORS)
def create(brand_slug: str) -> ResponseReturnValue:
    """A draft with one variant; everything else follows in the editor."""
    try:
        form = parse_form(NewProductForm, request.form)
        with db.unit_of_work() as session:
            product = service.create_product(
                session,
                actor=web.actor(),
                brand_id=web.membership().brand_id,
                title={"en": form.title_en, "it": form.title_it},
                category=form.category,
            )
            sku = service.free_sku(session, product.slug.upper())
            service.save_variants(
                session,
                actor=web.actor(),
                product_id=product.id,
                options=[],
                variants=[service.VariantInput(sku=sku)],
            )
            slug = product.slug
    except InvalidInput as problem:
        body = render_template(
            "dashboard/products/new.html",
            **nav.frame("products"),
            values=request.form,
            errors=problem.fields,
            problem=error_text(problem),
        )
        return body, problem.http_status
    return redirect(url_for("products.editor", brand_slug=brand_slug, slug=slug), 303)


@bp.get("/<slug>")
@policy(ANY_ROLE)
def editor(brand_slug: str, slug: str) -> str:
    """The editor; read-only for those who may only look."""
    return _editor(slug)


@bp.post("/<slug>")
@policy(EDITORS)
def save(brand_slug: str, slug: str) -> ResponseReturnValue:
    """Texts, variants, prices, alt texts and status in one go: all of it, or nothing and the form again."""
    try:
        with db.unit_of_work() as session:
            product = _own(session, slug)
            _save(session, product)
    except ShopError as problem:
        if problem.http_status not in {409, 422}:
            raise
        return _editor(slug, problem), problem.http_status
    flash(gettext("Saved."))
    return redirect(url_for("products.editor", brand_slug=brand_slug, slug=slug), 303)


def _save(session: Session, product: Product) -> None:
    actor, edit = web.actor(), read_edit(request.form, product.options)
    texts = edit.texts
    service.update_product(
        session,
        actor=actor,
        product_id=product.id,
        title={"en": texts.title_en, "it": texts.title_it},
        description={"en": texts.description_en, "it": texts.description_it},
        category=texts.category,
    )
    service.save_variants(session, actor=actor, product_id=product.id, options=edit.options, variants=edit.variants)
    for image_id, alt in edit.alts.items():
        media.set_alt(session, brand_id=product.brand_id, image_id=image_id, alt=alt)
    service.set_status(session, actor=actor, product_id=product.id, status=texts.status)


@bp.post("/<slug>/duplicate")
@policy(EDITORS)
def duplicate(brand_slug: str, slug: str) -> ResponseReturnValue:
    """A draft that starts as a copy."""
    with db.unit_of_work() as session:
        copy = service.duplicate_product(session, actor=web.actor(), product_id=_own(session, slug).id)
        copy_slug = copy.slug
    flash(gettext("This is the copy. Its stock starts at zero."))
    return redirect(url_for("products.editor", brand_slug=brand_slug, slug=copy_slug), 303)


@bp.post("/status")
@policy(EDITORS)
def set_status(brand_slug: str) -> ResponseReturnValue:
    """One status for the selected products: all of them, or none and the reason."""
    form = parse_form(StatusForm, request.form)
    with db.unit_of_work() as session:
        for product_id in sorted(form.product_ids):
            product = get_product(session, product_id, brand_id=web.membership().brand_id)
            service.set_status(session, actor=web.actor(), product_id=product.id, status=form.status)
    flash(gettext("Done."))
    return redirect(url_for("products.index", brand_slug=brand_slug), 303)


@bp.get("/<slug>/pictures/new")
@policy(EDITORS)
def new_picture(brand_slug: str, slug: str) -> str:
    """Choose a picture and say what it shows."""
    return _picture_page(slug)


@bp.post("/<slug>/pictures")
@policy(EDITORS)
def add_picture(brand_slug: str, slug: str) -> ResponseReturnValue:
    """Take in one picture; its alt text is required in both languages."""
    try:
        _add_picture(slug)
    except ShopError as problem:
        if problem.http_status not in {413, 422}:
            raise
        return _picture_page(slug, problem), problem.http_status
    return redirect(url_for("products.editor", brand_slug=brand_slug, slug=slug, _anchor="pictures"), 303)


def _add_picture(slug: str) -> None:
    actor, brand_id = web.actor(), web.membership().brand_id
    ratelimit.check_rate(UPLOAD_LIMIT, "picture", actor.account_id or "")
    form = parse_form(AltForm, request.form)
    product_id = get_product(web.read_session(), slug=slug, brand_id=brand_id).id
    file = request.files.get("picture")
    if file is None:
        raise InvalidInput(fields={"picture": gettext("Choose a picture.")})
    prepared = media.prepare(file.read())
    with db.unit_of_work() as session:
        image = media.add_image(
            session, brand_id=brand_id, prepared=prepared, alt={"en": form.alt_en, "it": form.alt_it}
        )
        service.add_product_image(session, actor=actor, product_id=product_id, image_id=image.id)


@bp.post("/<slug>/pictures/order")
@policy(EDITORS)
def move_picture(brand_slug: str, slug: str) -> ResponseReturnValue:
    """Move a picture one place, or take it off the product."""
    act, _, image_id = parse_form(MoveForm, request.form).act.partition(":")
    with db.unit_of_work() as session:
        product = _own(session, slug)
        if act == "remove":
            service.remove_product_image(session, actor=web.actor(), product_id=product.id, image_id=image_id)
        else:
            service.move_product_image(
                session, actor=web.actor(), product_id=product.id, image_id=image_id, places=1 if act == "down" else -1
            )
    return redirect(url_for("products.editor", brand_slug=brand_slug, slug=slug, _anchor="pictures"), 303)


def _own(session: Session, slug: str) -> Product:
    return get_product(session, slug=slug, brand_id=web.membership().brand_id)


def own_view(slug: str) -> ProductView:
    """A product of the brand named by the route; another brand's is NotFound."""
    view = load_product_view(web.read_session(), slug=slug, currency=web.settings().default_currency)
    if view.brand.id != web.membership().brand_id:
        raise NotFound
    return view


def _picture_page(slug: str, problem: ShopError | None = None) -> str:
    errors = problem.fields if isinstance(problem, InvalidInput) else {}
    return render_template(
        "dashboard/products/picture.html",
        **nav.frame("products"),
        product=own_view(slug),
        values=request.form,
        errors=errors,
        problem=error_text(problem) if problem else None,
    )


def _editor(slug: str, problem: ShopError | None = None) -> str:
    """The page; after a refusal with what was typed. `form` is empty on the first look."""
    session = web.refresh_read_session()
    product = own_view(slug)
    brand_id = product.brand.id
    can_edit = can_edit_products(web.actor(), brand_id)
    prices = _prices(session, product)
    shown = _currencies(prices)
    sold = sold_since(session, [product.id], clock.now() - SOLD_WINDOW)
    return render_template(
        "dashboard/products/editor.html",
        **nav.frame("products"),
        product=product,
        form=request.form if problem else None,
        rows=_rows(product, prices, shown),
        options=_option_rows(product),
        currencies=shown,
        more_currencies=[currency for currency in EXPONENTS if currency not in shown],
        levels=levels(session, [variant.id for variant in product.variants]),
        lows={currency: _low(session, product, currency) for currency in shown},
        sold=sold.get(product.id, 0),
        statuses=[product.status, *sorted(PRODUCT_MOVES[product.status])],
        can_edit=can_edit,
        errors=_errors(problem),
        problem=error_text(problem) if problem else None,
    )


def _errors(problem: ShopError | None) -> dict[str, str]:
    if isinstance(problem, InvalidInput):
        return problem.fields
    return {"variants": error_text(problem)} if problem else {}


def _prices(session: Session, product: ProductView) -> dict[tuple[str, str], Money]:
    rows = session.execute(
        select(VariantPrice.variant_id, VariantPrice.price_currency, VariantPrice.price_amount)
        .join(Variant, Variant.id == VariantPrice.variant_id)
        .where(Variant.product_id == product.id)
    )
    return {(variant_id, currency): Money(amount, currency) for variant_id, currency, amount in rows}


def _currencies(prices: dict[tuple[str, str], Money]) -> list[str]:
    """The shop's own first, then those the product is sold in, then the one that was asked for."""
    used = {currency for _, currency in prices} | {request.args.get("currency", "")}
    own = web.settings().default_currency
    return [own, *(currency for currency in EXPONENTS if currency in used and currency != own)]


def _rows(product: ProductView, prices: dict[tuple[str, str], Money], currencies: list[str]) -> list[dict[str, Any]]:
    """The matrix: one row per active variant, as field names expect it."""
    return [
        {
            "variant": variant,
            "name": pick(variant.label) or pick(product.title),
            "choices": "|".join(variant.choices),
            "prices": {currency: typed(prices.get((variant.id, currency))) for currency in currencies},
        }
        for variant in product.variants
    ]


def _option_rows(product: ProductView) -> list[dict[str, str]]:
    """The options and one empty row for another, three at most."""
    rows = [
        {"en": option["name"].get("en", ""), "it": option["name"].get("it", ""), "values": value_lines(option)}
        for option in product.options
    ]
    return [*rows, {"en": "", "it": "", "values": ""}][:3]


def _low(session: Session, product: ProductView, currency: str) -> Money | None:
    active = {variant.id for variant in product.variants}
    lows = lowest_prices(session, product.id, currency, clock.now())
    mine = [low for variant_id, low in lows.items() if variant_id in active]
    return min(mine, key=lambda low: low.amount) if mine else None
