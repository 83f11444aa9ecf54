"""Comment to buy: from "mia 42" in a live room to the card with the held offer, while others chat and stock runs out."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import websocket

from bench.messages import connect, make_people, ms
from bench.report import Gate, Report, percentile
from livestream.claims.models import Claim, ClaimState
from livestream.pins.service import pin_item
from livestream.rooms.models import LineUpItem, Room, Stream
from livestream.rooms.service import start_stream
from shop.accounts.service import sign_in_account
from shop.app import create_app
from shop.catalog.models import Variant
from shop.core import db, events, ids, verify
from shop.core.actor import SYSTEM
from shop.inventory import service as inventory
from shop.inventory.queries import levels
from tools.stand import Stand, standing

PEOPLE = 150
CLAIMS_PER_SECOND = 5
PIECES = 100  # The others get a place in line.
VIEWERS = 50  # In the room, hearing everything.
CHATTERS, CHAT_PER_SECOND = 5, 2
SHOW, SKU = "passo-live", "PASSO-UNO-42"


def run() -> Report:
    report = Report("claims")
    with (
        tempfile.TemporaryDirectory() as folder,
        standing(Path(folder), parts=("web", "live"), RATE_LIMITS="0") as stand,
    ):
        app = create_app(stand.settings, serves_sockets=False)
        with app.app_context():
            events.use_broadcaster(events.NoBroadcaster())
            room_id, pieces = open_show()
            waits = claim_all(stand, room_id)
            held, waiting, faults = outcome(room_id)
    row = {
        "claims": PEOPLE,
        "viewers": VIEWERS,
        "claims_per_second": CLAIMS_PER_SECOND,
        "pieces": pieces,
        "held": held,
        "waiting": waiting,
        "card_p50_ms": ms(percentile(waits, 0.5)),
        "card_p99_ms": ms(percentile(waits, 0.99)),
    }
    report.rows.append(row)
    report.gates.append(Gate("comment to offer card, p99 ms", row["card_p99_ms"], 500.0, "lower"))
    report.gates.append(Gate("claims that hold a piece, of those there are, share", held / pieces, 1.0, "higher"))
    report.gates.append(Gate("faults that verify finds", faults, 0, "lower"))
    return report


def open_show() -> tuple[str, int]:
    """The demo's show on air with its first shoe pinned; `(room, pieces of the claimed size)`."""
    with db.unit_of_work() as session:
        stream = session.scalars(sa.select(Stream).where(Stream.slug == SHOW)).one()
        start_stream(session, actor=SYSTEM, stream_id=stream.id)
        room = session.scalars(sa.select(Room).where(Room.stream_id == stream.id)).one()
        variant = session.scalars(sa.select(Variant).where(Variant.sku == SKU)).one()
        more = PIECES - levels(session, [variant.id])[variant.id].left
        inventory.receive(session, actor=SYSTEM, variant_id=variant.id, quantity=more)
        item = sa.select(LineUpItem).where(
            LineUpItem.stream_id == stream.id, LineUpItem.product_id == variant.product_id
        )
        pin_item(session, actor=SYSTEM, room_id=room.id, item_id=session.scalars(item).one().id)
        return room.id, levels(session, [variant.id])[variant.id].left


def claim_all(stand: Stand, room_id: str) -> list[float]:
    """Seconds from each comment to its answer, which carries the card."""
    people = make_people(PEOPLE + CHATTERS + VIEWERS, "claimer")
    with db.unit_of_work() as session:
        tokens = [
            sign_in_account(session, account_id=account_id, user_agent="bench", address="127.0.0.1")
            for account_id in people
        ]
    lines = [Line(stand, token, room_id) for token in tokens]
    stop = threading.Event()
    for line in lines[PEOPLE + CHATTERS :]:
        line.ask("room.join", {"room_id": room_id})
        threading.Thread(target=line.listen, daemon=True).start()
    for line in lines[PEOPLE : PEOPLE + CHATTERS]:
        threading.Thread(target=line.chat, args=(stop,), daemon=True).start()
    waits: list[float] = []
    for line in lines[:PEOPLE]:
        at = time.perf_counter()
        threading.Thread(target=lambda line=line: waits.append(line.claim("mia 42")), daemon=True).start()
        time.sleep(max(0.0, 1 / CLAIMS_PER_SECOND - (time.perf_counter() - at)))
    deadline = time.monotonic() + 20
    while len(waits) < PEOPLE and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    assert len(waits) == PEOPLE, f"{PEOPLE - len(waits)} comments were not answered"
    return waits


class Line:
    """One person's line."""

    def __init__(self, stand: Stand, token: str, room_id: str) -> None:
        self.room_id = room_id
        self.socket = connect(stand, token)

    def ask(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.socket.send("427" + json.dumps([name, payload]))
        while True:
            packet = self.socket.recv()
            if packet == "2":
                self.socket.send("3")
            elif packet.startswith("437"):
                answer: dict[str, Any] = json.loads(packet[3:])[0]
                assert answer["ok"], answer
                return dict(answer["data"])

    def say(self, text: str) -> dict[str, Any]:
        return self.ask("chat.post", {"room_id": self.room_id, "text": text, "client_key": ids.new_id("msg")})

    def claim(self, text: str) -> float:
        begin = time.perf_counter()
        answer = self.say(text)
        took = time.perf_counter() - begin
        assert answer["claim"]["kind"] in {"held", "waiting"}, answer
        assert 'data-testid="claim-card"' in answer["claim"]["cards"]
        return took

    def listen(self) -> None:
        """Hear everything, as an open page does."""
        while True:
            try:
                if self.socket.recv() == "2":
                    self.socket.send("3")
            except (OSError, websocket.WebSocketException):
                return

    def chat(self, stop: threading.Event) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                self.say(f"Che belle! {number}")
            except (AssertionError, OSError, websocket.WebSocketException):
                return
            time.sleep(CHATTERS / CHAT_PER_SECOND)


def outcome(room_id: str) -> tuple[int, int, int]:
    """Claims that hold, claims in line, and what `verify` finds."""
    with db.reading() as session:
        states = list(session.scalars(sa.select(Claim.state).where(Claim.room_id == room_id)))
        faults = len(verify.check_all(session))
    return states.count(ClaimState.HELD), states.count(ClaimState.WAITING), faults
