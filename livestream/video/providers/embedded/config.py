"""Settings of the live process, from its environment alone: it shares no code with the shop's settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MAXIMUM_MESSAGE = 4 << 20
PUBLIC_PREFIX = "/media-live"
CONTAINERS = ("matroska", "mp4")
# Calls of the shop to the live process carry a signature here, reports to the shop there.
CALL_HEADER, CALL_PURPOSE = "X-Vetrina-Live-Call", "call"
REPORT_HEADER, REPORT_PURPOSE = "X-Vetrina-Live-Signature", "callback"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes in bytes, times in seconds."""

    data_dir: Path
    secret_key: str
    public_prefix: str = PUBLIC_PREFIX
    callback_url: str = ""
    idle_seconds: float = 15.0  # A host that sends nothing for so long is gone.
    away_seconds: float = (
        3.0  # What viewers are not told about: longer than a page reload, shorter than their patience.
    )
    queue_bytes: int = 8 << 20  # Waiting for one remux child; more means that it cannot keep up.
    bits_per_second: int = 12_000_000  # Averaged over ten seconds.
    stream_bytes: int = 16 << 30
    stream_seconds: int = 8 * 3600
    ingests: int = 25  # One copied stream costs 3-4 % of a core.

    @property
    def root(self) -> Path:
        return self.data_dir / "live"


def from_environment(environ: Mapping[str, str] = os.environ) -> Config:
    """Raises SystemExit with a plain sentence when something is missing or no number."""
    if not environ.get("SECRET_KEY"):
        raise SystemExit("SECRET_KEY: the live process needs the same one as the shop")
    numbers = {
        name: _number(environ, f"LIVE_{name.upper()}")
        for name in (
            "idle_seconds",
            "away_seconds",
            "queue_bytes",
            "bits_per_second",
            "stream_bytes",
            "stream_seconds",
            "ingests",
        )
        if environ.get(f"LIVE_{name.upper()}")
    }
    return Config(
        data_dir=Path(environ.get("DATA_DIR", ".data")).absolute(),
        secret_key=environ["SECRET_KEY"],
        public_prefix=environ.get("LIVE_PUBLIC_PREFIX", PUBLIC_PREFIX).rstrip("/"),
        callback_url=environ.get("LIVE_CALLBACK_URL", ""),
        **numbers,  # type: ignore[arg-type]  # Whole numbers where whole numbers are meant; checked by _number.
    )


def _number(environ: Mapping[str, str], name: str) -> float:
    try:
        number = float(environ[name])
    except ValueError:
        raise SystemExit(f"{name}: {environ[name]!r} is not a number") from None
    if number <= 0:
        raise SystemExit(f"{name}: must be above zero")
    return number if name in {"LIVE_IDLE_SECONDS", "LIVE_AWAY_SECONDS"} else int(number)
