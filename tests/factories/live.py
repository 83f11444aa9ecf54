"""Streams and rooms for tests."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from livestream.rooms import service
from livestream.rooms.models import LineUpItem, Room, Stream
from livestream.rooms.protocol import Snapshot
from livestream.rooms.queries import get_head
from livestream.rooms.snapshot import build_snapshot
from shop.brands.models import Brand
from shop.catalog.models import Product
from shop.core.actor import SYSTEM, Actor
from tests.factories.catalog import make_product


@dataclass(frozen=True)
class LiveRoom:
    """A room on air with two products in its run of show; the first has a live price of 89.00."""

    stream: Stream
    room: Room
    products: tuple[Product, ...]
    items: tuple[LineUpItem, ...]

    @property
    def id(self) -> str:
        return self.room.id


def make_stream(
    session: Session,
    brand: Brand,
    *,
    host: Actor | None = None,
    slug: str = "evening-walk",
    title: str = "Evening walk",
    is_demo: bool = False,
) -> tuple[Stream, Room]:
    """A draft with its room."""
    stream = service.create_stream(
        session,
        actor=SYSTEM,
        brand_id=brand.id,
        slug=slug,
        title={"en": title, "it": f"{title} (it)"},
        host_account_id=host.account_id if host else None,
        is_demo=is_demo,
    )
    return stream, session.scalars(select(Room).where(Room.stream_id == stream.id)).one()


def make_live_room(session: Session, brand: Brand, *, host: Actor | None = None, stock: int = 5) -> LiveRoom:
    """On air, nothing pinned yet."""
    stream, room = make_stream(session, brand, host=host)
    products = (
        make_product(session, brand, slug="passo-uno", title="Passo Uno", stock=stock),
        make_product(session, brand, slug="alpe-jacket", title="Alpe jacket", sizes=(), amount=18900, stock=40),
    )
    items = (
        service.add_item(
            session,
            actor=SYSTEM,
            stream_id=stream.id,
            product_id=products[0].id,
            pin_seconds=300,
            live_price={"EUR": 8900},
        ),
        service.add_item(session, actor=SYSTEM, stream_id=stream.id, product_id=products[1].id),
    )
    service.start_stream(session, actor=SYSTEM, stream_id=stream.id)
    return LiveRoom(stream=stream, room=room, products=products, items=items)


def snapshot_of(session: Session, room_id: str, actor: Actor) -> Snapshot:
    return build_snapshot(session, head=get_head(session, room_id=room_id), actor=actor, currency="EUR")
