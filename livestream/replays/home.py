"""Streams for the shop's own pages: fills the places that the storefront offers."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from livestream.pins.models import Pin
from livestream.rooms import queries
from livestream.rooms.models import Room, Stream, StreamState
from livestream.rooms.queries import RoomHead
from livestream.rooms.shelf import ShelfProduct, load_shelf
from shop.accounts.models import Account
from shop.brands.models import Brand
from shop.core import clock
from shop.media.queries import image_url
from shop.storefront.slots import NowStrip, PinnedNow, StreamCard, Streams

POSTER_WIDTH = 640
LOGO_WIDTH = 160


def load_streams(session: Session, currency: str, brand_id: str | None) -> Streams:
    """Live, upcoming and replays, each with what its card shows."""
    live = queries.list_heads(session, states=(StreamState.LIVE,), brand_id=brand_id, limit=12)
    upcoming = queries.list_heads(session, states=(StreamState.SCHEDULED,), brand_id=brand_id, limit=12)
    replays = queries.list_heads(session, states=(StreamState.REPLAY,), brand_id=brand_id, limit=10)
    pinned = {head.stream.id: pinned_now(session, head, currency) for head in live[:1]}
    return Streams(
        live=[card(head, pinned.get(head.stream.id)) for head in live],
        upcoming=[card(head) for head in upcoming],
        replays=[card(head) for head in replays],
    )


def find_live(session: Session, product_id: str) -> NowStrip | None:
    """The live stream that shows the product at this moment."""
    row = session.execute(_showing(), {"product_id": product_id}).first()
    if row is None:
        return None
    # The page says what its product costs itself: the strip carries no price.
    slug, cover, brand_name, host_name = row
    return NowStrip(
        url=f"/live/{slug}",
        poster_url=image_url(cover, POSTER_WIDTH) if cover else "",
        host=host_name or brand_name,
    )


@cache
def _showing() -> Select[str, str | None, str, str]:
    return (
        select(Stream.slug, Stream.cover_image_id, Brand.name, Account.display_name)
        .join(Room, Room.stream_id == Stream.id)
        .join(Pin, Pin.room_id == Room.id)
        .join(Brand, Brand.id == Stream.brand_id)
        .outerjoin(Account, Account.id == Stream.host_account_id)
        .where(Stream.state == StreamState.LIVE, Pin.product_id == bindparam("product_id"), Pin.unpinned_at.is_(None))
        .limit(1)
    )


def pinned_now(session: Session, head: RoomHead, currency: str) -> PinnedNow | None:
    """The product on top, with the price that holds now."""
    product_id = session.scalar(select(Pin.product_id).where(Pin.room_id == head.room.id, Pin.unpinned_at.is_(None)))
    if product_id is None:
        return None
    shelf = load_shelf(session, stream_id=head.stream.id, currency=currency, at=clock.now(), product_ids=[product_id])
    return _small(shelf[0]) if shelf else None


def _small(product: ShelfProduct) -> PinnedNow:
    return PinnedNow(
        title=dict(product.title),
        image_url=product.image_url,
        price=product.price,
        struck=product.struck,
        ends_at=product.live_ends_at,
    )


def card(head: RoomHead, pinned: PinnedNow | None = None) -> StreamCard:
    stream, room, brand = head.stream, head.room, head.brand
    is_replay = stream.state == StreamState.REPLAY
    return StreamCard(
        slug=stream.slug,
        url=_address(stream),
        title=dict(stream.title),
        brand_name=brand.name,
        brand_slug=brand.slug,
        brand_logo_url=image_url(brand.logo_image_id, LOGO_WIDTH) if brand.logo_image_id else "",
        host_name=head.host_name,
        poster_url=image_url(stream.cover_image_id, POSTER_WIDTH) if stream.cover_image_id else "",
        state="replay" if is_replay else str(stream.state),
        viewers=room.viewers,
        starts_at=stream.starts_at,
        ended_at=stream.ended_at,
        duration_seconds=stream.duration_seconds,
        is_demo=stream.is_demo,
        pinned=pinned,
    )


def _address(stream: Stream) -> str:
    """What is over leads to its replay, what is to come to its event, everything else to the room."""
    pages = {StreamState.REPLAY: "replay", StreamState.SCHEDULED: "events"}
    return f"/{pages.get(StreamState(stream.state), 'live')}/{stream.slug}"
