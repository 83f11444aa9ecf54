"""What the live process tells the shop: written down first, then posted, signed, in order, until it is taken.

A report that cannot be delivered stays in the stream's events.jsonl, from where `status` hands it out.
"""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import requests
import structlog

from livestream.video import tokens
from livestream.video.provider import PHASE_AFTER, EngineEventName, StreamPhase
from livestream.video.providers.embedded.config import REPORT_HEADER, REPORT_PURPOSE

log = structlog.get_logger()

POST_SECONDS = 3
WAITS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


def write_event(folder: Path, name: EngineEventName, stream_id: str, data: dict[str, Any]) -> dict[str, Any]:
    """Append a report to the stream's own log; returns it."""
    event = {
        "id": f"evt_{uuid.uuid4().hex}",
        "name": name.value,
        "stream_id": stream_id,
        "at": round(time.time(), 3),
        "data": data,
    }
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "events.jsonl").open("a") as events:
        events.write(json.dumps(event, separators=(",", ":")) + "\n")
    return event


def read_events(folder: Path) -> list[dict[str, Any]]:
    """All reports of a stream, oldest first."""
    try:
        lines = (folder / "events.jsonl").read_text().split("\n")
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines if line.endswith("}")]


def phase_after(events: list[dict[str, Any]]) -> tuple[StreamPhase, float | None]:
    """Where the stream stands after these reports, and since when."""
    phase, since = StreamPhase.IDLE, None
    for event in events:
        following = PHASE_AFTER.get(EngineEventName(event["name"]), phase)
        if following is not phase:
            phase, since = following, event["at"]
    return phase, since


class Courier:
    """Posts reports one after the other; a shop that restarts gets them when it is back."""

    def __init__(self, url: str, secret_key: str) -> None:
        self._url = url
        self._secret_key = secret_key
        self._queue: queue.Queue[dict[str, Any]] = queue.Queue(maxsize=10_000)
        if url:
            threading.Thread(target=self._run, daemon=True, name="live-courier").start()

    def send(self, event: dict[str, Any]) -> None:
        if not self._url:
            return
        try:
            self._queue.put_nowait(event)
        except queue.Full:
            log.exception("report not posted: too many wait", event_id=event["id"], stream=event["stream_id"])

    def _run(self) -> None:
        while True:
            event = self._queue.get()
            for wait in (*WAITS, None):
                if self._post(event):
                    break
                if wait is None:
                    log.error("report given up; status still holds it", event_id=event["id"], report=event["name"])
                else:
                    time.sleep(wait)

    def _post(self, event: dict[str, Any]) -> bool:
        """Whether it needs no other try: taken, or refused for good."""
        body = json.dumps(event, separators=(",", ":")).encode()
        signature = tokens.sign_message(self._secret_key, REPORT_PURPOSE, body, now=time.time())
        headers = {"Content-Type": "application/json", REPORT_HEADER: signature}
        try:
            answer = requests.post(self._url, data=body, headers=headers, timeout=POST_SECONDS, allow_redirects=False)
        except requests.RequestException:
            return False  # The shop restarts; the next try comes after a wait.
        if answer.status_code in {400, 401, 403}:
            log.error("report refused by the shop", event_id=event["id"], status=answer.status_code)
            return True
        return answer.status_code < 300
