"""Hostile senders: whatever comes in, the child ends by itself, small and soon, and reads no file of ours."""

from __future__ import annotations

import json
import os
import random
import resource
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.video.conftest import ROOT, clip
from tests.video.test_remux import CHILD

MEGABYTE = 1 << 20
CLUSTER = b"\x1f\x43\xb6\x75"
SECONDS = 20.0
Feed = Callable[[], Iterator[bytes]]


def noise(megabytes: int) -> Iterator[bytes]:
    chance = random.Random(1)
    for _ in range(megabytes * 16):
        yield chance.randbytes(65536)


def zeros(megabytes: int) -> Iterator[bytes]:
    for _ in range(megabytes * 16):
        yield bytes(65536)


def header_then_noise() -> Iterator[bytes]:
    yield clip("ingest-h264-opus.mkv")[:20_000]
    yield from noise(8)


def flipped(name: str) -> Iterator[bytes]:
    chance = random.Random(2)
    data = bytearray(clip(name))
    for _ in range(2000):
        data[chance.randrange(600, len(data))] ^= 1 << chance.randrange(8)
    yield bytes(data)


def before_first_cluster() -> bytes:
    data = clip("ingest-h264-opus.mkv")
    return data[: data.find(CLUSTER)]


def huge_cluster() -> Iterator[bytes]:
    """A cluster that claims 2^40 bytes."""
    yield before_first_cluster() + CLUSTER + b"\x01\x00\x01\x00\x00\x00\x00\x00"
    yield from zeros(32)


def huge_block() -> Iterator[bytes]:
    """One block of 2 GB."""
    yield before_first_cluster() + CLUSTER + b"\x01" + b"\xff" * 7 + b"\xe7\x81\x00" + b"\xa3\x08\x7f\xff\xff\xff"
    yield from zeros(128)


def absurd_table() -> Iterator[bytes]:
    """An MP4 that announces four billion samples."""
    sizes = struct.pack(">I4sIII", 20, b"stsz", 0, 0, 0xFFFFFFFF)
    yield struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + struct.pack(">I4s", 8 + len(sizes), b"moov") + sizes
    yield from zeros(32)


def jump_in_time() -> Iterator[bytes]:
    """Good pictures whose clock leaps by about nine hours."""
    data = clip("ingest-h264-opus.mkv")
    second = data.find(CLUSTER, data.find(CLUSTER) + 4)
    at = data.find(b"\xe7", second)
    length = data[at + 1] & 0x7F
    yield data[: at + 2] + (b"\x7f" + b"\xff" * (length - 1)) + data[at + 2 + length :]


HOSTILE: dict[str, tuple[Feed, str]] = {
    "noise as Matroska": (lambda: noise(16), "matroska"),
    "noise as MP4": (lambda: noise(16), "mp4"),
    "a good header, then noise": (header_then_noise, "matroska"),
    "2000 bit flips, H.264": (lambda: flipped("ingest-h264-opus.mkv"), "matroska"),
    "2000 bit flips, MP4": (lambda: flipped("ingest-h264-opus.mp4"), "mp4"),
    "2000 bit flips, VP8": (lambda: flipped("ingest-vp8-opus.webm"), "matroska"),
    "a cluster of 2^40 bytes": (huge_cluster, "matroska"),
    "a block of 2 GB": (huge_block, "matroska"),
    "four billion samples": (absurd_table, "mp4"),
    "a leap in time": (jump_in_time, "matroska"),
    "HTML": (lambda: iter([b"<html>" * 100_000]), "matroska"),
    "a play list that names a file": (lambda: iter([b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n"]), "matroska"),
    "a concat script that names a file": (lambda: iter([b"ffconcat version 1.0\nfile /etc/passwd\n"]), "mp4"),
    "Matroska said to be MP4": (lambda: iter([clip("ingest-h264-opus.mkv")]), "mp4"),
    "nothing at all": (lambda: iter([]), "matroska"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_ends_by_itself(name: str, tmp_path: Path) -> None:
    feed, container = HOSTILE[name]
    began = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.Popen(
        [*CHILD, str(tmp_path / "s"), "--container", container],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert child.stdin
    peak = 0
    try:
        for data in feed():
            child.stdin.write(data)
            peak = max(peak, resident(child.pid))
        child.stdin.flush()
    except BrokenPipeError:
        pass  # It had enough, which is one of the good ends.
    out, err = child.communicate(timeout=SECONDS)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = [json.loads(line) for line in out.splitlines()]
    assert child.returncode in {0, 3}, err.decode()[-500:]  # Never a signal, never a traceback.
    assert err == b""
    assert lines[-1]["event"] == "end"
    assert time.monotonic() - began < SECONDS
    assert peak < 300 * MEGABYTE
    assert used.ru_utime - before.ru_utime < 8
    assert not any(b"root:" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_silent_sender_holds_the_child_only_until_the_parent_hangs_up(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [*CHILD, str(tmp_path), "--container", "matroska"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert child.stdin
    child.stdin.write(clip("ingest-h264-opus.mkv")[:30_000])
    child.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(1.5)
    out, _ = child.communicate(timeout=5)
    assert json.loads(out.splitlines()[-1]) == {"event": "end", "reason": "eof"}


def resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (FileNotFoundError, ProcessLookupError):
        return 0
