"""A shop for tests. Most get a fresh one each; a matrix that only looks shares one for its whole module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from shop.app import create_app
from shop.core import db
from shop.core.settings import Settings, load_settings
from tests.support import quick
from tests.support.client import FreshClient


def make_settings(data_dir: Path) -> Settings:
    """Settings of a test shop; nothing of the developer's environment leaks in."""
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(name.upper(), raising=False)
        return load_settings(
            env="test", data_dir=data_dir, server_mode="threading", demo=False, demo_show=False, rate_limits=False
        )


@contextmanager
def running_shop(settings: Settings) -> Iterator[Flask]:
    """The whole app on an empty database with all tables."""
    app = create_app(settings)
    app.test_client_class = FreshClient
    database: db.Database = app.extensions["vetrina.db"]
    app.jinja_env.bytecode_cache = quick.COMPILED
    quick.empty(database)
    with app.app_context():
        yield app
    database.dispose()
