"""Questions to the host: a queue in the studio, and no question dies."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """The studio's queue, its commands, the end of the show; asking a brand from a room lands here as well."""
    from livestream.questions import jobs, news, realtime, service, verify, views  # noqa: F401  (commands, jobs and invariants register at import)
    from livestream.rooms.service import HOOKS
    from shop.messaging.slots import on_asked

    app.register_blueprint(views.bp)
    HOOKS.on_ending(service.move_later)
    on_asked(service.note_asked)
    news.register()
