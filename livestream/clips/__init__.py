"""Clips that viewers cut out of a show, and the sheet from which shows, moments, clips and products are shared."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Pages, the share sheet, the job that cuts, the folder of films."""
    from livestream.clips import cards, jobs, sharing, storage, views  # noqa: F401  (jobs register at import)
    from shop.social import shares

    app.jinja_env.globals["shared_by"] = shares.shared_by
    storage.install(app.extensions["vetrina.settings"].data_dir / "clips")
    cards.register()
    app.register_blueprint(views.bp)
    app.register_blueprint(sharing.bp)
