"""Product and room page: requests per second and p99 of one web process, and its CPU per request.

The limits are ratios to `bench.bare`, a bare Flask and SQLAlchemy product page that is measured in the same pass under
the same server. The page budget was set where that page served 291 requests a second and ours should serve 200: it may
cost 1.46 times as much. The room draws stream, pins, shelf and chat as well and has a third more.
"""

from __future__ import annotations

import http.client
import shlex
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.report import Gate, Report, percentile
from shop.processes import gunicorn
from tools.stand import ROOT, Stand, free_ports, standing

SECONDS = 2
ROUNDS = 7  # The machine's speed changes within a minute: all pages are asked in each round.
CLIENTS = 8
PAGES = {"health": "/healthz", "product": "/p/passo-uno", "room": "/live/passo-live", "home": "/"}
BARE = "bare"
RATIO_LIMITS = {"product": 1.46, "room": 1.95}


def run() -> Report:
    report = Report("http")
    with (
        tempfile.TemporaryDirectory() as folder,
        standing(Path(folder), parts=("web", "live")) as stand,
        bare_server(stand) as (bare_port, bare_pid),
    ):
        open_room(stand)
        ours = (stand.settings.port, stand.pid("web"))
        targets = {name: (*ours, path) for name, path in PAGES.items()}
        targets[BARE] = (bare_port, bare_pid, PAGES["product"])
        for target in targets.values():
            measure(*target, seconds=1.0)  # Warm templates, caches and pools.
        rounds = [{name: measure(*target, seconds=SECONDS) for name, target in targets.items()} for _ in range(ROUNDS)]
    report.rows = [{"page": name, **middle([one[name] for one in rounds])} for name in targets]
    for name, limit in RATIO_LIMITS.items():
        ratio = statistics.median(one[name]["cpu_ms"] / one[BARE]["cpu_ms"] for one in rounds)
        report.gates.append(Gate(f"{name} page, CPU against a bare page", round(ratio, 2), limit, "lower"))
    return report


def middle(runs: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure; failures are added up."""
    found = {key: round(statistics.median(run[key] for run in runs), 2) for key in runs[0]}
    return {**found, "failed": sum(run["failed"] for run in runs)}


@contextmanager
def bare_server(stand: Stand) -> Iterator[tuple[int, int]]:
    """The peer under the same server, on the same database; port and process."""
    port = free_ports(1)[0]
    line = gunicorn("bench.bare:create_app()", f"127.0.0.1:{port}", connections=100)
    env = {**stand.env, "BARE_DATABASE": stand.settings.database_address}
    process = subprocess.Popen(shlex.split(line), cwd=ROOT, env=env)
    try:
        wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the bare page did not start")


def open_room(stand: Stand) -> None:
    """Put the first demo stream on air with a pinned product, as its owner would."""
    from demo.browser import Browser

    host = Browser(stand.base_url)
    host.sign_in("marta@passo.example", "vetrina-demo")
    host.get("/dashboard/passo/streams")
    host.post("/dashboard/passo/streams/passo-live/start", {})
    socket = host.socket("/live/passo-live")
    room = host.room("passo-live")
    socket.call("pin.add", room_id=room["room_id"], item_id=room["items"][0]["item_id"])
    socket.close()


def measure(port: int, pid: int, path: str, *, seconds: float) -> dict[str, float]:
    """Eight keep-alive clients for some seconds against one process."""
    times: list[float] = []
    failures = [0]
    deadline = time.monotonic() + seconds
    before = cpu_seconds(pid)

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.monotonic() < deadline:
            started = time.perf_counter()
            connection.request("GET", path, headers={"Host": f"localhost:{port}"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                failures[0] += 1
            times.append(time.perf_counter() - started)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = cpu_seconds(pid) - before
    return {
        "requests_per_s": round(len(times) / seconds, 1),
        "p50_ms": round(percentile(times, 0.5) * 1000, 1),
        "p99_ms": round(percentile(times, 0.99) * 1000, 1),
        "cpu_ms": round(used / max(1, len(times)) * 1000, 2),
        "failed": failures[0],
    }


def cpu_seconds(pid: int) -> float:
    """CPU of a process and its children (gunicorn's workers), from /proc."""
    import os

    tick = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for process in [pid, *children(pid)]:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / tick
    return total


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]
