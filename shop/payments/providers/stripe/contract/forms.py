"""Stripe's form encoding: `line_items[0][price_data][currency]=eur` is a nested dictionary whose leaves are texts."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

MAXIMUM_FIELDS = 1000
MAXIMUM_DEPTH = 8
_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


class BadForm(ValueError):
    """The body is not a form that can be read."""


def decode(body: str) -> dict[str, Any]:
    """Nested parameters of a form or query. A list has the keys "0", "1", …; `a[]` appends. Raises BadForm."""
    try:
        pairs = parse_qsl(
            body, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MAXIMUM_FIELDS
        )
    except ValueError as problem:
        raise BadForm("Invalid form encoding") from problem
    params: dict[str, Any] = {}
    for key, value in pairs:
        if "\0" in key or "\0" in value:
            raise BadForm("Null characters are not allowed")
        _put(params, _parts(key), value)
    return params


def _parts(key: str) -> list[str]:
    match = _KEY.fullmatch(key)
    if match is None:
        raise BadForm(f"Invalid parameter name: {key[:100]}")
    parts = [match.group(1), *_PART.findall(match.group(2))]
    if len(parts) > MAXIMUM_DEPTH:
        raise BadForm("Parameters are nested too deeply")
    return parts


def _put(params: dict[str, Any], parts: list[str], value: str) -> None:
    target = params
    for part in parts[:-1]:
        inner = target.setdefault(part or str(len(target)), {})
        if not isinstance(inner, dict):
            raise BadForm(f"Conflicting parameters: {part}")
        target = inner
    last = parts[-1] or str(len(target))
    if isinstance(target.get(last), dict):
        raise BadForm(f"Conflicting parameters: {last}")
    target[last] = value


def is_items(value: Any) -> bool:
    return isinstance(value, dict) and all(key.isascii() and key.isdigit() and len(key) < 6 for key in value)


def as_items(value: dict[str, Any]) -> list[Any]:
    """`{"0": a, "1": b}` → `[a, b]`."""
    return [value[key] for key in sorted(value, key=int)]
