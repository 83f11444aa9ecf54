"""One live ingest, bytes on stdin, to parts and segments on disk: `python -m livestream.video.providers.embedded.remux`.

One child process per ingest. A crash in libav, a blocking read or a runaway input stays in here, under resource
limits; the parent owns the time-outs and only reads JSON lines from stdout:

    {"event": "start", "codecs": …, "width": …, "height": …}      {"event": "part", "name": "s3.p1.m4s"}
    {"event": "segment"}
    {"event": "end", "reason": "eof" | "unreadable" | "no_video" | "too_large" | "damaged" | "time_jump" | "busy"}

H.264 is copied (Annex B becomes length-prefixed), AAC is copied, everything else is encoded.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import FFmpegError
from av.packet import Packet

from livestream.video.providers.embedded import fmp4
from livestream.video.providers.embedded.config import CONTAINERS
from livestream.video.providers.embedded.storage import Busy, SegmentWriter

MEMORY_BYTES = 1 << 30
FILE_BYTES = 64 << 20
OPEN_FILES = 64
PART_SECONDS = 0.25
SEGMENT_SECONDS = 1.0
MAXIMUM_SIDE = 1920
MAXIMUM_DAMAGED = 200
MAXIMUM_JUMP_SECONDS = 10
# Players want audio on its own sample clock. Gaps longer than this are lost audio and become silence; shorter ones
# are the millisecond timestamps of browsers.
AUDIO_GAP_SECONDS = 0.12
AUDIO_RATE, AUDIO_BITRATE = 48_000, 96_000
TRANSCODE_BITRATE = 2_500_000
VIDEO_CLOCK = Fraction(1, 90_000)


class Refused(Exception):
    """This input cannot go on air; the argument is the reason the parent passes on."""


class Pipe(io.RawIOBase):
    """What libav reads from: never seekable, never longer than asked."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return os.read(self._descriptor, 65536 if size < 0 else min(size, 65536))


class VideoOut:
    """Coded pictures in the output's time base: copied, or decoded and encoded by x264."""

    def __init__(self, stream: Any, muxer: Any) -> None:
        context = stream.codec_context
        self.copies = context.name == "h264"
        # yuv420p halves both sides, so odd sizes lose a line.
        self.width, self.height = context.width & ~1, context.height & ~1
        if self.copies:
            self._out = muxer.add_stream_from_template(stream)
            self._annex_b = not context.extradata or context.extradata[0] != 1
        else:
            self._out = _encoder(muxer, self.width, self.height)
            self._annex_b = True

    @property
    def time_base(self) -> Fraction:
        return Fraction(self._out.time_base)

    def packets(self, packet: Packet[Any]) -> Iterator[tuple[Packet[Any], Fraction]]:
        """Output packets and their time base; raises FFmpegError for a damaged one."""
        if self.copies:
            yield packet, Fraction(packet.time_base)
            return
        for frame in packet.decode():
            picture: Any = frame
            if (picture.width, picture.height) != (self.width, self.height) or picture.format.name != "yuv420p":
                picture = picture.reformat(width=self.width, height=self.height, format="yuv420p")
            picture.pict_type = 0
            for encoded in self._out.encode(picture):
                yield encoded, Fraction(encoded.time_base or VIDEO_CLOCK)

    def data(self, packet: Packet[Any]) -> bytes:
        raw = bytes(packet)
        return fmp4.to_length_prefixed(raw) if self._annex_b and fmp4.is_annex_b(raw) else raw


class AudioOut:
    """AAC frames in the output's time base: copied, or encoded from whatever the browser sent."""

    def __init__(self, stream: Any, muxer: Any) -> None:
        context = stream.codec_context
        self.copies = context.name == "aac"
        if self.copies:
            self._out = muxer.add_stream_from_template(stream)
            self.codec = "mp4a.40.2"
            return
        self._out = muxer.add_stream("aac", rate=AUDIO_RATE)
        self._out.bit_rate, self._out.layout = AUDIO_BITRATE, "stereo"
        self._out.codec_context.format = "fltp"
        self.codec = "mp4a.40.2"
        self._resampler = AudioResampler("fltp", "stereo", AUDIO_RATE, frame_size=1024)
        self._expected: float | None = None  # Media time at which the next frame should start.
        self._first = 0  # Output samples before the first frame.
        self._samples = 0

    @property
    def time_base(self) -> Fraction:
        return Fraction(self._out.time_base)

    def frames(self, packet: Packet[Any], origin: Fraction) -> Iterator[tuple[Fraction, bytes]]:
        """(media time, frame) of one packet; raises FFmpegError for a damaged one."""
        if self.copies:
            yield Fraction(packet.dts or 0) * Fraction(packet.time_base) - origin, bytes(packet)
            return
        for frame in packet.decode():
            yield from self._encode_at(frame, origin)

    def _encode_at(self, frame: Any, origin: Fraction) -> Iterator[tuple[Fraction, bytes]]:
        if frame.pts is not None:
            at = float(Fraction(frame.pts) * Fraction(frame.time_base) - origin)
            if self._expected is None:
                self._expected, self._first = at, int(at * AUDIO_RATE)
            gap = at - self._expected
            if gap < -AUDIO_GAP_SECONDS:
                return
            if AUDIO_GAP_SECONDS < gap < MAXIMUM_JUMP_SECONDS:
                yield from self._encode(_silence(frame, gap))
                self._expected += gap
        self._expected = (self._expected or 0.0) + frame.samples / frame.sample_rate
        frame.pts = None
        yield from self._encode(frame)

    def _encode(self, frame: Any) -> Iterator[tuple[Fraction, bytes]]:
        for resampled in self._resampler.resample(frame):
            resampled.pts, resampled.time_base = self._samples, Fraction(1, AUDIO_RATE)
            self._samples += resampled.samples
            for packet in self._out.encode(resampled):
                yield Fraction((packet.pts or 0) + self._first, AUDIO_RATE), bytes(packet)


class Remuxer:
    """Reads one input to its end."""

    def __init__(self, source: Any, writer: SegmentWriter, *, container: str) -> None:
        self._writer = writer
        self._input = _open(source, container)
        # A stream of a codec that libav does not know has no context.
        known = [stream for stream in self._input.streams if stream.codec_context is not None]
        self._video_in = next((stream for stream in known if stream.type == "video"), None)
        self._audio_in = next((stream for stream in known if stream.type == "audio"), None)
        if self._video_in is None:
            raise Refused("no_video")
        context: Any = self._video_in.codec_context
        if not 0 < max(context.width, context.height) <= MAXIMUM_SIDE or min(context.width, context.height) < 16:
            raise Refused("too_large")
        self._open_output()
        self._origin: Fraction | None = None  # Input time that becomes 0.
        self._began_at: float | None = None  # Wall time of the first picture.
        self._segment_seconds = 0.0
        self._fragments = 0
        self._damaged = 0

    def run(self) -> None:
        """Remux until the input ends. Raises Refused when it cannot go on; what was read stays on air."""
        try:
            for packet in self._packets():
                try:
                    self._take(packet)
                except FFmpegError:
                    self._count_damaged()
        finally:
            for track in self._tracks:
                track.flush()
            self._cut()

    def _open_output(self) -> None:
        buffer = io.BytesIO()
        movflags = "empty_moov+default_base_moof+frag_custom+skip_trailer"
        # libavformat writes only the init segment; the muxer object lives on because the encoders hang on it.
        self._muxer = av.open(buffer, "w", format="mp4", options={"movflags": movflags})
        self._video_out = VideoOut(self._video_in, self._muxer)
        self._audio_out = AudioOut(self._audio_in, self._muxer) if self._audio_in is not None else None
        self._muxer.start_encoding()
        init = buffer.getvalue()
        if not self._video_out.copies:
            os.nice(5)  # Encoding must not starve the streams that are only copied.
        self._video = fmp4.Track(1, self._video_out.time_base)
        self._audio = fmp4.Track(2, self._audio_out.time_base) if self._audio_out else None
        self._tracks = [track for track in (self._video, self._audio) if track is not None]
        codecs = ",".join([fmp4.avc_codec(init), *([self._audio_out.codec] if self._audio_out else [])])
        width, height = self._video_out.width, self._video_out.height
        self._writer.begin(init, codecs=codecs, width=width, height=height, part_target=PART_SECONDS)
        report("start", codecs=codecs, width=width, height=height)

    def _packets(self) -> Iterator[Packet[Any]]:
        """Every packet with a time; damaged stretches are skipped."""
        streams = [stream for stream in (self._video_in, self._audio_in) if stream is not None]
        packets = self._input.demux(streams)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except FFmpegError:
                self._count_damaged()
                packets = self._input.demux(streams)
                continue
            if packet.dts is None:
                packet.dts = packet.pts
            if packet.dts is not None and packet.size:
                yield packet

    def _count_damaged(self) -> None:
        self._damaged += 1
        if self._damaged > MAXIMUM_DAMAGED:
            raise Refused("damaged")

    def _take(self, packet: Packet[Any]) -> None:
        if self._origin is None:
            self._origin = Fraction(packet.dts or 0) * Fraction(packet.time_base)
        if packet.stream is self._video_in:
            for coded, time_base in self._video_out.packets(packet):
                self._add_picture(coded, time_base)
        elif self._audio_out is not None and self._began_at is not None:
            for at, data in self._audio_out.frames(packet, self._origin):
                self._add_sound(at, data)

    def _add_picture(self, packet: Packet[Any], time_base: Fraction) -> None:
        if self._began_at is None and not packet.is_keyframe:
            return
        data = self._video_out.data(packet)
        dts = self._ticks(packet.dts if packet.dts is not None else packet.pts, time_base)
        if dts < 0 or not data:
            return
        if self._began_at is None:
            self._began_at = time.time() - float(dts * self._video.time_base)
        self._check_jump(self._video, float(dts * self._video.time_base))
        pts = self._ticks(packet.pts, time_base) if packet.pts is not None else dts
        # A picture shown much before or after its turn is damage, and would not fit its field.
        pts = min(max(pts, dts), dts + int(MAXIMUM_JUMP_SECONDS / self._video.time_base))
        self._video.add(dts=dts, pts=pts, is_key=packet.is_keyframe, data=data)
        self._cut_where_due(at_key=packet.is_keyframe)

    def _add_sound(self, at: Fraction, data: bytes) -> None:
        assert self._audio is not None
        if at < 0:
            return
        self._check_jump(self._audio, float(at))
        if float(at) - self._video.newest_seconds > MAXIMUM_JUMP_SECONDS:
            raise Refused("time_jump")  # Sound without pictures would pile up in memory.
        dts = int(at / self._audio.time_base)
        self._audio.add(dts=dts, pts=dts, is_key=True, data=data)

    def _check_jump(self, track: fmp4.Track, at: float) -> None:
        """After a jump nothing fits; the host's page reconnects, and the stream goes on over a DISCONTINUITY."""
        if track.queue and abs(at - track.newest_seconds) > MAXIMUM_JUMP_SECONDS:
            raise Refused("time_jump")
        if not track.queue and at - track.newest_seconds > MAXIMUM_JUMP_SECONDS:
            raise Refused("time_jump")

    def _ticks(self, value: int | None, time_base: Fraction) -> int:
        assert self._origin is not None
        return int(((value or 0) * time_base - self._origin) / self._video.time_base)

    def _cut_where_due(self, *, at_key: bool) -> None:
        waiting = self._video.seconds
        if at_key and self._segment_seconds + waiting >= SEGMENT_SECONDS - 0.1:
            self._cut()
            self._writer.close_segment()
            self._segment_seconds = 0.0
            report("segment")
        elif waiting + self._video.last_seconds > PART_SECONDS + 0.005:
            self._cut()  # One more picture of this length would overrun the promised part length.

    def _cut(self) -> None:
        """Everything that waits becomes a part."""
        pictures = self._video.take()
        if not pictures or self._began_at is None:
            return
        self._fragments += 1
        tracks = [(self._video.id, pictures)]
        if self._audio is not None:
            tracks.append((self._audio.id, self._audio.take()))
        seconds = float(sum(sample.duration for sample in pictures) * self._video.time_base)
        name = self._writer.add_part(
            fmp4.fragment(self._fragments, tracks),
            seconds=seconds,
            independent=pictures[0].is_key,
            started_at=self._began_at + float(pictures[0].dts * self._video.time_base),
            frames=len(pictures),
        )
        self._segment_seconds += seconds
        report("part", name=name)


def report(event: str, **data: Any) -> None:
    sys.stdout.write(json.dumps({"event": event, **data}) + "\n")
    sys.stdout.flush()


def set_limits() -> None:
    """What a hostile input can at most cost this machine."""
    for name, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(name, (limit, limit))


def remux(folder: Path, source: Any, *, container: str, keep_seconds: int = 0) -> str:
    """Remux `source` into `folder`; returns the reason of the end."""
    try:
        writer = SegmentWriter(folder, keep_seconds=keep_seconds)
    except Busy:
        return "busy"
    reason = "eof"
    try:
        Remuxer(source, writer, container=container).run()
    except Refused as refused:
        reason = str(refused)
    except (FFmpegError, MemoryError, ValueError):
        # Numbers beyond libav's fields, memory beyond the limit: whatever is wrong, it is wrong with the input.
        reason = "unreadable"
    finally:
        writer.finish()
    return reason


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--container", choices=CONTAINERS, required=True)
    parser.add_argument("--keep-seconds", type=int, default=0)
    options = parser.parse_args()
    set_limits()
    av.logging.set_level(av.logging.PANIC)
    reason = remux(options.folder, Pipe(0), container=options.container, keep_seconds=options.keep_seconds)
    report("end", reason=reason)
    return 0 if reason == "eof" else 3


def _open(source: Any, container: str) -> Any:
    """The demuxer is forced: probing would accept play lists and concat scripts, which read files."""
    options = {"probesize": "65536", "analyzeduration": "0", "protocol_whitelist": "pipe", "enable_drefs": "0"}
    if container != "mp4":
        del options["enable_drefs"]
    return av.open(source, format=container, options=options, buffer_size=8192)


def _encoder(muxer: Any, width: int, height: int) -> Any:
    options = {"preset": "veryfast", "tune": "zerolatency", "g": "30", "keyint_min": "30", "sc_threshold": "0"}
    out = muxer.add_stream("libx264", rate=30, options=options)
    out.width, out.height, out.pix_fmt, out.bit_rate = width, height, "yuv420p", TRANSCODE_BITRATE
    out.time_base = out.codec_context.time_base = VIDEO_CLOCK
    out.codec_context.thread_count = 1
    return out


def _silence(like: Any, seconds: float) -> AudioFrame:
    frame = AudioFrame(like.format.name, like.layout.name, max(1, int(seconds * like.sample_rate)))
    frame.sample_rate = like.sample_rate
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return frame


if __name__ == "__main__":
    sys.exit(main())
