"""Recordings for tests of clips, and what a player would find in a clip."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av

from livestream.video.providers.embedded.storage import Segment, StreamFiles
from tests.video.conftest import clip
from tests.video.test_remux import remux


def record(folder: Path, *names: str) -> list[Segment]:
    """Host sessions one after the other, each recording one of the test films; returns the segments."""
    for name in names or ("ingest-h264-opus.mkv",):
        remux(folder, clip(name), container="mp4" if name.endswith("mp4") else "matroska")
    move_apart(folder)
    return list(StreamFiles(folder).segments())


def move_apart(folder: Path, pause: float = 2.0) -> None:
    """Sessions are recorded here faster than they last: put `pause` seconds between them, as a reload would."""
    rewrite(folder, lambda rows: _spaced(rows, pause))


def rewrite(folder: Path, change: Callable[[list[dict[str, float]]], list[dict[str, float]]]) -> None:
    index = folder / "index.jsonl"
    rows = change([json.loads(line) for line in index.read_text().splitlines()])
    index.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _spaced(rows: list[dict[str, float]], pause: float) -> list[dict[str, float]]:
    at, init = rows[0]["started_at"], rows[0]["init"]
    for row in rows:
        at += pause if row["init"] != init else 0
        init, row["started_at"] = row["init"], round(at, 3)
        at += row["seconds"]
    return rows


@dataclass
class Film:
    """Coded packets by kind as (seconds, is_key, bytes), and the times of what could be decoded."""

    packets: dict[str, list[tuple[float, bool, bytes]]]
    decoded: dict[str, list[float]]
    seconds: float

    @property
    def pictures(self) -> list[bytes]:
        return [data for _at, _key, data in self.packets["video"]]


def look(data: bytes) -> Film:
    """Read and decode everything; raises when anything in it is damaged."""
    packets: dict[str, list[tuple[float, bool, bytes]]] = {"video": [], "audio": []}
    decoded: dict[str, list[float]] = {"video": [], "audio": []}
    with av.open(io.BytesIO(data), format="mp4") as media:
        for packet in media.demux():
            kind = packet.stream.type
            if packet.size and packet.pts is not None:
                packets[kind].append((float(packet.pts * packet.time_base), packet.is_keyframe, bytes(packet)))
            for frame in packet.decode():
                assert frame.pts is not None
                decoded[kind].append(float(frame.pts * frame.time_base))
        return Film(packets, decoded, float((media.duration or 0) / 1_000_000))


def source(folder: Path, init: int = 1) -> Film:
    """One host session as it was stored."""
    data = (folder / f"init{init}.mp4").read_bytes()
    for segment in StreamFiles(folder).segments():
        if segment.init == init:
            data += (folder / f"s{segment.number}.m4s").read_bytes()
    return look(data)
