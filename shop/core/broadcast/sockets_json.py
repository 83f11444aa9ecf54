"""JSON of sockets: orjson, with the standard library's patience for what browsers may send (a lone surrogate)."""

from __future__ import annotations

import json
from typing import Any

import orjson


def dumps(value: Any, **_options: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # An integer beyond 64 bits, a lone surrogate: rare, and the standard library writes them.
        return json.dumps(value, separators=(",", ":"))


def loads(text: str | bytes, **_options: Any) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
