"""The player against the real live process in a real Chromium: it plays, survives a lost child, ends, and replays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from livestream.video.push import push_film
from tests.conftest import missing
from tests.video.conftest import MEDIA, ROOT, SECRET, Live, free_port, start_live, stop_live, until
from tests.video.test_process import call_header

pytestmark = pytest.mark.browser
STREAM = "strm_browser"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[tuple[Live, str]]:
    """The live process and pages in front of it."""
    if not (ROOT / "static" / "vendor" / "js" / "hls.js").exists():
        missing("the browser libraries")
    live, port = start_live(tmp_path), free_port()
    env = {**os.environ, "SECRET_KEY": SECRET, "LIVE_ADDRESS": live.address, "STREAM_ID": STREAM}
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-k",
        "gevent",
        "-w",
        "1",
        "--no-control-socket",
        "--log-level",
        "error",
    ]
    pages = subprocess.Popen([*command, "-b", f"127.0.0.1:{port}", "bench.video_stage:app"], env=env, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return requests.get(f"{address}/media-live/healthz", timeout=2).ok
        except requests.RequestException:
            return False

    try:
        until(answers, 60)
        yield live, address
    finally:
        pages.terminate()
        pages.wait(10)
        stop_live(live)


@pytest.fixture
def page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser.new_page()
        browser.close()


def test_the_player_plays_survives_ends_and_replays(stage: tuple[Live, str], page: Any) -> None:
    live, address = stage
    stop = threading.Event()

    def fresh() -> str:
        return live.address.replace("http", "ws") + live.grant(STREAM).url

    pusher = threading.Thread(target=push_until_over, args=(fresh, stop), daemon=True)
    page.goto(f"{address}/video/view.html?kind=ll-hls")
    time.sleep(1.5)
    assert page.evaluate("seen.states") == ["loading"]  # Nothing is on air yet, and that is no error.
    pusher.start()
    page.wait_for_function("player.state === 'playing'", timeout=20_000)
    page.wait_for_function("document.querySelector('video').currentTime > 2", timeout=20_000)
    assert page.evaluate("player.latency") < 6

    status = requests.get(
        f"{live.address}/media-live/internal/streams/{STREAM}", headers=call_header("GET", STREAM), timeout=5
    )
    os.kill(status.json()["pid"], 9)
    frames = page.evaluate("seen.frames")
    until(lambda: "init2.mp4" in live.play("live.m3u8", STREAM).text, 20)
    page.wait_for_function(f"seen.frames > {frames + 60} && player.state === 'playing'", timeout=25_000)

    live.engine.close(STREAM)
    page.wait_for_function("player.state === 'ended'", timeout=20_000)
    stop.set()
    pusher.join(10)

    page.goto(f"{address}/video/view.html?kind=replay")
    page.wait_for_function("player.state === 'playing'", timeout=20_000)
    duration = live.engine.recording(STREAM).duration.total_seconds()
    assert page.evaluate("document.querySelector('video').duration") == pytest.approx(duration, abs=0.5)
    page.evaluate(f"player.seek({duration - 2.5})")
    page.wait_for_function("player.state === 'ended'", timeout=20_000)
    assert page.evaluate("document.querySelector('video').currentTime") == pytest.approx(duration, abs=0.5)


def push_until_over(fresh: Any, stop: threading.Event) -> None:
    from livestream.video.push import PushEnded

    try:
        push_film(MEDIA / "ingest-h264-opus.mp4", fresh, stop)
    except PushEnded as ended:
        assert ended.code == 4410
