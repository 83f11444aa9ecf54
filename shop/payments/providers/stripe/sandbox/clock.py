"""Sandbox time: real time plus what the control API moved it forward."""

from __future__ import annotations

from collections.abc import Callable


class SandboxClock:
    """Two times: `now()` drives expiry and retries, `real()` stamps signatures, which receivers compare with theirs."""

    def __init__(self, base: Callable[[], float], offset: float = 0.0) -> None:
        self._base = base
        self.offset = offset

    def now(self) -> int:
        return int(self.exact())

    def exact(self) -> float:
        return self._base() + self.offset

    def real(self) -> int:
        return int(self._base())
