"""The configured engine of this process."""

from __future__ import annotations

from flask import current_app

from livestream.video.provider import LiveEngine
from shop.core.web import settings

KEY = "vetrina.live_engine"


def engine() -> LiveEngine:
    """Made at first use from the settings."""
    found: LiveEngine | None = current_app.extensions.get(KEY)
    if found is None:
        from livestream.video.providers import make_engine

        found = current_app.extensions[KEY] = make_engine(settings())
    return found


def use_engine(made: LiveEngine) -> None:
    """Take this one instead (tests)."""
    current_app.extensions[KEY] = made
