"""The live process over real HTTP and WebSockets."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests
import websocket

from livestream.video import tokens
from livestream.video.provider import EngineEvent, RawEvent, StreamPhase
from livestream.video.push import PushEnded, push_film
from tests.video.conftest import MEDIA, ROOT, SECRET, Live, clip, close_code, send_clip, start_live, stop_live, until


def media_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.endswith(".m4s") and not line.startswith("#")]


def test_the_process_loads_neither_database_nor_libav() -> None:
    code = (
        "import sys, livestream.video.providers.embedded.process\n"
        "print([m for m in ('sqlalchemy', 'shop.core.db', 'flask', 'av') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True, text=True)
    assert done.stdout.strip() == "[]"


def test_from_the_first_byte_to_the_replay(live: Live) -> None:
    host = live.host("strm_whole")
    until(lambda: live.events("strm_whole") == ["started"])
    until(lambda: live.engine.recording("strm_whole").duration > timedelta(seconds=4))
    master = live.play("index.m3u8", "strm_whole")
    assert master.headers["Content-Type"] == "application/vnd.apple.mpegurl"
    assert 'CODECS="avc1.42c01f,mp4a.40.2",RESOLUTION=360x640' in master.text
    now = live.play("live.m3u8", "strm_whole")
    assert now.headers["Cache-Control"] == "no-store"
    assert "#EXT-X-PRELOAD-HINT" in now.text
    assert "ENDLIST" not in now.text
    assert live.play("replay.m3u8", "strm_whole").status_code == 404
    for name in ("init1.mp4", "s0.m4s", "s3.p0.m4s"):
        answer = live.play(name, "strm_whole")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    status = live.engine.status("strm_whole")
    assert (status.phase, status.width, status.height) == (StreamPhase.LIVE, 360, 640)
    assert status.bits_per_second > 0
    assert status.last_byte_at is not None
    live.engine.close("strm_whole")
    assert close_code(host) == 4410
    assert live.events("strm_whole") == ["started", "ended", "recording_ready"]
    assert live.play("live.m3u8", "strm_whole").text.endswith("#EXT-X-ENDLIST\n")
    replay = live.play("replay.m3u8", "strm_whole")
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in replay.text
    recording = live.engine.recording("strm_whole")
    assert recording.ready
    assert recording.duration.total_seconds() == pytest.approx(5.95, abs=0.1)
    assert list(recording.files) == media_lines(replay.text)
    ready = live.engine.status("strm_whole").events[-1]
    assert ready.data["duration_seconds"] == pytest.approx(5.95, abs=0.1)


def test_closing_twice_ends_once_and_nothing_comes_in_afterwards(live: Live) -> None:
    live.host("strm_closed")
    until(lambda: live.events("strm_closed"))
    grant = live.grant("strm_closed")
    live.engine.close("strm_closed")
    live.engine.close("strm_closed")
    assert live.events("strm_closed") == ["started", "ended", "recording_ready"]
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        live.connect(grant)
    assert refused.value.status_code == 410
    posted = requests.post(f"{live.address}{grant.url}/chunks/0", data=b"x", timeout=5)
    assert posted.status_code == 410


def test_a_stream_that_never_had_pictures_can_end(live: Live) -> None:
    live.engine.close("strm_empty")
    assert live.events("strm_empty") == ["ended", "recording_ready"]
    assert live.engine.recording("strm_empty").duration == timedelta(0)
    assert live.play("replay.m3u8", "strm_empty").status_code == 404


def test_a_returning_host_goes_on_over_a_discontinuity(live: Live) -> None:
    first = live.host("strm_back")
    until(lambda: live.events("strm_back") == ["started"])
    first.close()
    until(lambda: live.events("strm_back") == ["started", "host_lost"])
    away = live.play("live.m3u8", "strm_back").text
    assert "ENDLIST" not in away
    assert live.engine.status("strm_back").phase is StreamPhase.AWAY
    live.host("strm_back", name="ingest-h264-opus.mp4", container="mp4")
    until(lambda: live.events("strm_back") == ["started", "host_lost", "host_back"])
    text = until(lambda: (t := live.play("live.m3u8", "strm_back").text) and "init2.mp4" in t and t)
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1


def test_a_quick_reload_of_the_host_is_not_reported(live: Live) -> None:
    first = live.host("strm_quick")
    until(lambda: live.events("strm_quick") == ["started"])
    first.close()
    live.host("strm_quick")
    time.sleep(1.8)
    assert live.events("strm_quick") == ["started"]


def test_the_newest_host_wins_and_the_old_one_is_told(live: Live) -> None:
    old = live.host("strm_two")
    until(lambda: live.events("strm_two") == ["started"])
    live.host("strm_two")
    assert close_code(old) == 4409
    until(lambda: "init2.mp4" in live.play("live.m3u8", "strm_two").text)
    assert live.events("strm_two") == ["started"]


def test_a_token_starts_one_session_only(live: Live) -> None:
    grant = live.grant("strm_once")
    live.connect(grant)
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        live.connect(grant)
    assert refused.value.status_code == 403


def test_bad_old_and_foreign_ingest_tokens_are_refused(live: Live) -> None:
    claim = tokens.IngestClaim(
        stream_id="strm_x", brand_id="b", kind="chunks", host="h", session_id="s", expires_at=int(time.time()) - 1
    )
    fresh = tokens.IngestClaim(**{**claim.__dict__, "expires_at": int(time.time()) + 60})
    playback = tokens.sign_playback(SECRET, "strm_x", expires_at=int(time.time()) + 60)
    for token in (tokens.sign_ingest(SECRET, claim), tokens.sign_ingest("other", fresh), playback, "nonsense"):
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            websocket.create_connection(f"{live.address.replace('http', 'ws')}/media-live/ingest/{token}")
        assert refused.value.status_code == 403
    assert not live.folder("strm_x").exists()


def test_playback_needs_a_grant_for_this_stream(live: Live) -> None:
    live.host("strm_seen")
    until(lambda: live.events("strm_seen"))
    token = tokens.sign_playback(SECRET, "strm_other", expires_at=int(time.time()) + 60)
    old = tokens.sign_playback(SECRET, "strm_seen", expires_at=int(time.time()) - 1)
    for shown in (token, old, "x", "9999999999.aaaa"):
        assert requests.get(f"{live.address}/media-live/strm_seen/{shown}/s0.m4s", timeout=5).status_code == 403


@pytest.mark.parametrize(
    "name",
    ["state.json", "index.jsonl", "events.jsonl", ".lock", "s0.m4s.tmp", "..%2fstate.json", "s99.m4s", "init9.mp4"],
)
def test_only_media_that_exists_is_served(live: Live, name: str) -> None:
    live.folder("strm_files").mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    assert live.play(name, "strm_files").status_code == 404
    assert time.monotonic() - began < 1


def test_a_reload_waits_for_the_part_it_asks_for(live: Live) -> None:
    host = live.connect(live.grant("strm_wait"))
    data = clip("ingest-h264-opus.mkv")
    half = len(data) // 2
    send_clip(host, data[:half])
    until(lambda: live.events("strm_wait"))

    def next_part() -> re.Match[str] | None:
        text = live.play("live.m3u8", "strm_wait").text
        return re.search(r'PRELOAD-HINT:TYPE=PART,URI="(s([0-9]+)\.p([0-9]+)\.m4s)"', text)

    def settled() -> re.Match[str] | None:
        """The hint once the child has written out all it got."""
        before = next_part()
        time.sleep(0.5)
        after = next_part()
        return after if before and after and before[1] == after[1] else None

    hint = until(settled)
    got: queue.Queue[tuple[str, float, int]] = queue.Queue()

    def ask(name: str, **params: object) -> None:
        began = time.monotonic()
        answer = live.play(name, "strm_wait", **params)
        got.put((name, time.monotonic() - began, answer.status_code))

    threads = [
        threading.Thread(target=ask, args=(hint[1],)),
        threading.Thread(target=ask, args=("live.m3u8",), kwargs={"_HLS_msn": hint[2], "_HLS_part": hint[3]}),
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.7)
    assert got.empty()
    send_clip(host, data[half : half + 60_000])
    for thread in threads:
        thread.join()
    answers = {name: (seconds, status) for name, seconds, status in (got.get(), got.get())}
    for seconds, status in answers.values():
        assert status == 200
        assert 0.7 <= seconds < 2.5
    assert live.play("live.m3u8", "strm_wait", _HLS_msn=999).status_code == 400
    assert live.play("live.m3u8", "strm_wait", _HLS_msn="NaN").status_code == 200


def test_chunks_by_post_are_taken_once_and_in_order(live: Live) -> None:
    grant = live.grant("strm_post")
    data = clip("ingest-h264-opus.mkv")
    size = 20_000
    slices = [data[at : at + size] for at in range(0, len(data), size)]

    def post(number: int, body: bytes, url: str = grant.url) -> requests.Response:
        return requests.post(f"{live.address}{url}/chunks/{number}", data=body, timeout=5)

    assert post(3, slices[3]).status_code == 409  # Nobody started yet.
    assert post(0, slices[0]).status_code == 204
    ahead = post(2, slices[2])
    assert (ahead.status_code, ahead.json()["want"]) == (425, 1)
    for number, body in enumerate(slices):
        assert post(number, body).status_code == 204
        assert post(number, b"again").status_code == 204
    until(lambda: live.events("strm_post") == ["started"])
    assert post(len(slices), bytes(5 << 20)).status_code == 413
    requests.delete(f"{live.address}{grant.url}", timeout=5)
    until(lambda: live.engine.status("strm_post").phase is StreamPhase.AWAY)
    assert live.engine.recording("strm_post").duration.total_seconds() == pytest.approx(5.95, abs=0.1)
    assert post(len(slices), b"late").status_code == 409


def test_a_kick_is_told_and_reported(live: Live) -> None:
    host = live.host("strm_kick")
    until(lambda: live.events("strm_kick") == ["started"])
    assert not live.engine.kick("strm_kick", "acct_zed")
    assert live.engine.kick("strm_kick", "acct_ben")
    assert close_code(host) == 4403
    until(lambda: "stopped" in live.events("strm_kick"))
    assert live.engine.status("strm_kick").events[1].data["reason"] == "kicked"
    assert not live.engine.kick("strm_nobody", "")


def test_what_cannot_be_read_ends_the_session(live: Live) -> None:
    host = live.connect(live.grant("strm_html"))
    try:
        send_clip(host, b"<html>" * 50_000)
        code = close_code(host)
    except (ConnectionError, websocket.WebSocketException):
        code = 4415  # The process hung up while we were still sending.
    assert code == 4415
    until(lambda: live.events("strm_html") == ["stopped"])
    assert live.engine.status("strm_html").events[0].data["reason"] == "unreadable"


def test_a_message_over_4_mb_ends_the_session(live: Live) -> None:
    host = live.connect(live.grant("strm_fat"))
    with pytest.raises((ConnectionError, websocket.WebSocketException)):
        host.send_binary(bytes(5 << 20))
        close_code(host)
        raise ConnectionResetError


def test_a_silent_host_is_gone_after_the_idle_time(live: Live) -> None:
    host = live.connect(live.grant("strm_idle"))
    host.send_binary(clip("ingest-h264-opus.mkv")[:20_000])
    began = time.monotonic()
    assert close_code(host) == 4408
    assert 2 < time.monotonic() - began < 6


def test_a_killed_child_is_a_reconnect_and_nothing_is_lost(live: Live) -> None:
    host = live.host("strm_kill")
    until(lambda: live.events("strm_kill") == ["started"])
    answer = requests.get(
        f"{live.address}/media-live/internal/streams/strm_kill", headers=call_header("GET", "strm_kill"), timeout=5
    )
    os.kill(answer.json()["pid"], signal.SIGKILL)
    assert close_code(host) == 4500
    live.host("strm_kill")
    until(lambda: "init2.mp4" in live.play("live.m3u8", "strm_kill").text)


def call_header(method: str, path: str) -> dict[str, str]:
    message = tokens.call_message(method, f"/media-live/internal/streams/{path}", b"")
    return {"X-Vetrina-Live-Call": tokens.sign_message(SECRET, "call", message, now=time.time())}


def test_calls_of_the_shop_must_be_signed_for_this_very_call(live: Live) -> None:
    url = f"{live.address}/media-live/internal/streams/strm_call"
    for headers in ({}, {"X-Vetrina-Live-Call": "t=1,v1=x"}, call_header("POST", "strm_other/end")):
        assert requests.post(f"{url}/end", headers=headers, timeout=5).status_code == 403
        assert requests.get(url, headers=headers, timeout=5).status_code == 403
    assert not live.folder("strm_call").exists()


@pytest.mark.parametrize(
    "path", ["/media-live/", "/media-live/ingest/x", "/media-live/%00/%ff/x", "/media-live/a/b/c/d"]
)
def test_odd_addresses_are_refused_politely(live: Live, path: str) -> None:
    assert requests.get(live.address + path, timeout=5).status_code in {400, 403, 404, 405}


def test_a_film_is_pushed_over_its_end(live: Live) -> None:
    stop = threading.Event()
    url = live.address.replace("http", "ws") + live.grant("strm_film").url
    push_film(MEDIA / "ingest-h264-opus.mp4", url, stop, loops=2, speed=8)
    until(lambda: live.engine.status("strm_film").phase is StreamPhase.AWAY)
    segments = live.engine.recording("strm_film")
    assert segments.duration.total_seconds() == pytest.approx(11.9, abs=0.4)
    assert len(segments.spans) == 1  # One session without a gap.


def test_a_pushed_film_stops_when_the_stream_ends(live: Live) -> None:
    url = live.address.replace("http", "ws") + live.grant("strm_over").url
    threading.Timer(1.5, lambda: live.engine.close("strm_over")).start()
    with pytest.raises(PushEnded) as ended:
        push_film(MEDIA / "ingest-h264-opus.mp4", url, threading.Event())
    assert ended.value.code == 4410
    with pytest.raises(PushEnded):
        push_film(
            MEDIA / "ingest-h264-opus.mp4",
            lambda: live.address.replace("http", "ws") + live.grant("strm_over").url,
            threading.Event(),
        )


def test_a_position_in_the_recording_follows_the_wall_clock(live: Live) -> None:
    live.host("strm_pos")
    until(lambda: live.engine.recording("strm_pos").duration > timedelta(seconds=3))
    recording = live.engine.recording("strm_pos")
    began = recording.spans[0].started_at
    assert recording.position_of(began + timedelta(seconds=2)) == timedelta(seconds=2)
    assert recording.position_of(began - timedelta(seconds=9)) == timedelta(0)
    assert recording.position_of(datetime(2100, 1, 1, tzinfo=UTC)) == recording.duration


def test_a_restarted_process_reports_the_lost_host_and_finishes_ends(tmp_path: Path) -> None:
    live = start_live(tmp_path)
    live.host("strm_r")
    live.host("strm_e")
    until(lambda: live.events("strm_r") == live.events("strm_e") == ["started"])
    port = int(live.address.rsplit(":", 1)[1])
    stop_live(live)
    (live.folder("strm_e") / "ended").touch()  # As if it was killed between the mark and the report.
    again = start_live(tmp_path, port)
    try:
        until(lambda: again.events("strm_r") == ["started", "host_lost"])
        assert again.events("strm_e") == ["started", "ended", "recording_ready"]
        again.host("strm_r")
        until(lambda: again.events("strm_r")[-1] == "host_back")
    finally:
        stop_live(again)


def test_quotas_end_the_session(tmp_path: Path) -> None:
    live = start_live(tmp_path, LIVE_STREAM_SECONDS="2", LIVE_INGESTS="1", LIVE_BITS_PER_SECOND="400000")
    try:
        slow = live.connect(live.grant("strm_long"))
        with pytest.raises(websocket.WebSocketBadStatusException) as full:
            live.connect(live.grant("strm_second"))
        assert full.value.status_code == 503
        slow.send_binary(clip("ingest-h264-opus.mkv"))
        until(lambda: live.events("strm_long") == ["started"])
        assert close_code(slow) == 4413
        until(lambda: live.engine.status("strm_long").events[-1].data.get("reason") == "seconds")
        with pytest.raises(websocket.WebSocketBadStatusException) as over:
            live.connect(live.grant("strm_long"))
        assert over.value.status_code == 413
        fast = live.connect(live.grant("strm_fast"))
        fast.send_binary(bytes(600_000))
        assert close_code(fast) == 4413
        until(lambda: [e.data.get("reason") for e in live.engine.status("strm_fast").events] == ["bitrate"])
    finally:
        stop_live(live)


class Shop(HTTPServer):
    """A shop that is down for the first calls."""

    received: list[RawEvent]
    failures = 2


@pytest.fixture
def shop() -> Iterator[Shop]:
    class Hook(BaseHTTPRequestHandler):
        server: Shop

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.server.failures:
                self.server.failures -= 1
                self.send_error(503)
                return
            self.server.received.append(RawEvent(body=body, headers=dict(self.headers)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Silence."""

    server = Shop(("127.0.0.1", 0), Hook)
    server.received = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_reports_reach_a_shop_that_was_down_in_order_and_signed(tmp_path: Path, shop: Shop) -> None:
    live = start_live(tmp_path, LIVE_CALLBACK_URL=f"http://127.0.0.1:{shop.server_port}/hooks/live")
    try:
        live.host("strm_a")
        until(lambda: live.events() == ["started"])
        live.engine.close("strm_a")
        until(lambda: len(shop.received) == 3)
        events: list[EngineEvent] = [event for raw in shop.received for event in live.engine.parse_event(raw)]
        assert [event.name.value for event in events] == ["started", "ended", "recording_ready"]
        assert [event.id for event in events] == [event.id for event in live.engine.status("strm_a").events]
        assert json.loads(shop.received[0].body)["stream_id"] == "strm_a"
    finally:
        stop_live(live)
