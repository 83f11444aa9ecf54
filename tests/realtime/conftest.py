"""A real server with real WebSockets, in this process: werkzeug with a thread per connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import socketio
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from livestream.rooms import presence
from shop.accounts.service import sign_in_account
from shop.core import db, events, ids
from shop.core.actor import Actor
from shop.core.fanout import LocalBroadcaster
from shop.core.realtime import SESSION_COOKIE, socket_token
from shop.core.settings import Settings
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom, make_live_room


class Quiet(WSGIRequestHandler):
    """No line per request in the test's output."""

    def log(self, type: str, message: str, *args: Any) -> None:
        return


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """`http://127.0.0.1:<port>` of the running shop."""
    events.use_broadcaster(LocalBroadcaster())
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)
    presence.forget_all()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The running shop of one test."""
    with serving(app) as url:
        yield url


@dataclass
class Browser:
    """One socket and everything it heard."""

    client: socketio.Client
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def ask(self, name: str, **payload: Any) -> dict[str, Any]:
        return self.ask_raw(name, payload)

    def ask_raw(self, name: str, payload: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.call(name, payload, timeout=10)
        return answer

    def wait_for(self, name: str, seconds: float = 5) -> dict[str, Any]:
        """The first message of this name, once it came."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for heard, payload in list(self.heard):
                if heard == name:
                    return payload
            time.sleep(0.01)
        raise AssertionError(f"{name} did not come; heard {[heard for heard, _ in self.heard]}")

    def hang_up(self) -> None:
        """Drop the line. A polite goodbye waits three seconds for an answer that werkzeug's server does not give."""
        if self.client.connected:
            self.client.eio.ws.shutdown()

    def wait_closed(self, seconds: float) -> float:
        """How long it took until the server closed the socket."""
        begin = time.monotonic()
        while self.client.connected and time.monotonic() - begin < seconds:
            time.sleep(0.01)
        assert not self.client.connected, "the socket is still open"
        return time.monotonic() - begin


Connect = Callable[..., Browser]


@contextmanager
def connecting(address: str, settings: Settings) -> Iterator[Connect]:
    """`connect(cast.ana)`: a signed-in socket; `connect()`: a guest's. Like a program: no Origin, so with the token."""
    opened: list[Browser] = []

    def open_one(actor: Actor | None = None) -> Browser:
        cookie, session_hash = "", None
        if actor is not None and actor.account_id is not None:
            with db.unit_of_work() as session:
                token = sign_in_account(session, account_id=actor.account_id, user_agent="tests", address="127.0.0.1")
            cookie, session_hash = f"{SESSION_COOKIE}={token}", ids.token_hash(token)
        browser = Browser(socketio.Client(reconnection=False))
        browser.client.on("*", lambda name, payload: browser.heard.append((name, payload)))
        browser.client.connect(
            address,
            headers={"Cookie": cookie} if cookie else {},
            auth={"token": socket_token(settings.secret_key, session_hash, None)},
            transports=["websocket"],
            wait_timeout=5,
        )
        opened.append(browser)
        return browser

    yield open_one
    for browser in opened:
        browser.hang_up()


@pytest.fixture
def connect(address: str, settings: Settings) -> Iterator[Connect]:
    """Sockets of one test."""
    with connecting(address, settings) as open_one:
        yield open_one


@pytest.fixture
def room(cast: Cast, address: str) -> LiveRoom:
    """On air, nothing pinned."""
    with db.unit_of_work() as session:
        return make_live_room(session, cast.brand_a, host=cast.ben)
