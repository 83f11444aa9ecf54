"""How news reaches sockets: directly in the web process, by a signed call from every other process."""

from __future__ import annotations

import time
from typing import Any

import orjson
import requests
import structlog
from flask import Blueprint, Response, request

from shop.core import events, ids, realtime
from shop.core.errors import NotAllowed, require
from shop.core.policy import MACHINE, policy
from shop.core.settings import Settings
from shop.core.web import csrf, settings

log = structlog.get_logger()
bp = Blueprint("fanout", __name__)
PURPOSE = "fanout"
MAXIMUM_AGE_SECONDS = 30


class LocalBroadcaster:
    """The web process itself: straight to its sockets."""

    def emit(self, name: str, payload: dict[str, Any], channel: str) -> None:
        realtime.socketio.server.emit(name, payload, to=channel)

    def close(self, channel: str) -> None:
        realtime.close_channel(channel)


class RemoteBroadcaster:
    """Worker and commands: one signed request to the web process; if it is down the news is lost, which is allowed."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"http://127.0.0.1:{settings.port}/hooks/fanout"
        self._secret = settings.secret_key
        self._http = requests.Session()

    def emit(self, name: str, payload: dict[str, Any], channel: str) -> None:
        self._send({"emit": name, "payload": payload, "channel": channel})

    def close(self, channel: str) -> None:
        self._send({"close": channel})

    def _send(self, message: dict[str, Any]) -> None:
        body = orjson.dumps(message)
        stamp = str(int(time.time()))
        signature = ids.sign(self._secret, PURPOSE, stamp + body.decode())
        headers = {"Content-Type": "application/json", "X-Stamp": stamp, "X-Signature": signature}
        try:
            self._http.post(self._url, data=body, headers=headers, timeout=2)
        except requests.RequestException as problem:
            log.warning("fan-out lost", reason=type(problem).__name__)


@bp.post("/hooks/fanout")
@csrf.exempt  # type: ignore[untyped-decorator]  # flask-wtf ships no types
@policy(MACHINE)
def receive() -> Response:
    """News from another process of this shop."""
    body = request.get_data(cache=False)
    stamp, signature = request.headers.get("X-Stamp", ""), request.headers.get("X-Signature", "")
    fresh = stamp.isdigit() and abs(time.time() - int(stamp)) <= MAXIMUM_AGE_SECONDS
    signed = ids.check_signature(settings().secret_key, PURPOSE, stamp + body.decode("utf-8", "replace"), signature)
    require(fresh and signed, NotAllowed)
    message = orjson.loads(body)
    if "close" in message:
        events.broadcaster().close(message["close"])
    else:
        events.broadcaster().emit(message["emit"], message["payload"], message["channel"])
    return Response(status=204)
