"""A clip out of stored segments, copied and never encoded: `python -m livestream.video.providers.embedded.cut`.

    cut <folder> <film.mp4> <poster.jpg> --start <seconds since 1970> --end <seconds since 1970>

One child process per clip, under resource limits like the remux child, because the poster decodes a picture of whatever
the host sent. One JSON line on stdout says what became of it:

    {"started_at": …, "seconds": …, "width": …, "height": …}      {"refused": "not_yet" | "nothing" | "too_large" | …}

A copied picture needs the ones before it down to a key picture, so the clip begins at the key picture at or before the
chosen start, at most one segment earlier. It ends at the chosen picture. The film is a plain MP4 with its index in
front: it plays everywhere, seeks over range requests, and owes nothing to the stream's own files.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError
from av.packet import Packet

from livestream.video.providers.embedded.storage import Segment, StreamFiles

MEMORY_BYTES = 1 << 30
FILE_BYTES = 192 << 20  # A minute at the ingest's limit of 12 Mb/s is 90 MB.
CPU_SECONDS = 60
OPEN_FILES = 64
INPUT_BYTES = 160 << 20
LEAST_SECONDS = 1.0
POSTER_WIDTH = 720
TOLERANCE = 0.05  # The index keeps instants to the millisecond, pictures lie 33 apart.


class Refused(Exception):
    """This clip cannot be made; the argument is the reason."""


@dataclass(frozen=True)
class Stretch:
    """Segments of one host session, with the bytes of the init segment and of their own."""

    segments: list[Segment]
    init: bytes
    data: bytes

    @property
    def seconds(self) -> float:
        return sum(segment.seconds for segment in self.segments)


@dataclass
class Copier:
    """Packets of one stretch after the other, on one clock that begins at 0."""

    film: Any
    start: float
    end: float
    started_at: float = 0.0
    length: Fraction = Fraction(0)  # Of everything copied so far.
    out: dict[str, Any] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)

    def add(self, stretch: Stretch) -> None:
        first = not self.out
        with _open(io.BytesIO(stretch.init + stretch.data)) as media:
            packets = [packet for packet in media.demux() if packet.size and packet.dts is not None]
            if first:
                self._open(media)
            pictures = [packet for packet in packets if packet.stream.type == "video"]
            if not pictures:
                return
            # What the first picture's time stamp is on the wall clock.
            offset = stretch.segments[0].started_at - _dts(pictures[0])
            begin = _first_key(pictures, self.start - float(offset)) if first else pictures[0]
            base = _dts(begin)
            if first:
                self.started_at = float(offset + base)
            until = Fraction(self.end) - offset
            taken = [packet for packet in packets if base <= _dts(packet) < until]
            shift, self.length = self.length - base, self.length + _length(taken, base)
            for packet in taken:
                self._copy(packet, shift)

    def _open(self, media: Any) -> None:
        for stream in media.streams:
            if stream.type in {"video", "audio"} and stream.type not in self.out:
                self.out[stream.type] = self.film.add_stream_from_template(stream)

    def _copy(self, packet: Packet[Any], shift: Fraction) -> None:
        kind = packet.stream.type
        if kind not in self.out:
            return
        ticks = int(shift / Fraction(packet.time_base))
        pts = packet.pts if packet.pts is not None else packet.dts
        packet.dts, packet.pts = int(packet.dts or 0) + ticks, int(pts or 0) + ticks
        if packet.dts <= self.last.get(kind, -1):
            return  # Sound of a second session that overlaps the first; players refuse time that stands still.
        self.last[kind] = packet.dts
        packet.stream = self.out[kind]
        self.film.mux(packet)


def _dts(packet: Packet[Any]) -> Fraction:
    return Fraction(packet.dts or 0) * Fraction(packet.time_base)


def _first_key(pictures: list[Packet[Any]], at: float) -> Packet[Any]:
    """The last key picture that is not after `at`; the very first one otherwise."""
    keys = [packet for packet in pictures if packet.is_keyframe]
    if not keys:
        raise Refused("nothing")
    before = [packet for packet in keys if float(_dts(packet)) <= at + TOLERANCE]
    return before[-1] if before else keys[0]


def _length(taken: list[Packet[Any]], base: Fraction) -> Fraction:
    pictures = [packet for packet in taken if packet.stream.type == "video"]
    if not pictures:
        return Fraction(0)
    last = pictures[-1]
    return _dts(last) + Fraction(last.duration or 0) * Fraction(last.time_base) - base


def cut(folder: Path, film: Path, poster: Path, *, start: float, end: float) -> dict[str, Any]:
    """Write the film and its poster; returns what the parent is told. Raises Refused."""
    stretches = joinable(load(folder, start=start, end=end))
    with av.open(str(film), "w", format="mp4", options={"movflags": "faststart"}) as container:
        copier = Copier(container, start, end)
        for stretch in stretches:
            copier.add(stretch)
    if copier.length < LEAST_SECONDS:
        raise Refused("nothing")
    width, height = write_poster(film, poster, at=float(copier.length) / 2)
    return {
        "started_at": round(copier.started_at, 3),
        "seconds": round(float(copier.length), 3),
        "width": width,
        "height": height,
    }


def load(folder: Path, *, start: float, end: float) -> list[Stretch]:
    """The segments between two instants, by host session. Raises Refused."""
    files = StreamFiles(folder)
    state = files.state()
    found = list(files.segments())
    last = found[-1] if found else None
    if state is None or last is None:
        raise Refused("not_yet" if state is not None and state.receiving else "nothing")
    if state.receiving and last.started_at + last.seconds < end - TOLERANCE:
        raise Refused("not_yet")  # The last seconds are still being written.
    wanted = [s for s in found if s.started_at + s.seconds > start + TOLERANCE and s.started_at < end]
    if sum(segment.size for segment in wanted) > INPUT_BYTES:
        raise Refused("too_large")
    return list(_read(folder, wanted))


def _read(folder: Path, wanted: list[Segment]) -> Iterator[Stretch]:
    for number, group in itertools.groupby(wanted, key=lambda segment: segment.init):
        segments: list[Segment] = []
        data = b""
        for segment in group:
            try:
                data += (folder / f"s{segment.number}.m4s").read_bytes()
            except FileNotFoundError:
                # A stream that keeps its last minutes dropped it meanwhile; what comes after is still whole.
                segments, data = [], b""
                continue
            segments.append(segment)
        if segments:
            yield Stretch(segments, (folder / f"init{number}.mp4").read_bytes(), data)


def joinable(stretches: list[Stretch]) -> list[Stretch]:
    """One film has one description of its pictures: sessions recorded alike are joined, else the longest run is kept."""
    runs = [list(group) for _init, group in itertools.groupby(stretches, key=lambda stretch: stretch.init)]
    if not runs:
        raise Refused("nothing")
    return max(runs, key=lambda run: sum(stretch.seconds for stretch in run))


def write_poster(film: Path, poster: Path, *, at: float) -> tuple[int, int]:
    """The key picture before the middle as JPEG; returns the film's size."""
    with _open(str(film)) as media:
        stream = media.streams.video[0]
        stream.codec_context.thread_count = 1
        media.seek(int(at * 1_000_000))
        frame = next(media.decode(stream), None)
        if frame is None:
            raise Refused("damaged")
        width = min(POSTER_WIDTH, frame.width)
        shown = frame.reformat(width=width, height=max(1, round(frame.height * width / frame.width)), format="rgb24")
        shown.to_image().save(poster, "JPEG", quality=84, progressive=True)
        return frame.width, frame.height


def _open(source: Any) -> Any:
    """The demuxer is forced: probing would accept play lists, which read files."""
    return av.open(source, format="mp4", options={"enable_drefs": "0"})


def set_limits() -> None:
    """What a hostile stream can at most cost this machine."""
    for name, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(name, (limit, limit))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("film", type=Path)
    parser.add_argument("poster", type=Path)
    parser.add_argument("--start", type=float, required=True)
    parser.add_argument("--end", type=float, required=True)
    options = parser.parse_args()
    set_limits()
    av.logging.set_level(av.logging.PANIC)
    try:
        told = cut(options.folder, options.film, options.poster, start=options.start, end=options.end)
    except Refused as refused:
        told = {"refused": str(refused)}
    except (FFmpegError, MemoryError, ValueError):
        # Numbers beyond libav's fields, a picture that cannot be decoded: it is wrong with the stream, for good.
        told = {"refused": "damaged"}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0 if "refused" not in told else 3


if __name__ == "__main__":
    sys.exit(main())
