"""Fan-out of one room: the shop's broadcaster against Socket.IO on Node, under the same load, in the same round.

Node twice: un-batched, as everybody writes it, and sending arrays by the tick, which is level with us: the gates say
both. The machine is shared, so ratios within a round count, medians of three rounds; latencies are what a busy
machine gave. The load is a C program with epoll (`viewers.c`), which is never the bottleneck.
"""

from __future__ import annotations

import json
import os
import resource
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.http import children, cpu_seconds, wait_for
from bench.report import Gate, Report
from shop.processes import gunicorn
from tools.stand import ROOT, free_ports

HERE = Path(__file__).resolve().parent
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = 5
NODE, BATCHED, OURS, STOCK = "node", "node, batched", "vetrina", "flask-socketio"


@dataclass(frozen=True)
class Server:
    """How to start one side; `{port}` is filled in."""

    name: str
    command: str
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """One room: who is compared in it, and how much cheaper ours must be than un-batched Node."""

    viewers: int
    rate: int
    ratio: float
    with_stock: bool = False


SCENES = (
    Scene(1000, 20, 0.40),
    Scene(1000, 100, 0.18, with_stock=True),
    Scene(3000, 100, 0.13),
    Scene(5000, 100, 0.11),
)


def servers(tick: int = 100) -> dict[str, Server]:
    ours = gunicorn("bench.fanout.server:app", "127.0.0.1:{port}", connections=20_000)
    node = f"{shutil.which('node')} {HERE / 'peer.mjs'}"
    return {
        NODE: Server(NODE, node),
        BATCHED: Server(BATCHED, node, {"BATCH_MS": str(tick)}),
        OURS: Server(OURS, ours, {"TICK_MS": str(tick)}),
        STOCK: Server(STOCK, ours, {"STOCK": "1"}),
    }


def run() -> Report:
    report = Report("fanout")
    allow_many_files()
    with tempfile.TemporaryDirectory() as folder:
        load = prepare(Path(folder))
        for scene in scenes():
            report.rows += measure(scene, load)
    judge(report)
    return report


def scenes() -> tuple[Scene, ...]:
    """All, or those up to VIEWERS (for a small machine)."""
    most = int(os.environ.get("VIEWERS", "5000"))
    return tuple(scene for scene in SCENES if scene.viewers <= most)


def allow_many_files() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def prepare(folder: Path) -> Path:
    """Build the load and install the peer's library."""
    target = folder / "viewers"
    subprocess.run(["cc", "-O2", "-Wall", "-o", str(target), str(HERE / "viewers.c")], check=True)
    if not (HERE / "node_modules").exists():
        subprocess.run(["npm", "ci", "--silent"], cwd=HERE, check=True)
    return target


def measure(scene: Scene, load: Path) -> list[dict[str, Any]]:
    """Rounds of all servers, one after another, so that each round sees the same neighbours."""
    wanted = [NODE, BATCHED, OURS, *([STOCK] if scene.with_stock else [])]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in wanted}
    for _ in range(ROUNDS):
        for name in wanted:
            found[name].append(one_run(servers()[name], scene, load))
    return [summary(name, scene, found) for name in wanted]


@contextmanager
def running(server: Server) -> Iterator[tuple[int, int]]:
    port = free_ports(1)[0]
    env = {**os.environ, **server.env, "PORT": str(port), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(shlex.split(server.command.format(port=port)), cwd=ROOT, env=env, start_new_session=True)
    try:
        wait_for(port)
        time.sleep(0.7)  # gunicorn answers before its worker has imported everything.
        with socket.create_connection(("127.0.0.1", port), timeout=20) as probe:
            probe.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            probe.recv(64)
        yield port, process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def one_run(server: Server, scene: Scene, load: Path) -> dict[str, Any]:
    with running(server) as (port, pid):
        before_cpu, before_memory = cpu_seconds(pid), memory_kb(pid)
        client = subprocess.Popen(
            [str(load), str(port), str(scene.viewers), str(scene.rate), str(SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert client.stdin is not None and client.stdout is not None
        connected = json.loads(client.stdout.readline())
        time.sleep(0.5)
        connect_cpu, memory = cpu_seconds(pid) - before_cpu, memory_kb(pid) - before_memory
        begun = cpu_seconds(pid)
        client.stdin.write("\n")
        client.stdin.flush()
        result: dict[str, Any] = json.loads(client.stdout.readline())
        used = cpu_seconds(pid) - begun
        client.wait()
    audience = max(1, result["audience"])
    delivered = result["heard"] + result["pins_heard"]
    return {
        "cpu_per_million": used / max(1, delivered) * 1e6,
        "complete": delivered / max(1, (result["chats"] + result["pins"]) * audience),
        "delivered_per_s": delivered / SECONDS,
        "p50_ms": result["p50_ms"],
        "p99_ms": result["p99_ms"],
        "pin_p99_ms": result["pin_p99_ms"],
        "kb_per_viewer": memory / audience,
        "connect_ms": connect_cpu / audience * 1000,
        "connects_per_s": audience / connected["connect_s"],
        "lost": result["gone"] + scene.viewers - result["audience"] - result["gone"],
    }


def memory_kb(pid: int) -> float:
    """Resident memory of a process and its children."""
    page = os.sysconf("SC_PAGE_SIZE") / 1024
    return sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) * page for one in [pid, *children(pid)])


def summary(name: str, scene: Scene, found: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Medians of the rounds; `of_node` and `of_batched` are medians of the ratios within each round."""
    runs = found[name]

    def middle(key: str) -> float:
        return statistics.median(run[key] for run in runs)

    def ratio(key: str, other: str) -> float:
        return round(
            statistics.median(run[key] / max(peer[key], 1e-9) for run, peer in zip(runs, found[other], strict=True)), 3
        )

    return {
        "viewers": scene.viewers,
        "rate": scene.rate,
        "server": name,
        "cpu_per_million": round(middle("cpu_per_million"), 2),
        "of_node": ratio("cpu_per_million", NODE),
        "of_batched": ratio("cpu_per_million", BATCHED),
        "complete": round(middle("complete"), 4),
        "delivered_per_s": round(middle("delivered_per_s")),
        "p50_ms": middle("p50_ms"),
        "p99_ms": middle("p99_ms"),
        "pin_p99_ms": middle("pin_p99_ms"),
        "pin_of_node": ratio("pin_p99_ms", NODE),
        "kb_per_viewer": round(middle("kb_per_viewer"), 1),
        "connect_ms": round(middle("connect_ms"), 2),
        "connect_of_node": ratio("connect_ms", NODE),
        "connects_per_s": round(middle("connects_per_s")),
        "lost": max(run["lost"] for run in runs),
    }


def judge(report: Report) -> None:
    ours = {(row["viewers"], row["rate"]): row for row in report.rows if row["server"] == OURS}
    for scene in SCENES:
        row = ours.get((scene.viewers, scene.rate))
        if row is None:
            continue
        room = f"{scene.viewers} x {scene.rate}"
        report.gates.append(Gate(f"CPU per delivery against Node, {room}", row["of_node"], scene.ratio, "lower"))
        report.gates.append(Gate(f"the same with Node batching alike, {room}", row["of_batched"], 1.15, "lower"))
        report.gates.append(Gate(f"delivered of what was sent, {room}", row["complete"], 0.999, "higher"))
    middle = ours.get((1000, 100))
    if middle:
        report.gates.append(
            Gate("pin p99 while chat flows, against Node, 1000 x 100", middle["pin_of_node"], 0.15, "lower")
        )
        report.gates.append(Gate("memory per viewer, kB", middle["kb_per_viewer"], 45, "lower"))
        report.gates.append(Gate("CPU to connect, against Node", middle["connect_of_node"], 2.0, "lower"))
