"""Short ways to make people friends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shop.core import db
from shop.core.actor import Actor
from shop.social import service
from shop.social.models import Way
from shop.social.queries import find_waiting

Befriend = Callable[[Actor, Actor], None]


@pytest.fixture
def befriend(cast: object) -> Befriend:
    """`befriend(cast.ana, cast.sam)`: asked, accepted, committed."""

    def make(one: Actor, other: Actor) -> None:
        assert one.account_id and other.account_id
        with db.unit_of_work() as session:
            service.ask_friend(session, actor=one, account_id=other.account_id, way=Way.HANDLE)
            request = find_waiting(session, sender_id=one.account_id, receiver_id=other.account_id)
            assert request is not None
            service.accept(session, actor=other, request_id=request.id)

    return make
