"""One host session: the parent's side of one remux child.

The child may be slow, stuck or dead at any time; this side never waits for it. Bytes go through a bounded queue, and
a full queue ends the session: lagging behind for ever is worse than a reconnect.
"""

from __future__ import annotations

import collections
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Any

import structlog

from livestream.video.providers.embedded.config import MAXIMUM_MESSAGE, Config
from livestream.video.providers.embedded.storage import Busy, recover
from livestream.video.tokens import IngestClaim

log = structlog.get_logger()

RATE_WINDOW_SECONDS = 10
TAKE_OVER_SECONDS = 5.0  # How long a new host waits for what the old one's child still has to write.
EXIT_SECONDS = 10.0
PROJECT = Path(__file__).parents[4]
CHILD_ENVIRONMENT = {"PATH", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}  # No secret goes down there.


class Close(IntEnum):
    """Why a session ended, as WebSocket close codes. The publisher starts over after RETRY, and only after those."""

    DONE = 1000
    TOO_BIG = 1009
    IDLE = 4408
    TAKEN_OVER = 4409
    ENDED = 4410
    KICKED = 4403
    QUOTA = 4413
    UNREADABLE = 4415
    TOO_SLOW = 4429
    CHILD_LOST = 4500
    FULL = 4503


class IngestEnded(Exception):
    """This session takes no more bytes."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Ingest:
    """Starts a remux child and feeds it. `on_report` gets the child's lines, `on_over` is called once at the end."""

    def __init__(
        self,
        claim: IngestClaim,
        folder: Path,
        *,
        container: str,
        config: Config,
        on_report: Callable[[Ingest, dict[str, Any]], None],
        on_over: Callable[[Ingest], None],
    ) -> None:
        self.claim = claim
        self.folder = folder
        self.started_at = time.time()
        self.last_byte_at = self.started_at
        self.received = 0
        self.next_chunk = 0
        self.ended: IngestEnded | None = None
        self.ended_at = 0.0
        self.over = threading.Event()
        self._hang_up: Callable[[Close, str], None] | None = None
        self._config = config
        self._on_report, self._on_over = on_report, on_over
        self._waiting = 0
        self._queue: queue.Queue[bytes | None] = queue.Queue()
        self._recent: collections.deque[tuple[float, int]] = collections.deque()
        self._recent_bytes = 0
        self._lock = threading.Lock()
        self._child = subprocess.Popen(
            _command(folder, container, claim.keep_seconds),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            close_fds=True,
            cwd=PROJECT,
            env={name: value for name, value in os.environ.items() if name in CHILD_ENVIRONMENT},
        )
        threading.Thread(target=self._write, daemon=True).start()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def bits_per_second(self) -> int:
        """Over the last ten seconds."""
        self._forget(time.monotonic())
        span = min(RATE_WINDOW_SECONDS, max(1.0, time.time() - self.started_at))
        return int(self._recent_bytes * 8 / span)

    def when_hung_up(self, hang_up: Callable[[Close, str], None]) -> None:
        """How to tell the host's connection that the session is over."""
        self._hang_up = hang_up
        if self.ended:  # The child may give up before the host's connection is even open.
            hang_up(self.ended.code, self.ended.reason)

    def feed(self, data: bytes) -> None:
        """Take bytes from the host without waiting. Raises IngestEnded when the session is or becomes over."""
        if self.ended:
            raise self.ended
        if len(data) > MAXIMUM_MESSAGE:
            self.end(Close.TOO_BIG, "message")
        now = time.monotonic()
        self._recent.append((now, len(data)))
        self._recent_bytes += len(data)
        self._forget(now)
        self.last_byte_at = time.time()
        self.received += len(data)
        if self._recent_bytes * 8 > self._config.bits_per_second * RATE_WINDOW_SECONDS:
            self.end(Close.QUOTA, "bitrate")
        with self._lock:
            self._waiting += len(data)
            is_full = self._waiting > self._config.queue_bytes
        if is_full:
            self.end(Close.TOO_SLOW, "too_slow")
        if self.ended:
            raise self.ended
        self._queue.put(data)

    def end(self, code: Close, reason: str) -> None:
        """Stop taking bytes; what came in before is still written out. Harmless when repeated: the first reason stays."""
        with self._lock:
            if self.ended:
                return
            self.ended, self.ended_at = IngestEnded(code, reason), time.time()
        self._queue.put(None)
        if self._hang_up:
            self._hang_up(code, reason)

    def wait_over(self, seconds: float = TAKE_OVER_SECONDS) -> None:
        """Wait for the child to write out what it has; it is killed when it does not."""
        if not self.over.wait(seconds):
            self._child.kill()
            self.over.wait(seconds)

    def kill_when_late(self, now: float) -> None:
        """A child that does not end after its input did is killed."""
        if self.ended and not self.over.is_set() and now - self.ended_at > EXIT_SECONDS:
            self._child.kill()

    def is_idle(self, now: float) -> bool:
        return now - self.last_byte_at > self._config.idle_seconds

    def _forget(self, now: float) -> None:
        while self._recent and self._recent[0][0] < now - RATE_WINDOW_SECONDS:
            self._recent_bytes -= self._recent.popleft()[1]

    def _write(self) -> None:
        assert self._child.stdin is not None
        try:
            while (data := self._queue.get()) is not None:
                self._child.stdin.write(data)
                self._child.stdin.flush()
                with self._lock:
                    self._waiting -= len(data)
        except (OSError, ValueError):
            log.debug("child takes no more", stream=self.claim.stream_id)  # The reader below learns why, and ends.
        try:
            self._child.stdin.close()
        except OSError:
            log.debug("child left with bytes unread", stream=self.claim.stream_id)

    def _read(self) -> None:
        assert self._child.stdout is not None
        reason = "child_lost"
        for line in self._child.stdout:
            report = json.loads(line)
            if report["event"] == "end":
                reason = report["reason"]
            else:
                self._on_report(self, report)
        self._child.wait()
        self._child.stdout.close()
        self.end(*_end_of(reason))
        if reason == "child_lost":
            self._tidy_up()
        log.info("ingest over", stream=self.claim.stream_id, reason=self.reason, child=reason, received=self.received)
        self.over.set()
        self._on_over(self)

    @property
    def reason(self) -> str:
        return self.ended.reason if self.ended else ""

    def _tidy_up(self) -> None:
        try:
            recover(self.folder)
        except Busy:
            log.info("the next session recovers the stream", stream=self.claim.stream_id)


def _end_of(child_reason: str) -> tuple[Close, str]:
    if child_reason == "eof":
        return Close.DONE, "done"
    if child_reason in {"child_lost", "busy", "time_jump"}:
        return Close.CHILD_LOST, child_reason
    return Close.UNREADABLE, child_reason


def _command(folder: Path, container: str, keep_seconds: int) -> list[str]:
    module = "livestream.video.providers.embedded.remux"
    return [
        sys.executable,
        "-m",
        module,
        str(folder),
        "--container",
        container,
        "--keep-seconds",
        str(keep_seconds),
    ]
