"""Between streams and the engine that carries their pictures. The engine is never called inside a unit of work."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from livestream.rooms import policy
from livestream.rooms.models import Stream, StreamState
from livestream.rooms.queries import lock_stream
from livestream.rooms.service import note_host_back, note_host_lost, note_recording, note_video, require_live
from livestream.video import engines
from livestream.video.models import VideoEvent
from livestream.video.provider import (
    EngineError,
    EngineEvent,
    EngineEventName,
    IngestGrant,
    IngestKind,
    LiveStream,
    PlaybackGrant,
)
from shop.core import db
from shop.core.actor import Actor
from shop.core.errors import NotAllowed, NotFound, ProviderError, WrongMove, require

log = structlog.get_logger()
INGEST_TTL = timedelta(seconds=60)
PLAYBACK_TTL = timedelta(minutes=15)
DEMO_RECORDING = timedelta(minutes=30)


def ingest_grant(session: Session, *, actor: Actor, stream: Stream) -> IngestGrant:
    """Leave for this host to start sending within a minute. Raises NotAllowed, NotLive, ProviderError."""
    db.check_no_transaction("the video engine")
    require(policy.can_run_stream(actor, stream.brand_id), NotAllowed)
    require_live(stream.state)
    engine = engines.engine()
    # A demo show runs for ever; its recording must not.
    keep = DEMO_RECORDING if stream.is_demo else timedelta(0)
    wanted = LiveStream(stream_id=stream.id, brand_id=stream.brand_id, keep=keep)
    try:
        engine.open(wanted)
        return engine.ingest_grant(wanted, host=str(actor.account_id), kind=IngestKind.CHUNKS, ttl=INGEST_TTL)
    except EngineError as problem:
        raise ProviderError(permanent=problem.permanent) from problem


def playback_grants(*, stream: Stream) -> tuple[PlaybackGrant, ...]:
    """Ways to watch, best first. Raises ProviderError."""
    db.check_no_transaction("the video engine")
    try:
        return engines.engine().playback_grant(stream.id, viewer=None, ttl=PLAYBACK_TTL)
    except EngineError as problem:
        raise ProviderError(permanent=problem.permanent) from problem


def close_stream(*, stream_id: str) -> None:
    """Make the play lists final. Raises EngineError; the job asks again."""
    db.check_no_transaction("the video engine")
    engines.engine().close(stream_id)


def take_events(events: tuple[EngineEvent, ...]) -> int:
    """Apply the engine's reports, each once, in their order; returns how many were new."""
    return sum(_take(event) for event in events)


def _take(event: EngineEvent) -> bool:
    with db.unit_of_work() as session:
        try:
            # The lock makes a report that comes twice at the same time wait for its first copy.
            lock_stream(session, event.stream_id)
        except NotFound:
            log.warning("video event of an unknown stream", event_ref=event.id)
            return False
        if session.get(VideoEvent, event.id) is not None:
            return False
        row = VideoEvent(event_ref=event.id, stream_id=event.stream_id, name=event.name.value, happened_at=event.at)
        session.add(row)
        session.flush()
        _apply(session, event)
    return True


def _apply(session: Session, event: EngineEvent) -> None:
    """What a report means for the room; those that only inform are kept and change nothing."""
    if event.name is EngineEventName.STARTED:
        note_video(session, stream_id=event.stream_id)
        note_host_back(session, stream_id=event.stream_id)
    elif event.name is EngineEventName.HOST_LOST:
        note_host_lost(session, stream_id=event.stream_id)
    elif event.name is EngineEventName.HOST_BACK:
        note_video(session, stream_id=event.stream_id)
        note_host_back(session, stream_id=event.stream_id)
    elif event.name is EngineEventName.RECORDING_READY:
        try:
            note_recording(
                session, stream_id=event.stream_id, duration_seconds=int(event.data.get("duration_seconds", 0))
            )
        except WrongMove:
            log.warning("recording of a stream that is not over", stream_id=event.stream_id)
    elif event.name in {EngineEventName.STOPPED, EngineEventName.FAILED}:
        log.warning("video engine report", report=event.name.value, stream_id=event.stream_id, data=dict(event.data))


def give_up_recording(session: Session, *, stream_id: str) -> None:
    """Nothing was ever recorded (the camera never came): the replay has chapters and chat, but no pictures."""
    stream = lock_stream(session, stream_id)
    if stream.state == StreamState.ENDED:
        note_recording(session, stream_id=stream_id, duration_seconds=0)
