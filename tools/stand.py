"""A whole shop on free ports for journeys, kill tests and benchmarks: the real processes, each of which can be killed."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import requests

from shop.core.settings import Settings, load_settings
from shop.processes import Process, plan

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
PREPARED = "STAND_PREPARED"  # A folder with a migrated and seeded shop (`python -m tools.stand FOLDER`).


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on at this moment."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Stand:
    """Running parts of one shop. `settings` are those of every part."""

    def __init__(self, data_dir: Path, *, parts: tuple[str, ...], **overrides: str) -> None:
        port, live, sandbox = free_ports(3)
        self.env = {
            **{key: value for key, value in os.environ.items() if key.lower() not in Settings.model_fields},
            "DATA_DIR": str(data_dir),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "LIVE_PORT": str(live),
            "SANDBOX_PORT": str(sandbox),
            "SECRET_KEY": "stand-" + "0" * 40,
            "DEMO_SHOW": "0",
            "LOG_LEVEL": "warning",
            "PYTHONPATH": str(ROOT),
            **overrides,
        }
        self.data_dir = data_dir
        self.settings = self._settings()
        self.base_url = f"http://localhost:{port}"
        self._plan = {process.name: process for process in plan(self.settings) if process.name in parts}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: dict[str, IO[bytes]] = {}

    def _settings(self) -> Settings:
        kept = dict(os.environ)
        os.environ.clear()
        os.environ.update(self.env)
        try:
            return load_settings()
        finally:
            os.environ.clear()
            os.environ.update(kept)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`python -m shop …` with this shop's settings."""
        line = [sys.executable, "-m", "shop", *words]
        return subprocess.run(line, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=120, check=False)

    def prepare(self) -> None:
        """Migrate and, when the demo is on, seed; or take a copy of the shop that the test run prepared once."""
        prepared = os.environ.get(PREPARED)
        if prepared and self.settings.demo and not self.settings.database_url:
            shutil.copytree(prepared, self.data_dir, dirs_exist_ok=True)
            return
        for words in (("migrate",), ("seed",)) if self.settings.demo else (("migrate",),):
            done = self.command(*words)
            if done.returncode != 0:
                raise RuntimeError(done.stderr)

    def start(self, *names: str) -> None:
        for name in names or tuple(self._plan):
            self._start(self._plan[name])

    def _start(self, process: Process) -> None:
        log = self._logs.setdefault(process.name, (self.data_dir / f"{process.name}.log").open("ab"))
        self._running[process.name] = subprocess.Popen(
            shlex.split(process.command),
            cwd=ROOT,
            env={**self.env, **process.env},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def wait_ready(self, path: str = "/healthz") -> None:
        """Until the web process (or, with /readyz, every part) answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if requests.get(self.base_url + path, timeout=2).status_code == 200:
                    return
            except requests.RequestException:
                pass  # Not up yet; asked again until the deadline.
            time.sleep(0.05)
        raise TimeoutError(f"{path} did not answer; logs:\n{self.log('web')}")

    def kill(self, name: str) -> None:
        """kill -9 of a part and everything it started, as a crash of the machine would."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self._running.values():
            try:
                process.wait(timeout=8)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        for log in self._logs.values():
            log.close()
        self._running.clear()

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def log(self, name: str) -> str:
        file = self.data_dir / f"{name}.log"
        return file.read_text(errors="replace")[-4000:] if file.exists() else ""


ALL = ("web", "worker", "live", "sandbox")


@contextmanager
def standing(data_dir: Path, *, parts: tuple[str, ...] = ALL, **overrides: str) -> Iterator[Stand]:
    """A prepared, running shop; everything is stopped at the end."""
    stand = Stand(data_dir, parts=parts, **overrides)
    stand.prepare()
    stand.start()
    try:
        stand.wait_ready("/readyz" if set(parts) >= set(ALL) else "/healthz")
        yield stand
    finally:
        stand.stop()


if __name__ == "__main__":
    Stand(Path(sys.argv[1]), parts=()).prepare()
