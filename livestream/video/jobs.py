"""What must happen at the engine, and a look for reports that got lost."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from livestream.rooms.models import Room, Stream, StreamState
from livestream.video import engines, service
from livestream.video.provider import EngineError
from shop.core import clock, db, jobs, queue

log = structlog.get_logger()
NO_RECORDING_AFTER = timedelta(minutes=10)


def close_later(session: Session, stream: Stream, _room: Room, _at: datetime) -> None:
    """The host ended the stream: a job tells the engine, again and again until it listens."""
    jobs.enqueue(session, "video.close", key=f"video.close:{stream.id}", stream_id=stream.id)


@jobs.job("video.close", attempts=12)
def close(stream_id: str) -> None:
    service.close_stream(stream_id=stream_id)


@queue.every_minute
def catch_up() -> None:
    """Reports whose callback was lost are still in the engine's own list."""
    with db.reading() as session:
        open_now = session.execute(
            select(Stream.id, Stream.state, Stream.ended_at).where(
                Stream.state.in_((StreamState.LIVE, StreamState.ENDED))
            )
        ).all()
    for stream_id, state, ended_at in open_now:
        try:
            service.take_events(engines.engine().status(stream_id).events)
        except EngineError as problem:
            log.warning("video engine does not answer", stream_id=stream_id, problem=str(problem))
            continue
        if state == StreamState.ENDED and ended_at and clock.now() - ended_at > NO_RECORDING_AFTER:
            with db.unit_of_work() as session:
                service.give_up_recording(session, stream_id=stream_id)
