"""At most so many requests a second: Stripe answers 429 above 25 per endpoint, and its client does not wait for us."""

from __future__ import annotations

import threading
import time

RATE_PER_SECOND = 20.0


class TokenBucket:
    """Hands out turns; whoever comes too early waits for the next one, in the order of arrival."""

    def __init__(self, rate: float = RATE_PER_SECOND, *, burst: int = 20) -> None:
        self._seconds = 1.0 / rate
        self._burst = burst
        self._next = 0.0
        self._lock = threading.Lock()

    def take(self) -> float:
        """Wait for a turn; returns the seconds waited."""
        with self._lock:
            now = time.monotonic()
            self._next = max(self._next, now - self._burst * self._seconds) + self._seconds
            wait = self._next - now
        if wait > 0:
            time.sleep(wait)
        return max(0.0, wait)
