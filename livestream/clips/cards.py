"""Cards for messages: a show or a moment of its replay (`show`), and a clip that plays in the thread (`clip`).

A reference is `slug`, `slug~83` (a second) or `slug~83~token` (and who shared it, see `shop.social.shares`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from livestream.chat.models import Silence
from livestream.clips.models import Clip, ClipState
from livestream.rooms.models import Stream, StreamState
from livestream.rooms.queries import HIDDEN, replay_path
from shop.brands.models import Brand
from shop.core import clock
from shop.core.actor import Actor
from shop.media.queries import image_url
from shop.messaging.cards import LONGEST_REF, CardKind, register_card
from shop.messaging.models import Thread
from shop.social.shares import read_share_token

COVER_WIDTH = 320
OVER = frozenset({StreamState.ENDED, StreamState.REPLAY})


@dataclass(frozen=True, kw_only=True)
class ShowCard:
    """A show as it is now: on air, to come, or a replay at a moment."""

    url: str
    title: dict[str, str]
    brand_name: str
    image: str
    state: str
    at: int


@dataclass(frozen=True, kw_only=True)
class ClipCard:
    """A clip that plays where it is."""

    url: str
    film: str
    poster: str
    title: dict[str, str]
    brand_name: str
    seconds: int


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a reference says."""

    slug: str
    at: int
    token: str


def make_ref(slug: str, *, at: int = 0, token: str = "") -> str:
    """The sender is left out where the reference would become too long."""
    ref = f"{slug}~{at}~{token}"
    return ref if token and len(ref) <= LONGEST_REF else f"{slug}~{at}" if at else slug


def read_ref(ref: str) -> Parts:
    """Whatever it is, in parts; a second that is none is 0."""
    slug, _, rest = ref.partition("~")
    at, _, token = rest.partition("~")
    return Parts(slug=slug, at=int(at) if at.isascii() and at.isdecimal() and len(at) <= 6 else 0, token=token)


def _address(path: str, parts: Parts, *, with_moment: bool = False) -> str:
    asked = {**({"t": parts.at} if with_moment and parts.at else {}), **({"from": parts.token} if parts.token else {})}
    return path + (f"?{urlencode(asked)}" if asked else "")


def load_shows(session: Session, actor: Actor, refs: tuple[str, ...]) -> Mapping[str, ShowCard]:
    """By reference; two statements. Drafts are the crew's alone, banned people see nothing of the brand."""
    wanted = {ref: read_ref(ref) for ref in refs}
    rows = session.execute(
        select(Stream, Brand)
        .join(Brand, Brand.id == Stream.brand_id)
        .where(Stream.slug.in_({parts.slug for parts in wanted.values()}))
    ).all()
    closed = _closed_brands(session, actor)
    known = {stream.slug: (stream, brand) for stream, brand in rows if _is_open(stream, actor, closed)}
    return {ref: _show_card(*known[parts.slug], parts=parts) for ref, parts in wanted.items() if parts.slug in known}


def _show_card(stream: Stream, brand: Brand, *, parts: Parts) -> ShowCard:
    is_over = stream.state in OVER
    path = replay_path(stream.slug) if is_over else f"/live/{stream.slug}"
    return ShowCard(
        url=_address(path, parts, with_moment=is_over),
        title=dict(stream.title),
        brand_name=brand.name,
        image=image_url(stream.cover_image_id, COVER_WIDTH) if stream.cover_image_id else "",
        state=str(stream.state),
        at=parts.at if is_over else 0,
    )


def load_clips(session: Session, actor: Actor, refs: tuple[str, ...]) -> Mapping[str, ClipCard]:
    """By reference; two statements."""
    wanted = {ref: read_ref(ref) for ref in refs}
    rows = session.execute(
        select(Clip, Stream, Brand)
        .join(Stream, Stream.id == Clip.stream_id)
        .join(Brand, Brand.id == Clip.brand_id)
        .where(Clip.slug.in_({parts.slug for parts in wanted.values()}), Clip.state == ClipState.READY)
    ).all()
    closed = _closed_brands(session, actor)
    known = {clip.slug: (clip, stream, brand) for clip, stream, brand in rows if _is_open(stream, actor, closed)}
    return {ref: _clip_card(*known[parts.slug], parts=parts) for ref, parts in wanted.items() if parts.slug in known}


def _clip_card(clip: Clip, stream: Stream, brand: Brand, *, parts: Parts) -> ClipCard:
    path = f"/clips/{clip.slug}"
    return ClipCard(
        url=_address(path, parts),
        film=f"{path}/film.mp4",
        poster=f"{path}/poster.jpg",
        title=dict(stream.title),
        brand_name=brand.name,
        seconds=round(clip.duration_seconds or 0),
    )


def _is_open(stream: Stream, actor: Actor, closed: set[str]) -> bool:
    if actor.has_role(stream.brand_id):
        return True
    return stream.state not in HIDDEN and stream.brand_id not in closed


def _closed_brands(session: Session, actor: Actor) -> set[str]:
    """Brands whose rooms this person may not enter."""
    if actor.account_id is None:
        return set()
    return set(
        session.scalars(
            select(Silence.brand_id).where(
                and_(
                    Silence.account_id == actor.account_id,
                    Silence.kind == "ban",
                    Silence.lifted_at.is_(None),
                    or_(Silence.until.is_(None), Silence.until > clock.now()),
                )
            )
        )
    )


def can_attach_show(session: Session, actor: Actor, _thread: Thread, ref: str) -> bool:
    return _is_own_name(actor, "stream", ref) and ref in load_shows(session, actor, (ref,))


def can_attach_clip(session: Session, actor: Actor, _thread: Thread, ref: str) -> bool:
    return _is_own_name(actor, "clip", ref) and ref in load_clips(session, actor, (ref,))


def _is_own_name(actor: Actor, kind: str, ref: str) -> bool:
    """Nobody puts somebody else's name on a card."""
    parts = read_ref(ref)
    return not parts.token or read_share_token(parts.token, kind, parts.slug) == actor.account_id


def register() -> None:
    kinds: list[tuple[str, str, Any, Any]] = [
        ("show", "clips/_show_card.html", load_shows, can_attach_show),
        ("clip", "clips/_clip_card.html", load_clips, can_attach_clip),
    ]
    for name, template, load, can_attach in kinds:
        register_card(CardKind(name=name, template=template, load=load, can_attach=can_attach))
