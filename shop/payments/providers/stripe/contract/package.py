"""The installed stripe package as syntax trees; nothing of it is executed."""

from __future__ import annotations

import ast
import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Imported:
    """Where a name of a module comes from: `from stripe._charge import Charge`."""

    module: str
    name: str


@cache
def root() -> Path:
    spec = importlib.util.find_spec("stripe")
    if spec is None or spec.origin is None:
        raise RuntimeError("the stripe package is not installed")
    return Path(spec.origin).parent


def path_of(module: str) -> Path:
    return root().joinpath(*module.split(".")[1:]).with_suffix(".py")


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(path_of(module).read_text(encoding="utf-8"))


@cache
def imports(module: str) -> dict[str, Imported]:
    """Local name → where it comes from, for names of the package itself."""
    found = {}
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("stripe."):
            for alias in node.names:
                found[alias.asname or alias.name] = Imported(node.module, alias.name)
    return found


def classes(module: str) -> list[ast.ClassDef]:
    return [node for node in tree(module).body if isinstance(node, ast.ClassDef)]


def version() -> str:
    return _constant("_version.py", "VERSION")


def api_version() -> str:
    return _constant("_api_version.py", "CURRENT")


def _constant(file: str, name: str) -> str:
    found = re.search(rf'{name}(?::\s*\S+)? = "(.+?)"', (root() / file).read_text(encoding="utf-8"))
    if found is None:
        raise RuntimeError(f"stripe/{file} no longer says {name}")
    return found.group(1)
