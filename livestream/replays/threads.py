"""Streams in messages: the card of a stream or of a moment of its replay, and the strip over a brand's thread."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from livestream.rooms import queries
from livestream.rooms.models import StreamState
from livestream.rooms.queries import RoomHead, replay_path
from shop.core.actor import Actor
from shop.core.errors import NotFound
from shop.media.queries import image_url
from shop.messaging.cards import CardKind, register_card
from shop.messaging.models import Thread
from shop.messaging.slots import OnAir, use_on_air

POSTER_WIDTH = 320


@dataclass(frozen=True, kw_only=True)
class StreamData:
    """What the card says; `at` is a second of the stream."""

    url: str
    title: dict[str, str]
    poster_url: str
    brand_name: str
    state: str
    at: int | None


def load_streams(session: Session, actor: Actor, refs: tuple[str, ...]) -> dict[str, StreamData]:
    """`evening-walk`, or `evening-walk@83` for a moment; streams that the reader may not know of are left out."""
    found = {}
    for ref in refs:
        slug, at = split(ref)
        try:
            head = queries.get_visible_head(session, actor=actor, slug=slug)
        except NotFound:
            continue
        found[ref] = _data(head, at)
    return found


def split(ref: str) -> tuple[str, int | None]:
    slug, _, second = ref.partition("@")
    return slug, int(second) if second.isdecimal() and second.isascii() and len(second) <= 6 else None


def _data(head: RoomHead, at: int | None) -> StreamData:
    stream = head.stream
    is_over = stream.state in {StreamState.ENDED, StreamState.REPLAY}
    address = replay_path(stream.slug) if is_over else f"/live/{stream.slug}"
    return StreamData(
        url=f"{address}?t={at}" if at is not None and is_over else address,
        title=dict(stream.title),
        poster_url=image_url(stream.cover_image_id, POSTER_WIDTH) if stream.cover_image_id else "",
        brand_name=head.brand.name,
        state=str(stream.state),
        at=at,
    )


def can_attach(session: Session, actor: Actor, thread: Thread, ref: str) -> bool:
    """A stream that the sender may see; in a brand's thread only its own."""
    slug, _ = split(ref)
    try:
        head = queries.get_visible_head(session, actor=actor, slug=slug)
    except NotFound:
        return False
    return thread.brand_id in {None, head.brand.id}


def find_on_air(session: Session, brand_id: str) -> OnAir | None:
    heads = queries.list_heads(session, states=(StreamState.LIVE,), brand_id=brand_id, limit=1)
    if not heads:
        return None
    data = _data(heads[0], None)
    return OnAir(url=data.url, title=data.title, poster_url=data.poster_url)


def register() -> None:
    register_card(
        CardKind(name="stream", template="messaging/cards/_stream.html", load=load_streams, can_attach=can_attach)
    )
    use_on_air(find_on_air)
