"""A real live process on a free port, and a host that speaks to it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket

from livestream.video.provider import IngestGrant, IngestKind, LiveStream
from livestream.video.providers.embedded.engine import EmbeddedEngine

ROOT = Path(__file__).parents[2]
MEDIA = ROOT / "tests" / "media"
SECRET = "a secret of tests"
MINUTE = timedelta(seconds=60)


def clip(name: str) -> bytes:
    return (MEDIA / name).read_bytes()


@dataclass
class Live:
    """One running live process."""

    address: str
    data_dir: Path
    engine: EmbeddedEngine
    process: subprocess.Popen[bytes]
    sockets: list[Any] = field(default_factory=list)

    def folder(self, stream_id: str) -> Path:
        return self.data_dir / "live" / stream_id

    def grant(
        self, stream_id: str = "strm_a", *, host: str = "acct_ben", keep: timedelta = timedelta(0)
    ) -> IngestGrant:
        stream = LiveStream(stream_id=stream_id, brand_id="brand_a", keep=keep)
        return self.engine.ingest_grant(stream, host=host, kind=IngestKind.CHUNKS, ttl=MINUTE)

    def connect(self, grant: IngestGrant | None = None, *, container: str = "matroska") -> Any:
        url = (grant or self.grant()).url
        address = self.address.replace("http", "ws", 1) + f"{url}?container={container}"
        found = websocket.create_connection(address, timeout=10)
        self.sockets.append(found)
        return found

    def host(
        self, stream_id: str = "strm_a", *, name: str = "ingest-h264-opus.mkv", container: str = "matroska"
    ) -> Any:
        """A host who has sent the whole clip and stays connected."""
        found = self.connect(self.grant(stream_id), container=container)
        send_clip(found, clip(name))
        return found

    def play(self, name: str, stream_id: str = "strm_a", **params: Any) -> requests.Response:
        base = self.engine.playback_grant(stream_id, viewer=None, ttl=MINUTE)[0].url.rsplit("/", 1)[0]
        return requests.get(f"{self.address}{base}/{name}", params=params, timeout=10)

    def events(self, stream_id: str = "strm_a") -> list[str]:
        return [event.name.value for event in self.engine.status(stream_id).events]


def send_clip(host: Any, data: bytes, *, slice_bytes: int = 16_384) -> None:
    for start in range(0, len(data), slice_bytes):
        host.send_binary(data[start : start + slice_bytes])


def until(check: Callable[[], Any], seconds: float = 15.0) -> Any:
    """The first true answer; fails with the last one."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, f"still {found!r} after {seconds} s"
        time.sleep(0.03)
    return found


def close_code(host: Any) -> int:
    """The code with which the live process closed."""
    while True:
        code, data = host.recv_data(control_frame=True)
        if code == websocket.ABNF.OPCODE_CLOSE:
            return int.from_bytes(data[:2], "big")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def start_live(data_dir: Path, port: int | None = None, **settings: str) -> Live:
    port = port or free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIVE_")}
    env = {**kept, "DATA_DIR": str(data_dir), "SECRET_KEY": SECRET, "LIVE_AWAY_SECONDS": "1", **settings}
    command = [
        *(
            sys.executable,
            "-m",
            "gunicorn",
            "-k",
            "gevent",
            "-w",
            "1",
            "--no-control-socket",
            "--graceful-timeout",
            "1",
        ),
        *("--log-level", "error", "-b", f"127.0.0.1:{port}", "livestream.video.providers.embedded.process:app"),
    ]
    address = f"http://127.0.0.1:{port}"
    engine = EmbeddedEngine(secret_key=SECRET, address=address, data_dir=data_dir)
    process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL)
    live = Live(address, data_dir, engine, process)
    try:
        until(lambda: engine.health().ok, 60)
    except AssertionError:
        stop_live(live)
        raise
    return live


def stop_live(live: Live) -> None:
    for found in live.sockets:
        found.shutdown()
    live.process.terminate()
    live.process.wait(10)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Shared by a module: tests use streams of their own."""
    found = start_live(tmp_path_factory.mktemp("live"), LIVE_IDLE_SECONDS="3")
    yield found
    stop_live(found)
