"""People: sign up, sign in, sessions, confirmation and reset by mail."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Routes, jobs, and the cookie of guests."""
    from shop.accounts import account_views, avatars, devices, guests, views  # noqa: F401  # account_views adds to the blueprint

    app.register_blueprint(views.bp)
    app.register_blueprint(avatars.bp)
    app.jinja_env.filters["device_name"] = devices.device_name
    app.after_request(guests.ensure_guest)
