"""How Alembic reaches the database (https://alembic.sqlalchemy.org/en/latest/tutorial.html)."""

from __future__ import annotations

from typing import Literal

from alembic import context
from sqlalchemy import create_engine

from shop.core import tables


def render_item(kind: str, item: object, _autogen: object) -> str | Literal[False]:
    """Our column types are plain ones to a migration: it must not depend on code that changes."""
    name = type(item).__name__
    if kind == "type" and name == "PublicId":
        return "sa.Uuid()"
    if kind == "type" and name == "Instant":
        return "sa.DateTime(timezone=True)"
    return False


engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "")
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_as_batch=True,
        compare_type=False,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
