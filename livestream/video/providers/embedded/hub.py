"""All streams of the live process: who sends, who waits for the next part, what was reported."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from livestream.video.provider import EngineEventName, StreamPhase
from livestream.video.providers.embedded import playlist
from livestream.video.providers.embedded.config import Config
from livestream.video.providers.embedded.ingest import Close, Ingest
from livestream.video.providers.embedded.reports import Courier, phase_after, read_events, write_event
from livestream.video.providers.embedded.storage import Busy, Segment, State, StreamFiles, recover
from livestream.video.tokens import STREAM_ID, IngestClaim

log = structlog.get_logger()

TICK_SECONDS = 0.5
QUOTA_EVERY_SECONDS = 5.0
# The host's own page ends these; everything else is the engine cutting the host off.
QUIET = {Close.DONE, Close.IDLE, Close.TAKEN_OVER, Close.ENDED, Close.CHILD_LOST}


class Refusal(Exception):
    """This ingest may not start, with the HTTP status that says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class OnAir:
    """One stream: its folder, its sender, those who wait, and the play lists of the present moment."""

    def __init__(self, stream_id: str, config: Config, courier: Courier) -> None:
        self.stream_id = stream_id
        self.folder = config.root / stream_id
        self.files = StreamFiles(self.folder)
        self.changed = threading.Condition()
        self.starting = threading.RLock()  # One start, take-over or end at a time.
        self.ingest: Ingest | None = None
        self.lost_at: float | None = None
        self.used_sessions: dict[str, int] = {}
        self._courier = courier
        self._version: tuple[int, int, int] = (0, 0, 0)
        self._state: State | None = None
        self._texts: dict[str, str] = {}
        self.phase, self.since = phase_after(read_events(self.folder))

    def state(self) -> State | None:
        """The state on disk; read again only when it changed."""
        version = self.files.state_version()
        if version != self._version:
            self._state, self._version, self._texts = self.files.state(), version, {}
        return self._state

    def wait_for(self, ready: Callable[[State], bool], seconds: float) -> State | None:
        """The state as soon as `ready` holds, or as it is after `seconds`; None when there is nothing yet."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while True:
                state = self.state()
                left = deadline - time.monotonic()
                if left <= 0 or (state is not None and ready(state)):
                    return state
                # A part may appear without a word from a child of an earlier live process.
                self.changed.wait(min(left, 0.25))

    def text(self, name: str, draw: Callable[[State], str]) -> str | None:
        """A play list, drawn once per change whatever the number of viewers."""
        state = self.state()
        if state is None:
            return None
        if name not in self._texts:
            self._texts[name] = draw(state)
        return self._texts[name]

    def is_ended(self) -> bool:
        return self.phase is StreamPhase.ENDED or self.files.is_ended()

    def tell(self, name: EngineEventName, **data: Any) -> None:
        """Write a report down and post it."""
        event = write_event(self.folder, name, self.stream_id, data)
        self.phase, self.since = phase_after(read_events(self.folder))
        log.info("live report", stream=self.stream_id, report=name.value, **data)
        self._courier.send(event)

    def wake(self) -> None:
        with self.changed:
            self._texts = {}
            self.changed.notify_all()


class Hub:
    """Everything the routes ask for."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.courier = Courier(config.callback_url, config.secret_key)
        self._streams: dict[str, OnAir] = {}
        self._lock = threading.Lock()
        self._resume()
        threading.Thread(target=self._tick_for_ever, daemon=True, name="live-tick").start()

    def find(self, stream_id: str) -> OnAir | None:
        """A stream that was ever on air; asking for others leaves no trace."""
        found = self._streams.get(stream_id)
        if found is None and STREAM_ID.fullmatch(stream_id) and (self.config.root / stream_id).is_dir():
            found = self.open(stream_id)
        return found

    def open(self, stream_id: str) -> OnAir:
        with self._lock:
            if stream_id not in self._streams:
                self._streams[stream_id] = OnAir(stream_id, self.config, self.courier)
            return self._streams[stream_id]

    def start(self, claim: IngestClaim, *, container: str) -> Ingest:
        """Begin a host session. The newest wins: whoever was sending is told and cut off. Raises Refusal."""
        stream = self.open(claim.stream_id)
        with stream.starting:
            self._check_start(stream, claim)
            stream.used_sessions[claim.session_id] = claim.expires_at
            if stream.ingest is not None:
                stream.ingest.end(Close.TAKEN_OVER, "taken_over")
                stream.ingest.wait_over()
            stream.ingest = Ingest(
                claim,
                stream.folder,
                container=container,
                config=self.config,
                on_report=self._on_report,
                on_over=self._on_over,
            )
            return stream.ingest

    def end(self, stream_id: str) -> None:
        """The host ended the stream: play lists become final. Harmless when repeated."""
        stream = self.open(stream_id)
        with stream.starting:
            stream.files.mark_ended()
            if stream.ingest is not None:
                ingest = stream.ingest
                ingest.end(Close.ENDED, "ended")
                ingest.wait_over()
            self._finish(stream)
            stream.wake()

    def kick(self, stream_id: str, who: str) -> bool:
        """Cut off what an account or a session is sending; says whether anybody was."""
        stream = self.find(stream_id)
        ingest = stream.ingest if stream else None
        if ingest is None or ingest.ended or (who and who not in {ingest.claim.host, ingest.claim.session_id}):
            return False
        ingest.end(Close.KICKED, "kicked")
        return True

    def status(self, stream_id: str) -> dict[str, Any]:
        stream = self.find(stream_id)
        if stream is None:
            return {"phase": StreamPhase.IDLE.value, "events": []}
        state, ingest = stream.state(), stream.ingest
        latest = state.window[-1] if state and state.window else None
        return {
            "phase": stream.phase.value,
            "since": stream.since,
            "bits_per_second": ingest.bits_per_second if ingest else 0,
            "frames_per_second": round(latest.frames / latest.seconds, 1) if ingest and latest else 0.0,
            "codecs": state.codecs if state else "",
            "width": state.width if state else 0,
            "height": state.height if state else 0,
            "last_byte_at": ingest.last_byte_at if ingest else None,
            "pid": ingest.pid if ingest else None,
            "events": read_events(stream.folder),
        }

    def recording(self, stream_id: str) -> dict[str, Any]:
        stream = self.find(stream_id)
        segments = list(stream.files.segments()) if stream else []
        return {
            "ready": bool(stream and stream.is_ended() and stream.ingest is None),
            "seconds": round(sum(segment.seconds for segment in segments), 3),
            "files": [f"s{segment.number}.m4s" for segment in segments],
            "spans": spans(segments),
        }

    def _check_start(self, stream: OnAir, claim: IngestClaim) -> None:
        now = time.time()
        stream.used_sessions = {known: end for known, end in stream.used_sessions.items() if end > now}
        if stream.is_ended():
            raise Refusal(410, "ended")
        if claim.session_id in stream.used_sessions:
            raise Refusal(403, "used")  # A token starts one session; a stolen one is worth nothing afterwards.
        if reason := self._over_quota(stream, claim):
            raise Refusal(413, reason)
        sending = sum(other.ingest is not None for other in self._streams.values() if other is not stream)
        if sending >= self.config.ingests:
            raise Refusal(503, "full")

    def _over_quota(self, stream: OnAir, claim: IngestClaim) -> str:
        state = stream.state()
        if state is None or claim.keep_seconds:
            return ""  # A stream that keeps its last minutes only cannot fill the disk.
        if state.size > self.config.stream_bytes:
            return "bytes"
        return "seconds" if state.seconds > self.config.stream_seconds else ""

    def _on_report(self, ingest: Ingest, report: dict[str, Any]) -> None:
        stream = self.open(ingest.claim.stream_id)
        if report["event"] == "segment":
            # The first closed segment is the first thing every player can show.
            if stream.phase is StreamPhase.IDLE:
                stream.tell(EngineEventName.STARTED, session_id=ingest.claim.session_id)
            elif stream.phase is StreamPhase.AWAY:
                stream.tell(EngineEventName.HOST_BACK, session_id=ingest.claim.session_id)
        stream.wake()

    def _on_over(self, ingest: Ingest) -> None:
        stream = self.open(ingest.claim.stream_id)
        if ingest.ended and ingest.ended.code not in QUIET:
            stream.tell(EngineEventName.STOPPED, reason=ingest.reason, session_id=ingest.claim.session_id)
        if stream.ingest is ingest:
            stream.ingest = None
            stream.lost_at = time.time()
        stream.wake()

    def _finish(self, stream: OnAir) -> None:
        try:
            recover(stream.folder)
        except Busy:
            log.warning("a writer is still at work after the end", stream=stream.stream_id)
        names = {event["name"] for event in read_events(stream.folder)}
        if EngineEventName.ENDED.value not in names:
            stream.tell(EngineEventName.ENDED)
        if EngineEventName.RECORDING_READY.value not in names:
            state = stream.state()
            stream.tell(EngineEventName.RECORDING_READY, duration_seconds=state.seconds if state else 0.0)

    def _resume(self) -> None:
        """After a restart: streams that were on air wait for their host, ends that were cut short are finished."""
        self.config.root.mkdir(parents=True, exist_ok=True)
        for folder in sorted(self.config.root.iterdir()):
            if not STREAM_ID.fullmatch(folder.name) or not folder.is_dir():
                continue
            stream = self.open(folder.name)
            names = {event["name"] for event in read_events(folder)}
            if stream.files.is_ended() and EngineEventName.RECORDING_READY.value not in names:
                self._finish(stream)
            elif stream.phase is StreamPhase.LIVE:
                stream.lost_at = time.time()
                self._recover_later(stream)

    def _recover_later(self, stream: OnAir) -> None:
        try:
            recover(stream.folder)
        except Busy:
            log.info("a child of the last live process is still writing", stream=stream.stream_id)

    def _tick_for_ever(self) -> None:
        quota_at = 0.0
        while True:
            time.sleep(TICK_SECONDS)
            now = time.time()
            with_quota = now - quota_at > QUOTA_EVERY_SECONDS
            if with_quota:
                quota_at = now
            for stream in list(self._streams.values()):
                try:
                    self._tick(stream, now, with_quota=with_quota)
                except Exception:
                    log.exception("tick failed", stream=stream.stream_id)  # The other streams go on.

    def _tick(self, stream: OnAir, now: float, *, with_quota: bool) -> None:
        ingest = stream.ingest
        if ingest is not None:
            ingest.kill_when_late(now)
            if ingest.is_idle(now):
                ingest.end(Close.IDLE, "idle")
            elif with_quota and (reason := self._over_quota(stream, ingest.claim)):
                ingest.end(Close.QUOTA, reason)
        elif stream.phase is StreamPhase.LIVE and stream.lost_at and now - stream.lost_at > self.config.away_seconds:
            stream.lost_at = None
            stream.tell(EngineEventName.HOST_LOST)
            stream.wake()


def spans(segments: list[Segment]) -> list[dict[str, float]]:
    """Stretches recorded without a gap, so that an instant of the show is found in its replay."""
    found: list[dict[str, float]] = []
    position = 0.0
    init = 0
    for segment in segments:
        if segment.init != init:
            found.append({"started_at": segment.started_at, "position": round(position, 3), "seconds": 0.0})
            init = segment.init
        found[-1]["seconds"] = round(found[-1]["seconds"] + segment.seconds, 3)
        position += segment.seconds
    return found


def live_text(stream: OnAir, *, low_latency: bool) -> str | None:
    ended = stream.is_ended()
    name = f"{'parts' if low_latency else 'plain'}-{ended}"
    return stream.text(name, lambda state: playlist.live(state, ended=ended, low_latency=low_latency))
