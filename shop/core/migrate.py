"""Bring the database to the newest schema; one process at a time."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from shop.core.db import Database

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
# Any fixed number will do: it names the lock that two starting processes compete for.
ADVISORY_LOCK = 7_350_213


def config(url: str) -> Config:
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def upgrade(database: Database, url: str) -> None:
    """Run what is missing. On PostgreSQL under an advisory lock, so that several instances may start at once."""
    made = config(url)
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
            connection.commit()
        try:
            if not is_current(database):
                command.upgrade(made, "head")
        finally:
            if not database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
                connection.commit()


def is_current(database: Database) -> bool:
    """Does the database stand at the newest migration?"""
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest
