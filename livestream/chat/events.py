"""What happens in a room's chat. Messages are passing; what takes them away is state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from livestream.rooms.events import StateEvent
from livestream.rooms.protocol import MessageView
from shop.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ChatPosted(Event):
    """To everyone in the room when somebody wrote. Text only; receivers never read it as HTML."""

    name: ClassVar[str] = "chat.posted"
    room_id: str
    message: MessageView


@dataclass(frozen=True, kw_only=True)
class ChatRemoved(StateEvent):
    """To everyone in the room when a message was taken down."""

    name: ClassVar[str] = "chat.removed"
    message_id: str


@dataclass(frozen=True, kw_only=True)
class ChatCleared(StateEvent):
    """To everyone in the room when all messages of a muted or banned person go."""

    name: ClassVar[str] = "chat.cleared"
    account_id: str


@dataclass(frozen=True, kw_only=True)
class SlowModeChanged(StateEvent):
    """To everyone in the room: how many seconds lie between two messages of one person; 0 is off."""

    name: ClassVar[str] = "chat.slow_mode_changed"
    seconds: int


@dataclass(frozen=True, kw_only=True)
class NoticeChanged(StateEvent):
    """To everyone in the room: the message that the host pinned over the chat; empty takes it away."""

    name: ClassVar[str] = "room.notice_changed"
    text: str


@dataclass(frozen=True, kw_only=True)
class ChatSilenced(Event):
    """To the person alone: muted or banned until a time (null: until lifted), or `kind` none when it was lifted."""

    name: ClassVar[str] = "chat.silenced"
    room_id: str
    kind: str
    until: datetime | None
