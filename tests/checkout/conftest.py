"""A shop with a till."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from shop.core import clock
from tests.factories.cast import Cast
from tests.support.recording import Recorder
from tests.support.till import Till, open_till


@pytest.fixture
def till(app: Flask, cast: Cast, sent: Recorder, tmp_path: Path) -> Iterator[Till]:
    with open_till(app, cast, tmp_path) as till:
        yield till


@pytest.fixture
def stopped() -> Iterator[datetime]:
    """The clock stands still at the real present, which is also the sandbox's."""
    present = datetime.now(UTC).replace(microsecond=0)
    with clock.frozen(present):
        yield present
