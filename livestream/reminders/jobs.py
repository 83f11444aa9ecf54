"""Reminders that are due, news of changes, and brands that go on air: a slice of people per transaction."""

from __future__ import annotations

from collections.abc import Callable

from livestream.reminders import news, service
from livestream.rooms.models import Stream, StreamState
from shop.core import db
from shop.core.jobs import job
from shop.social.queries import follower_ids


@job(service.FIRE)
def fire(stream_id: str) -> None:
    """Ten minutes before the start, or at the start for who asked later."""
    _slice_by_slice(service.fire_some, stream_id)


@job(service.SAY_CHANGED)
def say_changed(stream_id: str) -> None:
    """The stream moved or was called off."""
    _slice_by_slice(service.say_some_changed, stream_id)


def _slice_by_slice(tell_some: Callable[..., int], stream_id: str) -> None:
    while True:
        with db.unit_of_work() as session:
            if tell_some(session, stream_id=stream_id) < service.AT_ONCE:
                return


@job(service.SAY_LIVE)
def say_live(stream_id: str) -> None:
    """Followers of the brand hear that it is on air; not of a stream that is over when the job gets its turn."""
    with db.reading() as session:
        stream = session.get(Stream, stream_id)
        if stream is None or stream.state != StreamState.LIVE:
            return
        followers = follower_ids(session, stream.brand_id)
    for start in range(0, len(followers), service.AT_ONCE):
        with db.unit_of_work() as session:
            news.say(session, news.LIVE, session.get_one(Stream, stream_id), followers[start : start + service.AT_ONCE])
