"""The embedded engine as the shop sees it: tokens are made here, clips are cut from the files that the live process wrote,
everything else is a short call to it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from livestream.video import tokens
from livestream.video.provider import (
    AccessRequest,
    Capabilities,
    Cut,
    EngineError,
    EngineEvent,
    EngineEventName,
    EventRefused,
    Health,
    IngestGrant,
    IngestKind,
    IngestStatus,
    LiveStream,
    PlaybackGrant,
    PlaybackKind,
    RawEvent,
    Recording,
    Span,
    StreamPhase,
)
from livestream.video.providers.embedded.config import (
    CALL_HEADER,
    CALL_PURPOSE,
    PUBLIC_PREFIX,
    REPORT_HEADER,
    REPORT_PURPOSE,
)
from shop.core import clock, ids

CONNECT_SECONDS, ANSWER_SECONDS = 1.0, 3.0
END_SECONDS = 10.0  # The remux child writes its last part first.
CUT_SECONDS = 90
MAXIMUM_REPORT = 64 * 1024
CUTTER = "livestream.video.providers.embedded.cut"
ROOT = Path(__file__).resolve().parents[4]


class EmbeddedEngine:
    """LiveEngine over the live process at `address`, whose files everybody reaches below `public_prefix`."""

    name = "embedded"

    def __init__(
        self, *, secret_key: str, address: str, data_dir: Path | None = None, public_prefix: str = PUBLIC_PREFIX
    ) -> None:
        self._secret_key = secret_key
        self._root = data_dir.absolute() / "live" if data_dir else None
        self._address = address.rstrip("/")
        self._prefix = public_prefix.rstrip("/")

    def capabilities(self) -> Capabilities:
        return Capabilities(
            ingest=(IngestKind.CHUNKS,),
            playback=(PlaybackKind.LL_HLS, PlaybackKind.HLS, PlaybackKind.REPLAY),
            recording="local",
            asks_authorisation=True,
            typical_latency=timedelta(seconds=1.5),
            clips=self._root is not None,
        )

    def open(self, stream: LiveStream) -> str:
        """Nothing to make ready: the first grant that is used makes the folder."""
        if not tokens.STREAM_ID.fullmatch(stream.stream_id):
            raise EngineError("this is no stream id", permanent=True)
        return stream.stream_id

    def close(self, stream_id: str) -> None:
        self._call("POST", f"/{stream_id}/end", seconds=END_SECONDS)

    def kick(self, stream_id: str, who: str) -> bool:
        return bool(self._call("POST", f"/{stream_id}/kick", {"who": who})["kicked"])

    def ingest_grant(self, stream: LiveStream, *, host: str, kind: IngestKind, ttl: timedelta) -> IngestGrant:
        if kind not in self.capabilities().ingest:
            raise EngineError(f"the embedded engine takes no {kind.value}", permanent=True)
        expires_at = int((clock.now() + ttl).timestamp())
        claim = tokens.IngestClaim(
            stream_id=stream.stream_id,
            brand_id=stream.brand_id,
            kind=kind.value,
            host=host,
            session_id=ids.new_token(),
            expires_at=expires_at,
            keep_seconds=int(stream.keep.total_seconds()),
        )
        token = tokens.sign_ingest(self._secret_key, claim)
        return IngestGrant(
            kind=kind, url=f"{self._prefix}/ingest/{token}", token=token, expires_at=_instant(expires_at)
        )

    def playback_grant(self, stream_id: str, *, viewer: str | None, ttl: timedelta) -> tuple[PlaybackGrant, ...]:
        """The same for all viewers of a stream, so that caches can share what they fetched."""
        expires_at = tokens.playback_expiry(now=clock.now().timestamp(), ttl_seconds=ttl.total_seconds())
        token = tokens.sign_playback(self._secret_key, stream_id, expires_at=expires_at)
        ways = (
            (PlaybackKind.LL_HLS, "index.m3u8"),
            (PlaybackKind.HLS, "plain.m3u8"),
            (PlaybackKind.REPLAY, "replay.m3u8"),
        )
        return tuple(
            PlaybackGrant(
                kind=kind,
                url=f"{self._prefix}/{stream_id}/{token}/{name}",
                token=token,
                expires_at=_instant(expires_at),
            )
            for kind, name in ways
        )

    def authorise(self, request: AccessRequest) -> bool:
        now = clock.now().timestamp()
        try:
            if request.action == "read":
                tokens.check_playback(self._secret_key, request.stream_id, request.credential, now=now)
                return True
            claim = tokens.read_ingest(self._secret_key, request.credential, now=now)
        except tokens.BadToken:
            return False
        return claim.stream_id == request.stream_id

    def parse_event(self, raw: RawEvent) -> tuple[EngineEvent, ...]:
        if len(raw.body) > MAXIMUM_REPORT:
            raise EventRefused("a report is short")
        header = next((value for name, value in raw.headers.items() if name.lower() == REPORT_HEADER.lower()), "")
        try:
            tokens.check_message(self._secret_key, REPORT_PURPOSE, raw.body, header, now=clock.now().timestamp())
        except tokens.BadToken as problem:
            raise EventRefused(str(problem)) from None
        try:
            return (_event(json.loads(raw.body)),)
        except (ValueError, KeyError, TypeError) as problem:
            raise EventRefused("the report is not one of ours") from problem

    def status(self, stream_id: str) -> IngestStatus:
        found = self._call("GET", f"/{stream_id}")
        return IngestStatus(
            phase=StreamPhase(found["phase"]),
            since=_instant(found["since"]) if found.get("since") else None,
            bits_per_second=found.get("bits_per_second", 0),
            frames_per_second=found.get("frames_per_second", 0.0),
            codecs=found.get("codecs", ""),
            width=found.get("width", 0),
            height=found.get("height", 0),
            last_byte_at=_instant(found["last_byte_at"]) if found.get("last_byte_at") else None,
            events=tuple(_event(event) for event in found["events"]),
        )

    def recording(self, stream_id: str) -> Recording:
        found = self._call("GET", f"/{stream_id}/recording")
        return Recording(
            ready=found["ready"],
            duration=timedelta(seconds=found["seconds"]),
            files=tuple(found["files"]),
            spans=tuple(
                Span(
                    started_at=_instant(span["started_at"]),
                    position=timedelta(seconds=span["position"]),
                    duration=timedelta(seconds=span["seconds"]),
                )
                for span in found["spans"]
            ),
        )

    def cut(self, stream_id: str, *, start: datetime, end: datetime, film: Path, poster: Path) -> Cut:
        if self._root is None or not tokens.STREAM_ID.fullmatch(stream_id):
            raise EngineError("there is no recording of this stream here", permanent=True)
        film.parent.mkdir(parents=True, exist_ok=True)
        unfinished = film.with_name(film.name + ".part"), poster.with_name(poster.name + ".part")
        try:
            told = _run_cutter(self._root / stream_id, *unfinished, start=start, end=end)
            unfinished[1].replace(poster)
            unfinished[0].replace(film)
        finally:
            for path in unfinished:
                path.unlink(missing_ok=True)
        return Cut(
            started_at=_instant(told["started_at"]),
            duration=timedelta(seconds=told["seconds"]),
            width=told["width"],
            height=told["height"],
        )

    def health(self) -> Health:
        try:
            answer = requests.get(f"{self._address}{self._prefix}/healthz", timeout=(CONNECT_SECONDS, ANSWER_SECONDS))
        except requests.RequestException as problem:
            return Health(ok=False, detail=type(problem).__name__)
        return Health(ok=answer.status_code == 200, detail="" if answer.ok else f"HTTP {answer.status_code}")

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, seconds: float = ANSWER_SECONDS
    ) -> dict[str, Any]:
        """One signed call. Raises EngineError."""
        full = f"{self._prefix}/internal/streams{path}"
        raw = json.dumps(body).encode() if body is not None else b""
        message = tokens.call_message(method, full, raw)
        # Signatures between processes are about this very moment: the frozen clock of tests is not asked.
        signature = tokens.sign_message(self._secret_key, CALL_PURPOSE, message, now=datetime.now(UTC).timestamp())
        try:
            answer = requests.request(
                method,
                self._address + full,
                data=raw,
                headers={CALL_HEADER: signature, "Content-Type": "application/json"},
                timeout=(CONNECT_SECONDS, seconds),
                allow_redirects=False,
            )
        except requests.RequestException as problem:
            raise EngineError(f"the live process does not answer: {type(problem).__name__}", permanent=False) from None
        if answer.status_code != 200:
            raise EngineError(f"the live process answered {answer.status_code}", permanent=answer.status_code < 500)
        found: dict[str, Any] = answer.json()
        return found


def _run_cutter(folder: Path, film: Path, poster: Path, *, start: datetime, end: datetime) -> dict[str, Any]:
    """The child's one line. Raises EngineError; only an end that is still being written is worth another try."""
    command = [sys.executable, "-m", CUTTER, str(folder), str(film), str(poster)]
    instants = ["--start", repr(start.timestamp()), "--end", repr(end.timestamp())]
    try:
        done = subprocess.run(
            command + instants, cwd=ROOT, capture_output=True, text=True, timeout=CUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise EngineError("cutting took too long", permanent=True) from None
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise EngineError(f"the cutter ended with {done.returncode}", permanent=done.returncode >= 0) from None
    if "refused" in told:
        raise EngineError(f"no clip: {told['refused']}", permanent=told["refused"] != "not_yet")
    return told


def _event(row: Mapping[str, Any]) -> EngineEvent:
    return EngineEvent(
        id=str(row["id"]),
        name=EngineEventName(row["name"]),
        stream_id=str(row["stream_id"]),
        at=_instant(row["at"]),
        data=dict(row["data"]),
    )


def _instant(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
