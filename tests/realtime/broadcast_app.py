"""A server with nothing but the broadcaster, for `test_broadcast.py`: gunicorn runs it."""

from __future__ import annotations

from shop.core import runtime

runtime.patch("gevent")  # Before anything imports sockets.

from typing import Any  # noqa: E402

from flask import Flask  # noqa: E402
from flask_socketio import SocketIO  # noqa: E402

from shop.core.broadcast import line, sockets_json  # noqa: E402
from shop.core.broadcast.room import RoomManager  # noqa: E402

app = Flask(__name__)
manager = RoomManager(tick=0.1, is_passing=lambda name, _channel: name == "chat")
socketio = SocketIO(
    app,
    async_mode="gevent",
    transports=["websocket"],
    client_manager=manager,
    json=sockets_json,
    async_handlers=False,
    ping_interval=1,
    ping_timeout=3,
    max_http_buffer_size=32 * 1024,
)
line.install(socketio.server.eio)
server = socketio.server


def join(sid: str, room: str) -> str:
    server.enter_room(sid, room)
    return room


def say(sid: str, told: dict[str, Any]) -> str:
    """Tell the room each event in order; `times` over, with `bytes` of padding."""
    for number in range(told.get("times", 1)):
        for name in told["events"]:
            server.emit(name, {"n": number, "pad": "x" * told.get("bytes", 0)}, to=told["room"])
    return "said"


def say_all_but_me(sid: str, told: dict[str, Any]) -> str:
    server.emit("chat", {"n": "first"}, to=told["room"])
    server.emit("chat", {"n": "others"}, to=told["room"], skip_sid=sid)
    return "said"


server.on("join", join)
server.on("say", say)
server.on("others", say_all_but_me)
server.on("blob", lambda sid, room: server.emit("blob", b"\x00\x01", to=room))
server.on("lines", lambda sid: len(server.eio.sockets))


@app.get("/")
def up() -> str:
    return "up"
