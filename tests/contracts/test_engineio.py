"""What `shop.core.broadcast` takes from the inside of python-engineio and python-socketio.

When a new version changes one of these functions, read the change, check `line.py` and `room.py` against it, run
`tests/realtime/test_broadcast.py` and write the new sum here.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

import engineio
import pytest
from engineio.base_socket import BaseSocket
from engineio.server import Server
from engineio.socket import Socket
from socketio.base_manager import BaseManager
from socketio.manager import Manager

KNOWN: list[tuple[Callable[..., Any], str]] = [
    (BaseSocket.__init__, "the attributes that a line sets"),
    (Socket._upgrade_websocket, "how a driver is made and called"),
    (Socket._websocket_handler, "the loop that Line._read stands in for"),
    (Socket.close, "what is put into the queue at the end"),
    (Socket.send, "that packets go through the queue"),
    (Socket.schedule_ping, "when the next ping is due"),
    (Socket._send_ping, "what a ping is"),
    (Server._handle_connect, "that OPEN waits in the queue before the driver is called"),
    (Manager.emit, "what RoomManager.emit stands in for"),
    (BaseManager.get_participants, "that participants are pairs of ids"),
]
SUMS = {
    "BaseSocket.__init__": "8532b631a4dc815f",
    "Socket._upgrade_websocket": "02f6ac05441609d3",
    "Socket._websocket_handler": "58afe122719282de",
    "Socket.close": "05fac55831999f25",
    "Socket.send": "f8b2738ee5d48ab2",
    "Socket.schedule_ping": "fe316639159cd70d",
    "Socket._send_ping": "21861287bd38dedc",
    "Server._handle_connect": "049f7c2b2c239080",
    "Manager.emit": "566510ea2de39d65",
    "BaseManager.get_participants": "7d78ad681c95de5b",
}


def sum_of(function: Callable[..., Any]) -> str:
    return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:16]


@pytest.mark.parametrize(("function", "why"), KNOWN, ids=lambda value: getattr(value, "__qualname__", ""))
def test_what_we_stand_in_for_is_unchanged(function: Callable[..., Any], why: str) -> None:
    assert SUMS[function.__qualname__] == sum_of(function), f"changed: {why}"


def test_the_driver_table_has_its_place() -> None:
    assert "websocket" in engineio.Server(async_mode="threading")._async
