"""Our words to Stripe's and back. Parameter names are those of API 2026-10-28.endive."""

from __future__ import annotations

from typing import Any

from shop.payments.provider import CheckoutItem, CheckoutRequest, CheckoutSnapshot, RefundSnapshot

EXPANDED = ["payment_intent", "payment_intent.latest_charge"]
BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "unionpay": "UnionPay", "jcb": "JCB"}


def session_params(request: CheckoutRequest) -> Any:
    """A hosted payment page with inline prices: no catalogue at Stripe to keep in step, nothing that changes the total.

    https://docs.stripe.com/api/checkout/sessions/create
    """
    metadata = {"order": request.order_id, "payment": request.payment_id, "number": str(request.order_number)}
    params: dict[str, Any] = {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "client_reference_id": request.order_id,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": f"Order {request.order_number}"},
        "line_items": [_line_item(item, request.currency) for item in request.items],
        "shipping_options": [
            {
                "shipping_rate_data": {
                    "type": "fixed_amount",
                    "display_name": request.shipping_label,
                    "fixed_amount": {"amount": request.shipping_amount, "currency": request.currency.lower()},
                }
            }
        ],
        "shipping_address_collection": {"allowed_countries": list(request.countries)},
        "locale": request.locale,
        "expires_at": int(request.expires_at.timestamp()),
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
    }
    if request.email:
        params["customer_email"] = request.email
    return params


def _line_item(item: CheckoutItem, currency: str) -> dict[str, Any]:
    product: dict[str, Any] = {"name": item.title}
    if item.description:
        product["description"] = item.description
    if item.image_url:
        product["images"] = [item.image_url]
    return {
        "quantity": item.quantity,
        "price_data": {"currency": currency.lower(), "unit_amount": item.unit_amount, "product_data": product},
    }


def checkout_snapshot(session: Any) -> CheckoutSnapshot:
    """A Checkout Session as we see it; the intent is expanded or only a reference."""
    data: dict[str, Any] = session.to_dict()
    intent = data.get("payment_intent")
    metadata = data.get("metadata") or {}
    customer = data.get("customer_details") or {}
    shipping_cost = data.get("shipping_cost") or {}
    charge = intent.get("latest_charge") if isinstance(intent, dict) else None
    return CheckoutSnapshot(
        ref=data["id"],
        state=data["status"],
        is_paid=data.get("payment_status") == "paid",
        url=data.get("url") or "",
        amount_total=data.get("amount_total") or 0,
        amount_items=data.get("amount_subtotal") or 0,
        amount_shipping=shipping_cost.get("amount_total") or 0,
        currency=str(data.get("currency") or "").upper(),
        order_id=metadata.get("order", ""),
        payment_id=metadata.get("payment", ""),
        is_live=bool(data.get("livemode")),
        intent_ref=intent.get("id") if isinstance(intent, dict) else intent,
        charge_ref=charge.get("id") if isinstance(charge, dict) else charge,
        email=customer.get("email") or data.get("customer_email") or "",
        ship_to=_address(data),
        card=_card(charge if isinstance(charge, dict) else {}),
    )


def _address(data: dict[str, Any]) -> dict[str, str] | None:
    """Name and address that the page collected; only the fields we know, each a short text."""
    collected = (data.get("collected_information") or {}).get("shipping_details")
    if not collected:
        return None
    address = collected.get("address") or {}
    fields = ("line1", "line2", "postal_code", "city", "state", "country")
    found = {name: str(address.get(name) or "")[:200] for name in fields}
    return {"name": str(collected.get("name") or "")[:200], **found}


def _card(charge: dict[str, Any]) -> str:
    card = (charge.get("payment_method_details") or {}).get("card") or {}
    if not card.get("last4"):
        return ""
    brand = str(card.get("brand") or "card")
    return f"{BRANDS.get(brand, brand.title())} {card['last4']}"


def refund_snapshot(refund: Any) -> RefundSnapshot:
    """Stripe also says requires_action and canceled: money that is not back and not coming by itself."""
    states = {"succeeded": "succeeded", "pending": "pending"}
    state: Any = states.get(str(refund.status), "failed")
    return RefundSnapshot(ref=refund.id, state=state, amount=refund.amount)
