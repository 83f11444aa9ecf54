"""The brand's side of streams: list, plan, studio, summary."""

from __future__ import annotations

from flask import Flask

from shop.core.i18n import N_


def register(app: Flask) -> None:
    """Routes, the entry in the dashboard's sidebar, and what waits behind the sign-in page."""
    from livestream.console import views
    from livestream.console.waiting import stream_that_waits
    from shop.accounts.waiting import tell_what_waits
    from shop.dashboard import nav

    app.register_blueprint(views.bp)
    nav.add_section("streams", N_("Streams"), "radio", "console.list_streams", order=20)
    tell_what_waits(stream_that_waits)
