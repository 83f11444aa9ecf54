"""Our side of the fan-out benchmark: the same room as `peer.mjs`, on the shop's broadcaster.

TICK_MS as in the shop; STOCK=1 leaves the broadcaster out (Flask-SocketIO as it comes, with gevent and simple-websocket).
"""

from __future__ import annotations

import os

from shop.core import runtime

runtime.patch("gevent")  # Before anything imports sockets.

from typing import Any  # noqa: E402

from flask import Flask  # noqa: E402
from flask_socketio import SocketIO  # noqa: E402

from shop.core.broadcast import line, sockets_json  # noqa: E402
from shop.core.broadcast.room import RoomManager  # noqa: E402

tick = float(os.environ.get("TICK_MS", "50")) / 1000
is_stock = os.environ.get("STOCK") == "1"
app = Flask(__name__)
socketio = SocketIO(
    app,
    async_mode="gevent",
    transports=["websocket"],
    client_manager=None if is_stock else RoomManager(tick=tick, is_passing=lambda name, _room: name == "chat"),
    json=sockets_json,
    async_handlers=False,
    ping_interval=25,
    ping_timeout=60,
    http_compression=False,
)
server = socketio.server
if not is_stock:
    line.install(server.eio)


def tell(name: str) -> Any:
    return lambda _sid, message: server.emit(name, message, to=message["room"])


server.on("join", server.enter_room)
server.on("chat", tell("chat"))
server.on("pin", tell("pin"))


@app.get("/")
def up() -> str:
    return "up"
