"""What the shop asks of a payment provider, in its own words. A provider returns snapshots and never touches our database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from flask import current_app

from shop.core import clock
from shop.core.errors import ProviderError

__all__ = [
    "CheckoutItem",
    "CheckoutRequest",
    "CheckoutSnapshot",
    "EventSnapshot",
    "InvalidEvent",
    "PaymentProvider",
    "ProviderError",
    "RefundSnapshot",
    "provider",
    "use_provider",
]


@dataclass(frozen=True, kw_only=True)
class CheckoutItem:
    """A line of the payment page. `unit_amount` in minor units."""

    title: str
    description: str
    image_url: str
    unit_amount: int
    quantity: int


@dataclass(frozen=True, kw_only=True)
class CheckoutRequest:
    """One payment page: what is paid, where parcels may go, where the shopper returns to."""

    payment_id: str
    order_id: str
    order_number: int
    currency: str
    items: tuple[CheckoutItem, ...]
    shipping_label: str
    shipping_amount: int
    countries: tuple[str, ...]
    email: str
    locale: str
    expires_at: datetime
    success_url: str
    cancel_url: str

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "expires_at": clock.iso(self.expires_at)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CheckoutRequest:
        changed = {
            "items": tuple(CheckoutItem(**item) for item in data["items"]),
            "countries": tuple(data["countries"]),
            "expires_at": datetime.fromisoformat(data["expires_at"]),
        }
        return cls(**{**data, **changed})


@dataclass(frozen=True, kw_only=True)
class CheckoutSnapshot:
    """A payment page as the provider knows it now. `is_paid` only when the money is there; amounts in minor units.

    `state` is open (can be paid), complete (cannot be paid again) or expired (can no longer be paid).
    """

    ref: str
    state: Literal["open", "complete", "expired"]
    is_paid: bool
    url: str
    amount_total: int
    amount_items: int
    amount_shipping: int
    currency: str
    order_id: str
    payment_id: str
    is_live: bool
    intent_ref: str | None = None
    charge_ref: str | None = None
    email: str = ""
    ship_to: Mapping[str, str] | None = None
    card: str = ""


@dataclass(frozen=True, kw_only=True)
class RefundSnapshot:
    """Money on its way back. `state` is pending, succeeded or failed."""

    ref: str
    state: Literal["pending", "succeeded", "failed"]
    amount: int


@dataclass(frozen=True, kw_only=True)
class EventSnapshot:
    """A verified piece of news: only a hint where to look, never the truth."""

    ref: str
    kind: str
    is_live: bool
    api_version: str
    object_ref: str
    payment_id: str
    session_ref: str | None
    intent_ref: str | None


class InvalidEvent(Exception):
    """The request does not prove that the provider sent it now, for us. The text says why and is only logged."""


class PaymentProvider(Protocol):
    """Calls leave the process: never inside a unit of work. Failures are ProviderError(permanent=…).

    `permanent` from `create_checkout` means that the request was refused before anything was made: no page exists.
    """

    name: str
    is_live: bool  # Real money, or test mode.

    def create_checkout(self, request: CheckoutRequest, *, key: str) -> CheckoutSnapshot:
        """Make a payment page; the same key and request again give the same page."""

    def fetch_checkout(self, ref: str) -> CheckoutSnapshot: ...

    def find_checkout(self, payment_id: str, *, since: datetime) -> CheckoutSnapshot | None:
        """Look through what was made since then for this payment's page: the answer when a reply was lost."""

    def expire_checkout(self, ref: str) -> CheckoutSnapshot:
        """Close the page and return what it is now: expired, or complete when the shopper was faster."""

    def refund(self, intent_ref: str, *, key: str, payment_id: str) -> RefundSnapshot:
        """Send all of a payment's money back."""

    def parse_event(self, body: bytes, signature: str) -> EventSnapshot:
        """Verify and read a webhook's raw body. Raises InvalidEvent."""


def provider() -> PaymentProvider:
    """The provider that this app was configured with; made when first asked for, because its library loads slowly."""
    extensions = current_app.extensions
    if "vetrina.payments" not in extensions:
        extensions["vetrina.payments"] = extensions["vetrina.make_payments"]()
    found: PaymentProvider = extensions["vetrina.payments"]
    return found


def use_provider(chosen: PaymentProvider) -> None:
    current_app.extensions["vetrina.payments"] = chosen
