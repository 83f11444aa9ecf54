"""How fast somebody may speak: token buckets per person, address and room, in the memory of the web process.

Short bursts are fine, floods are not, and whoever must wait is told how long (FEATURES 1.3: shops that swallow a
message lose it). One process serves all sockets, so its memory is enough.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from shop.core import clock
from shop.core.errors import RateLimited

KEPT = 20_000


@dataclass(frozen=True)
class Pace:
    """`burst` at once, then `per_second`."""

    burst: int
    per_second: float


PERSON = Pace(3, 0.5)
ADDRESS = Pace(40, 10.0)  # A family, an office, a phone network; far above what one person may do.
ROOM = Pace(200, 50.0)  # Nobody reads faster; a raid stops here.
SAME_TEXT = Pace(3, 1 / 20)


class Buckets:
    """Tokens left per key, the least recently used keys forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_of(self, key: str, pace: Pace, now: float) -> float:
        """Seconds until the key may go on; 0 now."""
        missing = 1 - self._tokens(key, pace, now)
        return 0.0 if missing <= 1e-9 else missing / pace.per_second

    def take(self, key: str, pace: Pace, now: float) -> None:
        self._known[key] = (self._tokens(key, pace, now) - 1, now)
        self._known.move_to_end(key)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def _tokens(self, key: str, pace: Pace, now: float) -> float:
        tokens, at = self._known.get(key, (float(pace.burst), now))
        return min(float(pace.burst), tokens + max(0.0, now - at) * pace.per_second)

    def clear(self) -> None:
        self._known.clear()


buckets = Buckets()


def check_pace(*, room_id: str, account_id: str, address: str | None, text: str) -> None:
    """Count one message, or raise RateLimited with the wait and count nothing."""
    now = clock.now().timestamp()
    same = " ".join(text.casefold().split())
    asked = [
        (f"person:{room_id}:{account_id}", PERSON),
        (f"text:{room_id}:{account_id}:{same}", SAME_TEXT),
        (f"room:{room_id}", ROOM),
    ]
    if address is not None:
        asked.append((f"address:{room_id}:{address}", ADDRESS))
    wait = max(buckets.wait_of(key, pace, now) for key, pace in asked)
    if wait > 0:
        raise RateLimited(retry_after=wait)
    for key, pace in asked:
        buckets.take(key, pace, now)
