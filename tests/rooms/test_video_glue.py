"""Reports of the engine, once each; grants only for those who may have them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from livestream.pins import service as pins
from livestream.replays.queries import load_replay
from livestream.rooms.models import Room, Stream
from livestream.rooms.service import end_stream
from livestream.video import engines, jobs, service
from livestream.video.provider import (
    EngineEvent,
    EngineEventName,
    EventRefused,
    IngestGrant,
    IngestKind,
    IngestStatus,
    LiveStream,
    PlaybackGrant,
    PlaybackKind,
    RawEvent,
    StreamPhase,
)
from shop.accounts.service import sign_in_account
from shop.core import clock, db
from shop.core.actor import Actor
from shop.core.jobs import run_due_jobs
from shop.core.realtime import SESSION_COOKIE
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom
from tests.support.recording import Recorder


class FakeEngine:
    """An engine that remembers what it was asked, and reports what the test says."""

    name = "fake"

    def __init__(self) -> None:
        self.closed: list[str] = []
        self.reports: tuple[EngineEvent, ...] = ()

    def open(self, stream: LiveStream) -> str:
        return stream.stream_id

    def close(self, stream_id: str) -> None:
        self.closed.append(stream_id)

    def ingest_grant(self, stream: LiveStream, *, host: str, kind: IngestKind, ttl: timedelta) -> IngestGrant:
        return IngestGrant(kind=kind, url="/media-live/ingest/x", token="x", expires_at=clock.now() + ttl)

    def playback_grant(self, stream_id: str, *, viewer: str | None, ttl: timedelta) -> tuple[PlaybackGrant, ...]:
        return (PlaybackGrant(kind=PlaybackKind.LL_HLS, url=f"/media-live/{stream_id}", expires_at=clock.now() + ttl),)

    def parse_event(self, raw: RawEvent) -> tuple[EngineEvent, ...]:
        if raw.body != b"signed":
            raise EventRefused("no")
        return self.reports

    def status(self, stream_id: str) -> IngestStatus:
        return IngestStatus(phase=StreamPhase.LIVE, events=self.reports)


@pytest.fixture
def engine(app: Flask) -> FakeEngine:
    made = FakeEngine()
    engines.use_engine(made)  # type: ignore[arg-type]  # only what these tests call
    return made


def report(room: LiveRoom, name: EngineEventName, number: int = 1, **data: Any) -> EngineEvent:
    return EngineEvent(id=f"e{number}", name=name, stream_id=room.stream.id, at=clock.now(), data=data)


def state(room: LiveRoom) -> tuple[str, bool, bool]:
    with db.reading() as session:
        now = session.get_one(Room, room.id)
        return session.get_one(Stream, room.stream.id).state, now.has_video, now.host_present


def test_reports_move_the_room_once(engine: FakeEngine, room: LiveRoom, client: FlaskClient, sent: Recorder) -> None:
    engine.reports = (report(room, EngineEventName.STARTED, 1),)
    for _ in range(3):
        assert client.post("/hooks/live", data=b"signed").status_code == 204
    assert sent.names == ["video.started"]
    service.take_events((report(room, EngineEventName.HOST_LOST, 2),))
    assert state(room) == ("live", True, False)
    service.take_events((report(room, EngineEventName.HOST_BACK, 3), report(room, EngineEventName.HOST_LOST, 2)))
    assert state(room) == ("live", True, True)
    assert sent.names == ["video.started", "host.left", "host.returned"]


def test_a_forged_report_changes_nothing(engine: FakeEngine, room: LiveRoom, client: FlaskClient) -> None:
    engine.reports = (report(room, EngineEventName.HOST_LOST),)
    answer = client.post("/hooks/live", data=b"forged")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "report_refused")
    assert state(room) == ("live", False, True)


def test_a_report_of_an_unknown_stream_is_ignored(engine: FakeEngine, room: LiveRoom) -> None:
    for stream_id in ("strm_00000000000000000000000000", "nonsense"):
        event = EngineEvent(id="e9", name=EngineEventName.STARTED, stream_id=stream_id, at=clock.now())
        assert service.take_events((event,)) == 0


def test_the_end_reaches_the_engine_and_the_recording_makes_a_replay(
    engine: FakeEngine, room: LiveRoom, cast: Cast, sent: Recorder
) -> None:
    with db.unit_of_work() as session:
        pins.pin_item(session, actor=cast.ben, room_id=room.id, item_id=room.items[0].id)
    clock.move(timedelta(seconds=29))
    with db.unit_of_work() as session:
        pins.pin_item(session, actor=cast.ben, room_id=room.id, item_id=room.items[1].id)
        end_stream(session, actor=cast.ben, stream_id=room.stream.id)
    run_due_jobs()
    assert engine.closed == [room.stream.id]
    engine.reports = (report(room, EngineEventName.RECORDING_READY, 4, duration_seconds=88.4),)
    jobs.catch_up()  # The callback got lost; the sweep finds the report.
    assert state(room)[0] == "replay"
    assert sent.names[-1] == "replay.ready"
    with db.reading() as session:
        replay = load_replay(session, slug="evening-walk", actor=cast.guest, currency="EUR")
    assert (replay.is_ready, replay.duration_seconds) == (True, 88)
    assert [(c.at_seconds, c.product.slug, c.product.price.amount) for c in replay.chapters] == [
        (60, "passo-uno", 10900),
        (89, "alpe-jacket", 18900),
    ]
    assert replay.chapters[0].stream_price is not None and replay.chapters[0].stream_price.amount == 8900


def test_a_show_without_pictures_becomes_a_replay_too(engine: FakeEngine, room: LiveRoom, cast: Cast) -> None:
    with db.unit_of_work() as session:
        end_stream(session, actor=cast.ben, stream_id=room.stream.id)
    jobs.catch_up()
    assert state(room)[0] == "ended"
    clock.move(timedelta(minutes=11))
    jobs.catch_up()
    assert state(room)[0] == "replay"


def sign_in(client: FlaskClient, actor: Actor) -> None:
    with db.unit_of_work() as session:
        token = sign_in_account(session, account_id=str(actor.account_id), user_agent="", address="")
    client.set_cookie(SESSION_COOKIE, token)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(("who", "status"), [("ben", 200), ("pia", 200), ("mia", 403), ("zed", 404), ("ana", 404)])
def test_only_the_stage_may_send_pictures(who: str, status: int, room: LiveRoom, cast: Cast, app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    sign_in(client, getattr(cast, who))
    path = "/dashboard/brand-a/streams/evening-walk/ingest"
    answer = client.post(path, headers={"Accept": "application/json"})
    assert answer.status_code == status
    if status == 200:
        assert answer.get_json()["grant"]["token"] == "x"
        assert answer.headers["Cache-Control"] == "no-store"


def test_everybody_may_watch(engine: FakeEngine, room: LiveRoom, client: FlaskClient, frozen: datetime) -> None:
    grants = client.get("/live/evening-walk/playback").get_json()["grants"]
    assert [(grant["kind"], grant["url"]) for grant in grants] == [("ll-hls", f"/media-live/{room.stream.id}")]
