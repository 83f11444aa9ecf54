"""What threads show of live streams: the shop offers the place, livestream fills it in `register(app)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class OnAir:
    """A brand's stream that is live now."""

    url: str
    title: dict[str, str]
    poster_url: str


# session, brand's id.
FindOnAir = Callable[[Session, str], OnAir | None]


def _nothing(_session: Session, _brand_id: str) -> OnAir | None:
    return None


_find_on_air: FindOnAir = _nothing


def use_on_air(find: FindOnAir) -> None:
    """Livestream says how a brand's live stream is found."""
    global _find_on_air
    _find_on_air = find


def find_on_air(session: Session, brand_id: str) -> OnAir | None:
    return _find_on_air(session, brand_id)
