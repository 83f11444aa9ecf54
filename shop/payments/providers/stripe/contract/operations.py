"""The operations that Vetrina uses, read from the service classes of the stripe package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from shop.payments.providers.stripe.contract import package
from shop.payments.providers.stripe.contract.annotations import name_of, unquoted
from shop.payments.providers.stripe.contract.package import Imported

# Service module → its methods that are in use. A method belongs here before the first call to it is written.
USED: dict[str, tuple[str, ...]] = {
    "stripe.checkout._session_service": ("list", "create", "retrieve", "update", "expire"),
    "stripe.checkout._session_line_item_service": ("list",),
    "stripe._payment_intent_service": ("list", "create", "retrieve", "cancel", "confirm"),
    "stripe._customer_service": ("list", "create", "retrieve"),
    "stripe._payment_method_service": ("retrieve",),
    "stripe._charge_service": ("list", "retrieve"),
    "stripe._refund_service": ("list", "create", "retrieve"),
    "stripe._balance_transaction_service": ("list", "retrieve"),
    "stripe._event_service": ("list", "retrieve"),
    "stripe._webhook_endpoint_service": ("list", "create", "retrieve", "delete"),
}
# Objects that no operation above answers with, but that appear inside those which do.
INSIDE: tuple[Imported, ...] = (Imported("stripe._price", "Price"), Imported("stripe._shipping_rate", "ShippingRate"))


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of a service."""

    name: str
    method: str
    path: str
    parameters: Imported | None
    returns: Imported
    is_list: bool


def used_operations() -> Iterator[Operation]:
    for module, methods in USED.items():
        found = {node.name: node for node in package.classes(module)[-1].body if isinstance(node, ast.FunctionDef)}
        for method in methods:
            yield _operation(module, found[method])


def _operation(module: str, function: ast.FunctionDef) -> Operation:
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    request = next(call for call in calls if name_of(call.func) == "_request")
    verb, path = request.args[0], request.args[1]
    returns, is_list = _returned(module, function)
    return Operation(
        name=f"{module.removeprefix('stripe.').replace('_service', '').replace('_', '', 1)}.{function.name}",
        method=str(ast.literal_eval(verb)).upper(),
        path=_path(path),
        parameters=_parameters(module, function),
        returns=returns,
        is_list=is_list,
    )


def _path(node: ast.expr) -> str:
    """`"/v1/x/{id}".format(…)` or a plain text."""
    return next(
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.startswith("/")
    )


def _parameters(module: str, function: ast.FunctionDef) -> Imported | None:
    argument = next((a for a in function.args.args if a.arg == "params"), None)
    if argument is None or argument.annotation is None:
        return None
    names = {name_of(unquoted(node)) for node in ast.walk(argument.annotation) if isinstance(node, ast.expr)}
    return next(source for name, source in package.imports(module).items() if name in names and "Params" in name)


def _returned(module: str, function: ast.FunctionDef) -> tuple[Imported, bool]:
    if function.returns is None:
        raise RuntimeError(f"{module}.{function.name} does not say what it returns")
    node = unquoted(function.returns)
    is_list = isinstance(node, ast.Subscript) and name_of(node.value) == "ListObject"
    inner = unquoted(node.slice) if isinstance(node, ast.Subscript) else node
    return package.imports(module)[name_of(inner)], is_list
