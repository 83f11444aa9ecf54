"""What happens to a stream and its room. State events carry the room's sequence number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shop.core.events import Event


@dataclass(frozen=True, kw_only=True)
class StateEvent(Event):
    """Parent of all events that change a room's snapshot; `service.publish_state` fills these three fields."""

    stateful: ClassVar[bool] = True
    room_id: str = ""
    epoch: str = ""
    seq: int = 0


@dataclass(frozen=True, kw_only=True)
class StreamStarted(StateEvent):
    """To everyone in the room when the host goes live."""

    name: ClassVar[str] = "stream.started"
    stream_id: str
    live_at: datetime


@dataclass(frozen=True, kw_only=True)
class StreamEnded(StateEvent):
    """To everyone in the room when the host ended the stream; the last event of a room."""

    name: ClassVar[str] = "stream.ended"
    stream_id: str
    ended_at: datetime
    replay_url: str


@dataclass(frozen=True, kw_only=True)
class VideoStarted(StateEvent):
    """To everyone in the room when the first pictures of the stream can be played."""

    name: ClassVar[str] = "video.started"


@dataclass(frozen=True, kw_only=True)
class HostLeft(StateEvent):
    """To everyone in the room when the host's picture is lost; the clocks of live prices stand still from `since`."""

    name: ClassVar[str] = "host.left"
    since: datetime


@dataclass(frozen=True, kw_only=True)
class HostReturned(StateEvent):
    """To everyone in the room when the host's picture is back; `pin.extended` follows and gives the time back."""

    name: ClassVar[str] = "host.returned"
    away_seconds: int


@dataclass(frozen=True, kw_only=True)
class ViewersCounted(Event):
    """To everyone in the room, at most every five seconds: how many different people are here."""

    name: ClassVar[str] = "viewers.counted"
    room_id: str
    count: int


@dataclass(frozen=True, kw_only=True)
class StreamPlanned(Event):
    """In this process only, when a stream was created, changed, scheduled or cancelled."""

    name: ClassVar[str] = "stream.planned"
    stream_id: str


@dataclass(frozen=True, kw_only=True)
class ReplayReady(Event):
    """To everyone still in the room when the recording is closed and can be watched."""

    name: ClassVar[str] = "replay.ready"
    room_id: str
    replay_url: str


@dataclass(frozen=True, kw_only=True)
class LineUpChanged(Event):
    """To everyone in a live room when products were added, removed or moved: `epoch` is new, load a snapshot."""

    name: ClassVar[str] = "line_up.changed"
    room_id: str
    epoch: str
