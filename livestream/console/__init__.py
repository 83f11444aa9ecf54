"""The brand's side of streams: list, plan, studio, summary."""

from __future__ import annotations

from flask import Flask

from shop.core.i18n import N_


def register(app: Flask) -> None:
    """Routes and the entry in the dashboard's sidebar."""
    from livestream.console import views
    from shop.dashboard import nav

    app.register_blueprint(views.bp)
    nav.add_section("streams", N_("Streams"), "radio", "console.list_streams", order=20)
