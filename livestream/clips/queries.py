"""Reading clips."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from livestream.clips import policy
from livestream.clips.models import Clip, ClipState
from livestream.pins.models import Pin
from livestream.rooms.models import Stream
from livestream.rooms.queries import RoomHead, get_visible_head
from livestream.rooms.snapshot import check_entry
from shop.accounts.models import Account
from shop.catalog.models import Product, ProductStatus
from shop.core import clock
from shop.core.actor import Actor
from shop.core.errors import Gone, NotFound
from shop.social.queries import is_blocked

HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class ClipPage:
    """A clip with everything its page says; `maker` is empty unless the maker wants to be named."""

    clip: Clip
    head: RoomHead
    maker: str
    is_mine: bool
    can_remove: bool


def load_clip(session: Session, *, slug: str, actor: Actor) -> ClipPage:
    """A clip for whoever may enter its stream. Raises NotFound, Gone (removed), Banned.

    A clip that could not be made is its maker's alone.
    """
    row = session.execute(
        select(Clip, Stream.slug, Account.display_name)
        .join(Stream, Stream.id == Clip.stream_id)
        .join(Account, Account.id == Clip.by_account_id)
        .where(Clip.slug == slug[:40])
    ).first()
    if row is None:
        raise NotFound
    clip, stream_slug, name = row
    head = get_visible_head(session, actor=actor, slug=stream_slug)
    check_entry(session, head=head, actor=actor)
    is_mine = not actor.is_guest and clip.by_account_id == actor.account_id
    if clip.state == ClipState.REMOVED:
        raise Gone
    if clip.state == ClipState.FAILED and not is_mine:
        raise NotFound
    return ClipPage(
        clip=clip,
        head=head,
        maker=name if clip.shows_maker and not _is_hidden(session, actor, clip) else "",
        is_mine=is_mine,
        can_remove=policy.can_remove(actor, clip),
    )


def _is_hidden(session: Session, actor: Actor, clip: Clip) -> bool:
    """A block takes the name away, in both directions."""
    return actor.account_id is not None and is_blocked(session, actor.account_id, clip.by_account_id)


def lock_clip(session: Session, clip_id: str) -> Clip:
    """The clip, locked until the end of the unit of work."""
    clip = session.scalar(
        select(Clip).where(Clip.id == clip_id).with_for_update().execution_options(populate_existing=True)
    )
    if clip is None:
        raise NotFound
    return clip


def lock_maker(session: Session, account_id: str) -> None:
    """One clip of a person at a time is asked for, so that limits count right."""
    session.scalar(select(Account.id).where(Account.id == account_id).with_for_update())


def find_same(
    session: Session, *, account_id: str, stream_id: str, from_at: datetime, until_at: datetime
) -> Clip | None:
    """The clip that this person cut here before: a second press makes no second clip."""
    return session.scalar(
        select(Clip)
        .where(
            Clip.by_account_id == account_id,
            Clip.stream_id == stream_id,
            Clip.from_at == from_at,
            Clip.until_at == until_at,
            Clip.state.in_((ClipState.CUTTING, ClipState.READY)),
        )
        .limit(1)
    )


def made_lately(session: Session, *, account_id: str, most: int) -> datetime | None:
    """When the first of the last `most` clips of this hour was made; None while there are fewer. Removed ones count."""
    times = session.scalars(
        select(Clip.created_at)
        .where(Clip.by_account_id == account_id, Clip.created_at > clock.now() - HOUR)
        .order_by(Clip.created_at.desc())
        .limit(most)
    ).all()
    return times[-1] if len(times) == most else None


def find_pinned(session: Session, *, room_id: str, from_at: datetime, until_at: datetime) -> str | None:
    """The product that was on top for most of this time."""
    pins = session.execute(
        select(Pin.product_id, Pin.starts_at, Pin.unpinned_at)
        .join(Product, Product.id == Pin.product_id)
        .where(
            Pin.room_id == room_id,
            ~Pin.undone,
            Pin.starts_at < until_at,
            func.coalesce(Pin.unpinned_at, until_at) > from_at,
            Product.status == ProductStatus.ACTIVE,
        )
        .order_by(Pin.starts_at)
    ).all()
    shown: dict[str, timedelta] = {}
    for product_id, starts_at, unpinned_at in pins:
        length = min(unpinned_at or until_at, until_at) - max(starts_at, from_at)
        shown[product_id] = shown.get(product_id, timedelta(0)) + length
    return max(shown, key=lambda product_id: shown[product_id], default=None)


def list_stuck(session: Session, *, before: datetime) -> list[str]:
    """Clips whose cutting was begun before an instant and never came to an end."""
    return list(session.scalars(select(Clip.id).where(Clip.state == ClipState.CUTTING, Clip.created_at < before)))
