"""Engines by the name that LIVE_ENGINE gives; one line each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # The live process imports below this package and must not load the shop.
    from livestream.video.provider import LiveEngine
    from shop.core.settings import Settings


def make_engine(settings: Settings) -> LiveEngine:
    """The configured engine."""
    return ENGINES[settings.live_engine](settings)


def _embedded(settings: Settings) -> LiveEngine:
    from livestream.video.providers.embedded.engine import EmbeddedEngine

    return EmbeddedEngine(secret_key=settings.secret_key, address=settings.live_address, data_dir=settings.data_dir)


ENGINES: dict[str, Callable[[Settings], LiveEngine]] = {
    "embedded": _embedded,
}
