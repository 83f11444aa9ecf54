"""The database: one engine, one way to read, one way to write.

`reading()` is a read-only look. `unit_of_work()` is the only place that commits; what was published inside it is
delivered after the commit and dropped on rollback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Connection, DateTime, Dialect, Engine, MetaData, Uuid, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from shop.core import ids
from shop.core.runtime import WriterLock

BUSY_TIMEOUT_MS = 5_000
LOCK_TIMEOUT_MS = 5_000
STATEMENT_TIMEOUT_MS = 15_000

_in_transaction: ContextVar[bool] = ContextVar("in_transaction", default=False)


class Base(DeclarativeBase):
    """Parent of all tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class PublicId(TypeDecorator[str]):
    """A UUID in the table, prefixed text (`room_…`) in Python. Malformed text raises NotFound."""

    impl = Uuid
    cache_ok = True

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        super().__init__()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> UUID | None:
        return None if value is None else ids.decode(self.prefix, value)

    def process_result_value(self, value: UUID | None, dialect: Dialect) -> str | None:
        return None if value is None else ids.encode(self.prefix, value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], str | None] | None:
        """SQLite's digits lead to the id without a UUID object in between: a page reads hundreds of them."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        prefix, encode = self.prefix, ids.encode_hex
        return lambda digits: None if digits is None else encode(prefix, digits)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime on both databases; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("instants are aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Amount = BigInteger  # Minor units of the currency in the column beside it.


class Database:
    """Engine and sessions of one process."""

    def __init__(self, url: str, *, pool_size: int = 16) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url, pool_size)
        self._readers = sessionmaker(self.engine, autoflush=False, expire_on_commit=False)
        self._writers = sessionmaker(self.engine.execution_options(writes=True), expire_on_commit=False)
        self._writer_lock = WriterLock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking only; it is rolled back at the end."""
        session = self._readers()
        try:
            yield session
        finally:
            session.close()

    def open_reader(self) -> Session:
        """A reading session whose owner closes it (one per request)."""
        return self._readers()

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """Commit at the end, or roll everything back; then run what waited for the commit.

        On SQLite the whole block holds the process's writer lock and nothing inside may yield to another greenlet.
        """
        if _in_transaction.get():
            raise RuntimeError("a unit of work is already open; pass its session on")
        with self._writer_lock.held() if self.is_sqlite else nullcontext():
            token = _in_transaction.set(True)
            session = self._writers()
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise
            finally:
                _in_transaction.reset(token)
                session.close()
        for action in session.info.pop("after_commit", []):
            action()

    def dispose(self) -> None:
        self.engine.dispose()


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Run the action once the session's unit of work is committed; never if it is rolled back."""
    session.info.setdefault("after_commit", []).append(action)


def check_no_transaction(what: str) -> None:
    """Guard for calls to vendors: no row may stay locked while somebody else's server thinks (PAYMENTS invariant 10)."""
    if _in_transaction.get():
        raise RuntimeError(f"{what} must not be called inside a unit of work")


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
        json_deserializer=orjson.loads,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # We write BEGIN ourselves, below.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # An acknowledged order survives power loss.
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        # A writer takes the lock at once: upgrading a read transaction later fails with "database is locked".
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres_engine(url: str, pool_size: int) -> Engine:
    options = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS} -c timezone=UTC"
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        json_deserializer=orjson.loads,
        connect_args={"options": options, "connect_timeout": 5},
    )


_database: Database | None = None


def install(database: Database) -> None:
    """Make this the database of the process (one process serves one shop)."""
    global _database
    _database = database


def current() -> Database:
    if _database is None:
        raise RuntimeError("no database is installed")
    return _database


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """`current().unit_of_work()`, for the edges."""
    with current().unit_of_work() as session:
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """`current().reading()`, for the edges."""
    with current().reading() as session:
        yield session
