from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from livestream.clips.moments import Piece
from livestream.rooms.models import Stream
from livestream.video import engines
from livestream.video.provider import EngineError, Recording, Span
from livestream.video.providers.embedded.engine import EmbeddedEngine
from livestream.video.providers.embedded.hub import spans
from livestream.video.providers.embedded.storage import Segment, StreamFiles
from shop.core import clock, db
from tests.clips.films import record, rewrite
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom, make_live_room
from tests.support.recording import Recorder


class FileEngine(EmbeddedEngine):
    """The embedded engine without a live process: it cuts from files for real and reads the recording from them.

    `fail` is raised instead, once per entry.
    """

    def __init__(self, data_dir: Path) -> None:
        super().__init__(secret_key="a secret of tests", address="http://127.0.0.1:9", data_dir=data_dir)
        self.data_dir = data_dir
        self.fail: list[EngineError] = []

    def folder(self, stream_id: str) -> Path:
        return self.data_dir / "live" / stream_id

    def recording(self, stream_id: str) -> Recording:
        found = list(StreamFiles(self.folder(stream_id)).segments())
        seconds = sum(segment.seconds for segment in found)
        rows = [
            Span(
                started_at=datetime.fromtimestamp(span["started_at"], clock.now().tzinfo),
                position=timedelta(seconds=span["position"]),
                duration=timedelta(seconds=span["seconds"]),
            )
            for span in spans(found)
        ]
        return Recording(ready=True, duration=timedelta(seconds=seconds), spans=tuple(rows))

    def cut(self, stream_id: str, **what: object) -> object:  # type: ignore[override]  # passed on as it comes
        if self.fail:
            raise self.fail.pop(0)
        return super().cut(stream_id, **what)  # type: ignore[arg-type]


@pytest.fixture
def engine(app: Flask, tmp_path: Path) -> FileEngine:
    made = FileEngine(tmp_path)
    engines.use_engine(made)
    return made


@pytest.fixture
def room(cast: Cast, sent: Recorder, frozen: datetime) -> LiveRoom:
    """On air since a minute, nothing pinned."""
    with db.unit_of_work() as session:
        found = make_live_room(session, cast.brand_a, host=cast.ben)
    clock.move(timedelta(minutes=1))
    return found


@pytest.fixture(scope="session")
def show(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighteen seconds of a show, recorded once for all tests."""
    folder = tmp_path_factory.mktemp("show")
    record(folder, *["ingest-h264-opus.mkv"] * 3)
    return folder


@pytest.fixture
def filmed(room: LiveRoom, engine: FileEngine, show: Path) -> Iterator[list[Segment]]:
    """The room's show: the first picture came two seconds after its start, then three sessions with pauses of 2 s."""
    folder = engine.folder(room.stream.id)
    folder.mkdir(parents=True)
    for path in show.iterdir():
        if path.name != "index.jsonl":
            (folder / path.name).hardlink_to(path)
    (folder / "index.jsonl").write_text((show / "index.jsonl").read_text())
    began = next(iter(StreamFiles(folder).segments())).started_at
    assert room.stream.live_at is not None
    shift = room.stream.live_at.timestamp() + 2 - began
    rewrite(folder, lambda rows: [{**row, "started_at": round(row["started_at"] + shift, 3)} for row in rows])
    yield list(StreamFiles(folder).segments())


def piece_of(stream: Stream, start: float, end: float) -> Piece:
    """Seconds of the show."""
    assert stream.live_at is not None
    return Piece(
        start_seconds=start,
        end_seconds=end,
        from_at=stream.live_at + timedelta(seconds=start),
        until_at=stream.live_at + timedelta(seconds=end),
    )
