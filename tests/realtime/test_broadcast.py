"""The room broadcaster under gunicorn and gevent, spoken to by Socket.IO's own client and by bare WebSockets."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import socketio
import websocket

from tests.realtime.test_servers import ROOT, free_port, wait_until_up


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
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
    command += ["--graceful-timeout", "1"]
    log = Path(tmp_path_factory.mktemp("log")) / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "-b", f"127.0.0.1:{port}", "tests.realtime.broadcast_app:app"], cwd=ROOT, stdout=out, stderr=out
        )
        try:
            wait_until_up(f"http://127.0.0.1:{port}/", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(15)
    told = log.read_text()
    assert "broadcast/line.py" not in told and "broadcast/room.py" not in told  # No failure of ours, whatever was sent.


class Viewer:
    """A Socket.IO client and what it heard, in order."""

    def __init__(self, address: str, room: str) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.client = socketio.Client(reconnection=False)
        self.client.on("*", lambda name, data: self.heard.append((name, data)))
        self.client.connect(address, transports=["websocket"], wait_timeout=10)
        assert self.client.call("join", room, timeout=10) == room

    def say(self, room: str, *events: str, **more: Any) -> None:
        assert self.client.call("say", {"room": room, "events": events, **more}, timeout=30) == "said"

    def names(self) -> list[str]:
        return [name for name, _data in self.heard]


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def bare(address: str, room: str | None = None, *, buffer: int | None = None) -> websocket.WebSocket:
    """A connection without a library's comfort: it answers no ping and reads only when told to."""
    options = [(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)] if buffer else []
    opened = websocket.create_connection(
        address.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket", timeout=10, sockopt=options
    )
    assert opened.recv().startswith("0")
    opened.send("40")
    assert opened.recv().startswith("40")
    if room:
        opened.send(f'420["join","{room}"]')
        assert opened.recv() == f'430["{room}"]'
    return opened


def test_a_room_hears_everything_in_the_order_it_was_told(server: str) -> None:
    viewers = [Viewer(server, "order") for _ in range(3)]
    viewers[0].say("order", "chat", "chat", "pin", "chat", times=40)
    expected = [(name, number) for number in range(40) for name in ("chat", "chat", "pin", "chat")]
    for viewer in viewers:
        assert until(lambda viewer=viewer: len(viewer.heard) == len(expected))
        assert [(name, data["n"]) for name, data in viewer.heard] == expected


def test_state_does_not_wait_and_takes_along_what_waited(server: str) -> None:
    watcher = bare(server, "state")
    speaker = Viewer(server, "elsewhere")
    speaker.say("state", "chat", "pin", "chat")
    first, second = watcher.recv_frame(), watcher.recv_frame()
    assert [json.loads(frame.data[2:])[0] for frame in (first, second)] == ["chat", "pin"]
    assert json.loads(watcher.recv()[2:])[0] == "chat"  # This one came with the tick.


def test_who_comes_in_later_does_not_hear_what_waited(server: str) -> None:
    speaker = Viewer(server, "late")
    speaker.say("late", "chat")
    late = Viewer(server, "late")
    speaker.say("late", "pin")
    assert until(lambda: late.names() == ["pin"])
    assert speaker.names() == ["chat", "pin"]


def test_answers_and_what_leaves_somebody_out_keep_the_order(server: str) -> None:
    one, two = Viewer(server, "mixed"), Viewer(server, "mixed")
    assert one.client.call("others", {"room": "mixed"}, timeout=10) == "said"
    assert until(lambda: [data["n"] for _name, data in two.heard] == ["first", "others"])
    assert [data["n"] for _name, data in one.heard] == ["first"]


def test_bytes_take_the_stock_path(server: str) -> None:
    one, two = Viewer(server, "blob"), Viewer(server, "blob")
    one.client.emit("blob", "blob")
    assert until(lambda: two.heard == [("blob", b"\x00\x01")])


def test_long_and_foreign_texts_arrive_whole(server: str) -> None:
    one = Viewer(server, "long")
    for size in (0, 1, 100, 124, 125, 126, 127, 65_400, 65_536, 70_000):
        one.heard.clear()
        one.say("long", "chat", bytes=size)
        assert until(lambda size=size: [len(data["pad"]) for _name, data in one.heard] == [size])


def test_who_does_not_read_is_spared_what_passes_then_let_go_with_a_reason(server: str) -> None:
    slow, quick = bare(server, "slow", buffer=4096), Viewer(server, "slow")
    for turn in range(10):  # A megabyte of chat, more than the kernel takes for a viewer asleep; each turn a tick.
        quick.say("slow", "chat", times=5, bytes=20_000)
        assert until(lambda turn=turn: len(quick.heard) == 5 * turn + 5)
    for _ in range(14):  # State is kept for it until another megabyte waits.
        quick.say("slow", "pin", times=5, bytes=20_000)
    assert until(lambda: len(quick.heard) == 120, 30)
    seen = []
    slow.settimeout(10)
    while True:
        frame = slow.recv_frame()
        if frame.opcode == websocket.ABNF.OPCODE_CLOSE:
            break
        if frame.data.startswith(b"42"):
            seen.append(json.loads(frame.data[2:])[0])
    assert int.from_bytes(frame.data[:2], "big") == 1013
    assert 0 < seen.count("chat") < 50


def test_a_viewer_who_answers_pings_stays_and_one_who_does_not_is_gone(server: str) -> None:
    quiet, talking = bare(server), Viewer(server, "ping")
    before = talking.client.call("lines", timeout=10)
    quiet.settimeout(15)
    assert quiet.recv() == "2"  # The ping; no answer is given.
    assert until(lambda: talking.client.call("lines", timeout=10) < before, 15)
    assert talking.client.connected


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x81\x01x", 1002),
        (b"\xc1\x80\x00\x00\x00\x00", 1002),
        (b"\x81\xfe\xff\xff", 1009),
        (b"\x81\x81\0\0\0\0\xff", 1007),
    ],
    ids=["unmasked", "reserved", "too-big", "not-text"],
)
def test_what_breaks_the_protocol_is_told_why(server: str, sent: bytes, code: int) -> None:
    broken = bare(server)
    broken.sock.sendall(sent)
    frame = broken.recv_frame()
    assert (frame.opcode, int.from_bytes(frame.data[:2], "big")) == (websocket.ABNF.OPCODE_CLOSE, code)


@pytest.mark.parametrize("said", ["9junk", "42[", "4", '42["chat', "45-x", '42{"a":1}', "\x00"])
def test_nonsense_ends_one_connection_and_nothing_else(server: str, said: str) -> None:
    rude, other = bare(server), Viewer(server, "other")
    rude.send(said)
    other.say("other", "pin")
    assert until(lambda: other.names() == ["pin"])


def test_a_goodbye_is_answered_and_forgotten(server: str) -> None:
    other = Viewer(server, "bye")
    before = other.client.call("lines", timeout=10)
    leaving = bare(server)
    assert other.client.call("lines", timeout=10) == before + 1
    leaving.close()
    assert until(lambda: other.client.call("lines", timeout=10) <= before)


def test_a_page_request_to_the_socket_address_is_refused(server: str) -> None:
    host, port = server.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        plain.sendall(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        assert plain.recv(100).startswith(b"HTTP/1.1 400")
