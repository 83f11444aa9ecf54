"""Rules that no type can say: lengths, ranges, and what must not stand together.

Each has its page in Stripe's documentation and one test. A rule looks only at the parameters and the time; what
depends on an object's state is checked where that state changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shop.payments.providers.stripe.sandbox import money
from shop.payments.providers.stripe.sandbox.errors import ApiError, invalid, unmodelled

Params = dict[str, Any]
SESSION = "https://docs.stripe.com/api/checkout/sessions/create"
HALF_HOUR, DAY = 1800, 86_400
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")


@dataclass(frozen=True)
class Rule:
    """One rule: the operations it guards, where Stripe documents it, and what finds a breach."""

    name: str
    operations: tuple[str, ...]
    documentation: str
    check: Callable[[Params, int], ApiError | None]


RULES: list[Rule] = []


def rule(*operations: str, documentation: str) -> Callable[[Callable[[Params, int], ApiError | None]], Rule]:
    """Register a rule; its name is the function's."""

    def register(check: Callable[[Params, int], ApiError | None]) -> Rule:
        found = Rule(check.__name__, operations, documentation, check)
        RULES.append(found)
        return found

    return register


def check_rules(operation: str, params: Params, now: int) -> None:
    """Raises the first breach, in the order of this file."""
    for candidate in RULES:
        if operation in candidate.operations and (problem := candidate.check(params, now)):
            raise problem


@rule(
    "checkout.session.create",
    "checkout.session.update",
    "payment_intent.create",
    "customer.create",
    "refund.create",
    "webhook_endpoint.create",
    documentation="https://docs.stripe.com/api/metadata",
)
def metadata_is_small(params: Params, _now: int) -> ApiError | None:
    for at, metadata in _metadatas(params, ""):
        if len(metadata) > 50:
            return invalid("You can set up to 50 metadata keys.", param=at)
        for key, value in metadata.items():
            if len(key) > 40:
                return invalid("Metadata keys must be at most 40 characters long.", param=at)
            if len(value) > 500:
                return invalid("Metadata values can have up to 500 characters.", param=f"{at}[{key}]")
    return None


def _metadatas(params: Any, at: str) -> Iterator[tuple[str, dict[str, str]]]:
    if isinstance(params, list):
        for index, inner in enumerate(params):
            yield from _metadatas(inner, f"{at}[{index}]")
    if isinstance(params, dict):
        for key, inner in params.items():
            place = f"{at}[{key}]" if at else key
            if key == "metadata" and isinstance(inner, dict):
                yield place, inner
            else:
                yield from _metadatas(inner, place)


@rule("checkout.session.create", documentation=f"{SESSION}#create_checkout_session-mode")
def session_mode_is_given(params: Params, _now: int) -> ApiError | None:
    return None if params.get("mode") else invalid("You must provide `mode`.", param="mode")


@rule("checkout.session.create", documentation=f"{SESSION}#create_checkout_session-success_url")
def hosted_session_has_success_url(params: Params, _now: int) -> ApiError | None:
    if not params.get("success_url"):
        return invalid("You must provide `success_url` with `ui_mode=hosted_page`.", param="success_url")
    return None


@rule(
    "checkout.session.create",
    "payment_intent.create",
    "payment_intent.confirm",
    documentation="https://docs.stripe.com/error-codes#url-invalid",
)
def addresses_are_absolute(params: Params, _now: int) -> ApiError | None:
    for name in ("success_url", "cancel_url", "return_url"):
        if name in params and not _is_address(params[name]):
            return invalid("Not a valid URL", code="url_invalid", param=name)
    return None


@rule("webhook_endpoint.create", documentation="https://docs.stripe.com/api/webhook_endpoints/create")
def endpoint_address_is_absolute(params: Params, _now: int) -> ApiError | None:
    return None if _is_address(params["url"]) else invalid("Invalid URL", code="url_invalid", param="url")


def _is_address(text: str) -> bool:
    if len(text) > 5000 or re.search(r"[\s\x00-\x1f\\]", text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


@rule("checkout.session.create", documentation=f"{SESSION}#create_checkout_session-expires_at")
def expiry_is_half_an_hour_to_a_day_ahead(params: Params, now: int) -> ApiError | None:
    ahead = params.get("expires_at", now + DAY) - now
    if ahead < HALF_HOUR:
        return invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", param="expires_at"
        )
    if ahead > DAY:
        return invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", param="expires_at"
        )
    return None


@rule("checkout.session.create", documentation=f"{SESSION}#create_checkout_session-client_reference_id")
def client_reference_has_at_most_200_characters(params: Params, _now: int) -> ApiError | None:
    if len(params.get("client_reference_id", "")) > 200:
        return invalid("client_reference_id can have at most 200 characters.", param="client_reference_id")
    return None


@rule("checkout.session.create", documentation=f"{SESSION}#create_checkout_session-customer_email")
def customer_or_email_not_both(params: Params, _now: int) -> ApiError | None:
    if params.get("customer") and params.get("customer_email"):
        return invalid(
            "You may only specify one of these parameters: customer, customer_email.", param="customer_email"
        )
    return None


@rule("checkout.session.create", "customer.create", documentation="https://docs.stripe.com/error-codes#email-invalid")
def email_looks_like_one(params: Params, _now: int) -> ApiError | None:
    for name in ("customer_email", "email"):
        if name in params and params[name] and not is_email(params[name]):
            return invalid(f"Invalid email address: {params[name][:100]}", code="email_invalid", param=name)
    return None


def is_email(text: str) -> bool:
    return len(text) <= 512 and _EMAIL.fullmatch(text) is not None


@rule("checkout.session.create", documentation=f"{SESSION}#create_checkout_session-line_items")
def session_has_1_to_100_items(params: Params, _now: int) -> ApiError | None:
    if not 1 <= len(params.get("line_items") or []) <= 100:
        return invalid("You must provide from 1 to 100 line items in payment mode.", param="line_items")
    return None


@rule("checkout.session.create", documentation=f"{SESSION}#create_checkout_session-line_items-price_data")
def items_say_their_price(params: Params, _now: int) -> ApiError | None:
    for index, item in enumerate(params["line_items"]):
        at = f"line_items[{index}]"
        price = item.get("price_data")
        if not price:
            return unmodelled("line items without price_data", param=at)
        if "unit_amount" not in price or "product_data" not in price:
            return invalid("price_data needs unit_amount and product_data.", param=f"{at}[price_data]")
        if not 0 <= price["unit_amount"] <= money.MAXIMUM:
            return invalid("Invalid unit_amount: must be from 0 to 99999999.", param=f"{at}[price_data][unit_amount]")
        if not 1 <= item.get("quantity", 1) <= 999_999:
            return invalid("Invalid quantity: must be at least 1.", param=f"{at}[quantity]")
    return None


@rule("checkout.session.create", documentation="https://docs.stripe.com/api/products/create")
def products_have_a_name_and_at_most_8_images(params: Params, _now: int) -> ApiError | None:
    for index, item in enumerate(params["line_items"]):
        product, at = item["price_data"]["product_data"], f"line_items[{index}][price_data][product_data]"
        if not product["name"].strip():
            return invalid("You passed an empty string for name.", param=f"{at}[name]", code="parameter_invalid_empty")
        images = product.get("images") or []
        if len(images) > 8 or not all(_is_address(image) and len(image) <= 2048 for image in images):
            return invalid("images takes up to 8 absolute URLs of up to 2048 characters.", param=f"{at}[images]")
    return None


@rule("checkout.session.create", documentation=f"{SESSION}#create_checkout_session-currency")
def session_has_one_currency(params: Params, _now: int) -> ApiError | None:
    currencies = {item["price_data"]["currency"] for item in params["line_items"]}
    currencies |= {
        option["shipping_rate_data"]["fixed_amount"]["currency"]
        for option in params.get("shipping_options") or []
        if option.get("shipping_rate_data", {}).get("fixed_amount")
    }
    currencies |= {params["currency"]} if params.get("currency") else set()
    if len(currencies) > 1:
        return invalid(f"All prices must use one currency, not {', '.join(sorted(currencies))}.", param="line_items")
    return None


@rule("checkout.session.create", documentation=f"{SESSION}#create_checkout_session-shipping_options")
def at_most_5_shipping_options(params: Params, _now: int) -> ApiError | None:
    options = params.get("shipping_options") or []
    if len(options) > 5:
        return invalid("You can provide up to 5 shipping options.", param="shipping_options")
    for index, option in enumerate(options):
        rate, at = option.get("shipping_rate_data"), f"shipping_options[{index}]"
        if not rate or "fixed_amount" not in rate:
            return unmodelled("shipping options without a fixed amount", param=at)
        if rate["fixed_amount"]["amount"] < 0:
            return invalid(
                "Invalid amount: must be at least 0.", param=f"{at}[shipping_rate_data][fixed_amount][amount]"
            )
        if len(rate["display_name"]) > 100 or not rate["display_name"].strip():
            return invalid("display_name takes 1 to 100 characters.", param=f"{at}[shipping_rate_data][display_name]")
    return None


@rule("checkout.session.create", documentation=f"{SESSION}#create_checkout_session-custom_text")
def custom_text_has_at_most_1200_characters(params: Params, _now: int) -> ApiError | None:
    for place, text in (params.get("custom_text") or {}).items():
        if text and len(text["message"]) > 1200:
            return invalid(
                "Custom text may be up to 1200 characters in length.", param=f"custom_text[{place}][message]"
            )
    return None


@rule("checkout.session.create", documentation=f"{SESSION}#create_checkout_session-shipping_address_collection")
def shipping_countries_are_named(params: Params, _now: int) -> ApiError | None:
    collect = params.get("shipping_address_collection")
    if collect and not collect.get("allowed_countries"):
        return invalid("You must name at least one country.", param="shipping_address_collection[allowed_countries]")
    return None


@rule("checkout.session.create", documentation="https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts")
def session_total_can_be_charged(params: Params, _now: int) -> ApiError | None:
    total = sum(item["price_data"]["unit_amount"] * item.get("quantity", 1) for item in params["line_items"])
    options = params.get("shipping_options") or []
    total += options[0]["shipping_rate_data"]["fixed_amount"]["amount"] if options else 0
    return _chargeable(total, params["line_items"][0]["price_data"]["currency"], "line_items")


@rule("payment_intent.create", documentation="https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts")
def intent_amount_can_be_charged(params: Params, _now: int) -> ApiError | None:
    return _chargeable(params["amount"], params["currency"], "amount")


def _chargeable(amount: int, currency: str, param: str) -> ApiError | None:
    if currency not in money.MINIMUM:
        return unmodelled(
            f"currency {currency[:10]} (a lower-case code with a known minimum is needed)", param="currency"
        )
    if amount < money.MINIMUM[currency]:
        least = money.in_words(money.MINIMUM[currency], currency, "en")
        return invalid(f"The total amount due must add up to at least {least}.", code="amount_too_small", param=param)
    if amount > money.MAXIMUM:
        return invalid("The amount must be no more than 99999999.", code="amount_too_large", param=param)
    return None


@rule(
    "payment_intent.create",
    documentation="https://docs.stripe.com/api/payment_intents/create#create_payment_intent-confirm",
)
def confirm_parameters_need_confirm(params: Params, _now: int) -> ApiError | None:
    if params.get("confirm"):
        return None
    for name in ("off_session", "return_url"):
        if name in params:
            return invalid(f"You cannot set `{name}` without `confirm=true`.", param=name)
    return None


@rule("refund.create", documentation="https://docs.stripe.com/api/refunds/create")
def refund_names_one_payment(params: Params, _now: int) -> ApiError | None:
    if ("charge" in params) == ("payment_intent" in params):
        return invalid("You must provide exactly one of charge and payment_intent.", param="charge")
    if params.get("amount", 1) < 1:
        return invalid(
            "This value must be greater than or equal to 1.", param="amount", code="parameter_invalid_integer"
        )
    return None


LISTS = (
    "checkout.session.list",
    "checkout.session_line_item.list",
    "payment_intent.list",
    "customer.list",
    "charge.list",
    "refund.list",
    "balance_transaction.list",
    "event.list",
    "webhook_endpoint.list",
)


@rule(*LISTS, documentation="https://docs.stripe.com/api/pagination")
def lists_have_1_to_100_rows_and_one_cursor(params: Params, _now: int) -> ApiError | None:
    if not 1 <= params.get("limit", 10) <= 100:
        return invalid("Invalid integer: limit must be from 1 to 100.", param="limit", code="parameter_invalid_integer")
    if params.get("starting_after") and params.get("ending_before"):
        return invalid("You cannot use both starting_after and ending_before.", param="ending_before")
    return None


@rule("event.list", documentation="https://docs.stripe.com/api/events/list#list_events-types")
def events_are_filtered_by_type_or_types(params: Params, _now: int) -> ApiError | None:
    if params.get("type") and params.get("types"):
        return invalid("You may pass either type or types, not both.", param="types")
    if len(params.get("types") or []) > 20:
        return invalid("You can name up to 20 event types.", param="types")
    return None
