"""Checkout Sessions and what hangs on them: items, prices, shipping rates."""

from __future__ import annotations

from typing import Any

from shop.payments.providers.stripe.sandbox.ids import new_id, random_text
from shop.payments.providers.stripe.sandbox.store import Obj

DAY = 86_400


def new_session(params: dict[str, Any], *, now: int, public_url: str, amounts: Obj, shipping: list[Obj]) -> Obj:
    """An open session. `amounts` has subtotal, shipping, total and currency; `shipping` the rates to choose from."""
    ref = f"cs_test_a1{random_text(56)}"
    collect = params.get("shipping_address_collection") or None
    return {
        "id": ref,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": amounts["subtotal"],
        "amount_total": amounts["total"],
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": now,
        "currency": amounts["currency"],
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": _custom_text(params),
        "customer": params.get("customer"),
        "customer_account": None,
        "customer_creation": None if params.get("customer") else "if_required",
        "customer_details": _early_details(params),
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "expires_at": params.get("expires_at", now + DAY),
        "integration_identifier": None,
        "invoice": None,
        "invoice_creation": _no_invoice(),
        "livemode": False,
        "locale": params.get("locale"),
        "managed_payments": {"enabled": False},
        "metadata": params.get("metadata") or {},
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": collect,
        "shipping_cost": shipping_cost(shipping[0]) if shipping else None,
        "shipping_options": [
            {"shipping_amount": rate["fixed_amount"]["amount"], "shipping_rate": rate["id"]} for rate in shipping
        ],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params.get("success_url"),
        "total_details": {"amount_discount": 0, "amount_shipping": amounts["shipping"], "amount_tax": 0},
        "ui_mode": params.get("ui_mode", "hosted_page"),
        "url": f"{public_url}/pay/{ref}",
        "wallet_options": None,
    }


def shipping_cost(rate: Obj) -> Obj:
    amount = rate["fixed_amount"]["amount"]
    return {"amount_subtotal": amount, "amount_tax": 0, "amount_total": amount, "shipping_rate": rate["id"]}


def new_shipping_rate(data: dict[str, Any], *, now: int) -> Obj:
    return {
        "id": new_id("shr"),
        "object": "shipping_rate",
        "active": True,
        "created": now,
        "delivery_estimate": data.get("delivery_estimate"),
        "display_name": data["display_name"],
        "fixed_amount": {"amount": data["fixed_amount"]["amount"], "currency": data["fixed_amount"]["currency"]},
        "livemode": False,
        "metadata": data.get("metadata") or {},
        "tax_behavior": data.get("tax_behavior", "unspecified"),
        "tax_code": None,
        "type": "fixed_amount",
    }


def new_line_item(data: dict[str, Any], *, now: int) -> Obj:
    """A line with the inline price that Stripe makes for it."""
    price, quantity = data["price_data"], data.get("quantity", 1)
    total = price["unit_amount"] * quantity
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": price["product_data"]["name"],
        "metadata": data.get("metadata") or {},
        "price": _new_price(price, now=now),
        "quantity": quantity,
    }


def _new_price(data: dict[str, Any], *, now: int) -> Obj:
    return {
        "id": new_id("price"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": now,
        "currency": data["currency"],
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": new_id("prod", 14),
        "recurring": None,
        "tax_behavior": data.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": data["unit_amount"],
        "unit_amount_decimal": str(data["unit_amount"]),
    }


def _custom_text(params: dict[str, Any]) -> Obj:
    given = params.get("custom_text") or {}
    return {
        key: given.get(key) or None
        for key in ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    }


def _early_details(params: dict[str, Any]) -> Obj | None:
    email = params.get("customer_email")
    return customer_details(email=email) if email else None


def customer_details(*, email: str | None, name: str | None = None, address: Obj | None = None) -> Obj:
    return {
        "address": address,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": None,
    }


def _no_invoice() -> Obj:
    return {
        "enabled": False,
        "invoice_data": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": None,
            "metadata": {},
            "rendering_options": None,
        },
    }
