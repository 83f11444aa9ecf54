from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shop.core import clock, db
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom, make_live_room
from tests.support.recording import Recorder


@pytest.fixture
def room(cast: Cast, sent: Recorder, frozen: datetime) -> LiveRoom:
    """On air since a minute, nothing pinned, nothing sent yet."""
    with db.unit_of_work() as session:
        found = make_live_room(session, cast.brand_a, host=cast.ben)
    clock.move(timedelta(minutes=1))  # The normal price was there before the live one.
    sent.clear()
    return found
