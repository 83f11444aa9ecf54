"""Customers, events and webhook endpoints."""

from __future__ import annotations

import secrets
from typing import Any

from shop.payments.providers.stripe.sandbox.config import API_VERSION
from shop.payments.providers.stripe.sandbox.ids import new_id, random_text
from shop.payments.providers.stripe.sandbox.objects.payments import NO_ADDRESS
from shop.payments.providers.stripe.sandbox.store import Obj


def new_customer(params: dict[str, Any], *, now: int) -> Obj:
    return {
        "id": new_id("cus", 14),
        "object": "customer",
        "address": NO_ADDRESS | params["address"] if params.get("address") else None,
        "balance": 0,
        "created": now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": params.get("description"),
        "discount": None,
        "email": params.get("email"),
        "invoice_prefix": random_text(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "name": params.get("name"),
        "next_invoice_sequence": 1,
        "phone": params.get("phone"),
        "preferred_locales": params.get("preferred_locales") or [],
        "shipping": params.get("shipping") or None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def new_event(kind: str, body: Obj, *, now: int, request: Obj, previous: Obj | None, pending: int) -> Obj:
    """A snapshot: `body` as it is at this moment."""
    return {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": now,
        "data": {"object": body, **({"previous_attributes": previous} if previous else {})},
        "livemode": False,
        "pending_webhooks": pending,
        "request": request,
        "type": kind,
    }


def new_webhook_endpoint(params: dict[str, Any], *, now: int) -> Obj:
    """The secret is private data: only the reply to the creation shows it, as at Stripe."""
    return {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": params.get("api_version") or API_VERSION,
        "application": None,
        "created": now,
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "status": "enabled",
        "url": params["url"],
    }


def new_webhook_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(24)}"
