"""Pictures and sound of a stream: a seam (`provider.py`), its engines (`providers/`) and what rooms do with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # The remux child starts below this package for every ingest and must not pay for Flask.
    from flask import Flask


def register(app: Flask) -> None:
    """Grants, the engine's reports, the job that ends a stream at the engine."""
    from livestream.rooms.service import HOOKS
    from livestream.video import hooks, jobs, views

    HOOKS.on_ending(jobs.close_later)
    app.register_blueprint(views.bp)
    app.register_blueprint(hooks.bp)
