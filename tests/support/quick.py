"""What every test's app would work out again, worked out once per process: compiled templates, URL builders, empty tables.

A test still gets an app and a database of its own; only the results of pure functions are shared.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import sqlalchemy as sa
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from shop.core import db, tables


class CompiledTemplates(jinja2.BytecodeCache):
    """Bytecode by the template's source (Jinja checks the sum of it), for all apps of this process."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self.kept.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = CompiledTemplates()


def share_url_builders() -> None:
    """Compile the URL builder of equal rules once. Werkzeug makes two functions per rule and app; they read converters from `self`."""
    compile_builder: Callable[..., Any] = Rule._compile_builder
    made: dict[object, Any] = {}

    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, rule.subdomain, rule.host, str(rule.defaults), append_unknown)
        if key not in made:
            made[key] = compile_builder(rule, append_unknown)
        return made[key]

    Rule._compile_builder = compiled  # type: ignore[method-assign]


class CompiledStatements(dict[Any, Any]):
    """SQLAlchemy's cache of compiled statements, shared by engines of the same kind.

    Its keys begin with the dialect, an object each engine makes anew; equal ones write the same SQL.
    """

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self._shared(key))

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(self._shared(key), compiled)

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(self._shared(key), default)

    @staticmethod
    def _shared(key: Any) -> Any:
        return (key[0].name, *key[1:])


def share_statements() -> None:
    """Every connection of this process looks for its statements in one place."""
    statements = CompiledStatements()

    @sa.event.listens_for(sa.Engine, "engine_connect")
    def use_shared(connection: sa.Connection) -> None:
        connection.execution_options(compiled_cache=statements)


def empty(database: db.Database) -> None:
    """All tables and no rows, without running the DDL again: SQLite gets a prepared file, PostgreSQL is emptied."""
    if database.is_sqlite:
        path = Path(str(database.engine.url.database))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(empty_file())
        return
    names = ", ".join(f'"{table.name}"' for table in tables.metadata.tables.values())
    with database.engine.begin() as connection:
        tables.metadata.create_all(connection)
        connection.exec_driver_sql(f"TRUNCATE {names}")


@cache
def empty_file() -> bytes:
    """An SQLite database with all tables."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        made = db.Database(f"sqlite:///{path}")
        tables.metadata.create_all(made.engine)
        made.dispose()  # The last connection folds the write-ahead log into the file.
        return path.read_bytes()
