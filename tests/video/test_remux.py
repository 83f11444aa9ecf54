"""What the remux child writes can be played, and the next session goes on where the last one stopped."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

from livestream.video.providers.embedded import fmp4, playlist
from livestream.video.providers.embedded.hub import spans
from livestream.video.providers.embedded.storage import Busy, SegmentWriter, StreamFiles, recover
from tests.video.conftest import ROOT, clip

CHILD = [sys.executable, "-m", "livestream.video.providers.embedded.remux"]


def remux(folder: Path, data: bytes, *, container: str = "matroska", keep: int = 0) -> list[dict[str, object]]:
    done = subprocess.run(
        [*CHILD, str(folder), "--container", container, "--keep-seconds", str(keep)],
        input=data,
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.splitlines()]


def decode(folder: Path, init: int) -> dict[str, list[float]]:
    """Times of all pictures and sounds of one host session, as a player would get them."""
    data = (folder / f"init{init}.mp4").read_bytes()
    for segment in StreamFiles(folder).segments():
        if segment.init == init:
            data += (folder / f"s{segment.number}.m4s").read_bytes()
    found: dict[str, list[float]] = {"video": [], "audio": []}
    with av.open(io.BytesIO(data)) as media:
        for packet in media.demux():
            for frame in packet.decode():
                assert frame.pts is not None
                found[packet.stream.type].append(float(frame.pts * frame.time_base))
    return found


@pytest.mark.parametrize(
    ("name", "container", "codecs", "least_pictures"),
    [
        ("ingest-h264-opus.mkv", "matroska", "avc1.42c01f,mp4a.40.2", 170),
        ("ingest-h264-opus.mp4", "mp4", "avc1.42c01f,mp4a.40.2", 170),
        ("ingest-vp8-opus.webm", "matroska", "avc1.64001e,mp4a.40.2", 150),
    ],
)
def test_what_browsers_record_becomes_playable(
    tmp_path: Path, name: str, container: str, codecs: str, least_pictures: int
) -> None:
    reports = remux(tmp_path, clip(name), container=container)
    assert reports[0] == {"event": "start", "codecs": codecs, "width": 360, "height": 640}
    assert reports[-1] == {"event": "end", "reason": "eof"}
    state = StreamFiles(tmp_path).state()
    assert state is not None
    assert not state.receiving
    assert state.seconds == pytest.approx(5.96, abs=0.1)
    times = decode(tmp_path, 1)
    assert len(times["video"]) >= least_pictures
    assert times["video"] == sorted(times["video"])
    assert times["audio"][-1] == pytest.approx(times["video"][-1], abs=0.15)


def test_segments_begin_with_a_key_picture_and_parts_keep_their_length(tmp_path: Path) -> None:
    remux(tmp_path, clip("ingest-h264-opus.mkv"))
    state = StreamFiles(tmp_path).state()
    assert state is not None
    for segment in state.window:
        assert segment.parts[0].independent
        assert segment.seconds == pytest.approx(1.0, abs=0.2)
        assert (
            max(part.seconds for part in segment.parts) <= 0.3
        )  # One picture of a browser may last longer than the one before.


def test_parts_joined_are_the_segment(tmp_path: Path) -> None:
    remux(tmp_path, clip("ingest-h264-opus.mkv"))
    state = StreamFiles(tmp_path).state()
    assert state is not None
    last = state.window[-1]
    parts = [(tmp_path / f"s{last.number}.p{k}.m4s").read_bytes() for k in range(len(last.parts))]
    assert b"".join(parts) == (tmp_path / f"s{last.number}.m4s").read_bytes()


def test_a_second_session_goes_on_over_a_discontinuity(tmp_path: Path) -> None:
    remux(tmp_path, clip("ingest-h264-opus.mkv"))
    remux(tmp_path, clip("ingest-h264-opus.mp4"), container="mp4")
    segments = list(StreamFiles(tmp_path).segments())
    assert [segment.number for segment in segments] == list(range(len(segments)))
    assert [segment.number for segment in segments if segment.discontinuity] == [6]
    assert [(segment.init) for segment in segments if segment.number in {5, 6}] == [1, 2]
    assert len(decode(tmp_path, 2)["video"]) >= 170
    state = StreamFiles(tmp_path).state()
    assert state is not None
    assert playlist.live(state, ended=False, low_latency=True).count("#EXT-X-DISCONTINUITY\n") == 1
    found = spans(segments)
    assert [span["position"] for span in found] == [0.0, pytest.approx(5.95, abs=0.1)]


def test_the_state_stays_small_and_the_index_keeps_all(tmp_path: Path) -> None:
    for _ in range(4):
        remux(tmp_path, clip("ingest-h264-opus.mkv"))
    state = StreamFiles(tmp_path).state()
    assert state is not None
    assert len(state.window) == 12
    assert len(list(StreamFiles(tmp_path).segments())) == state.sequence >= 24
    assert state.breaks_before_window == 1
    assert len(list(tmp_path.glob("s*.p*.m4s"))) <= 7 * 6


def test_a_killed_session_loses_nothing_that_was_published(tmp_path: Path) -> None:
    data = clip("ingest-h264-opus.mkv")
    child = subprocess.Popen(
        [*CHILD, str(tmp_path), "--container", "matroska"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert child.stdin and child.stdout
    files = StreamFiles(tmp_path)
    for start in range(0, len(data), 4096):
        state = files.state()
        if state is not None and state.sequence >= 2 and len(state.parts) >= 2:
            break
        child.stdin.write(data[start : start + 4096])
        child.stdin.flush()
        time.sleep(0.03)
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    left = files.state()
    assert left is not None
    assert left.receiving
    assert left.parts
    recover(tmp_path)
    recovered = StreamFiles(tmp_path).state()
    assert recovered is not None
    assert not recovered.receiving
    assert recovered.seconds == pytest.approx(left.seconds + sum(part.seconds for part in left.parts))
    assert len(decode(tmp_path, 1)["video"]) >= 55
    remux(tmp_path, data)
    assert [s.number for s in StreamFiles(tmp_path).segments()] == list(range(recovered.sequence + 6))


def test_an_index_line_cut_short_is_mended(tmp_path: Path) -> None:
    remux(tmp_path, clip("ingest-h264-opus.mkv"))
    before = list(StreamFiles(tmp_path).segments())
    with (tmp_path / "index.jsonl").open("a") as index:
        index.write('{"number":6,"sec')
    assert list(StreamFiles(tmp_path).segments()) == before
    remux(tmp_path, clip("ingest-h264-opus.mkv"))
    assert [s.number for s in StreamFiles(tmp_path).segments()] == list(range(12))


def test_two_writers_never_meet(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path)
    with pytest.raises(Busy):
        SegmentWriter(tmp_path, wait_seconds=0.1)
    writer.finish()
    SegmentWriter(tmp_path, wait_seconds=0.1).finish()


def test_an_endless_stream_keeps_its_last_part_only(tmp_path: Path) -> None:
    for _ in range(6):
        remux(tmp_path, clip("ingest-h264-opus.mkv"), keep=5)
    segments = list(StreamFiles(tmp_path).segments())
    state = StreamFiles(tmp_path).state()
    assert state is not None
    assert state.seconds == pytest.approx(sum(s.seconds for s in segments), abs=0.01)
    assert state.seconds < 5 + 24 + 1
    assert state.size == sum(s.size for s in segments)
    assert len(list(tmp_path.glob("s*[0-9].m4s"))) - len(list(tmp_path.glob("s*.p*.m4s"))) == len(segments)
    assert segments[-1].number == state.sequence - 1


def test_annex_b_becomes_length_prefixed_without_delimiters() -> None:
    delimiter, picture, slice_ = b"\x09\xf0", b"\x65abc", b"\x41de"
    data = b"\0\0\0\1" + delimiter + b"\0\0\1" + picture + b"\0\0\0\1" + slice_
    assert fmp4.to_length_prefixed(data) == b"\0\0\0\4\x65abc" + b"\0\0\0\3\x41de"


def test_time_only_goes_forward_in_a_track() -> None:
    from fractions import Fraction

    track = fmp4.Track(1, Fraction(1, 1000))
    for dts in (0, 40, 30, 80):
        track.add(dts=dts, pts=dts, is_key=False, data=b"x")
    track.flush()
    assert [(s.dts, s.duration) for s in track.take()] == [(0, 40), (40, 1), (41, 39), (80, 39)]
