"""What can go wrong on purpose: for the next N replies or webhook deliveries."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any

REPLY_KINDS = ("slow_reply", "fail_before", "rate_limit", "fail_after", "lose_reply")
DELIVERY_KINDS = ("drop", "duplicate", "reorder", "delay", "bad_signature", "old_timestamp", "future_timestamp")


@dataclass(kw_only=True)
class Fault:
    """`match` is a part of `POST /v1/refunds` or of an event type; empty fits all."""

    kind: str
    remaining: int = 1
    seconds: float = 0.0
    match: str = ""

    def __post_init__(self) -> None:
        if self.kind not in REPLY_KINDS + DELIVERY_KINDS:
            raise ValueError(f"kind must be one of {', '.join(REPLY_KINDS + DELIVERY_KINDS)}")
        if not 1 <= self.remaining <= 1_000_000 or not 0 <= self.seconds <= 1_000_000:
            raise ValueError("count must be from 1 and seconds from 0 to 1000000")


class Faults:
    """Armed faults, in the order they were armed; they live as long as the process."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._lock = threading.Lock()

    def arm(self, kind: str, *, count: int = 1, seconds: float = 0.0, match: str = "") -> Fault:
        fault = Fault(kind=kind, remaining=count, seconds=seconds, match=match)
        with self._lock:
            self._armed.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def take(self, kinds: tuple[str, ...], subject: str) -> dict[str, float]:
        """Kind → seconds of each armed fault that fits; each counts once."""
        taken: dict[str, float] = {}
        with self._lock:
            for fault in self._armed:
                if fault.kind in kinds and fault.kind not in taken and fault.match in subject:
                    taken[fault.kind] = fault.seconds
                    fault.remaining -= 1
            self._armed = [fault for fault in self._armed if fault.remaining > 0]
        return taken

    def listing(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._armed]
