"""Fragmented MP4 by hand: moof + mdat with exact part boundaries. libavformat only writes the init segment.

ISO/IEC 14496-12; about the least of it that Media Source Extensions and Apple's players need.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

START_CODE = b"\0\0\1"
ACCESS_UNIT_DELIMITER = 9
# sample_flags: depends on nothing (key) / depends on others and is not a sync sample.
KEY_SAMPLE, OTHER_SAMPLE = 0x02000000, 0x01010000
# tfhd default-base-is-moof; tfdt version 1; trun version 1 with offset, durations, sizes, flags, composition offsets.
TFHD_FLAGS, TFDT_VERSION, TRUN_FLAGS = 0x020000, 0x01000000, 0x01000F01


@dataclass(frozen=True)
class Sample:
    """One coded picture or audio frame, times in the track's time base."""

    dts: int
    duration: int
    composition_offset: int
    is_key: bool
    data: bytes


@dataclass
class Track:
    """Samples waiting for the next part. A sample's duration is known once its successor arrives."""

    id: int
    time_base: Fraction
    queue: list[Sample] = field(default_factory=list)
    _pending: tuple[int, int, bool, bytes] | None = None
    _last_duration: int = 1

    def add(self, *, dts: int, pts: int, is_key: bool, data: bytes) -> None:
        if self._pending is not None:
            dts = max(dts, self._pending[0] + 1)  # Time only goes forward; a player rejects overlapping samples.
            self._settle(dts - self._pending[0])
        self._pending = (dts, max(pts, dts), is_key, data)

    def flush(self) -> None:
        """The last sample gets the duration of the one before."""
        if self._pending is not None:
            self._settle(self._last_duration)
            self._pending = None

    def take(self) -> list[Sample]:
        taken, self.queue = self.queue, []
        return taken

    @property
    def seconds(self) -> float:
        """How long the waiting samples last."""
        return float(sum(sample.duration for sample in self.queue) * self.time_base)

    @property
    def last_seconds(self) -> float:
        return float(self._last_duration * self.time_base)

    @property
    def newest_seconds(self) -> float:
        """Media time of the newest sample."""
        return float(self._pending[0] * self.time_base) if self._pending else 0.0

    def _settle(self, duration: int) -> None:
        assert self._pending is not None
        dts, pts, is_key, data = self._pending
        self.queue.append(Sample(dts, duration, pts - dts, is_key, data))
        self._last_duration = duration


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def fragment(number: int, tracks: Sequence[tuple[int, Sequence[Sample]]]) -> bytes:
    """moof + mdat of `(track id, samples)`; tracks without samples are left out."""
    tracks = [(track_id, samples) for track_id, samples in tracks if samples]
    header = box(b"mfhd", struct.pack(">II", 0, number))
    size = 8 + len(header) + sum(len(traf) for traf in _trafs(tracks, 0))
    moof = box(b"moof", header, *_trafs(tracks, size + 8))
    return moof + box(b"mdat", *(sample.data for _id, samples in tracks for sample in samples))


def _trafs(tracks: Sequence[tuple[int, Sequence[Sample]]], offset: int) -> list[bytes]:
    found = []
    for track_id, samples in tracks:
        rows = b"".join(
            struct.pack(
                ">IIIi", s.duration, len(s.data), KEY_SAMPLE if s.is_key else OTHER_SAMPLE, s.composition_offset
            )
            for s in samples
        )
        found.append(
            box(
                b"traf",
                box(b"tfhd", struct.pack(">II", TFHD_FLAGS, track_id)),
                box(b"tfdt", struct.pack(">IQ", TFDT_VERSION, samples[0].dts)),
                box(b"trun", struct.pack(">IIi", TRUN_FLAGS, len(samples), offset), rows),
            )
        )
        offset += sum(len(sample.data) for sample in samples)
    return found


def is_annex_b(data: bytes) -> bool:
    return data.startswith((b"\0\0\0\1", START_CODE))


def to_length_prefixed(data: bytes) -> bytes:
    """Annex B (what Chromium puts into Matroska) to 4-byte length prefixes (what MP4 wants)."""
    found = []
    start = data.find(START_CODE)
    while start >= 0:
        following = data.find(START_CODE, start + 3)
        end = len(data) if following < 0 else following - (data[following - 1] == 0)
        unit = data[start + 3 : end]
        if unit and unit[0] & 31 != ACCESS_UNIT_DELIMITER:
            found.append(struct.pack(">I", len(unit)) + unit)
        start = following
    return b"".join(found)


def avc_codec(init: bytes) -> str:
    """`avc1.42c01f` from the avcC box of an init segment (RFC 6381)."""
    at = init.find(b"avcC")
    return f"avc1.{init[at + 5 : at + 8].hex()}" if at >= 0 else "avc1.42c01f"
