"""Payments: what we asked a provider for, what it told us, and the inbox of its events."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """The provider, the webhook, jobs and invariants."""
    from shop.core.settings import Settings
    from shop.payments import jobs, verify, webhooks  # noqa: F401  # jobs and invariants register themselves
    from shop.payments.providers.stripe import make_provider

    settings: Settings = app.extensions["vetrina.settings"]
    app.extensions["vetrina.make_payments"] = lambda: make_provider(settings)
    app.register_blueprint(webhooks.bp)
