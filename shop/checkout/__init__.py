"""Checkout: from the bag through the payment page to a paid order, or back to the bag."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Pages, the reaper and the sweep, and what to do when the provider has news."""
    from shop.checkout import jobs, service, views  # noqa: F401  # the jobs register themselves
    from shop.payments.jobs import use_finisher

    app.register_blueprint(views.bp)
    use_finisher(service.look_at_payment, service.note_refund)
