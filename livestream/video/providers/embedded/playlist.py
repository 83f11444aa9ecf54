"""HLS play lists as text, drawn from a stream's state. Pure; the rules are those of RFC 8216bis (draft 15).

Three of them were learned the hard way: TARGETDURATION is rounded (rounded up it adds three seconds of delay), ENDLIST
appears only when the host ended the stream (during a reconnect it would freeze every viewer for ever), and a
reconnect is a new init segment, a DISCONTINUITY, and a DISCONTINUITY-SEQUENCE that counts those which slid out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from livestream.video.providers.embedded.storage import Part, Segment, State

SHOWN = 8  # Segments in a live list.
WITH_PARTS = 3  # The newest so many list their parts.
DEFAULT_BANDWIDTH = 3_000_000


def master(state: State, *, media: str) -> str:
    """One rendition; players that read CODECS start faster and refuse early what they cannot play."""
    rates = [segment.size * 8 / segment.seconds for segment in state.window if segment.seconds > 0]
    bandwidth = int(max(rates) * 1.1) if rates else DEFAULT_BANDWIDTH
    return _text(
        [
            "#EXTM3U",
            "#EXT-X-VERSION:9",
            "#EXT-X-INDEPENDENT-SEGMENTS",
            f'#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},CODECS="{state.codecs}",RESOLUTION={state.width}x{state.height}',
            media,
        ]
    )


def live(state: State, *, ended: bool, low_latency: bool) -> str:
    """The live edge, with parts and a preload hint for players that know them."""
    shown = state.window[-SHOWN:]
    target = _target(shown)
    lines = ["#EXTM3U", "#EXT-X-VERSION:9", f"#EXT-X-TARGETDURATION:{target}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if low_latency:
        part_target = _part_target(state, shown)
        lines += [
            f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={part_target * 3:.3f},HOLD-BACK={target * 3:.1f}",
            f"#EXT-X-PART-INF:PART-TARGET={part_target:.3f}",
        ]
    slid_out = state.window[: -len(shown)] if shown else []
    breaks = state.breaks_before_window + sum(segment.discontinuity for segment in slid_out)
    lines += [
        f"#EXT-X-MEDIA-SEQUENCE:{shown[0].number if shown else state.sequence}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{breaks}",
    ]
    init = 0
    for position, segment in enumerate(shown):
        lines += _opening(segment, init)
        init = segment.init
        if low_latency and position >= len(shown) - WITH_PARTS:
            lines += _parts(segment.number, segment.parts)
        lines += [f"#EXTINF:{segment.seconds:.5f},", f"s{segment.number}.m4s"]
    if low_latency and state.receiving and not ended:
        lines += _edge(state, init)
    if ended and not state.receiving:
        lines.append("#EXT-X-ENDLIST")
    return _text(lines)


def replay(segments: Iterable[Segment]) -> str:
    """The whole recording."""
    found = list(segments)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{_target(found)}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f"#EXT-X-MEDIA-SEQUENCE:{found[0].number if found else 0}",
    ]
    init = 0
    for position, segment in enumerate(found):
        opening = _opening(segment, init)
        # What comes first has nothing to be discontinuous with.
        lines += opening if position else [line for line in opening if line != "#EXT-X-DISCONTINUITY"]
        init = segment.init
        lines += [f"#EXTINF:{segment.seconds:.5f},", f"s{segment.number}.m4s"]
    return _text([*lines, "#EXT-X-ENDLIST"])


def _edge(state: State, init: int) -> list[str]:
    """The segment being written and the hint for its next part."""
    lines: list[str] = []
    if state.parts:
        if state.break_pending:
            lines.append("#EXT-X-DISCONTINUITY")
        if state.inits != init:
            lines.append(f'#EXT-X-MAP:URI="init{state.inits}.mp4"')
        lines.append(_date(state.part_started_at))
        lines += _parts(state.sequence, state.parts)
    return [*lines, f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s{state.sequence}.p{len(state.parts)}.m4s"']


def _opening(segment: Segment, init: int) -> list[str]:
    lines = ["#EXT-X-DISCONTINUITY"] if segment.discontinuity else []
    if segment.init != init:
        lines.append(f'#EXT-X-MAP:URI="init{segment.init}.mp4"')
    return [*lines, _date(segment.started_at)]


def _parts(number: int, parts: Sequence[Part]) -> list[str]:
    return [
        f'#EXT-X-PART:DURATION={part.seconds:.5f},URI="s{number}.p{k}.m4s"'
        + (",INDEPENDENT=YES" if part.independent else "")
        for k, part in enumerate(parts)
    ]


def _target(segments: Iterable[Segment]) -> int:
    return max([1, *(int(segment.seconds + 0.5) for segment in segments)])


def _part_target(state: State, shown: Sequence[Segment]) -> float:
    listed = [part.seconds for segment in shown[-WITH_PARTS:] for part in segment.parts]
    return max([state.part_target, *listed, *(part.seconds for part in state.parts)])


def _date(at: float) -> str:
    stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"#EXT-X-PROGRAM-DATE-TIME:{stamp}"


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
