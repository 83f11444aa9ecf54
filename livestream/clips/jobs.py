"""What must happen to clips: films are cut, films of removed clips go."""

from __future__ import annotations

from livestream.clips import queries, service, storage
from shop.core import clock, db, jobs, queue


@jobs.job("clips.cut", attempts=6)
def cut(clip_id: str) -> None:
    """An end that is still being written is tried again 2, 4, 8 … seconds later."""
    service.make_film(clip_id=clip_id)


@jobs.job("clips.drop")
def drop(clip_id: str) -> None:
    storage.drop(clip_id)


@queue.every_minute
def give_up_stuck() -> None:
    """A clip that could not be made in ten minutes will not be made: its page says so."""
    with db.reading() as session:
        stuck = queries.list_stuck(session, before=clock.now() - service.GIVE_UP_AFTER)
    for clip_id in stuck:
        with db.unit_of_work() as session:
            service.give_up(session, clip_id=clip_id)
