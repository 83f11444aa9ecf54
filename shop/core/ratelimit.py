"""Limits per account, address and thing: memory by default, Redis when configured."""

from __future__ import annotations

import time

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from shop.core.errors import RateLimited
from shop.core.settings import Settings

_limiter = MovingWindowRateLimiter(MemoryStorage())
_enabled = True
_parsed: dict[str, list[RateLimitItem]] = {}


def install(settings: Settings) -> None:
    """Fresh counters for this process."""
    global _limiter, _enabled
    storage: Storage = storage_from_string(settings.redis_url) if settings.redis_url else MemoryStorage()  # type: ignore[assignment]
    _limiter = MovingWindowRateLimiter(storage)
    _enabled = settings.rate_limits


def check_rate(limit: str, *keys: str) -> None:
    """Count one use under the keys; `limit` reads like `5/minute;20/hour`. Raises RateLimited with the wait."""
    if not _enabled:
        return
    for item in _parsed.setdefault(limit, list(parse_many(limit))):
        if not _limiter.hit(item, *keys):
            reset = _limiter.get_window_stats(item, *keys).reset_time
            raise RateLimited(retry_after=max(1.0, reset - time.time()))


def forgive(limit: str, *keys: str) -> None:
    """Forget the uses counted under the keys: a right password clears the wrong ones before it."""
    for item in _parsed.setdefault(limit, list(parse_many(limit))):
        _limiter.clear(item, *keys)
