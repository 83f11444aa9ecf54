"""Definitions behind the operations: parameter dictionaries and response objects."""

from __future__ import annotations

import ast

from shop.payments.providers.stripe.contract import package
from shop.payments.providers.stripe.contract.annotations import NULL, Schema, Scope, is_optional_key, name_of, schema_of

Definitions = dict[str, Schema]


class Loader:
    """Collects definitions; an object that is not in `known` stays unchecked where others refer to it."""

    def __init__(self, known: dict[package.Imported, str]) -> None:
        self.definitions: Definitions = {}
        self._known = known

    def parameters(self, module: str, name: str) -> str:
        """Load a module of TypedDicts; returns the definition's name of the class `name`."""
        prefix = module.split("._", maxsplit=1)[0].removeprefix("stripe.params").lstrip(".")
        own = {c.name: f"{prefix}.{c.name}".lstrip(".") for c in package.classes(module)}

        def scope(node: ast.expr) -> Schema:
            if name_of(node) in own:
                return {"$ref": own[name_of(node)]}
            if name_of(node) in package.imports(module):
                return {}
            raise RuntimeError(f"{module}: {ast.unparse(node)} is neither built in nor defined here")

        for declared in package.classes(module):
            bases = {name_of(base) for base in declared.bases}
            if not bases <= {"TypedDict", "RequestOptions"}:
                raise RuntimeError(f"{module}.{declared.name} has bases this generator cannot read: {bases}")
            self.definitions[own[declared.name]] = _fields(declared, scope, by_key=True)
        return own[name]

    def object(self, source: package.Imported) -> str:
        """Load a response class and the classes nested in it; returns its definition's name."""
        top = next(c for c in package.classes(source.module) if c.name == source.name)
        name = self._known[source]
        if name not in self.definitions:
            self._nested(top, name, [{source.name: name}], source.module)
        return name

    def _nested(self, declared: ast.ClassDef, name: str, outer: list[dict[str, str]], module: str) -> None:
        inner = {c.name: f"{name}.{c.name}" for c in declared.body if isinstance(c, ast.ClassDef)}
        chain = [inner, *outer]

        def scope(node: ast.expr) -> Schema:
            if isinstance(node, ast.Attribute):
                return {"$ref": f"{scope(node.value)['$ref']}.{node.attr}"}
            for names in chain:
                if name_of(node) in names:
                    return {"$ref": names[name_of(node)]}
            elsewhere = package.imports(module).get(name_of(node))
            known = self._known.get(elsewhere) if elsewhere else None
            return {"$ref": known} if known else {}

        self.definitions[name] = _fields(declared, scope, by_key=False)
        for child in declared.body:
            if isinstance(child, ast.ClassDef):
                self._nested(child, inner[child.name], chain, module)


def _fields(declared: ast.ClassDef, scope: Scope, *, by_key: bool) -> Schema:
    """Parameters are required by key (`NotRequired` is missing), reply fields when null is not allowed."""
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for node in declared.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        field = node.target.id
        if not field.islower() or field.startswith("_"):
            continue
        schema = properties[field] = schema_of(node.annotation, scope)
        nullable = NULL in schema.get("anyOf", [schema]) or _says_optional(node.annotation)
        if not is_optional_key(node.annotation) if by_key else not nullable:
            required.append(field)
    return {"properties": properties, **({"required": required} if required else {})}


def _says_optional(node: ast.expr) -> bool:
    return isinstance(node, ast.Subscript) and name_of(node.value) == "Optional"
