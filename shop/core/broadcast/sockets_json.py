"""JSON of sockets: orjson, with the standard library's patience for what browsers may send (a lone surrogate)."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import orjson

MALFORMED = "malformed"


def dumps(value: Any, **_options: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # An integer beyond 64 bits, a lone surrogate: rare, and the standard library writes them.
        return json.dumps(value, separators=(",", ":"))


def loads(text: str | bytes, **_options: Any) -> Any:
    """What a browser sent; what is no JSON becomes a command of that name, which is refused like any unknown one."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        with suppress(ValueError, RecursionError):
            return json.loads(text)
        return [MALFORMED]
