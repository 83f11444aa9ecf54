"""For the operator: the outbox and the components of a development shop."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Routes, and the word to other pages that there is an outbox."""
    from shop.admin import outbox, reports, styleguide
    from shop.core import templating

    app.register_blueprint(outbox.bp)
    app.register_blueprint(styleguide.bp)
    app.register_blueprint(reports.bp)
    templating.slot(app, "has_outbox", outbox.has_outbox)
