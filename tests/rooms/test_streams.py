from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from livestream.rooms import presence, pulse, service
from livestream.rooms.errors import AlreadyLive, StreamLocked
from livestream.rooms.models import STREAM_MOVES, Room, RoomVisit, Stream, StreamState
from livestream.rooms.queries import load_gap
from shop.catalog.errors import LivePriceTooHigh
from shop.core import channel, clock, db
from shop.core.errors import InvalidInput, NotAllowed, NotFound, WrongMove
from shop.core.realtime import Identity
from tests.factories.cast import Cast
from tests.factories.catalog import make_product
from tests.factories.live import LiveRoom, make_stream
from tests.support.recording import Recorder


def do(step: Any, **keywords: Any) -> Any:
    with db.unit_of_work() as session:
        return step(session, **keywords)


def state_of(stream: Stream) -> str:
    with db.reading() as session:
        return session.get_one(Stream, stream.id).state


def test_the_table_of_moves_ends() -> None:
    assert set(STREAM_MOVES) == set(StreamState)
    assert STREAM_MOVES[StreamState.REPLAY] == STREAM_MOVES[StreamState.CANCELLED] == frozenset()


def test_a_stream_is_planned_announced_and_called_off(cast: Cast, sent: Recorder) -> None:
    with db.unit_of_work() as session:
        stream, _room = make_stream(session, cast.brand_a)
    with pytest.raises(InvalidInput):
        do(service.schedule_stream, actor=cast.pia, stream_id=stream.id)
    tonight = clock.now() + timedelta(hours=8)
    do(service.schedule_stream, actor=cast.pia, stream_id=stream.id, starts_at=tonight)
    assert state_of(stream) == "scheduled"
    do(service.cancel_stream, actor=cast.pia, stream_id=stream.id)
    with pytest.raises(StreamLocked):
        do(service.schedule_stream, actor=cast.pia, stream_id=stream.id, starts_at=tonight)
    with pytest.raises(WrongMove):
        do(service.start_stream, actor=cast.pia, stream_id=stream.id)


@pytest.mark.parametrize("who", ["ana", "ben", "mia", "zed", "root", "guest"])
def test_only_planners_create_streams(who: str, cast: Cast, sent: Recorder) -> None:
    with pytest.raises(NotAllowed):
        do(service.create_stream, actor=getattr(cast, who), brand_id=cast.brand_a.id, title={"en": "Mine"})
    with db.reading() as session:
        assert session.scalar(select(Stream.id)) is None


def test_slugs_are_free(cast: Cast, sent: Recorder) -> None:
    slugs = [
        do(service.create_stream, actor=cast.pia, brand_id=cast.brand_a.id, title={"en": "Autumn Walk"}).slug
        for _ in range(3)
    ]
    assert slugs == ["autumn-walk", "autumn-walk-2", "autumn-walk-3"]


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_a_brand_is_live_once(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    with db.unit_of_work() as session:
        second, _ = make_stream(session, cast.brand_a, slug="second")
        other, _ = make_stream(session, cast.brand_b, slug="other")
    with pytest.raises(AlreadyLive):
        do(service.start_stream, actor=cast.ben, stream_id=second.id)
    assert state_of(second) == "draft"
    do(service.start_stream, actor=cast.zed, stream_id=other.id)
    do(service.end_stream, actor=cast.ben, stream_id=room.stream.id)
    do(service.start_stream, actor=cast.ben, stream_id=second.id)


def test_starting_and_ending_twice_is_once(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    do(service.start_stream, actor=cast.ben, stream_id=room.stream.id)
    for _ in range(2):
        do(service.end_stream, actor=cast.ben, stream_id=room.stream.id)
    assert sent.names == ["stream.ended"]


@pytest.mark.parametrize(("who", "error"), [("ana", NotFound), ("mia", NotAllowed), ("zed", NotFound)])
def test_only_the_stage_ends(who: str, error: type[Exception], room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    with pytest.raises(error):
        do(service.end_stream, actor=getattr(cast, who), stream_id=room.stream.id)
    assert state_of(room.stream) == "live"
    assert sent == []


def test_a_live_price_must_beat_the_30_days(room: LiveRoom, cast: Cast) -> None:
    for amount in (10900, 12000):
        with pytest.raises(LivePriceTooHigh):
            do(
                service.update_item,
                actor=cast.pia,
                item_id=room.items[0].id,
                pin_seconds=300,
                live_price={"EUR": amount},
            )
    with pytest.raises(InvalidInput):
        do(service.update_item, actor=cast.pia, item_id=room.items[0].id, pin_seconds=5, live_price=None)


def test_the_run_of_show_is_ordered_and_the_brands_own(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    items = do(service.move_item, actor=cast.pia, item_id=room.items[1].id, to=0)
    assert [item.id for item in items] == [room.items[1].id, room.items[0].id]
    assert sent.names == ["line_up.changed"]  # Live: everyone loads a snapshot with the new epoch.
    with db.unit_of_work() as session:
        foreign = make_product(session, cast.brand_b, slug="foreign")
    with pytest.raises(NotFound):
        do(service.add_item, actor=cast.pia, stream_id=room.stream.id, product_id=foreign.id)


def test_the_gap_is_what_was_missed(room: LiveRoom, cast: Cast) -> None:
    for _ in range(3):
        with db.unit_of_work() as session:
            service.publish_state(session, room.id, service.HostReturned(away_seconds=1))
    with db.reading() as session:
        now = session.get_one(Room, room.id)
        gap = load_gap(session, room=now, epoch=now.epoch, last_seq=now.seq - 2)
        assert gap is not None and [event.seq for event in gap] == [now.seq - 1, now.seq]
        assert load_gap(session, room=now, epoch=now.epoch, last_seq=now.seq) == []
        assert load_gap(session, room=now, epoch="other", last_seq=now.seq) is None
        assert load_gap(session, room=now, epoch=now.epoch, last_seq=now.seq + 1) is None


def test_a_long_gap_needs_a_snapshot(room: LiveRoom, cast: Cast) -> None:
    with db.unit_of_work() as session:
        for _ in range(201):
            service.publish_state(session, room.id, service.HostReturned(away_seconds=1))
    with db.reading() as session:
        now = session.get_one(Room, room.id)
        assert load_gap(session, room=now, epoch=now.epoch, last_seq=now.seq - 201) is None
        assert len(load_gap(session, room=now, epoch=now.epoch, last_seq=now.seq - 200) or []) == 200


def test_a_rolled_back_change_has_no_number(room: LiveRoom, sent: Recorder) -> None:
    with db.reading() as session:
        before = session.get_one(Room, room.id).seq
    with pytest.raises(RuntimeError), db.unit_of_work() as session:
        service.publish_state(session, room.id, service.HostReturned(away_seconds=1))
        raise RuntimeError
    with db.reading() as session:
        assert session.get_one(Room, room.id).seq == before
    assert sent == []


def visitor(sid: str, **keywords: Any) -> Identity:
    known = {"session_hash": None, "guest_key": None, "address": "192.0.2.1", "locale": "en"}
    return Identity(sid=sid, **(known | keywords))


def test_viewers_are_unique_people(room: LiveRoom, sent: Recorder) -> None:
    presence.enter(room.id, visitor("1", account_id="acct_ana"))
    presence.enter(room.id, visitor("2", account_id="acct_ana"))  # A second tab.
    presence.enter(room.id, visitor("3", guest_key="a"))
    presence.enter(room.id, visitor("4", guest_key="b"))
    presence.enter(room.id, visitor("5"))
    presence.enter(room.id, visitor("6"))  # The same address without a key.
    pulse.count_viewers()
    assert sent.to(channel.room(room.id)) == [("viewers.counted", {"room_id": room.id, "count": 4})]
    pulse.count_viewers()
    assert len(sent) == 1  # Nothing changed, nothing told.
    presence.leave_all("1")
    presence.leave_all("3")
    pulse.count_viewers()
    assert sent[-1][1]["count"] == 3
    with db.reading() as session:
        now = session.get_one(Room, room.id)
        assert (now.viewers, now.viewers_peak) == (3, 4)
        assert len(list(session.scalars(select(RoomVisit)))) == 4
    for sid in "2456":
        presence.leave_all(sid)
    pulse.count_viewers()
    assert sent[-1][1]["count"] == 0
    assert presence.rooms() == []


def test_pages_of_a_room(room: LiveRoom, cast: Cast, client: FlaskClient) -> None:
    assert client.get("/live/evening-walk").status_code == 200
    snapshot = client.get("/live/evening-walk/snapshot").get_json()["data"]
    assert (snapshot["stream"]["state"], len(snapshot["items"])) == ("live", 2)
    assert client.get("/live/evening-walk/sheet/passo-uno").status_code == 200
    assert client.get("/live/evening-walk/sheet/nothing").status_code == 404
    assert client.get("/live/nothing").status_code == 404
    do(service.end_stream, actor=cast.ben, stream_id=room.stream.id)
    gone = client.get("/live/evening-walk")
    assert (gone.status_code, gone.headers["Location"]) == (303, "/replay/evening-walk")


def test_drafts_are_not_told(cast: Cast, client: FlaskClient) -> None:
    with db.unit_of_work() as session:
        make_stream(session, cast.brand_a, slug="secret")
    assert client.get("/live/secret").status_code == 404
    assert client.get("/live/secret/snapshot").status_code == 404
    assert client.get("/live/secret/playback").status_code == 404
