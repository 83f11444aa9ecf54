"""The room page costs at most six statements (LIBRARIES: page budgets)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from livestream.chat import service as chat
from livestream.pins import service as pins
from shop.accounts.service import sign_in_account
from shop.core import db
from shop.core.realtime import SESSION_COOKIE
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engine = db.current().engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def busy_room(room: LiveRoom, cast: Cast) -> LiveRoom:
    with db.unit_of_work() as session:
        pins.pin_item(session, actor=cast.ben, room_id=room.id, item_id=room.items[0].id)
        for actor in (cast.ana, cast.sam, cast.ben):
            chat.post_message(session, actor=actor, room_id=room.id, text="hello", client_key="1")
    return room


def queries(seen: list[str]) -> list[str]:
    return [statement for statement in seen if not statement.startswith(("BEGIN", "PRAGMA"))]


def test_for_a_guest(busy_room: LiveRoom, client: FlaskClient) -> None:
    for _visit in range(2):  # The second time with the guest's cookie, so the bag is looked at.
        with statements() as seen:
            assert client.get("/live/evening-walk").status_code == 200
        assert len(queries(seen)) <= 6, queries(seen)


def test_for_a_member(busy_room: LiveRoom, cast: Cast, client: FlaskClient) -> None:
    with db.unit_of_work() as session:
        token = sign_in_account(session, account_id=str(cast.ana.account_id), user_agent="", address="")
    client.set_cookie(SESSION_COOKIE, token)
    with statements() as seen:
        assert client.get("/live/evening-walk").status_code == 200
    assert len(queries(seen)) <= 6, queries(seen)
