"""What people are told about streams: soon, on air, moved, called off."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from livestream.rooms.models import Stream
from shop.brands.models import Brand
from shop.core.clock import iso
from shop.core.i18n import N_
from shop.core.notices import NoticeKind, register_kind, tell

SOON = NoticeKind(
    name="stream.soon",
    label=N_("A show you want to see starts in 10 minutes"),
    title=N_("Starting soon: %(title)s"),
    text=N_("%(brand)s · %(starts_at)s"),
    icon="bell",
    by_mail=True,
)
LIVE = NoticeKind(
    name="stream.live",
    label=N_("A brand you follow is live"),
    title=N_("%(brand)s is live"),
    text="%(title)s",
    icon="radio",
)
MOVED = NoticeKind(
    name="stream.moved",
    label=N_("A show you want to see has a new time"),
    title=N_("New time for %(title)s"),
    text=N_("%(brand)s · %(starts_at)s"),
    icon="calendar",
    by_mail=True,
)
CANCELLED = NoticeKind(
    name="stream.cancelled",
    label=N_("A show you want to see was called off"),
    title=N_("Called off: %(title)s"),
    text="%(brand)s",
    icon="ban",
    by_mail=True,
)


def register() -> None:
    for kind in (SOON, LIVE, MOVED, CANCELLED):
        register_kind(kind)


def event_path(slug: str) -> str:
    """The page of a planned stream; it stays the same address afterwards."""
    return f"/events/{slug}"


def say(session: Session, kind: NoticeKind, stream: Stream, account_ids: Iterable[str]) -> None:
    """Tell people one thing about a stream. Moved and soon belong to one start, the others happen once."""
    data = {"title": stream.title, "brand": session.get_one(Brand, stream.brand_id).name}
    key = f"{kind.name}:{stream.id}"
    if kind in (SOON, MOVED) and stream.starts_at is not None:
        data["starts_at"] = iso(stream.starts_at)
        key = f"{key}:{iso(stream.starts_at)}"
    url = f"/live/{stream.slug}" if kind in (SOON, LIVE) else event_path(stream.slug)
    for account_id in account_ids:
        tell(session, account_id=account_id, kind=kind.name, key=key, group=stream.id, url=url, data=data)
