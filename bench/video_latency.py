"""Glass to glass: a clock is drawn into the host's picture and read from the viewer's.

Host and viewer are two headless Chromium processes, so that they do not share a renderer; everything in between is
the shop's own: publisher.js, the front, the live process, its remux child, player.js and hls.js. The viewer joins
late, which is the normal case; one who is there from the first segment looks better than it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from bench.report import Gate, Report, percentile
from livestream.video.provider import StreamPhase
from livestream.video.providers.embedded.engine import EmbeddedEngine
from tools.stand import free_ports

ROOT = Path(__file__).resolve().parents[1]
SECRET, STREAM = "secret of the benchmark", "strm_bench"
LIMIT_P50_SECONDS, LIMIT_P95_SECONDS, LIMIT_JOIN_SECONDS = 2.5, 4.0, 1.5
LIMIT_FIRST_SECONDS = 6.0
LATE_SECONDS, WARM_UP_SECONDS, WATCH_SECONDS = 6, 6, 20
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
]


def run() -> Report:
    """Needs Chromium; prints and gates p50 and p95 of the age of pictures at the viewer."""
    report = Report("video_latency")
    with tempfile.TemporaryDirectory() as folder, _processes(Path(folder)) as (address, engine):
        first, low, plain = _measure(address, engine)
    for name, seen in (("LL-HLS", low), ("plain HLS", plain)):
        report.rows.append({"way": name, "starts after click s": first, **_figures(seen)})
    figures = _figures(low)
    report.gates = [
        Gate("glass to glass p50, s", figures["p50 s"], LIMIT_P50_SECONDS, "lower"),
        Gate("glass to glass p95, s", figures["p95 s"], LIMIT_P95_SECONDS, "lower"),
        Gate("join to first frame, s", figures["join s"], LIMIT_JOIN_SECONDS, "lower"),
        Gate(
            "Go live to a viewer's first picture, s", round(first + figures["join s"], 2), LIMIT_FIRST_SECONDS, "lower"
        ),
    ]
    return report


def _measure(address: str, engine: EmbeddedEngine) -> tuple[float, dict[str, Any], dict[str, Any]]:
    """(seconds from the click to the first playable list, what the two viewers saw)."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("this benchmark needs Chromium")
    with sync_playwright() as playwright:
        host_browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        host = host_browser.new_page()
        host.goto(f"{address}/video/host.html")
        host.wait_for_function("window.publisher")
        clicked = time.monotonic()
        host.evaluate("publisher.start()")
        while engine.status(STREAM).phase is not StreamPhase.LIVE:
            if time.monotonic() - clicked > 30:
                raise RuntimeError(f"the host never came on air: {host.evaluate('seen')}")
            time.sleep(0.05)
        first = round(time.monotonic() - clicked, 2)
        time.sleep(LATE_SECONDS)
        seen = []
        for kind in ("ll-hls", "hls"):
            viewer_browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            viewer = viewer_browser.new_page()
            viewer.goto(f"{address}/video/view.html?kind={kind}")
            time.sleep(WATCH_SECONDS)
            seen.append(viewer.evaluate("seen"))
            viewer_browser.close()
        host.evaluate("publisher.stop()")
        host_browser.close()
    return first, seen[0], seen[1]


def _figures(seen: dict[str, Any]) -> dict[str, Any]:
    ages = [age / 1000 for at, age in seen["latencies"] if at > WARM_UP_SECONDS * 1000]
    if not ages:
        raise RuntimeError(f"the viewer saw no readable picture: {seen['states']}, {seen['frames']} frames")
    return {
        "join s": round(seen["firstFrameMs"] / 1000, 2),
        "p50 s": round(percentile(ages, 0.5), 2),
        "p95 s": round(percentile(ages, 0.95), 2),
        "frames/s": round(seen["frames"] / WATCH_SECONDS, 1),
        "longest gap ms": seen["longestGapMs"],
        "pictures read": len(ages),
        "unreadable": seen["unreadable"],
    }


@contextmanager
def _processes(folder: Path) -> Iterator[tuple[str, EmbeddedEngine]]:
    """The live process and the pages in front of it, each a gunicorn as in production."""
    live_port, port = free_ports(2)
    live_address, address = f"http://127.0.0.1:{live_port}", f"http://127.0.0.1:{port}"
    env = {
        **os.environ,
        "DATA_DIR": str(folder),
        "SECRET_KEY": SECRET,
        "LIVE_ADDRESS": live_address,
        "STREAM_ID": STREAM,
    }
    engine = EmbeddedEngine(secret_key=SECRET, address=live_address)
    started = [
        _gunicorn("livestream.video.providers.embedded.process:app", live_port, env),
        _gunicorn("bench.video_stage:app", port, env),
    ]
    try:
        _wait_until_up(f"{address}/media-live/healthz")
        yield address, engine
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(10)


def _gunicorn(target: str, port: int, env: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gunicorn", "-k", "gevent", "-w", "1", "--no-control-socket"]
    command += ["--graceful-timeout", "1", "--log-level", "warning", "-b", f"127.0.0.1:{port}", target]
    return subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL)


def _wait_until_up(url: str) -> None:
    for _ in range(200):
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            pass  # Still starting.
        time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {url}")
