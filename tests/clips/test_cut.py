"""Cutting on real media: nothing is encoded anew, pictures and sound stay together, and the copy stands on its own."""

from __future__ import annotations

import collections
import io
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from livestream.video.providers.embedded import cut as cutter
from livestream.video.providers.embedded.engine import CUTTER
from livestream.video.providers.embedded.storage import Segment, SegmentWriter, State, StreamFiles, replace
from tests.clips.films import Film, look, record, rewrite, source
from tests.video.conftest import ROOT, clip
from tests.video.test_remux import CHILD

PICTURE = 0.05  # One picture of a browser lasts about 33 ms.


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Segment]]:
    folder = tmp_path_factory.mktemp("stream")
    return folder, record(folder)


def make(folder: Path, into: Path, start: float, end: float) -> tuple[dict[str, Any], Film]:
    told = cutter.cut(folder, into / "film.mp4", into / "poster.jpg", start=start, end=end)
    return told, look((into / "film.mp4").read_bytes())


def test_a_clip_begins_at_the_key_picture_before_the_start_and_ends_at_the_end(
    recorded: tuple[Path, list[Segment]], tmp_path: Path
) -> None:
    folder, segments = recorded
    start, end = segments[1].started_at + 0.6, segments[4].started_at + 0.4
    told, film = make(folder, tmp_path, start, end)
    assert film.packets["video"][0][:2] == (0.0, True)
    assert told["started_at"] == pytest.approx(segments[1].started_at, abs=PICTURE)
    assert told["seconds"] == pytest.approx(end - segments[1].started_at, abs=PICTURE)
    assert film.seconds == pytest.approx(told["seconds"], abs=0.1)
    assert (told["width"], told["height"]) == (360, 640)


def test_every_picture_is_the_stored_one_and_all_of_them_decode(
    recorded: tuple[Path, list[Segment]], tmp_path: Path
) -> None:
    folder, segments = recorded
    _told, film = make(folder, tmp_path, segments[2].started_at + 0.1, segments[4].started_at)
    stored = source(folder).pictures
    first = stored.index(film.pictures[0])
    assert film.pictures == stored[first : first + len(film.pictures)]
    assert len(film.decoded["video"]) == len(film.pictures) > 50
    assert film.decoded["video"][0] == 0.0
    assert film.decoded["video"] == sorted(film.decoded["video"])


def test_sound_stays_with_the_pictures(recorded: tuple[Path, list[Segment]], tmp_path: Path) -> None:
    folder, segments = recorded
    _told, film = make(folder, tmp_path, segments[1].started_at, segments[4].started_at)
    stored = source(folder)
    where = {kind: only_once(rows) for kind, rows in stored.packets.items()}
    moved = {
        kind: [at - where[kind][data] for at, _key, data in film.packets[kind] if data in where[kind]]
        for kind in ("video", "audio")
    }
    assert len(moved["audio"]) > 50
    for kind in ("video", "audio"):
        assert max(moved[kind]) - min(moved[kind]) < 0.002
    assert moved["audio"][0] == pytest.approx(moved["video"][0], abs=0.002)
    assert film.decoded["audio"][-1] == pytest.approx(film.decoded["video"][-1], abs=0.1)


def only_once(rows: list[tuple[float, bool, bytes]]) -> dict[bytes, float]:
    """When each packet comes; those that come twice alike (silence) say nothing about time."""
    times = collections.Counter(data for _at, _key, data in rows)
    return {data: at for at, _key, data in rows if times[data] == 1}


def test_the_index_comes_first_so_that_play_starts_at_once(
    recorded: tuple[Path, list[Segment]], tmp_path: Path
) -> None:
    folder, segments = recorded
    make(folder, tmp_path, segments[0].started_at, segments[3].started_at)
    data = (tmp_path / "film.mp4").read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert b"moof" not in data


def test_the_poster_is_a_picture_of_the_clip(recorded: tuple[Path, list[Segment]], tmp_path: Path) -> None:
    folder, segments = recorded
    make(folder, tmp_path, segments[0].started_at, segments[3].started_at)
    with Image.open(io.BytesIO((tmp_path / "poster.jpg").read_bytes())) as poster:
        assert (poster.format, poster.size) == ("JPEG", (360, 640))


def test_the_clip_outlives_the_stream(tmp_path: Path) -> None:
    segments = record(tmp_path / "stream")
    told, _film = make(tmp_path / "stream", tmp_path, segments[0].started_at, segments[3].started_at)
    shutil.rmtree(tmp_path / "stream")
    film = look((tmp_path / "film.mp4").read_bytes())
    assert film.decoded["video"][-1] == pytest.approx(told["seconds"], abs=0.1)


def test_sessions_recorded_alike_are_joined_and_the_gap_is_left_out(tmp_path: Path) -> None:
    segments = record(tmp_path / "stream", "ingest-h264-opus.mkv", "ingest-h264-opus.mkv")
    second = next(segment for segment in segments if segment.init == 2)
    before = segments[segments.index(second) - 2]
    told, film = make(tmp_path / "stream", tmp_path, before.started_at, second.started_at + 2.0)
    until_break = sum(segment.seconds for segment in segments if segment.init == 1 and segment.number >= before.number)
    assert told["seconds"] == pytest.approx(until_break + 2.0, abs=0.1)  # The two seconds between them are not in it.
    assert len(film.decoded["video"]) == len(film.pictures)
    gaps = [after - at for at, after in zip(film.decoded["video"], film.decoded["video"][1:], strict=False)]
    assert max(gaps) < 0.2
    assert film.decoded["audio"][-1] == pytest.approx(film.decoded["video"][-1], abs=0.15)


def test_sessions_recorded_differently_are_not_mixed(tmp_path: Path) -> None:
    segments = record(tmp_path / "stream", "ingest-h264-opus.mkv", "ingest-h264-opus.mp4")
    second = next(segment for segment in segments if segment.init == 2)
    told, film = make(tmp_path / "stream", tmp_path, second.started_at - 3.5, second.started_at + 4)
    assert told["started_at"] == pytest.approx(second.started_at, abs=PICTURE)
    assert told["seconds"] == pytest.approx(4.0, abs=0.1)
    assert len(film.decoded["video"]) == len(film.pictures)


def test_an_end_that_is_still_being_written_is_not_there_yet(tmp_path: Path) -> None:
    segments = record(tmp_path / "stream")
    state = StreamFiles(tmp_path / "stream").state()
    assert state is not None
    state.receiving = True
    replace(tmp_path / "stream" / "state.json", state.write())
    end = segments[-1].started_at + segments[-1].seconds
    with pytest.raises(cutter.Refused, match="not_yet"):
        make(tmp_path / "stream", tmp_path, end - 3, end + 1)
    told, _film = make(tmp_path / "stream", tmp_path, end - 3, end)
    assert told["seconds"] >= 3


@pytest.mark.parametrize(("start", "end"), [(-100.0, -50.0), (100.0, 130.0), (3.0, 3.0), (3.0, 2.0)])
def test_where_nothing_was_recorded_there_is_no_clip(
    recorded: tuple[Path, list[Segment]], tmp_path: Path, start: float, end: float
) -> None:
    folder, segments = recorded
    began = segments[0].started_at
    with pytest.raises(cutter.Refused, match="nothing"):
        make(folder, tmp_path, began + start, began + end)


def test_a_stream_that_was_never_on_air_has_no_clips(tmp_path: Path) -> None:
    (tmp_path / "stream").mkdir()
    with pytest.raises(cutter.Refused, match="nothing"):
        make(tmp_path / "stream", tmp_path, 0, 30)
    replace(tmp_path / "stream" / "state.json", State(receiving=True).write())
    with pytest.raises(cutter.Refused, match="not_yet"):
        make(tmp_path / "stream", tmp_path, 0, 30)


def test_segments_dropped_meanwhile_are_left_out(tmp_path: Path) -> None:
    segments = record(tmp_path / "stream")
    (tmp_path / "stream" / "s0.m4s").unlink()
    told, film = make(tmp_path / "stream", tmp_path, segments[0].started_at, segments[4].started_at)
    assert told["started_at"] == pytest.approx(segments[1].started_at, abs=PICTURE)
    assert len(film.decoded["video"]) == len(film.pictures)


def run(folder: Path, into: Path, start: float, end: float) -> tuple[int, str]:
    """The child as the engine starts it."""
    films = [str(into / "film.mp4"), str(into / "poster.jpg")]
    command = [sys.executable, "-m", CUTTER, str(folder), *films, "--start", repr(start), "--end", repr(end)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def damage(folder: Path, how: str) -> None:
    path = folder / "s1.m4s"
    data = bytearray(path.read_bytes())
    if how == "noise":
        data[:] = bytes((n * 7919) & 0xFF for n in range(len(data)))
    elif how == "short":
        data = data[: len(data) // 3]
    elif how == "text":
        data[:] = b"#EXTM3U\nfile:///etc/passwd\n" * 50
    elif how == "bits":
        for at in range(600, len(data), 97):
            data[at] ^= 0x55
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("how", ["noise", "short", "text", "bits"])
def test_damaged_segments_end_in_a_clip_or_a_reason_never_in_a_crash(tmp_path: Path, how: str) -> None:
    segments = record(tmp_path / "stream")
    damage(tmp_path / "stream", how)
    code, told = run(tmp_path / "stream", tmp_path, segments[1].started_at + 0.1, segments[5].started_at)
    assert code in {0, 3}
    assert told.startswith("{")
    assert told.count("\n") == 1


def test_numbers_beyond_reason_are_refused(tmp_path: Path) -> None:
    segments = record(tmp_path / "stream")
    rewrite(tmp_path / "stream", lambda rows: [{**row, "size": 1 << 40} for row in rows])
    code, told = run(tmp_path / "stream", tmp_path, segments[0].started_at, segments[4].started_at)
    assert (code, told) == (3, '{"refused": "too_large"}\n')


def test_cutting_while_the_show_is_written_disturbs_neither(tmp_path: Path) -> None:
    """A host sends at the pace of a real camera; clips are cut from it all the time."""
    folder = tmp_path / "stream"
    child = subprocess.Popen([*CHILD, str(folder), "--container", "matroska"], stdin=subprocess.PIPE, cwd=ROOT)
    data, made, over = clip("ingest-h264-opus.mkv"), [], threading.Event()

    def send() -> None:
        assert child.stdin is not None
        for at in range(0, len(data), 8192):
            child.stdin.write(data[at : at + 8192])
            child.stdin.flush()
            over.wait(0.06)
        child.stdin.close()
        child.wait(20)
        over.set()

    sender = threading.Thread(target=send)
    sender.start()
    while not over.is_set():
        segments = list(StreamFiles(folder).segments())
        if len(segments) >= 3:
            end = segments[-1].started_at + segments[-1].seconds
            told, film = make(folder, tmp_path, end - 2.5, end)
            assert len(film.decoded["video"]) == len(film.pictures)
            made.append(told["seconds"])
        over.wait(0.1)
    sender.join(20)
    assert len(made) >= 2
    assert all(2.4 < seconds < 4.0 for seconds in made)
    assert len(source(folder).pictures) >= 170  # The recording is whole.
    SegmentWriter(folder).finish()
