"""Streams in messages: the card of a stream or of a moment of its replay, and the strip over a brand's thread."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from livestream.rooms import queries
from livestream.rooms.models import StreamState
from livestream.rooms.places import Place, read_ref, show_ref
from livestream.rooms.queries import RoomHead, replay_path
from shop.core import clock
from shop.core.actor import Actor
from shop.core.errors import NotFound
from shop.media.queries import image_url
from shop.messaging.cards import CardKind, register_card
from shop.messaging.models import Thread
from shop.messaging.slots import OnAir, use_on_air

POSTER_WIDTH = 320


@dataclass(frozen=True, kw_only=True)
class StreamData:
    """What the card says; `at` is a second of the stream, in a show on air the one that was on the asker's screen."""

    url: str
    title: dict[str, str]
    poster_url: str
    brand_name: str
    state: str
    at: int | None


def load_streams(session: Session, actor: Actor, refs: tuple[str, ...]) -> dict[str, StreamData]:
    """By reference (`livestream.rooms.places`); streams that the reader may not know of are left out."""
    found = {}
    for ref in refs:
        place = read_ref(ref)
        try:
            head = queries.get_visible_head(session, actor=actor, slug=place.slug)
        except NotFound:
            continue
        found[ref] = _data(head, place)
    return found


def _data(head: RoomHead, place: Place) -> StreamData:
    stream, at = head.stream, place.second
    is_over = stream.state in {StreamState.ENDED, StreamState.REPLAY}
    address = replay_path(stream.slug) if is_over else f"/live/{stream.slug}"
    counted = "show" if place.of_show else "t"
    return StreamData(
        url=f"{address}?{counted}={at}" if at is not None and is_over else address,
        title=dict(stream.title),
        poster_url=image_url(stream.cover_image_id, POSTER_WIDTH) if stream.cover_image_id else "",
        brand_name=head.brand.name,
        state=str(stream.state),
        at=at,
    )


def can_attach(session: Session, actor: Actor, thread: Thread, ref: str) -> bool:
    """A stream that the sender may see; in a brand's thread only its own."""
    try:
        head = queries.get_visible_head(session, actor=actor, slug=read_ref(ref).slug)
    except NotFound:
        return False
    return thread.brand_id in {None, head.brand.id}


def at_this_second(session: Session, ref: str) -> str:
    """A show on air without a second gets the one it is at; whoever asks from a player brings the exact one."""
    if read_ref(ref).second is not None:
        return ref
    head = queries.find_head(session, slug=ref)
    second = queries.elapsed_seconds(head.stream, clock.now()) if head is not None and head.is_live else None
    return ref if second is None else show_ref(ref, second)


def find_on_air(session: Session, brand_id: str) -> OnAir | None:
    heads = queries.list_heads(session, states=(StreamState.LIVE,), brand_id=brand_id, limit=1)
    if not heads:
        return None
    data = _data(heads[0], Place(slug=heads[0].stream.slug))
    return OnAir(url=data.url, title=data.title, poster_url=data.poster_url)


def register() -> None:
    register_card(
        CardKind(
            name="stream",
            template="messaging/cards/_stream.html",
            load=load_streams,
            can_attach=can_attach,
            exact=at_this_second,
        )
    )
    use_on_air(find_on_air)
