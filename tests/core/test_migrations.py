"""Migrations lead to exactly the models, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from shop.core import migrate, tables
from shop.core.db import Database


def url_of(request: pytest.FixtureRequest, engine: str, tmp_path: Path) -> str:
    if engine == "sqlite":
        return f"sqlite:///{tmp_path / 'migrated.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_migrations_make_the_models(request: pytest.FixtureRequest, engine: str, tmp_path: Path) -> None:
    url = url_of(request, engine, tmp_path)
    database = Database(url)
    tables.metadata.drop_all(database.engine)
    with database.engine.connect() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))
        connection.commit()
    migrate.upgrade(database, url)
    assert migrate.is_current(database)
    with database.engine.connect() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": False}), tables.metadata
        )
    assert differences == []
    migrate.upgrade(database, url)  # Again, without harm.
    with database.engine.connect() as connection:
        connection.execute(sa.text("DROP TABLE alembic_version"))
        connection.commit()
    tables.metadata.drop_all(database.engine)
    database.dispose()
