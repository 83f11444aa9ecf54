"""Events: what is planned, who wants to be reminded, and who hears when it starts."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """The event page; kinds of news; reminders follow a stream's plan; the home page's bells."""
    from livestream.reminders import jobs, news, queries, service, views  # noqa: F401  # jobs register themselves
    from livestream.rooms.service import HOOKS
    from shop.storefront import slots

    app.register_blueprint(views.bp)
    news.register()
    HOOKS.on_planned(service.plan)
    HOOKS.on_started(service.start)
    slots.use_reminded(queries.reminded_slugs)
