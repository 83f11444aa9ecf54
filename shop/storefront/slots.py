"""What live streams add to the shop's pages: the shop offers the places, livestream fills them in `register(app)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from shop.core.actor import Actor
from shop.core.money import Money


@dataclass(frozen=True, kw_only=True)
class PinnedNow:
    """The product on top of a live stream, small."""

    title: dict[str, str]
    image_url: str
    price: Money
    struck: Money | None
    ends_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class StreamCard:
    """A stream as lists show it; `state` is live, scheduled or replay."""

    slug: str
    url: str
    title: dict[str, str]
    brand_name: str
    brand_slug: str
    brand_logo_url: str
    host_name: str
    poster_url: str
    state: str
    viewers: int = 0
    starts_at: datetime | None = None
    ended_at: datetime | None = None
    duration_seconds: int | None = None
    is_demo: bool = False
    pinned: PinnedNow | None = None


@dataclass(frozen=True, kw_only=True)
class NowStrip:
    """The strip of a product that is on air: only what it shows, because its part is kept by that."""

    url: str
    poster_url: str
    host: str


@dataclass(frozen=True, kw_only=True)
class Streams:
    """What is on, what comes, what can be watched again."""

    live: list[StreamCard] = field(default_factory=list)
    upcoming: list[StreamCard] = field(default_factory=list)
    replays: list[StreamCard] = field(default_factory=list)


# session, currency, brand's id or None for all brands.
LoadStreams = Callable[[Session, str, str | None], Streams]
# session, product's id: the live stream in which the product is pinned at this moment.
FindLive = Callable[[Session, str], NowStrip | None]


def _no_streams(_session: Session, _currency: str, _brand_id: str | None) -> Streams:
    return Streams()


def _not_live(_session: Session, _product_id: str) -> NowStrip | None:
    return None


# session, actor, slugs of planned streams: those of which this person wants to be reminded.
Reminded = Callable[..., set[str]]


def _not_reminded(_session: Session, *, actor: Actor, slugs: list[str]) -> set[str]:
    return set()


_load_streams: LoadStreams = _no_streams
_find_live: FindLive = _not_live
_reminded: Reminded = _not_reminded


def fill(*, load_streams: LoadStreams, find_live: FindLive) -> None:
    """Livestream says how streams are found."""
    global _load_streams, _find_live
    _load_streams, _find_live = load_streams, find_live


def load_streams(session: Session, currency: str, brand_id: str | None = None) -> Streams:
    """Streams for the home page, or of one brand."""
    return _load_streams(session, currency, brand_id)


def find_live(session: Session, product_id: str) -> NowStrip | None:
    """A product's "now" strip."""
    return _find_live(session, product_id)


def use_reminded(find: Reminded) -> None:
    """Livestream says who wants to be reminded of what."""
    global _reminded
    _reminded = find


def reminded(session: Session, *, actor: Actor, cards: list[StreamCard]) -> set[str]:
    """Slugs of the planned streams of which this person wants to be reminded."""
    return _reminded(session, actor=actor, slugs=[card.slug for card in cards])
