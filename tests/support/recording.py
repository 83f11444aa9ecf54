"""A broadcaster that remembers."""

from __future__ import annotations

from typing import Any


class Recorder(list[tuple[str, dict[str, Any], str]]):
    """Messages in order; `names` and `to(channel)` for reading, `closed` for closed channels."""

    def __init__(self) -> None:
        super().__init__()
        self.closed: list[str] = []

    def emit(self, name: str, payload: dict[str, Any], channel: str) -> None:
        self.append((name, payload, channel))

    def close(self, channel: str) -> None:
        self.closed.append(channel)

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self]

    def to(self, channel: str) -> list[tuple[str, dict[str, Any]]]:
        return [(name, payload) for name, payload, target in self if target == channel]
