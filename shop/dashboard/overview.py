"""The first page of a brand: what is on, what was earned, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from shop.catalog.listing import ProductFilter, ProductPage, list_products
from shop.catalog.models import ProductStatus
from shop.catalog.policy import can_edit_products
from shop.core import clock, i18n, web
from shop.core.actor import Actor
from shop.core.i18n import gettext, ngettext
from shop.core.money import Money
from shop.core.policy import ANY_ROLE, SIGNED_IN, policy
from shop.dashboard import nav
from shop.orders.policy import can_see_brand_orders
from shop.orders.queries import PartPage, list_parts, paid_between
from shop.shipping.queries import all_rates
from shop.storefront import slots
from shop.storefront.slots import Streams

bp = Blueprint("dashboard", __name__, url_prefix="/dashboard")
PERIOD = timedelta(days=7)
ORDERS_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One tile: a figure and the sentence beside it. `change` is whole percent against the period before."""

    label: str
    value: str
    note: str
    change: int | None = None


@dataclass(frozen=True, kw_only=True)
class Todo:
    """One thing that waits for somebody."""

    icon: str
    label: str
    note: str
    url: str


@bp.get("")
@policy(SIGNED_IN)
def pick() -> ResponseReturnValue:
    """Straight to the only brand, else a choice; somebody without a brand may open one."""
    memberships = web.actor().memberships
    if len(memberships) == 1:
        return redirect(url_for("dashboard.overview", brand_slug=memberships[0].brand_slug), 303)
    return render_template("dashboard/pick.html", memberships=memberships)


@bp.get("/<brand_slug>")
@policy(ANY_ROLE)
def overview(brand_slug: str) -> str:
    """Everything here is read from the database at this moment."""
    session, currency, actor = web.read_session(), web.settings().default_currency, web.actor()
    brand_id = web.membership().brand_id
    streams = slots.load_streams(session, currency, brand_id)
    low = list_products(
        session, brand_id=brand_id, wanted=ProductFilter(status=ProductStatus.ACTIVE, stock="low"), currency=currency
    )
    parts = (
        list_parts(session, brand_id=brand_id, tab="to_ship", per_page=ORDERS_SHOWN)
        if can_see_brand_orders(actor, brand_id)
        else None
    )
    return render_template(
        "dashboard/overview.html",
        **nav.frame("overview"),
        greeting=greeting(),
        streams=streams,
        next_stream=next(iter([*streams.live, *streams.upcoming]), None),
        figures=figures(session, brand_id, currency) if parts is not None else [],
        todos=todos(
            session, actor=actor, brand_slug=brand_slug, brand_id=brand_id, streams=streams, low=low, parts=parts
        ),
        parts=parts,
        can_edit=can_edit_products(actor, brand_id),
        product_count=sum(low.by_status.values()),
    )


def greeting() -> str:
    """By the hour where the person is."""
    name = web.actor().display_name.split(" ")[0]
    hour = i18n.local_hour()
    if hour < 12:
        return str(gettext("Good morning, %(name)s", name=name))
    if hour < 18:
        return str(gettext("Good afternoon, %(name)s", name=name))
    return str(gettext("Good evening, %(name)s", name=name))


def figures(session: Session, brand_id: str, currency: str) -> list[Figure]:
    """Paid orders of the last seven days beside the seven before. GMV is goods only, shipping not counted."""
    now = clock.now()
    orders, gmv = paid_between(session, brand_id=brand_id, since=now - PERIOD, until=now, currency=currency)
    before, gmv_before = paid_between(
        session, brand_id=brand_id, since=now - 2 * PERIOD, until=now - PERIOD, currency=currency
    )
    average = Money(gmv.amount // orders, currency) if orders else Money.zero(currency)
    last = gettext("last 7 days")
    return [
        Figure(label=gettext("GMV"), value=i18n.money(gmv), note=last, change=_change(gmv.amount, gmv_before.amount)),
        Figure(label=gettext("Orders"), value=i18n.number(orders), note=last, change=_change(orders, before)),
        Figure(label=gettext("Average order"), value=i18n.money(average), note=last),
    ]


def _change(now: int, before: int) -> int | None:
    """Whole percent towards zero; nothing is said when there is nothing to compare with."""
    return int((now - before) * 100 / before) if before else None


def todos(
    session: Session,
    *,
    actor: Actor,
    brand_slug: str,
    brand_id: str,
    streams: Streams,
    low: ProductPage,
    parts: PartPage | None,
) -> list[Todo]:
    """What waits, most pressing first."""
    found = []
    if parts is not None and parts.counts["to_ship"]:
        count = parts.counts["to_ship"]
        found.append(
            Todo(
                icon="package",
                label=ngettext("%(num)s order to ship", "%(num)s orders to ship", count),
                note=gettext("Paid and waiting for a parcel"),
                url=f"/dashboard/{brand_slug}/orders?tab=to_ship",
            )
        )
    found += [
        Todo(
            icon="triangle-alert",
            label=gettext("%(product)s is running low", product=i18n.pick(product.title)),
            note=ngettext("%(num)s left", "%(num)s left", product.left),
            url=url_for("stock.index", brand_slug=brand_slug, slug=product.slug),
        )
        for product in low.products[:3]
    ]
    if can_edit_products(actor, brand_id):
        found += _setup(session, brand_slug, brand_id, streams, low)
    return found


def _setup(session: Session, brand_slug: str, brand_id: str, streams: Streams, page: ProductPage) -> list[Todo]:
    """What a brand needs before its first sale."""
    steps = []
    if not page.by_status.get(ProductStatus.ACTIVE):
        steps.append(
            Todo(
                icon="box",
                label=gettext("Put a product on sale"),
                note=gettext("Nothing can be pinned yet"),
                url=url_for("products.index", brand_slug=brand_slug),
            )
        )
    if not all_rates(session, [brand_id], web.settings().default_currency):
        steps.append(
            Todo(
                icon="truck",
                label=gettext("Say what shipping costs"),
                note=gettext("Without a rate nobody can check out"),
                url=f"/dashboard/{brand_slug}/shipping",
            )
        )
    if not streams.live and not streams.upcoming:
        steps.append(
            Todo(
                icon="calendar",
                label=gettext("Schedule a stream"),
                note=gettext("Nothing is planned yet"),
                url=f"/dashboard/{brand_slug}/streams",
            )
        )
    return steps
