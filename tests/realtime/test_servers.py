"""The ways a server runs, each in a process of its own: gunicorn with gevent as in production, and eventlet as an extra."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import socketio
from flask import Flask

from shop.core import db
from shop.core.realtime import socket_token
from shop.core.settings import Settings
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom, make_live_room

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def command_of(mode: str, port: int) -> list[str]:
    """gunicorn has no worker for eventlet any more: its own server serves the same app."""
    if mode == "eventlet":
        line = f"import wsgi, eventlet.wsgi; eventlet.wsgi.server(eventlet.listen(('127.0.0.1', {port})), wsgi.app)"
        return [sys.executable, "-W", "ignore", "-c", line]
    command = [sys.executable, "-m", "gunicorn", "-k", "gevent", "-w", "1", "--no-control-socket"]
    return [*command, "--log-level", "warning", "--graceful-timeout", "1", "-b", f"127.0.0.1:{port}", "wsgi:app"]


@pytest.fixture(params=["gevent", "eventlet"])
def server(request: pytest.FixtureRequest, app: Flask, settings: Settings) -> Iterator[str]:
    """The address of a server on this test's database."""
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "DATA_DIR": str(settings.data_dir),
        "SECRET_KEY": settings.secret_key,
        "SERVER_MODE": request.param,
        "DEMO": "0",
        "DEMO_SHOW": "0",
        "RATE_LIMITS": "0",
    }
    process = subprocess.Popen(command_of(request.param, port), cwd=ROOT, env=environment)
    try:
        wait_until_up(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(15)


def wait_until_up(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(address, timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


@pytest.fixture
def room(cast: Cast) -> LiveRoom:
    with db.unit_of_work() as session:
        return make_live_room(session, cast.brand_a, host=cast.ben)


def test_a_room_on_each_server(server: str, room: LiveRoom, settings: Settings) -> None:
    assert requests.get(f"{server}/live/evening-walk", timeout=20).status_code == 200
    viewers = [socketio.Client(reconnection=False) for _ in range(3)]
    heard: list[int] = []
    token = socket_token(settings.secret_key, None, None)
    for viewer in viewers:
        viewer.on("reaction.counted", lambda payload: heard.append(payload["added"]))
        viewer.connect(server, auth={"token": token}, transports=["websocket"], wait_timeout=10)
        joined = viewer.call("room.join", {"room_id": room.id}, timeout=10)
        assert joined["ok"] and joined["data"]["snapshot"]["seq"] > 0
    assert viewers[0].call("reaction.send", {"room_id": room.id, "count": 3}, timeout=10)["ok"]
    deadline = time.monotonic() + 10
    while len(heard) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert heard == [3, 3, 3]  # The pulse beats: batched, written, told to everybody.
    refused = viewers[0].call("chat.post", {"room_id": room.id, "text": "x", "client_key": "1"}, timeout=10)
    assert refused["error"]["code"] == "sign_in_needed"
    for viewer in viewers:
        viewer.disconnect()
