"""What sending a parcel costs: flat rates per group of countries. Everybody in the team reads, owners and producers change."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from shop.brands.queries import get_brand
from shop.core import db, web
from shop.core.actor import Role
from shop.core.amounts import read_amount, typed
from shop.core.errors import InvalidInput
from shop.core.forms import Input, OptionalLine, parse_form
from shop.core.i18n import gettext
from shop.core.money import Money
from shop.core.policy import ANY_ROLE, crew, policy
from shop.dashboard import nav
from shop.shipping import service
from shop.shipping.models import CountryGroup
from shop.shipping.policy import can_set_rates
from shop.shipping.queries import all_rates

bp = Blueprint("brand_shipping", __name__, url_prefix="/dashboard/<brand_slug>/shipping")
EDITORS = crew(Role.OWNER, Role.PRODUCER)


class RatesForm(Input):
    """Amounts as people write them; empty: not delivered to."""

    home: OptionalLine = ""
    eu: OptionalLine = ""
    world: OptionalLine = ""


@bp.get("")
@policy(ANY_ROLE)
def index(brand_slug: str) -> str:
    return _page(_stored())


@bp.post("")
@policy(EDITORS)
def save(brand_slug: str) -> Any:
    """Replace the rates of the shop's currency."""
    currency = web.settings().default_currency
    try:
        form = parse_form(RatesForm, request.form)
        rates = _parse(form, currency)
    except InvalidInput as error:
        return _page({group: request.form.get(group, "")[:20] for group in CountryGroup}, error.fields), 422
    with db.unit_of_work() as session:
        service.set_rates(
            session, actor=web.actor(), brand_id=web.membership().brand_id, currency=currency, rates=rates
        )
    flash(gettext("Shipping rates saved."))
    return redirect(url_for("brand_shipping.index", brand_slug=brand_slug), 303)


def _stored() -> dict[str, str]:
    rates = all_rates(web.read_session(), [web.membership().brand_id], web.settings().default_currency)
    return {str(group): typed(rates.get((web.membership().brand_id, group))) for group in CountryGroup}


def _parse(form: RatesForm, currency: str) -> dict[CountryGroup, Money | None]:
    """Raises InvalidInput with a sentence per field."""
    rates: dict[CountryGroup, Money | None] = {}
    wrong: dict[str, str] = {}
    for group in CountryGroup:
        text: str = getattr(form, group.value)
        amount = read_amount(text, currency) if text else None
        if text and amount is None:
            wrong[group.value] = gettext("An amount like 4.90, please.")
        rates[group] = None if amount is None else Money(amount, currency)
    if wrong:
        raise InvalidInput(fields=wrong)
    return rates


def _page(values: dict[str, str], errors: dict[str, str] | None = None) -> str:
    membership = web.membership()
    return render_template(
        "dashboard/shipping.html",
        **nav.frame("shipping"),
        values=values,
        errors=errors or {},
        can_edit=can_set_rates(web.actor(), membership.brand_id),
        home=get_brand(web.read_session(), brand_id=membership.brand_id).country,
        currency=web.settings().default_currency,
    )
