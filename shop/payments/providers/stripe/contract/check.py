"""Is this request or reply what the pinned API version allows? Answers are lists of findings; empty means yes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shop.payments.providers.stripe.contract.forms import as_items, is_items

FILE = Path(__file__).with_name("contract.json")
Schema = dict[str, Any]

_FORM_VALUES = {
    "integer": re.compile(r"-?\d{1,18}"),
    "number": re.compile(r"-?\d{1,18}(\.\d{1,12})?"),
    "decimal": re.compile(r"-?\d{1,18}(\.\d{1,12})?"),
    "boolean": re.compile(r"true|false"),
}
_JSON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": (int, float),
    "decimal": str,
}


@dataclass(frozen=True)
class Finding:
    """What is wrong and where; `kind` is unknown, missing or invalid."""

    at: str
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.at}: {self.text}"


@dataclass(frozen=True)
class Operation:
    """One thing the API can do."""

    name: str
    method: str
    path: str
    params: str | None
    returns: str
    is_list: bool


class Contract:
    """Operations and definitions, ready to check with."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.api_version: str = data["about"]["api_version"]
        self.definitions: dict[str, Schema] = data["definitions"]
        self.operations = [
            Operation(o["name"], o["method"], o["path"], o.get("params"), o["returns"], o.get("list", False))
            for o in data["operations"]
        ]
        by_fewest_variables = sorted(self.operations, key=lambda o: o.path.count("{"))
        self._routes = [(o.method, _pattern(o.path), o) for o in by_fewest_variables]

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation behind a request line and the ids in its path."""
        for verb, pattern, operation in self._routes:
            if verb == method and (match := pattern.fullmatch(path)):
                return operation, match.groupdict()
        return None

    def check_request(self, operation: Operation, params: dict[str, Any]) -> list[Finding]:
        """`params` as decoded from a form or query: every leaf is text."""
        if operation.params is None:
            return [Finding(name, "unknown", "unknown parameter") for name in params]
        return self._check(params, {"$ref": operation.params}, "", form=True)

    def check_reply(self, operation: Operation, body: dict[str, Any]) -> list[Finding]:
        if not operation.is_list:
            return self._check(body, {"$ref": operation.returns}, "", form=False)
        missing = [Finding(k, "missing", "missing") for k in ("object", "data", "has_more", "url") if k not in body]
        return missing + self._check(body, {"type": "list", "items": {"$ref": operation.returns}}, "", form=False)

    def check_object(self, body: dict[str, Any]) -> list[Finding]:
        """By the object's own `object` field."""
        return self._check(body, {"$ref": f"obj:{body.get('object')}"}, "", form=False)

    def typed(self, operation: Operation, params: dict[str, Any]) -> dict[str, Any]:
        """Checked form values as numbers, booleans and lists. Texts stay texts, and an empty text stays empty."""
        if operation.params is None:
            return {}
        answer: dict[str, Any] = self._typed(params, {"$ref": operation.params})
        return answer

    def _check(self, value: Any, schema: Schema, at: str, *, form: bool) -> list[Finding]:
        if "$ref" in schema:
            return self._check_fields(value, schema["$ref"], at, form=form)
        if "anyOf" in schema:
            return self._check_any(value, schema["anyOf"], at, form=form)
        if "enum" in schema:
            return _check_enum(value, schema["enum"], at)
        kind = schema.get("type")
        if kind in {"array", "list", "map"}:
            return self._check_many(value, schema, at, form=form)
        return _check_plain(value, kind, at, form=form)

    def _check_fields(self, value: Any, name: str, at: str, *, form: bool) -> list[Finding]:
        if not isinstance(value, dict):
            return [Finding(at, "invalid", "must be an object")]
        definition = self.definitions[name]
        properties = definition["properties"]
        findings = [
            Finding(_join(at, k), "unknown", "unknown parameter" if form else "unknown field")
            for k in value
            if k not in properties
        ]
        findings += [
            Finding(_join(at, k), "missing", "missing") for k in definition.get("required", ()) if k not in value
        ]
        for key, inner in value.items():
            if key in properties:
                findings += self._check(inner, properties[key], _join(at, key), form=form)
        return findings

    def _check_any(self, value: Any, branches: list[Schema], at: str, *, form: bool) -> list[Finding]:
        """Of several failing branches the one with the value's shape tells most."""
        best: list[Finding] | None = None
        for branch in branches:
            findings = self._check(value, branch, at, form=form)
            if not findings:
                return []
            same_shape = isinstance(value, dict) == ("$ref" in branch or branch.get("type") in {"array", "list", "map"})
            if best is None or same_shape:
                best = findings
        return best or []

    def _check_many(self, value: Any, schema: Schema, at: str, *, form: bool) -> list[Finding]:
        kind, items = schema["type"], schema["items"]
        if kind == "map":
            if not isinstance(value, dict):
                return [Finding(at, "invalid", "must be key-value pairs")]
            pairs = [(_join(at, key), inner) for key, inner in value.items()]
        else:
            if kind == "list":
                value = value.get("data") if isinstance(value, dict) else None
            elif form and is_items(value):
                value = as_items(value)
            if not isinstance(value, list):
                return [Finding(at, "invalid", "must be a list")]
            pairs = [(f"{at}[{index}]", inner) for index, inner in enumerate(value)]
        return [finding for place, inner in pairs for finding in self._check(inner, items, place, form=form)]

    def _typed(self, value: Any, schema: Schema) -> Any:
        if "$ref" in schema:
            properties = self.definitions[schema["$ref"]]["properties"]
            return {key: self._typed(inner, properties[key]) for key, inner in value.items()}
        if "anyOf" in schema:
            fits = next(b for b in schema["anyOf"] if not self._check(value, b, "", form=True))
            return self._typed(value, fits)
        kind = schema.get("type")
        if kind == "array":
            return [self._typed(inner, schema["items"]) for inner in as_items(value)]
        if kind == "map":
            return {key: self._typed(inner, schema["items"]) for key, inner in value.items()}
        if kind == "boolean":
            return value == "true"
        return int(value) if kind == "integer" else value


def _check_enum(value: Any, allowed: list[Any], at: str) -> list[Finding]:
    if isinstance(value, (str, int, bool, type(None))) and value in allowed:
        return []
    return [Finding(at, "invalid", f"must be one of {', '.join(str(a) for a in allowed[:12])}")]


def _check_plain(value: Any, kind: str | None, at: str, *, form: bool) -> list[Finding]:
    if kind is None:
        return []
    if kind == "null":
        return [] if value is None else [Finding(at, "invalid", "must be null")]
    if form:
        pattern = _FORM_VALUES.get(kind)
        fits = isinstance(value, str) and (pattern is None or pattern.fullmatch(value) is not None)
    else:
        fits = isinstance(value, _JSON_TYPES[kind]) and not (kind in {"integer", "number"} and isinstance(value, bool))
    return [] if fits else [Finding(at, "invalid", f"must be of type {kind}")]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


def _join(at: str, key: str) -> str:
    return f"{at}[{key}]" if at else key


@cache
def load() -> Contract:
    """The committed contract."""
    return Contract(json.loads(FILE.read_text(encoding="utf-8")))
