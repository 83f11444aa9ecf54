"""Type annotations of the stripe package → schemas.

A schema is `{"type": …}`, `{"type": "array" | "map" | "list", "items": …}` (list = Stripe's list object),
`{"enum": […], "open": true}`, `{"anyOf": […]}`, `{"$ref": name}`, or `{}` for what is not checked.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]
Scope = Callable[[ast.expr], Schema]

NULL: Schema = {"type": "null"}
STRING: Schema = {"type": "string"}
PLAIN = {"str": "string", "int": "integer", "bool": "boolean", "float": "number", "Decimal": "decimal"}
ARRAYS = {"List", "Sequence", "list"}
MAPS = {"Dict", "dict", "UntypedStripeObject"}
LISTS = {"ListObject", "SearchResultObject"}
WRAPPERS = {"NotRequired", "Required", "ClassVar"}


def name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def unquoted(node: ast.expr) -> ast.expr:
    """`"SessionCreateParams"` → the expression inside the quotes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.parse(node.value, mode="eval").body
    return node


def is_optional_key(node: ast.expr) -> bool:
    node = unquoted(node)
    return isinstance(node, ast.Subscript) and name_of(node.value) == "NotRequired"


def schema_of(node: ast.expr, scope: Scope) -> Schema:
    """`scope` answers for names that are neither built in nor containers."""
    node = unquoted(node)
    if isinstance(node, ast.Constant) and node.value is None:
        return NULL
    if isinstance(node, ast.BinOp):
        return union([schema_of(node.left, scope), schema_of(node.right, scope)])
    if isinstance(node, ast.Subscript):
        return _container(name_of(node.value), node.slice, scope)
    if name_of(node) in PLAIN:
        return {"type": PLAIN[name_of(node)]}
    return {} if name_of(node) in {"object", "Any", "StripeObject", ""} else scope(node)


def _container(head: str, inner: ast.expr, scope: Scope) -> Schema:
    if head in WRAPPERS:
        return schema_of(inner, scope)
    if head == "Optional":
        return union([schema_of(inner, scope), NULL])
    if head == "Union":
        return union([schema_of(part, scope) for part in _parts(inner)])
    if head == "Literal":
        return {"enum": [ast.literal_eval(part) for part in _parts(inner)]}
    if head == "ExpandableField":
        return union([STRING, schema_of(inner, scope)])
    if head in ARRAYS:
        return {"type": "array", "items": schema_of(inner, scope)}
    if head in LISTS:
        return {"type": "list", "items": schema_of(inner, scope)}
    if head in MAPS:
        return {"type": "map", "items": schema_of(_parts(inner)[-1], scope)}
    return {}


def _parts(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def union(schemas: list[Schema]) -> Schema:
    """One schema for any of these; `Literal[…] | str` is an enum that stays open for later values."""
    flat: list[Schema] = []
    for schema in schemas:
        for branch in schema.get("anyOf", [schema]):
            if branch not in flat:
                flat.append(branch)
    if {} in flat:
        # One branch is unchecked, so nothing can be refused; a text or an object stays possible.
        return {}
    enums = [branch for branch in flat if "enum" in branch]
    if enums and STRING in flat:
        values = sorted({value for enum in enums for value in enum["enum"]}, key=str)
        flat = [b for b in flat if b != STRING and "enum" not in b] + [{"enum": values, "open": True}]
    return flat[0] if len(flat) == 1 else {"anyOf": flat}
