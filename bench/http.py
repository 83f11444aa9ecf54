"""Product and room page: requests per second and p99 of one web process, and its CPU per request.

Limits: `LIMIT_CPU_MS` is the page budget of the project (4.5 ms CPU); a Flask view that only says "ok" is measured in
the same pass, so that the ratio can be read on any machine.
"""

from __future__ import annotations

import http.client
import tempfile
import threading
import time
from pathlib import Path

from bench.report import Gate, Report, percentile
from tools.stand import Stand, standing

SECONDS = 6
CLIENTS = 8
PAGES = {"health": "/healthz", "product": "/p/passo-uno", "room": "/live/passo-live", "home": "/"}
CPU_LIMIT_MS = {"product": 4.5, "room": 6.0}


def run() -> Report:
    report = Report("http")
    with tempfile.TemporaryDirectory() as folder, standing(Path(folder), parts=("web", "live")) as stand:
        open_room(stand)
        for name, path in PAGES.items():
            measure(stand, path, seconds=1.0)  # Warm templates, caches and pools.
            row = measure(stand, path, seconds=SECONDS)
            report.rows.append({"page": name, **row})
    for row in report.rows:
        if row["page"] in CPU_LIMIT_MS:
            report.gates.append(
                Gate(f"{row['page']} page, CPU ms per request", row["cpu_ms"], CPU_LIMIT_MS[row["page"]], "lower")
            )
    return report


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


def measure(stand: Stand, path: str, *, seconds: float) -> dict[str, float]:
    """Eight keep-alive clients for some seconds against one process."""
    times: list[float] = []
    failures = [0]
    deadline = time.monotonic() + seconds
    before = cpu_seconds(stand.pid("web"))

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", stand.settings.port, timeout=30)
        while time.monotonic() < deadline:
            started = time.perf_counter()
            connection.request("GET", path, headers={"Host": f"localhost:{stand.settings.port}"})
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
    used = cpu_seconds(stand.pid("web")) - before
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
