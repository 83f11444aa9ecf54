"""What the sign-in page says about a stream that waits."""

from __future__ import annotations

from livestream.console.waiting import stream_that_waits
from shop.core import db
from tests.factories.cast import Cast
from tests.factories.live import make_live_room, make_stream
from tests.support.visitor import Visitor


def test_the_sign_in_page_shows_the_stream_that_waits(visitor: Visitor, cast: Cast) -> None:
    with db.unit_of_work() as session:
        make_live_room(session, cast.brand_a, host=cast.ben)
    page = visitor.get("/signin?next=/live/evening-walk").get_data(as_text=True)
    assert "Evening walk" in page
    assert "Sign in to write. Your message is saved." in page


def test_drafts_and_strangers_paths_are_not_told(cast: Cast) -> None:
    with db.unit_of_work() as session:
        make_stream(session, cast.brand_a)
    with db.reading() as session:
        for path in ("/live/evening-walk", "/live/", "/live/a/b", "/live/nobody", "/p/evening-walk"):
            assert stream_that_waits(session, path) is None
