"""Play lists, line by line."""

from __future__ import annotations

from livestream.video.providers.embedded import playlist
from livestream.video.providers.embedded.storage import Part, Segment, State

START = 1_800_000_000.0


def segment(number: int, *, init: int = 1, discontinuity: bool = False, seconds: float = 1.0) -> Segment:
    parts = tuple(Part(0.25, k == 0) for k in range(4))
    return Segment(number, seconds, init, discontinuity, START + number, 100_000, 30, parts)


def state(numbers: range, **more: object) -> State:
    base = {"sequence": numbers.stop, "inits": 1, "window": [segment(n) for n in numbers], "receiving": True}
    return State(**{**base, **more})  # type: ignore[arg-type]


def lines(text: str) -> list[str]:
    return text.rstrip("\n").split("\n")


def test_a_live_list_with_parts() -> None:
    found = lines(
        playlist.live(
            state(range(2), parts=[Part(0.25, True)], part_started_at=START + 2, codecs="avc1.42c01f"),
            ended=False,
            low_latency=True,
        )
    )
    assert found == [
        "#EXTM3U",
        "#EXT-X-VERSION:9",
        "#EXT-X-TARGETDURATION:1",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.750,HOLD-BACK=3.0",
        "#EXT-X-PART-INF:PART-TARGET=0.250",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-DISCONTINUITY-SEQUENCE:0",
        '#EXT-X-MAP:URI="init1.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:00.000Z",
        '#EXT-X-PART:DURATION=0.25000,URI="s0.p0.m4s",INDEPENDENT=YES',
        '#EXT-X-PART:DURATION=0.25000,URI="s0.p1.m4s"',
        '#EXT-X-PART:DURATION=0.25000,URI="s0.p2.m4s"',
        '#EXT-X-PART:DURATION=0.25000,URI="s0.p3.m4s"',
        "#EXTINF:1.00000,",
        "s0.m4s",
        "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:01.000Z",
        '#EXT-X-PART:DURATION=0.25000,URI="s1.p0.m4s",INDEPENDENT=YES',
        '#EXT-X-PART:DURATION=0.25000,URI="s1.p1.m4s"',
        '#EXT-X-PART:DURATION=0.25000,URI="s1.p2.m4s"',
        '#EXT-X-PART:DURATION=0.25000,URI="s1.p3.m4s"',
        "#EXTINF:1.00000,",
        "s1.m4s",
        "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:02.000Z",
        '#EXT-X-PART:DURATION=0.25000,URI="s2.p0.m4s",INDEPENDENT=YES',
        '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s2.p1.m4s"',
    ]


def test_the_list_slides_and_only_the_newest_list_parts() -> None:
    found = playlist.live(state(range(4, 16)), ended=False, low_latency=True)
    assert "#EXT-X-MEDIA-SEQUENCE:8\n" in found
    assert found.count("#EXTINF") == playlist.SHOWN
    assert found.count("#EXT-X-PART:") == 4 * playlist.WITH_PARTS
    assert "s12.p0.m4s" not in found
    assert "s13.p0.m4s" in found


def test_players_without_parts_get_none() -> None:
    found = playlist.live(state(range(3), parts=[Part(0.25, True)]), ended=False, low_latency=False)
    assert "PART" not in found
    assert "SERVER-CONTROL" not in found
    assert found.count("#EXTINF") == 3


def test_a_host_who_is_away_ends_nothing_and_promises_nothing() -> None:
    found = playlist.live(state(range(3), receiving=False), ended=False, low_latency=True)
    assert "ENDLIST" not in found
    assert "PRELOAD-HINT" not in found


def test_only_the_end_of_the_stream_ends_the_list() -> None:
    assert playlist.live(state(range(3), receiving=False), ended=True, low_latency=True).endswith("#EXT-X-ENDLIST\n")
    assert "ENDLIST" not in playlist.live(state(range(3)), ended=True, low_latency=True)  # The last part is on its way.


def test_a_reconnect_is_a_discontinuity_with_its_own_init() -> None:
    window = [segment(0), segment(1), segment(2, init=2, discontinuity=True)]
    found = lines(playlist.live(state(range(3), window=window, inits=2), ended=False, low_latency=False))
    at = found.index("#EXT-X-DISCONTINUITY")
    assert found[at + 1] == '#EXT-X-MAP:URI="init2.mp4"'
    assert found[at + 4] == "s2.m4s"


def test_a_reconnect_shows_before_its_first_segment_is_whole() -> None:
    found = lines(
        playlist.live(
            state(range(2), inits=2, break_pending=True, parts=[Part(0.25, True)], part_started_at=START + 9),
            ended=False,
            low_latency=True,
        )
    )
    at = found.index("#EXT-X-DISCONTINUITY")
    assert found[at + 1] == '#EXT-X-MAP:URI="init2.mp4"'


def test_discontinuities_that_slid_out_are_counted() -> None:
    window = [segment(n, init=2, discontinuity=n == 5) for n in range(4, 16)]
    found = playlist.live(state(range(4, 16), window=window, breaks_before_window=2), ended=False, low_latency=True)
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:3\n" in found


def test_target_duration_is_rounded_not_raised() -> None:
    assert "#EXT-X-TARGETDURATION:1\n" in playlist.replay([segment(0, seconds=1.066)])
    assert "#EXT-X-TARGETDURATION:2\n" in playlist.replay([segment(0, seconds=1.5)])


def test_the_replay_is_a_final_list_of_everything_kept() -> None:
    kept = [segment(7, init=2, discontinuity=True), segment(8, init=2), segment(9, init=3, discontinuity=True)]
    found = lines(playlist.replay(kept))
    assert found[3] == "#EXT-X-PLAYLIST-TYPE:VOD"
    assert found[5] == "#EXT-X-MEDIA-SEQUENCE:7"
    assert found.count("#EXT-X-DISCONTINUITY") == 1
    assert found[-1] == "#EXT-X-ENDLIST"


def test_the_master_list_names_codecs_and_size() -> None:
    made = state(range(2), codecs="avc1.42c01f,mp4a.40.2", width=720, height=1280)
    assert lines(playlist.master(made, media="live.m3u8"))[-2:] == [
        '#EXT-X-STREAM-INF:BANDWIDTH=880000,CODECS="avc1.42c01f,mp4a.40.2",RESOLUTION=720x1280',
        "live.m3u8",
    ]
