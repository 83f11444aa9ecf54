"""Every video engine answers the same questions. An engine joins by one line in ENGINES."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from livestream.video import tokens
from livestream.video.provider import (
    PHASE_AFTER,
    AccessRequest,
    EngineError,
    EngineEventName,
    EventRefused,
    IngestKind,
    LiveEngine,
    LiveStream,
    RawEvent,
    StreamPhase,
)
from livestream.video.providers import ENGINES as CONFIGURED
from tests.video.conftest import SECRET, Live, start_live, stop_live, until

MINUTE = timedelta(seconds=60)
STREAM = LiveStream(stream_id="strm_contract", brand_id="brand_a")


class Subject:
    """An engine for real, and how to play the outside world to it."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.engine: LiveEngine = live.engine

    def go_on_air(self, stream_id: str) -> None:
        self.live.host(stream_id)
        until(lambda: self.engine.status(stream_id).phase is StreamPhase.LIVE)

    def report(self, name: EngineEventName, *, at: float | None = None, secret: str = SECRET) -> RawEvent:
        event = {"id": "evt_1", "name": name.value, "stream_id": "strm_contract", "at": 1.0, "data": {"reason": "x"}}
        body = json.dumps(event).encode()
        signature = tokens.sign_message(secret, "callback", body, now=at or time.time())
        return RawEvent(body=body, headers={"x-vetrina-live-signature": signature})


def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    live = start_live(tmp_path_factory.mktemp("engine"))
    yield Subject(live)
    stop_live(live)


ENGINES: dict[str, Callable[[pytest.TempPathFactory], Iterator[Subject]]] = {"embedded": embedded}


@pytest.fixture(scope="module", params=ENGINES)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    yield from ENGINES[request.param](tmp_path_factory)


def test_every_configured_engine_is_in_this_suite() -> None:
    assert set(CONFIGURED) == set(ENGINES)


def test_capabilities_are_complete(subject: Subject) -> None:
    found = subject.engine.capabilities()
    assert found.ingest
    assert found.playback
    assert found.recording in {"local", "remote", "none"}
    assert timedelta(0) < found.typical_latency < timedelta(seconds=30)


def test_opening_is_harmless_when_repeated(subject: Subject) -> None:
    assert subject.engine.open(STREAM) == subject.engine.open(STREAM)


def test_a_grant_lets_its_own_stream_in_for_its_time(subject: Subject) -> None:
    kind = subject.engine.capabilities().ingest[0]
    grant = subject.engine.ingest_grant(STREAM, host="acct_ben", kind=kind, ttl=MINUTE)
    assert grant.kind is kind
    assert timedelta(seconds=55) < grant.expires_at - datetime.now(UTC) <= timedelta(seconds=60)
    credential = grant.token or grant.stream_key
    ours: Any = {"stream_id": STREAM.stream_id, "credential": credential}
    assert subject.engine.authorise(AccessRequest(action="publish", **ours))
    assert not subject.engine.authorise(AccessRequest(action="read", **ours))
    assert not subject.engine.authorise(AccessRequest(action="publish", stream_id="strm_b", credential=credential))
    assert not subject.engine.authorise(AccessRequest(action="publish", stream_id=STREAM.stream_id, credential="x"))


def test_a_kind_that_the_engine_lacks_is_refused_for_good(subject: Subject) -> None:
    lacking = next(kind for kind in IngestKind if kind not in subject.engine.capabilities().ingest)
    with pytest.raises(EngineError) as refused:
        subject.engine.ingest_grant(STREAM, host="acct_ben", kind=lacking, ttl=MINUTE)
    assert refused.value.permanent


def test_two_grants_are_two_sessions(subject: Subject) -> None:
    kind = subject.engine.capabilities().ingest[0]
    made = {subject.engine.ingest_grant(STREAM, host="acct_ben", kind=kind, ttl=MINUTE).token for _ in range(2)}
    assert len(made) == 2


def test_ways_to_watch_come_best_first_and_hold_for_their_time(subject: Subject) -> None:
    grants = subject.engine.playback_grant(STREAM.stream_id, viewer=None, ttl=timedelta(minutes=15))
    order = [kind for kind in subject.engine.capabilities().playback if kind in {grant.kind for grant in grants}]
    assert [grant.kind for grant in grants] == order
    for grant in grants:
        assert grant.expires_at - datetime.now(UTC) > timedelta(minutes=14, seconds=55)
        assert subject.engine.authorise(
            AccessRequest(action="read", stream_id=STREAM.stream_id, credential=grant.token)
        )
        assert not subject.engine.authorise(AccessRequest(action="read", stream_id="strm_b", credential=grant.token))


@pytest.mark.parametrize("name", [*PHASE_AFTER, EngineEventName.STOPPED])
def test_genuine_reports_are_said_in_neutral_words(subject: Subject, name: EngineEventName) -> None:
    raw = subject.report(name)
    (event,) = subject.engine.parse_event(raw)
    assert (event.name, event.stream_id, event.data["reason"]) == (name, "strm_contract", "x")
    assert subject.engine.parse_event(raw) == (event,)  # Idempotent by its id.


def test_reports_that_are_not_the_engines_are_refused(subject: Subject) -> None:
    good = subject.report(EngineEventName.ENDED)
    bad = [
        RawEvent(body=good.body + b" ", headers=good.headers),
        RawEvent(body=good.body, headers={}),
        subject.report(EngineEventName.ENDED, secret="other"),
        subject.report(EngineEventName.ENDED, at=time.time() - 301),
        subject.report(EngineEventName.ENDED, at=time.time() + 310),
    ]
    for raw in bad:
        with pytest.raises(EventRefused):
            subject.engine.parse_event(raw)


def test_signed_nonsense_is_refused(subject: Subject) -> None:
    for body in (b"", b"[]", b"{}", b'{"id":1}', b"\xff", b'{"id":"a","name":"x","stream_id":"s","at":1,"data":{}}'):
        signature = tokens.sign_message(SECRET, "callback", body, now=time.time())
        with pytest.raises(EventRefused):
            subject.engine.parse_event(RawEvent(body=body, headers={"X-Vetrina-Live-Signature": signature}))


def test_a_stream_nobody_sent_to_is_idle(subject: Subject) -> None:
    status = subject.engine.status("strm_nothing")
    assert (status.phase, status.events) == (StreamPhase.IDLE, ())
    recording = subject.engine.recording("strm_nothing")
    assert (recording.ready, recording.duration) == (False, timedelta(0))
    assert subject.engine.kick("strm_nothing", "") is False


def test_on_air_then_ended_then_recorded(subject: Subject) -> None:
    subject.go_on_air("strm_show")
    subject.engine.close("strm_show")
    subject.engine.close("strm_show")
    status = subject.engine.status("strm_show")
    assert status.phase is StreamPhase.ENDED
    names = [event.name for event in status.events]
    assert names == [EngineEventName.STARTED, EngineEventName.ENDED, EngineEventName.RECORDING_READY]
    assert len({event.id for event in status.events}) == 3
    recording = subject.engine.recording("strm_show")
    assert recording.ready
    assert recording.duration > timedelta(seconds=5)
    assert recording.files


def test_a_clip_is_cut_from_what_was_on_air(subject: Subject, tmp_path: Path) -> None:
    if not subject.engine.capabilities().clips:
        pytest.skip("this engine cuts no clips")
    subject.go_on_air("strm_cut")
    span = until(lambda: (subject.engine.recording("strm_cut").spans or [None])[0])
    until(lambda: subject.engine.recording("strm_cut").duration > timedelta(seconds=4.5))
    film, poster = tmp_path / "a" / "film.mp4", tmp_path / "a" / "poster.jpg"
    wanted = {"start": span.started_at + timedelta(seconds=1.5), "end": span.started_at + timedelta(seconds=4.5)}
    made = subject.engine.cut("strm_cut", **wanted, film=film, poster=poster)
    assert wanted["start"] - timedelta(seconds=1.2) < made.started_at <= wanted["start"] + timedelta(seconds=0.05)
    assert timedelta(seconds=2.9) < made.duration < timedelta(seconds=4.5)
    assert film.read_bytes()[4:8] == b"ftyp"
    assert poster.read_bytes()[:3] == b"\xff\xd8\xff"
    assert sorted(path.name for path in film.parent.iterdir()) == ["film.mp4", "poster.jpg"]
    subject.engine.close("strm_cut")
    assert subject.engine.cut("strm_cut", **wanted, film=film, poster=poster) == made


def test_what_was_not_recorded_cannot_be_cut(subject: Subject, tmp_path: Path) -> None:
    if not subject.engine.capabilities().clips:
        pytest.skip("this engine cuts no clips")
    now = datetime.now(UTC)
    for stream_id in ("strm_nothing", "../strm_cut", "strm_cut/../strm_cut"):
        with pytest.raises(EngineError) as refused:
            subject.engine.cut(
                stream_id, start=now - MINUTE, end=now, film=tmp_path / "film.mp4", poster=tmp_path / "poster.jpg"
            )
        assert refused.value.permanent
    assert list(tmp_path.iterdir()) == []


def test_health_says_whether_it_answers(subject: Subject) -> None:
    assert subject.engine.health().ok


def test_an_engine_that_is_down_says_so_and_may_be_asked_again() -> None:
    from livestream.video.providers.embedded.engine import EmbeddedEngine

    down = EmbeddedEngine(secret_key=SECRET, address="http://127.0.0.1:9")
    assert not down.health().ok
    with pytest.raises(EngineError) as problem:
        down.status("strm_show")
    assert not problem.value.permanent
