"""The offer composer's form, and what it says as an offer's terms."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shop.catalog.queries import VariantView
from shop.checkout.placing import MAXIMUM_PIECES
from shop.core.amounts import read_amount
from shop.core.errors import InvalidInput, ShopError
from shop.core.forms import Identifier, Input, check_line, check_text
from shop.core.i18n import error_text, gettext
from shop.core.money import Money
from shop.messaging.forms import ClientKey
from shop.offers.forms import MINUTES
from shop.offers.models import MOST_UNITS
from shop.offers.terms import Terms, discounted
from shop.shipping.models import CountryGroup

Typed = Annotated[str, StringConstraints(strip_whitespace=True, max_length=12), AfterValidator(check_line)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80), AfterValidator(check_line)]

# Beside which field a service's refusal stands; the rest stands on top.
PLACES = {
    "below_limit": "value",
    "above_list_price": "value",
    "price_changed": "value",
    "not_on_sale": "variant_id",
    "sold_out": "quantity",
}
RENAMED = {"price": "value", "valid_for": "minutes", "shipping": "shipping_price"}


class OfferForm(Input):
    """`value` is read as `way` says: a price, percent or an amount off; empty is the price of the moment."""

    client_key: ClientKey
    q: Words = ""
    product: Words = ""
    variant_id: Words = ""
    quantity: Annotated[int, Field(ge=1, le=MAXIMUM_PIECES)] = 1
    way: Literal["price", "percent", "amount"] = "price"
    value: Typed = ""
    to: CountryGroup = CountryGroup.HOME
    shipping: Literal["usual", "free", "own"] = "usual"
    shipping_price: Typed = ""
    minutes: MINUTES = 60
    holds_stock: Literal["yes"] | None = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(check_text)] = ""
    also: Annotated[list[Identifier], Field(max_length=MOST_UNITS - 1)] = []
    units: Annotated[int, Field(ge=1, le=MOST_UNITS)] = 1
    instead_of: Words = ""


def terms_of(form: OfferForm, variant: VariantView | None) -> Terms:
    """Raises InvalidInput with a sentence per field."""
    if variant is None or variant.price is None:
        raise InvalidInput(fields={"variant_id": gettext("Choose what you offer.")})
    return Terms(
        variant_id=variant.id,
        unit=_unit(form, variant.price),
        quantity=form.quantity,
        shipping=_shipping(form, variant.price.currency),
        to=form.to,
        valid_for=timedelta(minutes=form.minutes),
        holds_stock=form.holds_stock == "yes",
    )


def _unit(form: OfferForm, base: Money) -> Money:
    if not form.value:
        return base
    if form.way == "percent":
        digits = form.value.removesuffix("%").strip()
        percent = int(digits) if digits.isdecimal() and digits.isascii() else 0
        if not 1 <= percent <= 99:
            raise InvalidInput(fields={"value": gettext("A whole number from 1 to 99, please.")})
        return discounted(base, percent=percent)
    amount = Money(_amount(form.value, base.currency, "value"), base.currency)
    return amount if form.way == "price" else discounted(base, off=amount)


def _shipping(form: OfferForm, currency: str) -> Money | None:
    if form.shipping == "usual":
        return None
    if form.shipping == "free":
        return Money.zero(currency)
    return Money(_amount(form.shipping_price, currency, "shipping_price"), currency)


def _amount(text: str, currency: str, field: str) -> int:
    amount = read_amount(text, currency)
    if amount is None:
        raise InvalidInput(fields={field: gettext("An amount like 89.00, please.")})
    return amount


def errors_of(problem: ShopError) -> dict[str, str]:
    """A sentence per field of the composer; empty when it is about the whole."""
    if isinstance(problem, InvalidInput) and problem.fields:
        return {RENAMED.get(name, name): gettext(sentence) for name, sentence in problem.fields.items()}
    place = PLACES.get(problem.code)
    return {place: error_text(problem)} if place else {}
