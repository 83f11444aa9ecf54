"""Places in a show, as people write them and as engines know them.

A show on air is counted from its beginning on the wall clock ("show"); a recording is counted in what was kept of it,
without the gaps ("recording"). Engines know instants, which stay true whatever is dropped or joined later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints

from livestream.clips.errors import NotRecorded
from livestream.clips.models import DEFAULT_SECONDS, LEAST_SECONDS, MOST_SECONDS
from livestream.rooms.models import Stream, StreamState
from livestream.video import engines
from livestream.video.provider import EngineError, Recording
from shop.core import clock, db
from shop.core.errors import InvalidInput, NotFound, ProviderError
from shop.core.forms import Input, check_line
from shop.core.i18n import N_, gettext

Clock = Literal["show", "recording"]
WRITTEN = re.compile(r"(?:(?:([0-9]{1,2}):)?([0-9]{1,3}):)?([0-9]{1,6}(?:[.,][0-9]{1,3})?)")
EDGE_SECONDS = 2  # The newest seconds of a show are still being written.
ROOM_BEFORE, ROOM_AFTER = 90, 30  # How far the handles of the trimmer reach around the moment.
MAXIMUM_SECONDS = 48 * 3600


def read_seconds(text: str) -> float:
    """`12:04`, `1:12:04`, `724` or `724.5` as seconds. Raises ValueError with a sentence."""
    found = WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(N_("Write a time like 12:04."))
    hours, minutes, seconds = found.groups()
    total = int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds.replace(",", "."))
    if total > MAXIMUM_SECONDS or (minutes is not None and float(seconds.replace(",", ".")) >= 60):
        raise ValueError(N_("Write a time like 12:04."))
    return total


def _check(text: str) -> str:
    read_seconds(text)
    return text


WrittenTime = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=12), AfterValidator(check_line), AfterValidator(_check)
]


class CutForm(Input):
    """What the trimmer posts; its two fields are the truth, the handles only write into them."""

    start: WrittenTime
    end: WrittenTime
    clock: Clock = "show"
    with_product: bool = False
    with_name: bool = False


@dataclass(frozen=True, kw_only=True)
class Piece:
    """The part of a show that a clip is cut from."""

    start_seconds: float
    end_seconds: float
    from_at: datetime
    until_at: datetime

    @property
    def seconds(self) -> float:
        return self.end_seconds - self.start_seconds


@dataclass(frozen=True, kw_only=True)
class Trimmer:
    """What the trimmer shows: how far its handles go, and where they stand at first."""

    clock: Clock
    least: int
    most: int
    start: int
    end: int


def find_piece(stream: Stream, form: CutForm) -> Piece:
    """Check the two times and say which instants they are. Asks the engine, so never inside a unit of work.

    Raises InvalidInput with the field, NotRecorded, ProviderError.
    """
    start, end = read_seconds(form.start), read_seconds(form.end)
    check_length(start, end)
    if stream.live_at is None:
        raise NotFound
    if form.clock == "show":
        from_at, until_at = (stream.live_at + timedelta(seconds=seconds) for seconds in (start, end))
        if until_at > clock.now():
            raise InvalidInput(fields={"end": gettext("That has not happened yet.")})
    else:
        from_at, until_at = in_recording(load_recording(stream.id), start, end)
    return Piece(start_seconds=start, end_seconds=end, from_at=from_at, until_at=until_at)


def check_length(start: float, end: float) -> None:
    """Raises InvalidInput: the end comes after the start, three seconds to a minute later."""
    if end <= start:
        raise InvalidInput(fields={"end": gettext("The end comes after the start.")})
    if end - start < LEAST_SECONDS:
        raise InvalidInput(fields={"end": gettext("A clip lasts at least %(seconds)s seconds.", seconds=LEAST_SECONDS)})
    if end - start > MOST_SECONDS:
        raise InvalidInput(fields={"end": gettext("A clip lasts at most %(seconds)s seconds.", seconds=MOST_SECONDS)})


def in_recording(recording: Recording, start: float, end: float) -> tuple[datetime, datetime]:
    """Raises NotRecorded when the recording is shorter, InvalidInput when only the end lies behind its end."""
    duration = recording.duration.total_seconds()
    if start >= duration:
        raise NotRecorded
    if end > duration + 1:
        raise InvalidInput(fields={"end": gettext("The recording ends before that.")})
    from_at = recording.instant_of(timedelta(seconds=start))
    until_at = recording.instant_of(timedelta(seconds=min(end, duration)))
    if from_at is None or until_at is None or until_at <= from_at:
        raise NotRecorded
    return from_at, until_at


def load_recording(stream_id: str) -> Recording:
    """Raises ProviderError."""
    db.check_no_transaction("the video engine")
    try:
        return engines.engine().recording(stream_id)
    except EngineError as problem:
        raise ProviderError(permanent=problem.permanent) from problem


def trimmer_for(stream: Stream, *, at: float | None) -> Trimmer | None:
    """The trimmer around a second, or over the last seconds of a show on air; None where nothing can be cut yet."""
    if not engines.engine().capabilities().clips or stream.live_at is None:
        return None
    if stream.state == StreamState.LIVE:
        return _trimmer("show", at=None, duration=int((clock.now() - stream.live_at).total_seconds()) - EDGE_SECONDS)
    return _trimmer("recording", at=at, duration=stream.duration_seconds or 0)


def _trimmer(counted: Clock, *, at: float | None, duration: int) -> Trimmer | None:
    if duration < LEAST_SECONDS:
        return None
    end = duration if at is None else min(duration, max(int(at), LEAST_SECONDS))
    start = max(0, end - DEFAULT_SECONDS)
    return Trimmer(
        clock=counted, least=max(0, end - ROOM_BEFORE), most=min(duration, end + ROOM_AFTER), start=start, end=end
    )
