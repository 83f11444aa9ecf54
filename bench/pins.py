"""From the host's click to the pin on 200 viewers' sockets, while chat flows; figures at the receiving end."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from pathlib import Path

import websocket

from bench.http import cpu_seconds
from bench.report import Gate, Report, percentile
from demo.browser import Browser, RoomSocket
from tools.stand import Stand, standing

VIEWERS = 200
PINS = 20
CHAT_PER_SECOND = 5


class Viewers:
    """Bare Socket.IO clients in one thread: they join and note when each pin arrives."""

    def __init__(self, stand: Stand, room_id: str, token: str) -> None:
        self.arrivals: dict[str, list[float]] = {}
        self.messages = 0
        self._lock = threading.Lock()
        url = f"ws://localhost:{stand.settings.port}/socket.io/?EIO=4&transport=websocket"
        self._sockets = [self._join(url, stand.base_url, room_id, token) for _ in range(VIEWERS)]
        self._threads = [
            threading.Thread(target=self._listen, args=(connection,), daemon=True) for connection in self._sockets
        ]
        for thread in self._threads:
            thread.start()

    def _join(self, url: str, origin: str, room_id: str, token: str) -> websocket.WebSocket:
        connection = websocket.create_connection(url, timeout=20, origin=origin)
        connection.recv()  # Engine.IO's open packet.
        connection.send("40" + json.dumps({"token": token}))
        connection.recv()
        connection.send("421" + json.dumps(["room.join", {"room_id": room_id}]))
        while not connection.recv().startswith("431"):
            continue
        return connection

    def _listen(self, connection: websocket.WebSocket) -> None:
        while True:
            try:
                packet = connection.recv()
            except (OSError, websocket.WebSocketException):
                return
            if packet == "2":
                connection.send("3")
            elif packet.startswith('42["pin.added"'):
                now = time.perf_counter()
                pin_id = json.loads(packet[2:])[1]["pin"]["pin_id"]
                with self._lock:
                    self.arrivals.setdefault(pin_id, []).append(now)
            elif packet.startswith('42["chat.posted"'):
                self.messages += 1

    def close(self) -> None:
        for connection in self._sockets:
            connection.close()


def run() -> Report:
    report = Report("pins")
    with (
        tempfile.TemporaryDirectory() as folder,
        standing(Path(folder), parts=("web", "live"), RATE_LIMITS="0") as stand,
    ):
        host = Browser(stand.base_url)
        host.sign_in("marta@passo.example", "vetrina-demo")
        host.get("/dashboard/passo/streams")
        host.post("/dashboard/passo/streams/passo-live/start", {})
        socket = host.socket("/live/passo-live")
        room = host.room("passo-live")
        socket.call("room.join", room_id=room["room_id"])
        viewers = Viewers(stand, room["room_id"], "")
        before = cpu_seconds(stand.pid("web"))
        clicks = click(socket, room)
        used = cpu_seconds(stand.pid("web")) - before
        viewers.close()
        socket.close()
    waits = [at - clicks[pin_id] for pin_id, times in viewers.arrivals.items() for at in times]
    complete = len(waits) / (VIEWERS * PINS)
    report.rows.append(
        {
            "viewers": VIEWERS,
            "pins": PINS,
            "p50_ms": round(percentile(waits, 0.5) * 1000, 1),
            "p99_ms": round(percentile(waits, 0.99) * 1000, 1),
            "complete": round(complete, 4),
            "chat_delivered": viewers.messages,
            "server_cpu_s": round(used, 2),
        }
    )
    report.gates.append(Gate("pins that reached every viewer, share", round(complete, 4), 1.0, "higher"))
    report.gates.append(Gate("click to pin, p99 ms", report.rows[0]["p99_ms"], 1000.0, "lower"))
    return report


def click(socket: RoomSocket, room: dict[str, object]) -> dict[str, float]:
    """Pin the products in turn, chat in between; the instant of each click by pin."""
    items = room["items"]
    assert isinstance(items, list)
    clicks: dict[str, float] = {}
    for number in range(PINS):
        started = time.perf_counter()
        receipt = socket.call("pin.add", room_id=room["room_id"], item_id=items[number % len(items)]["item_id"])
        clicks[receipt["pin_id"]] = started
        for _ in range(CHAT_PER_SECOND // 2):
            socket.say(str(room["room_id"]), f"Number {number}")
            time.sleep(0.1)
        time.sleep(0.3)
    return clicks
