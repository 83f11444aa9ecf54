"""Stripe, or the sandbox that speaks its protocol: the same code, another address."""

from __future__ import annotations

from shop.core.settings import Settings
from shop.payments.provider import PaymentProvider


def make_provider(settings: Settings) -> PaymentProvider:
    """Stripe with the shop's key; without one the sandbox beside us."""
    # Stripe's library takes 0.5 s to load; commands that never pay do not wait for it.
    from shop.payments.providers.stripe.client import StripeProvider

    return StripeProvider.of(settings)
