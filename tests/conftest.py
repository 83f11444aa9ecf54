"""Fixtures that every test can use: a database (SQLite; PostgreSQL where asked), an app, a frozen clock, a fixed cast."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shop.core import clock, db, events
from shop.core.settings import Settings
from tests.factories.cast import Cast, make_cast
from tests.support import quick
from tests.support.recording import Recorder
from tests.support.visitor import Visitor
from tests.support.world import make_settings, running_shop

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

quick.share_url_builders()
quick.share_statements()


def missing(service: str) -> None:
    """Skip on a laptop, fail in CI: what we claim to support is tested against."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{service} is needed in CI")
    pytest.skip(f"{service} is not running here")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A fresh PostgreSQL database for this test run."""
    engine = sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    name = f"vetrina_test_{os.getpid()}"
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    except sa.exc.OperationalError:
        missing("PostgreSQL")
    yield engine.url.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    engine.dispose()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a test shop; the developer's environment stays out for the whole test."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return make_settings(tmp_path)


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, settings: Settings) -> str:
    """SQLite unless a test asks for more: `@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)`."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return settings.database_address


@pytest.fixture
def app(settings: Settings, database_url: str) -> Iterator[Flask]:
    """The whole app on an empty database with all tables."""
    with running_shop(settings.model_copy(update={"database_url": database_url})) as app:
        yield app


@pytest.fixture
def sent(app: Flask) -> Recorder:
    """What would have reached sockets: a list of (name, payload, channel), and what was closed."""
    recorder = Recorder()
    events.use_broadcaster(recorder)
    return recorder


@pytest.fixture
def session(app: Flask, sent: Recorder) -> Iterator[Session]:
    """One unit of work around the test; `commit(session)` from tests.support delivers what was published so far."""
    with db.unit_of_work() as session:
        yield session


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    """A browser that posts with form tokens: `visitor.sign_in(cast.ana).post("/orders", …)`."""
    return Visitor(client)


@pytest.fixture
def frozen() -> Iterator[datetime]:
    """Tuesday noon; `clock.move(timedelta(…))` moves it."""
    with clock.frozen(NOON):
        yield NOON


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Ana shops, Ben hosts for Brand A, Olga owns it, Mia moderates, Zed belongs to nobody here (committed)."""
    with db.unit_of_work() as session:
        return make_cast(session)


@pytest.fixture
def page(client: FlaskClient) -> Any:
    """`page("/path")` → text of a 200 answer."""

    def load(path: str, status: int = 200) -> str:
        answer = client.get(path)
        assert answer.status_code == status, answer.get_data(as_text=True)[:500]
        return answer.get_data(as_text=True)

    return load
