"""What the shop asks of a video engine, and the types both sides speak.

The shop knows streams, brands and who may do what; an engine knows media. Rooms, layouts, chat and billing stay out
of here on purpose. Engines are kinds: one folder below `providers/`, one line in `providers/__init__.py`, and the
contract suite `tests/contracts/test_live_engines.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol


class IngestKind(StrEnum):
    """How pictures get in."""

    CHUNKS = "chunks"  # MediaRecorder slices over a WebSocket, or one POST each.
    WHIP = "whip"
    RTMP = "rtmp"
    LIVEKIT = "livekit"


class PlaybackKind(StrEnum):
    """How pictures get out."""

    LL_HLS = "ll-hls"
    HLS = "hls"
    WHEP = "whep"
    LIVEKIT = "livekit"
    REPLAY = "replay"


class EngineEventName(StrEnum):
    """What an engine reports, whatever its vendor calls it."""

    STARTED = "started"  # The first pictures can be played.
    HOST_LOST = "host_lost"  # Nothing came in for longer than a page reload takes.
    HOST_BACK = "host_back"
    STOPPED = "stopped"  # The engine cut the host off; `data["reason"]` says why.
    ENDED = "ended"  # The host ended the stream; play lists are final.
    RECORDING_READY = "recording_ready"
    VIEWER_COUNT = "viewer_count"
    FAILED = "failed"


class StreamPhase(StrEnum):
    """Where the media of a stream stands."""

    IDLE = "idle"
    LIVE = "live"
    AWAY = "away"
    ENDED = "ended"


PHASE_AFTER: dict[EngineEventName, StreamPhase] = {
    EngineEventName.STARTED: StreamPhase.LIVE,
    EngineEventName.HOST_BACK: StreamPhase.LIVE,
    EngineEventName.HOST_LOST: StreamPhase.AWAY,
    EngineEventName.ENDED: StreamPhase.ENDED,
    EngineEventName.RECORDING_READY: StreamPhase.ENDED,
}


class EngineError(Exception):
    """The engine could not do it. `permanent` says whether asking again can help."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class EventRefused(EngineError):
    """A report that did not come from the engine, or came too late; answer 400 and change nothing."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What an engine can do; the studio and the player choose from it."""

    ingest: tuple[IngestKind, ...]
    playback: tuple[PlaybackKind, ...]
    recording: Literal["local", "remote", "none"]
    asks_authorisation: bool
    typical_latency: timedelta
    clips: bool = False  # `cut` works, also while the stream is on air.


@dataclass(frozen=True, kw_only=True)
class LiveStream:
    """The stream as the engine needs to know it."""

    stream_id: str
    brand_id: str
    keep: timedelta = timedelta(0)  # Only the last so much stays on disk; zero keeps all of it.


@dataclass(frozen=True, kw_only=True)
class IngestGrant:
    """Leave to send pictures, for one host session. Secret: only the host's own page gets it, and no log."""

    kind: IngestKind
    url: str
    expires_at: datetime
    token: str = ""
    stream_key: str = ""
    ice_servers: tuple[str, ...] = ()
    prefer_codecs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PlaybackGrant:
    """Leave to watch until `expires_at`; the player asks again before."""

    kind: PlaybackKind
    url: str
    expires_at: datetime
    token: str = ""


@dataclass(frozen=True, kw_only=True)
class AccessRequest:
    """Somebody shows a credential to a media server, which asks us."""

    action: Literal["publish", "read"]
    stream_id: str
    credential: str
    ip: str = ""
    protocol: str = ""
    session: str = ""


@dataclass(frozen=True, kw_only=True)
class RawEvent:
    """A report as it arrived: the untouched body and its headers."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class EngineEvent:
    """One verified report. The same `id` may arrive more than once and means the same event."""

    id: str
    name: EngineEventName
    stream_id: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class IngestStatus:
    """What comes in right now. `events` holds all reports, so that a lost callback can be made up for."""

    phase: StreamPhase
    since: datetime | None = None
    bits_per_second: int = 0
    frames_per_second: float = 0.0
    codecs: str = ""
    width: int = 0
    height: int = 0
    last_byte_at: datetime | None = None
    viewers: int | None = None  # None: this engine does not count them.
    events: tuple[EngineEvent, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch without a gap: what was on air from `started_at` is found at `position` in the recording."""

    started_at: datetime
    position: timedelta
    duration: timedelta


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What was kept of a stream. `ready` means that nothing more will be added."""

    ready: bool
    duration: timedelta
    files: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()

    def position_of(self, at: datetime) -> timedelta:
        """Where in the recording an instant of the show is; an instant inside a gap is where the host came back."""
        for span in self.spans:
            if at < span.started_at + span.duration:
                return span.position + max(at - span.started_at, timedelta(0))
        return self.duration

    def instant_of(self, position: timedelta) -> datetime | None:
        """When that was on air; None outside of the recording."""
        for span in self.spans:
            if timedelta(0) <= position <= span.position + span.duration:
                return span.started_at + (position - span.position)
        return None


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A clip that was copied into a file of its own. `started_at` is at or before the asked instant: a copy begins at a
    key picture."""

    started_at: datetime
    duration: timedelta
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Health:
    ok: bool
    detail: str = ""


class LiveEngine(Protocol):
    """One configured engine. Calls that reach over the network are short and raise EngineError when they cannot."""

    name: str

    def capabilities(self) -> Capabilities: ...

    def open(self, stream: LiveStream) -> str:
        """Make the engine ready for a stream and return its reference there. Harmless when repeated."""
        ...

    def close(self, stream_id: str) -> None:
        """The host ended the stream: nothing more comes in, play lists become final. Harmless when repeated."""
        ...

    def kick(self, stream_id: str, who: str) -> bool:
        """Cut off what `who` (an account, or a host session; empty: anybody) is sending now; says whether it did."""
        ...

    def ingest_grant(self, stream: LiveStream, *, host: str, kind: IngestKind, ttl: timedelta) -> IngestGrant:
        """Leave for one host to start sending within `ttl`."""
        ...

    def playback_grant(self, stream_id: str, *, viewer: str | None, ttl: timedelta) -> tuple[PlaybackGrant, ...]:
        """Ways to watch, best first; the player takes the first it can play."""
        ...

    def authorise(self, request: AccessRequest) -> bool:
        """Whether a credential holds. Pure and fast: media servers ask for every publisher and sometimes every segment."""
        ...

    def parse_event(self, raw: RawEvent) -> tuple[EngineEvent, ...]:
        """Verify a report and say it in neutral words. Raises EventRefused."""
        ...

    def status(self, stream_id: str) -> IngestStatus: ...

    def recording(self, stream_id: str) -> Recording: ...

    def cut(self, stream_id: str, *, start: datetime, end: datetime, film: Path, poster: Path) -> Cut:
        """Copy what was on air between two instants into an MP4 of its own and one of its pictures into a JPEG.

        Nothing is encoded anew: the clip begins at the key picture at or before `start` and outlives the stream's own
        files. Both files appear whole or not at all. Slow: for jobs. Raises EngineError, permanent when there is nothing
        to copy, not permanent while the end is still being written.
        """
        ...

    def health(self) -> Health: ...
