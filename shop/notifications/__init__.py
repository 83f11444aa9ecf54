"""The notice board: what people are told, in the shop and by mail."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Takes the place that the core keeps for a notice board; the bell on every page."""
    from shop.core import notices, templating, web
    from shop.notifications import mails, service, views  # noqa: F401  # the mail job registers itself
    from shop.notifications.queries import count_unread

    def unread_notices() -> int:
        account_id = web.actor().account_id
        return count_unread(web.read_session(), account_id=account_id) if account_id else 0

    app.register_blueprint(views.bp)
    notices.use_sink(service.keep, service.settle)
    templating.slot(app, "unread_notices", unread_notices)
