"""Pictures: taken in, cleaned, kept in the sizes pages ask for."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """The folder of pictures and the route that serves them."""
    from shop.media import queries, storage, views

    storage.install(app.extensions["vetrina.settings"].data_dir / "media")
    app.register_blueprint(views.bp)
    app.jinja_env.globals.update(image_url=queries.image_url, srcset=queries.srcset)
