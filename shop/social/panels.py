"""What a profile can show of bag and purchases: features above fill the places, the owner's choice opens them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from shop.social.models import Datum


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A product as a profile shows it. Never a quantity, a price paid or a size."""

    url: str
    title: dict[str, str]
    image_url: str


Loader = Callable[[Session, str], list[Thing]]
_loaders: dict[Datum, Loader] = {}


def fill(datum: Datum, loader: Loader) -> None:
    """A feature says what there is of one person; it is asked only for those who may see it."""
    _loaders[datum] = loader


def things(session: Session, owner_id: str, datum: Datum) -> list[Thing]:
    loader = _loaders.get(datum)
    return loader(session, owner_id) if loader else []
