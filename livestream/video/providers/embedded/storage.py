"""A stream on disk, and the only two ways to touch it: `SegmentWriter` (one at a time) and `StreamFiles` (anybody).

    DATA_DIR/live/<stream>/
        state.json      the live window and totals; rewritten with every part, so it stays small
        index.jsonl     one line per closed segment, only ever appended to: the recording
        init<n>.mp4     one per host session        s<n>.m4s  segments        s<n>.p<k>.m4s  parts near the live edge
        events.jsonl    what was reported           ended     marker: the host ended the stream

Files appear by rename and are complete when they have their name.
"""

from __future__ import annotations

import collections
import fcntl
import json
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

WINDOW = 12  # Segments in state.json: more than any play list shows.
PARTS_KEPT = 6  # Part files of so many closed segments stay; players only ask near the live edge.
MEDIA_NAME = re.compile(r"init[0-9]{1,6}\.mp4|s[0-9]{1,9}(\.p[0-9]{1,4})?\.m4s")


class Busy(Exception):
    """Another writer holds the stream."""


@dataclass(frozen=True)
class Part:
    seconds: float
    independent: bool


@dataclass(frozen=True)
class Segment:
    """One closed segment. `started_at` is wall time; `init` names the init segment it needs."""

    number: int
    seconds: float
    init: int
    discontinuity: bool
    started_at: float
    size: int
    frames: int = 0
    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, row: dict[str, Any]) -> Segment:
        parts = tuple(Part(*part) for part in row.get("parts", ()))
        return cls(**{**row, "parts": parts})

    def row(self, *, with_parts: bool) -> dict[str, Any]:
        found = asdict(self)
        found["parts"] = [[p.seconds, p.independent] for p in self.parts] if with_parts else []
        return found


@dataclass
class State:
    """The live edge: what play lists are drawn from."""

    sequence: int = 0  # Number of the segment being written.
    inits: int = 0
    parts: list[Part] = field(default_factory=list)  # Of the segment being written.
    part_started_at: float = 0.0  # Wall time of the segment being written.
    break_pending: bool = False  # The next segment starts after a DISCONTINUITY.
    breaks_before_window: int = 0
    window: list[Segment] = field(default_factory=list)
    first_kept: int = 0
    receiving: bool = False
    part_target: float = 0.25
    codecs: str = ""
    width: int = 0
    height: int = 0
    seconds: float = 0.0  # Of everything kept.
    size: int = 0

    @classmethod
    def read(cls, raw: bytes) -> State:
        row = json.loads(raw)
        row["parts"] = [Part(*part) for part in row["parts"]]
        row["window"] = [Segment.of(segment) for segment in row["window"]]
        return cls(**row)

    def write(self) -> bytes:
        row = {name: getattr(self, name) for name in self.__dataclass_fields__}
        row["parts"] = [[p.seconds, p.independent] for p in self.parts]
        row["window"] = [segment.row(with_parts=True) for segment in self.window]
        return json.dumps(row, separators=(",", ":")).encode()


@dataclass(frozen=True)
class StreamFiles:
    """Reading side."""

    folder: Path

    def state(self) -> State | None:
        try:
            return State.read((self.folder / "state.json").read_bytes())
        except FileNotFoundError:
            return None

    def state_version(self) -> tuple[int, int, int]:
        """Changes whenever the state does; zeros when there is none.

        The clock of a file system may tick only every few milliseconds, hence inode and size as well.
        """
        try:
            found = (self.folder / "state.json").stat()
        except FileNotFoundError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_ino, found.st_size)

    def segments(self) -> Iterator[Segment]:
        """All kept segments, oldest first. A line cut short by a crash is left out; recovery writes it again."""
        state = self.state()
        first = state.first_kept if state else 0
        try:
            lines = (self.folder / "index.jsonl").read_text().split("\n")
        except FileNotFoundError:
            return
        for line in lines:
            if line.endswith("}") and (segment := Segment.of(json.loads(line))).number >= first:
                yield segment

    def is_ended(self) -> bool:
        return (self.folder / "ended").exists()

    def mark_ended(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        replace(self.folder / "ended", b"")

    def media(self, name: str) -> Path | None:
        """A media file by the name play lists use; None for any other name."""
        return self.folder / name if MEDIA_NAME.fullmatch(name) else None


class SegmentWriter:
    """Writing side: numbers go on where the last writer stopped, whatever became of it.

    Raises Busy when another writer does not leave within `wait_seconds`.
    """

    def __init__(self, folder: Path, *, keep_seconds: int = 0, wait_seconds: float = 5.0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._keep_seconds = keep_seconds
        self._lock = _lock(folder / ".lock", wait_seconds)
        self._segment: IO[bytes] | None = None
        self._frames = 0
        self.state = StreamFiles(folder).state() or State()
        self._recover()

    def begin(self, init: bytes, *, codecs: str, width: int, height: int, part_target: float) -> None:
        """A new host session."""
        state = self.state
        state.inits += 1
        replace(self.folder / f"init{state.inits}.mp4", init)
        state.break_pending = state.sequence > 0
        state.receiving = True
        state.codecs, state.width, state.height, state.part_target = codecs, width, height, part_target

    def add_part(self, data: bytes, *, seconds: float, independent: bool, started_at: float, frames: int) -> str:
        """Publish one part; returns its file name."""
        state = self.state
        name = f"s{state.sequence}.p{len(state.parts)}.m4s"
        if self._segment is None:
            self._segment = (self.folder / f"s{state.sequence}.m4s.tmp").open("wb")
            self._frames = 0
        if not state.parts:
            state.part_started_at = round(started_at, 3)
        replace(self.folder / name, data)
        self._segment.write(data)
        self._frames += frames
        state.parts.append(Part(round(seconds, 6), independent))
        self._save()
        return name

    def close_segment(self) -> None:
        """What was published so far becomes a segment; the next part opens a new one."""
        if self.state.parts:
            self._close_file()
            self._append(self._frames)

    def finish(self) -> None:
        """The session is over; the stream may go on with another."""
        self.close_segment()
        self.state.receiving = False
        self._save()
        self._lock.close()

    def _close_file(self) -> None:
        unfinished = self.folder / f"s{self.state.sequence}.m4s.tmp"
        if self._segment is not None:
            self._segment.close()
            self._segment = None
        else:
            # The last writer was killed: its parts on disk are whole, its unfinished segment may not be.
            names = [f"s{self.state.sequence}.p{k}.m4s" for k in range(len(self.state.parts))]
            unfinished.write_bytes(b"".join((self.folder / name).read_bytes() for name in names))
        unfinished.replace(self.folder / f"s{self.state.sequence}.m4s")

    def _append(self, frames: int) -> None:
        state = self.state
        segment = Segment(
            number=state.sequence,
            seconds=round(sum(part.seconds for part in state.parts), 6),
            init=state.inits,
            discontinuity=state.break_pending,
            started_at=state.part_started_at,
            size=(self.folder / f"s{state.sequence}.m4s").stat().st_size,
            frames=frames,
            parts=tuple(state.parts),
        )
        with (self.folder / "index.jsonl").open("a") as index:
            index.write(json.dumps(segment.row(with_parts=False), separators=(",", ":")) + "\n")
        self._move_on(segment)
        self._save()

    def _move_on(self, segment: Segment) -> None:
        """The window slides by one segment."""
        state = self.state
        state.window.append(segment)
        if len(state.window) > WINDOW:
            state.breaks_before_window += state.window.pop(0).discontinuity
        state.parts = []
        state.break_pending = False
        state.sequence = segment.number + 1
        state.seconds = round(state.seconds + segment.seconds, 6)
        state.size += segment.size
        self._drop_parts(segment.number - PARTS_KEPT)
        if self._keep_seconds:
            self._drop_oldest()

    def _drop_parts(self, number: int) -> None:
        for path in self.folder.glob(f"s{number}.p*.m4s"):
            path.unlink(missing_ok=True)

    def _drop_oldest(self) -> None:
        """A stream that never ends keeps its last part only; a few lines of the index lag behind and are skipped."""
        state = self.state
        if state.seconds <= self._keep_seconds + WINDOW * 2:
            return
        segments = list(StreamFiles(self.folder).segments())
        while len(segments) > WINDOW and state.seconds > self._keep_seconds:
            oldest = segments.pop(0)
            (self.folder / f"s{oldest.number}.m4s").unlink(missing_ok=True)
            state.seconds = round(state.seconds - oldest.seconds, 6)
            state.size -= oldest.size
            state.first_kept = oldest.number + 1
        lines = [json.dumps(s.row(with_parts=False), separators=(",", ":")) + "\n" for s in segments]
        replace(self.folder / "index.jsonl", "".join(lines).encode())

    def _recover(self) -> None:
        """Finish what a killed writer left: a segment in the index but not in the state, or parts without a segment."""
        state = self.state
        index = self.folder / "index.jsonl"
        if index.exists() and not (raw := index.read_bytes()).endswith(b"\n"):
            replace(index, raw[: raw.rfind(b"\n") + 1])
        last = next(iter(collections.deque(StreamFiles(self.folder).segments(), maxlen=1)), None)
        if last is not None and last.number >= state.sequence:
            self._move_on(
                Segment.of({**last.row(with_parts=False), "parts": [[p.seconds, p.independent] for p in state.parts]})
            )
        elif state.parts:
            self._close_file()
            self._append(0)
        state.receiving = False

    def _save(self) -> None:
        replace(self.folder / "state.json", self.state.write())


def recover(folder: Path) -> None:
    """Close what a killed writer left open. Raises Busy when a writer is at work."""
    if (folder / "state.json").exists():
        SegmentWriter(folder, wait_seconds=2.0).finish()


def replace(path: Path, data: bytes) -> None:
    """Write a file that is never seen half-written."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_bytes(data)
    temporary.replace(path)


def _lock(path: Path, wait_seconds: float) -> IO[bytes]:
    """Hold the stream for this process; the lock ends with it, even by kill -9."""
    handle = path.open("wb")
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if time.monotonic() > deadline:
                handle.close()
                raise Busy(str(path.parent.name)) from problem
            time.sleep(0.05)
        else:
            return handle
