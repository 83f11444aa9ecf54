"""What happens on the notice board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shop.core.events import Event


@dataclass(frozen=True, kw_only=True)
class NoticeAdded(Event):
    """To the person's own sockets when they are told something; how many wait is asked for over HTTP."""

    name: ClassVar[str] = "notice.added"
    notice_id: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class NoticesRead(Event):
    """To the person's own sockets when notices were read, here or on another device."""

    name: ClassVar[str] = "notices.read"
