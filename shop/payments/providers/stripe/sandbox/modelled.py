"""Which parameters the sandbox models, by operation. The contract knows many more: those are refused by name.

`x.y` is a nested parameter, `[]` stands for any item of a list, `*` for any key. A parent without children listed
here is modelled whole.
"""

from __future__ import annotations

from typing import Any

from shop.payments.providers.stripe.contract.forms import is_items
from shop.payments.providers.stripe.sandbox.errors import unmodelled

_PAGE = "limit starting_after ending_before expand"
_ADDRESS = "city country line1 line2 postal_code state"
_SHIPPING = f"name phone carrier tracking_number {' '.join(f'address.{part}' for part in _ADDRESS.split())}"


def _under(parent: str, children: str) -> str:
    return " ".join(f"{parent}.{child}" for child in children.split())


MODELLED: dict[str, str] = {
    "checkout.session.create": (
        "mode ui_mode success_url cancel_url client_reference_id customer customer_email currency locale expires_at "
        "metadata submit_type expand automatic_tax.enabled shipping_address_collection.allowed_countries "
        "custom_text.submit.message custom_text.shipping_address.message "
        "line_items[].quantity line_items[].metadata line_items[].price_data.currency "
        "line_items[].price_data.unit_amount line_items[].price_data.tax_behavior "
        "line_items[].price_data.product_data.name line_items[].price_data.product_data.description "
        "line_items[].price_data.product_data.images line_items[].price_data.product_data.metadata "
        "shipping_options[].shipping_rate_data.display_name shipping_options[].shipping_rate_data.type "
        "shipping_options[].shipping_rate_data.fixed_amount.amount "
        "shipping_options[].shipping_rate_data.fixed_amount.currency shipping_options[].shipping_rate_data.metadata "
        "shipping_options[].shipping_rate_data.tax_behavior shipping_options[].shipping_rate_data.delivery_estimate "
        "payment_intent_data.metadata payment_intent_data.description payment_intent_data.receipt_email "
        "payment_intent_data.transfer_group"
    ),
    "checkout.session.retrieve": "expand",
    "checkout.session.update": "metadata expand",
    "checkout.session.expire": "expand",
    "checkout.session.list": f"{_PAGE} created payment_intent customer status customer_details.email",
    "checkout.session_line_item.list": _PAGE,
    "payment_intent.create": (
        "amount currency customer payment_method confirm metadata description receipt_email return_url off_session "
        "capture_method automatic_payment_methods.enabled automatic_payment_methods.allow_redirects transfer_group "
        f"expand {_under('shipping', _SHIPPING)}"
    ),
    "payment_intent.confirm": "payment_method return_url off_session receipt_email expand",
    "payment_intent.cancel": "cancellation_reason expand",
    "payment_intent.retrieve": "expand client_secret",
    "payment_intent.list": f"{_PAGE} created customer",
    "customer.create": (
        "email name phone description metadata preferred_locales expand "
        f"{_under('address', _ADDRESS)} {_under('shipping', _SHIPPING)}"
    ),
    "customer.retrieve": "expand",
    "customer.list": f"{_PAGE} created email",
    "payment_method.retrieve": "expand",
    "charge.retrieve": "expand",
    "charge.list": f"{_PAGE} created payment_intent customer",
    "refund.create": "charge payment_intent amount reason metadata expand",
    "refund.retrieve": "expand",
    "refund.list": f"{_PAGE} created charge payment_intent",
    "balance_transaction.retrieve": "expand",
    "balance_transaction.list": f"{_PAGE} created currency source type",
    "event.retrieve": "expand",
    "event.list": f"{_PAGE} created type types delivery_success",
    "webhook_endpoint.create": "url enabled_events description metadata api_version expand",
    "webhook_endpoint.retrieve": "expand",
    "webhook_endpoint.delete": "",
    "webhook_endpoint.list": _PAGE,
}
# Values of modelled parameters that stand for something the sandbox does not do.
VALUES: dict[str, set[str]] = {
    "mode": {"payment"},
    "ui_mode": {"hosted_page"},
    "automatic_tax[enabled]": {"false"},
    "capture_method": {"automatic", "automatic_async"},
}


def _tree(text: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path in text.split():
        node = tree
        for part in path.replace("[]", ".[]").split("."):
            node = node.setdefault(part, {})
    return tree


_TREES = {name: _tree(text) for name, text in MODELLED.items()}


def check_modelled(operation: str, params: dict[str, Any]) -> None:
    """Raises `sandbox does not model X` for the first parameter or value that is known to Stripe but not here."""
    _walk(params, _TREES[operation], "")


def _walk(value: Any, tree: dict[str, Any], at: str) -> None:
    if at in VALUES and value not in VALUES[at]:
        raise unmodelled(f"{at}={value}", param=at)
    if not tree or not isinstance(value, dict):
        return
    for key, inner in value.items():
        known = tree.get("[]") if is_items({key: inner}) and "[]" in tree else tree.get(key)
        place = f"{at}[{key}]" if at else key
        if known is None:
            raise unmodelled(place, param=place)
        _walk(inner, known, place)
