"""Reading reminders and the events they belong to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from livestream.reminders.models import StreamReminder
from livestream.rooms.models import Stream, StreamState
from livestream.rooms.queries import RoomHead, get_head, list_heads
from livestream.rooms.shelf import ShelfProduct, load_shelf
from shop.core import clock
from shop.core.actor import Actor
from shop.core.errors import NotFound, require


@dataclass(frozen=True, kw_only=True)
class EventView:
    """What the page of an event shows. `upcoming` are the brand's next streams, for when this one is past or off."""

    head: RoomHead
    products: tuple[ShelfProduct, ...]
    reminded_count: int
    is_reminded: bool
    upcoming: tuple[RoomHead, ...]

    @property
    def state(self) -> StreamState:
        return StreamState(self.head.stream.state)


def get_event(session: Session, *, slug: str, actor: Actor) -> RoomHead:
    """A stream that was announced, also one that was called off afterwards; a mere draft is the crew's. Raises NotFound."""
    head = get_head(session, slug=slug)
    stream = head.stream
    is_public = stream.state != StreamState.DRAFT and (
        stream.state != StreamState.CANCELLED or stream.announced_at is not None
    )
    require(is_public or actor.has_role(head.brand.id), NotFound)
    return head


def load_event(session: Session, *, slug: str, actor: Actor, currency: str) -> EventView:
    """Everything the page shows, in five statements at most."""
    head = get_event(session, slug=slug, actor=actor)
    stream = head.stream
    others = list_heads(session, states=(StreamState.SCHEDULED,), brand_id=head.brand.id, limit=4)
    return EventView(
        head=head,
        products=tuple(load_shelf(session, stream_id=stream.id, currency=currency, at=clock.now())),
        reminded_count=count_reminders(session, stream_id=stream.id),
        is_reminded=stream.slug in reminded_slugs(session, actor=actor, slugs=[stream.slug]),
        upcoming=tuple(other for other in others if other.stream.id != stream.id)[:3],
    )


def count_reminders(session: Session, *, stream_id: str) -> int:
    """How many people will be reminded."""
    return session.scalar(select(func.count()).where(StreamReminder.stream_id == stream_id)) or 0


def reminded_slugs(session: Session, *, actor: Actor, slugs: list[str]) -> set[str]:
    """Which of these streams the person wants to be reminded of; guests of none."""
    if actor.account_id is None or not slugs:
        return set()
    rows = (
        select(Stream.slug)
        .join(StreamReminder, StreamReminder.stream_id == Stream.id)
        .where(StreamReminder.account_id == actor.account_id, Stream.slug.in_(slugs))
    )
    return set(session.scalars(rows))
