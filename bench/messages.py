"""Messages: from send to the other screen while 500 threads talk, a list of 1,000 threads, a group of 32.

"On the other screen" means: the news arrived over the socket and the message was fetched as its reader sees it.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa
import websocket

from bench.report import Gate, Report, percentile
from shop.accounts.models import Account
from shop.accounts.service import sign_in_account
from shop.app import create_app
from shop.core import clock, db, events, ids
from shop.core.actor import Actor
from shop.core.realtime import SESSION_COOKIE, socket_token
from shop.messaging import queries, service
from shop.messaging.models import Folder, Message, Thread, ThreadKind, ThreadMember
from shop.social.models import Friendship
from shop.social.queries import pair
from tools.stand import Stand, standing

THREADS, MESSAGES = 1_000, 50_000
ACTIVE = 500
SENDS_PER_SECOND = 25
SCREENS = 40
GROUP = 32
LOOKS = 20


def run() -> Report:
    report = Report("messages")
    with (
        tempfile.TemporaryDirectory() as folder,
        standing(Path(folder), parts=("web", "live"), RATE_LIMITS="0") as stand,
    ):
        app = create_app(stand.settings, serves_sockets=False)
        with app.app_context():
            events.use_broadcaster(events.NoBroadcaster())
            waits, seen = send_and_look(stand)
            looks, statements = look_at_list()
            group = send_to_group()
    row = {
        "active_threads": ACTIVE,
        "sends": len(waits),
        "socket_p50_ms": ms(percentile(waits, 0.5)),
        "socket_p99_ms": ms(percentile(waits, 0.99)),
        "screen_p50_ms": ms(percentile(seen, 0.5)),
        "screen_p99_ms": ms(percentile(seen, 0.99)),
        "list_p50_ms": ms(percentile(looks, 0.5)),
        "list_max_ms": ms(max(looks)),
        "list_statements": statements,
        **group,
    }
    report.rows.append(row)
    report.gates.append(
        Gate("messages that reached the other screen, share", round(len(seen) / ACTIVE, 4), 1.0, "higher")
    )
    report.gates.append(Gate("send to the other screen, p99 ms", row["screen_p99_ms"], 300.0, "lower"))
    report.gates.append(Gate("list of 1,000 threads and 50,000 messages, p50 ms", row["list_p50_ms"], 50.0, "lower"))
    report.gates.append(Gate("list, statements", statements, 4, "lower"))
    report.gates.append(Gate("group of 32, message rows", group["group_rows"], 1, "lower"))
    report.gates.append(Gate("group of 32, fan-outs", group["group_fan_outs"], 1, "lower"))
    return report


def ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def make_people(count: int, prefix: str) -> list[str]:
    """Accounts that nobody signs in to by password."""
    with db.unit_of_work() as session:
        people = [
            Account(
                email=f"{prefix}{number}@bench.example",
                email_confirmed_at=clock.now(),
                password_hash="!",
                handle=f"{prefix}{number}",
                handle_key=f"{prefix}{number}",
                display_name=f"{prefix}{number}",
            )
            for number in range(count)
        ]
        session.add_all(people)
        session.flush()
        return [person.id for person in people]


def make_threads(pairs: list[tuple[str, str]], messages: int) -> list[str]:
    """Direct threads with so many messages together, written straight into the tables."""
    begin, each = clock.now() - timedelta(hours=20), messages // max(1, len(pairs))
    threads, members, said = [], [], []
    for place, (one, other) in enumerate(pairs):
        thread_id, at = ids.new_id("thread"), begin + timedelta(seconds=place)
        key = queries.pair_key(one, other)
        threads.append({"id": thread_id, "kind": ThreadKind.DIRECT, "pair_key": key, "created_by": one, "last_at": at,
                        "last_number": each, "last_text": "Ciao", "last_author_id": other})  # fmt: skip
        members += [{"thread_id": thread_id, "account_id": who, "folder": Folder.OPEN} for who in (one, other)]
        said += [
            {"thread_id": thread_id, "number": number, "author_id": other, "text": f"Messaggio {number}", "at": at,
             "client_key": str(number)}
            for number in range(1, each + 1)
        ]  # fmt: skip
    with db.unit_of_work() as session:
        session.execute(sa.insert(Thread), threads)
        session.execute(sa.insert(ThreadMember), members)
        if said:
            session.execute(sa.insert(Message), said)
    return [str(thread["id"]) for thread in threads]


def look_at_list() -> tuple[list[float], int]:
    """Seconds of each look at the first page, and how many statements one takes."""
    me, *others = make_people(THREADS + 1, "reader")
    make_threads([(me, other) for other in others], MESSAGES)
    count: list[str] = []
    engine = db.current().engine
    looks = []
    for number in range(LOOKS):
        if number == LOOKS - 1:
            sa.event.listen(engine, "before_cursor_execute", _note(count))
        begin = time.perf_counter()
        with db.reading() as session:
            found = queries.list_threads(session, Actor(account_id=me))
            assert len(found.rows) == queries.THREADS_PER_PAGE
        looks.append(time.perf_counter() - begin)
    return looks[1:], len(count)


def _note(statements: list[str]) -> Callable[..., None]:
    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    return note


def send_to_group() -> dict[str, int]:
    """One message to 32 people: rows of messages and pieces of news."""
    me, *others = make_people(GROUP, "friend")
    with db.unit_of_work() as session:
        pairs = [pair(me, other) for other in others]
        session.add_all([Friendship(low_id=low, high_id=high, way="handle") for low, high in pairs])
    actor = Actor(account_id=me, display_name="friend0")
    with db.unit_of_work() as session:
        thread_id = service.create_group(session, actor=actor, title="Bench", account_ids=others).id
    news: list[str] = []

    class Counting(events.NoBroadcaster):
        def emit(self, name: str, payload: dict[str, Any], channel: str) -> None:
            news.append(channel)

    events.use_broadcaster(Counting())
    rows = sa.select(sa.func.count()).select_from(Message)
    with db.reading() as session:
        before = session.scalar(rows) or 0
    with db.unit_of_work() as session:
        service.send_message(session, actor=actor, thread_id=thread_id, text="Ciao a tutti", client_key="bench")
    with db.reading() as session:
        after = session.scalar(rows) or 0
    return {"group_rows": after - before, "group_fan_outs": len(news)}


def connect(stand: Stand, token: str) -> websocket.WebSocket:
    """A bare Socket.IO line of whoever holds the sign-in."""
    auth = {"token": socket_token(stand.settings.secret_key, ids.token_hash(token), None)}
    line = websocket.create_connection(
        f"ws://localhost:{stand.settings.port}/socket.io/?EIO=4&transport=websocket",
        timeout=30,
        origin=stand.base_url,
        cookie=f"{SESSION_COOKIE}={token}",
    )
    line.recv()  # Engine.IO's open packet.
    line.send("40" + json.dumps(auth))
    line.recv()
    return line


class Screen:
    """One person with a page open: hears news and fetches what it means."""

    def __init__(self, stand: Stand, token: str, arrivals: dict[str, tuple[float, float]]) -> None:
        self.http = requests.Session()
        self.http.cookies.set(SESSION_COOKIE, token)
        self.base = stand.base_url
        self.arrivals = arrivals
        self.line = connect(stand, token)
        self.line.send("421" + json.dumps(["messages.watch", {}]))
        while not self.line.recv().startswith("431"):
            continue
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                packet = self.line.recv()
            except (OSError, websocket.WebSocketException):
                return
            if packet == "2":
                self.line.send("3")
            elif packet.startswith('42["message.posted"'):
                heard = time.perf_counter()
                news = json.loads(packet[2:])[1]
                answer = self.http.get(f"{self.base}/messages/{news['thread_id']}/parts?message={news['message_id']}")
                if answer.ok:
                    self.arrivals[news["message_id"]] = (heard, time.perf_counter())


def send_and_look(stand: Stand) -> tuple[list[float], list[float]]:
    """Seconds from send to the reader's socket, and to the message on the reader's screen."""
    writers, readers = make_people(ACTIVE, "writer"), make_people(SCREENS, "screen")
    threads = make_threads([(writer, readers[place % SCREENS]) for place, writer in enumerate(writers)], ACTIVE * 2)
    with db.unit_of_work() as session:
        tokens = [
            sign_in_account(session, account_id=account_id, user_agent="bench", address="127.0.0.1")
            for account_id in [*readers, *writers]
        ]
    arrivals: dict[str, tuple[float, float]] = {}
    for token in tokens[:SCREENS]:
        Screen(stand, token, arrivals)
    senders = [Sender(stand, token) for token in tokens[SCREENS:]]
    begun: dict[str, float] = {}
    for number, (sender, thread_id) in enumerate(zip(senders, threads, strict=True)):
        at = time.perf_counter()
        begun[sender.say(thread_id, f"Numero {number}")] = at
        time.sleep(max(0.0, 1 / SENDS_PER_SECOND - (time.perf_counter() - at)))
    time.sleep(2)
    pairs = [(begun[message_id], *times) for message_id, times in arrivals.items() if message_id in begun]
    return [heard - at for at, heard, _ in pairs], [drawn - at for at, _, drawn in pairs]


class Sender:
    """One person's line for writing."""

    def __init__(self, stand: Stand, token: str) -> None:
        self.line = connect(stand, token)

    def say(self, thread_id: str, text: str) -> str:
        """The message's id, once it is acknowledged."""
        payload = {"thread_id": thread_id, "text": text, "client_key": ids.new_id("msg")}
        self.line.send("422" + json.dumps(["message.send", payload]))
        while True:
            packet = self.line.recv()
            if packet == "2":
                self.line.send("3")
            elif packet.startswith("432"):
                answer = json.loads(packet[3:])[0]
                if not answer["ok"]:
                    raise RuntimeError(str(answer))
                message_id: str = answer["data"]["message_id"]
                return message_id
