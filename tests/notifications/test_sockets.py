"""News reaches the sockets of its person and nobody else's."""

from __future__ import annotations

import time

import pytest

from tests.factories.cast import Cast
from tests.notifications.conftest import board, tell_now
from tests.realtime.conftest import Connect, address, connect  # noqa: F401  # fixtures: a real server, real sockets


@pytest.mark.usefixtures("address")
def test_only_the_persons_own_sockets_hear_of_a_notice(cast: Cast, connect: Connect) -> None:  # noqa: F811
    phone, laptop, other, guest = connect(cast.ana), connect(cast.ana), connect(cast.sam), connect()
    tell_now(cast.ana, "test.plain", "wave:1", who="Ben")
    expected = {"notice_id": board(cast.ana)[0].notice_id, "kind": "test.plain"}
    assert phone.wait_for("notice.added") == expected
    assert laptop.wait_for("notice.added") == expected
    time.sleep(0.2)
    assert (other.heard, guest.heard) == ([], [])
