"""Asking for a clip, making it, showing it, taking it away."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from livestream.chat import service as chat
from livestream.chat.errors import Banned, Muted
from livestream.clips import jobs as clip_jobs
from livestream.clips import queries, service, storage
from livestream.clips.models import CLIP_MOVES, Clip, ClipState
from livestream.pins import service as pins
from livestream.rooms import service as rooms
from livestream.video.provider import Cut, EngineError
from livestream.video.providers.embedded.storage import Segment
from shop.core import clock, db, jobs
from shop.core.actor import SYSTEM, Actor
from shop.core.errors import Gone, InvalidInput, NotAllowed, NotFound, RateLimited, SignInNeeded
from tests.clips.conftest import FileEngine, piece_of
from tests.clips.films import look
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom, make_stream
from tests.support.till import faults
from tests.support.visitor import JSON, Visitor


def ask(room: LiveRoom, actor: Actor, start: float = 3, end: float = 7, **wishes: bool) -> Clip:
    with db.unit_of_work() as session:
        return service.cut_clip(
            session,
            actor=actor,
            slug=room.stream.slug,
            piece=piece_of(room.stream, start, end),
            with_product=wishes.get("with_product", True),
            shows_maker=wishes.get("shows_maker", False),
        )


def again(clip: Clip) -> Clip:
    with db.reading() as session:
        return session.get_one(Clip, clip.id)


def count() -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Clip)) or 0


def ready(room: LiveRoom, actor: Actor, **wishes: bool) -> Clip:
    clip = ask(room, actor, **wishes)
    jobs.run_due_jobs()
    made = again(clip)
    assert made.state == ClipState.READY
    return made


def test_the_table_of_moves_ends() -> None:
    assert set(CLIP_MOVES) == set(ClipState)
    assert CLIP_MOVES[ClipState.REMOVED] == frozenset()


def test_a_clip_is_asked_for_and_made(room: LiveRoom, filmed: list[Segment], cast: Cast) -> None:
    clip = ask(room, cast.ana)
    assert (clip.state, clip.by_account_id, clip.brand_id) == ("cutting", cast.ana.account_id, cast.brand_a.id)
    jobs.run_due_jobs()
    made = again(clip)
    assert made.state == "ready"
    assert made.starts_at is not None
    assert made.duration_seconds is not None
    assert timedelta(seconds=-0.05) < made.from_at - made.starts_at < timedelta(seconds=1.2)
    assert abs(made.starts_at + timedelta(seconds=made.duration_seconds) - made.until_at) < timedelta(seconds=0.06)
    assert (made.width, made.height) == (360, 640)
    assert look(storage.film(clip.id).read_bytes()).seconds == pytest.approx(made.duration_seconds, abs=0.1)
    assert storage.poster(clip.id).read_bytes()[:3] == b"\xff\xd8\xff"
    assert faults() == []


def test_the_job_runs_again_without_harm(room: LiveRoom, filmed: list[Segment], cast: Cast) -> None:
    clip = ready(room, cast.ana)
    before = storage.film(clip.id).stat().st_mtime_ns
    clip_jobs.cut(clip.id)
    assert storage.film(clip.id).stat().st_mtime_ns == before


def test_asking_twice_makes_one_clip(room: LiveRoom, filmed: list[Segment], cast: Cast) -> None:
    assert ask(room, cast.ana).id == ask(room, cast.ana).id
    assert ask(room, cast.sam).id != ask(room, cast.ana).id
    assert count() == 2


def test_an_engine_that_is_not_ready_is_asked_again(
    room: LiveRoom, engine: FileEngine, filmed: list[Segment], cast: Cast
) -> None:
    engine.fail = [EngineError("no clip: not_yet", permanent=False)]
    clip = ask(room, cast.ana)
    jobs.run_due_jobs()
    assert again(clip).state == "cutting"
    clock.move(timedelta(seconds=3))
    jobs.run_due_jobs()
    assert again(clip).state == "ready"


def test_what_was_not_recorded_fails_at_once(room: LiveRoom, filmed: list[Segment], cast: Cast) -> None:
    clip = ask(room, cast.ana, 40, 45)
    jobs.run_due_jobs()
    assert again(clip).state == "failed"
    assert not storage.film(clip.id).exists()


def test_a_clip_that_hangs_is_given_up(room: LiveRoom, engine: FileEngine, filmed: list[Segment], cast: Cast) -> None:
    clip = ask(room, cast.ana)
    clip_jobs.give_up_stuck()
    assert again(clip).state == "cutting"
    clock.move(timedelta(minutes=11))
    clip_jobs.give_up_stuck()
    assert again(clip).state == "failed"


def test_a_clip_removed_while_it_is_cut_leaves_no_film(room: LiveRoom, filmed: list[Segment], cast: Cast) -> None:
    clip = ask(room, cast.ana)
    with db.unit_of_work() as session:
        made = _cut_by_hand(clip)
        service.remove_clip(session, actor=cast.ana, slug=clip.slug)
    with db.unit_of_work() as session:
        assert service.note_film(session, clip_id=clip.id, made=made) is False
    jobs.run_due_jobs()
    assert again(clip).state == "removed"
    assert not storage.folder_of(clip.id).exists()


def _cut_by_hand(clip: Clip) -> Cut:
    return Cut(started_at=clip.from_at, duration=clip.until_at - clip.from_at, width=1, height=1)


def test_the_product_that_was_pinned_longest_comes_along(room: LiveRoom, filmed: list[Segment], cast: Cast) -> None:
    with db.unit_of_work() as session:
        pins.pin_item(session, actor=cast.ben, room_id=room.id, item_id=room.items[0].id)
    clock.move(timedelta(seconds=4))
    with db.unit_of_work() as session:
        pins.pin_item(session, actor=cast.ben, room_id=room.id, item_id=room.items[1].id)
    clock.move(timedelta(seconds=10))
    assert ask(room, cast.ana, 59, 65).product_id == room.products[0].id
    assert ask(room, cast.ana, 62, 70).product_id == room.products[1].id
    assert ask(room, cast.ana, 50, 59).product_id is None
    assert ask(room, cast.ana, 63, 71, with_product=False).product_id is None


@pytest.mark.parametrize(("start", "end"), [(3, 5), (3, 64), (7, 3), (5, 5)])
def test_lengths_outside_of_three_to_sixty_seconds_are_refused(
    room: LiveRoom, cast: Cast, start: float, end: float
) -> None:
    with pytest.raises(InvalidInput):
        ask(room, cast.ana, start, end)
    assert count() == 0


def test_guests_cannot_cut(room: LiveRoom, cast: Cast) -> None:
    with pytest.raises(SignInNeeded):
        ask(room, cast.guest)


def test_muted_and_banned_people_cannot_cut(room: LiveRoom, cast: Cast) -> None:
    with db.unit_of_work() as session:
        chat.mute(session, actor=cast.mia, room_id=room.id, account_id=str(cast.ana.account_id))
        chat.ban(session, actor=cast.mia, room_id=room.id, account_id=str(cast.sam.account_id))
    with pytest.raises(Muted):
        ask(room, cast.ana)
    with pytest.raises(Banned):
        ask(room, cast.sam)
    assert count() == 0


def test_drafts_plans_and_cancelled_streams_are_never_cut(cast: Cast, room: LiveRoom) -> None:
    with db.unit_of_work() as session:
        draft, draft_room = make_stream(session, cast.brand_a, slug="secret")
        draft.live_at = room.stream.live_at  # Even if it had been on air.
    hidden = LiveRoom(stream=draft, room=draft_room, products=(), items=())
    for actor in (cast.ana, cast.zed, cast.ben, cast.olga):
        with pytest.raises(NotFound):
            ask(hidden, actor)
    with db.unit_of_work() as session:
        rooms.schedule_stream(session, actor=SYSTEM, stream_id=draft.id, starts_at=clock.now() + timedelta(hours=1))
    with pytest.raises(NotFound):
        ask(hidden, cast.ana)
    assert count() == 0


def test_ten_clips_an_hour(room: LiveRoom, cast: Cast) -> None:
    clock.move(timedelta(minutes=5))
    for number in range(10):
        ask(room, cast.ana, number, number + 5)
        clock.move(timedelta(minutes=1))
    with pytest.raises(RateLimited) as refused:
        ask(room, cast.ana, 20, 25)
    assert refused.value.data["retry_after"] == 50 * 60
    ask(room, cast.sam, 20, 25)
    ask(room, cast.ana, 0, 5)  # The same as before is not another one.
    clock.move(timedelta(minutes=50, seconds=1))
    ask(room, cast.ana, 20, 25)
    assert count() == 12


@pytest.mark.parametrize(
    ("who", "answer"),
    [("ana", None), ("ben", None), ("mia", None), ("olga", None), ("pia", None)]
    + [(who, NotAllowed) for who in ("sam", "zed", "ugo", "guest", "root")],
)
def test_who_may_remove(room: LiveRoom, filmed: list[Segment], cast: Cast, who: str, answer: type | None) -> None:
    clip = ready(room, cast.ana)
    with db.unit_of_work() as session:
        if answer is None:
            service.remove_clip(session, actor=getattr(cast, who), slug=clip.slug)
        else:
            with pytest.raises(answer):
                service.remove_clip(session, actor=getattr(cast, who), slug=clip.slug)
    assert again(clip).state == ("removed" if answer is None else "ready")
    jobs.run_due_jobs()
    assert storage.folder_of(clip.id).exists() is (answer is not None)


def test_a_removed_clip_is_gone_for_everybody(room: LiveRoom, filmed: list[Segment], cast: Cast) -> None:
    clip = ready(room, cast.ana)
    with db.unit_of_work() as session:
        service.remove_clip(session, actor=cast.mia, slug=clip.slug)
    for actor in (cast.ana, cast.mia, cast.guest):
        with db.reading() as session, pytest.raises(Gone):
            queries.load_clip(session, slug=clip.slug, actor=actor)


def test_banned_people_do_not_see_clips(room: LiveRoom, filmed: list[Segment], cast: Cast) -> None:
    clip = ready(room, cast.ana)
    with db.unit_of_work() as session:
        chat.ban(session, actor=cast.mia, room_id=room.id, account_id=str(cast.sam.account_id))
    with db.reading() as session, pytest.raises(Banned):
        queries.load_clip(session, slug=clip.slug, actor=cast.sam)


def test_a_failed_clip_is_its_makers_alone(room: LiveRoom, filmed: list[Segment], cast: Cast) -> None:
    clip = ask(room, cast.ana, 40, 45)
    jobs.run_due_jobs()
    with db.reading() as session:
        assert queries.load_clip(session, slug=clip.slug, actor=cast.ana).clip.state == "failed"
        for actor in (cast.sam, cast.guest, cast.mia):
            with pytest.raises(NotFound):
                queries.load_clip(session, slug=clip.slug, actor=actor)


def test_everybody_counts_once(room: LiveRoom, filmed: list[Segment], cast: Cast) -> None:
    clip = ready(room, cast.ana)
    for key in ("a", "b", "a"):
        with db.unit_of_work() as session:
            service.count_view(session, slug=clip.slug, actor=cast.guest, viewer_key=key)
    assert again(clip).views == 2


# Over HTTP.


def post(visitor: Visitor, room: LiveRoom, start: str = "3", end: str = "7", **more: str) -> object:
    return visitor.post(f"/live/{room.stream.slug}/clips", headers=JSON, start=start, end=end, **more)


def test_the_form_makes_a_clip_and_its_page_says_how_far(
    room: LiveRoom, filmed: list[Segment], cast: Cast, visitor: Visitor
) -> None:
    visitor.sign_in(cast.ana)
    answer = visitor.post(f"/live/{room.stream.slug}/clips", start="0:03", end="0:07", with_product="on")
    assert answer.status_code == 303
    page = visitor.get(answer.location)
    assert "Cutting…" in page.get_data(as_text=True)
    assert 'content="noindex"' in page.get_data(as_text=True)
    assert visitor.get(answer.location, headers=JSON).json["done"] is False
    assert visitor.get(answer.location + "/film.mp4").status_code == 404
    jobs.run_due_jobs()
    assert visitor.get(answer.location, headers=JSON).json["done"] is True
    assert "clip-video" in visitor.get(answer.location).get_data(as_text=True)


@pytest.mark.parametrize(
    ("times", "field"),
    [
        (("0:03", "0:05"), "end"), (("3", "64"), "end"), (("7", "3"), "end"), (("x", "7"), "start"), (("3", "-7"), "end"),
        (("3", "0:75"), "end"), (("3", ""), "end"), (("", "7"), "start"), (("1e9", "7"), "start"), (("3", "999999"), "end"),
        (("3", "²²"), "end"), (("0:50", "1:05"), "end"), (("9" * 13, "7"), "start"), (("3\n", "7;8"), "end"), (("nan", "inf"), "start"),
    ],
)  # fmt: skip
def test_wrong_times_are_told_by_field(
    room: LiveRoom, cast: Cast, visitor: Visitor, times: tuple[str, str], field: str
) -> None:
    answer = post(visitor.sign_in(cast.ana), room, *times)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "invalid_input")
    assert field in answer.json["error"]["fields"]
    assert count() == 0


@pytest.mark.parametrize(
    "more", [{"clock": "wall"}, {"stream_id": "x"}, {"by_account_id": "acct_x"}, {"with_name": "maybe"}]
)
def test_unknown_fields_and_values_are_refused(
    room: LiveRoom, cast: Cast, visitor: Visitor, more: dict[str, str]
) -> None:
    answer = post(visitor.sign_in(cast.ana), room, **more)
    assert answer.status_code == 422
    assert count() == 0


def end(room: LiveRoom) -> None:
    with db.unit_of_work() as session:
        rooms.end_stream(session, actor=SYSTEM, stream_id=room.stream.id)
        rooms.note_recording(session, stream_id=room.stream.id, duration_seconds=17)


def test_seconds_of_the_replay_leave_out_the_pauses(
    room: LiveRoom, filmed: list[Segment], cast: Cast, visitor: Visitor
) -> None:
    end(room)
    second = next(segment for segment in filmed if segment.init == 2)
    before = sum(segment.seconds for segment in filmed if segment.init == 1)
    answer = post(
        visitor.sign_in(cast.ana), room, str(round(before + 1, 2)), str(round(before + 5, 2)), clock="recording"
    )
    assert answer.status_code == 200, answer.json
    jobs.run_due_jobs()
    with db.reading() as session:
        clip = session.scalars(select(Clip)).one()
    assert clip.from_at.timestamp() == pytest.approx(second.started_at + 1, abs=0.05)
    moment = visitor.get(f"/clips/{clip.slug}/moment")
    assert (
        moment.location
        == f"/replay/{room.stream.slug}?t={int(before + (clip.starts_at.timestamp() - second.started_at))}"
    )
    assert post(visitor, room, "400", "410", clock="recording").json["error"]["code"] == "not_recorded"
    assert post(visitor, room, "10", "40", clock="recording").json["error"]["fields"] == {
        "end": "The recording ends before that."
    }


def test_the_film_comes_in_ranges(room: LiveRoom, filmed: list[Segment], cast: Cast, visitor: Visitor) -> None:
    clip = ready(room, cast.ana)
    address, whole = f"/clips/{clip.slug}/film.mp4", storage.film(clip.id).read_bytes()
    answer = visitor.get(address)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "video/mp4", whole)
    assert answer.headers["Accept-Ranges"] == "bytes"
    for asked, expected in (
        ("0-99", whole[:100]),
        ("100-199", whole[100:200]),
        ("-50", whole[-50:]),
        ("500-", whole[500:]),
    ):
        part = visitor.get(address, headers={"Range": f"bytes={asked}"})
        assert (part.status_code, part.data) == (206, expected)
        assert part.headers["Content-Range"].endswith(f"/{len(whole)}")
    assert visitor.get(address, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    assert visitor.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    poster = visitor.get(f"/clips/{clip.slug}/poster.jpg")
    assert (poster.status_code, poster.mimetype) == (200, "image/jpeg")


def test_the_page_says_what_link_previews_need(
    room: LiveRoom, filmed: list[Segment], cast: Cast, visitor: Visitor
) -> None:
    with db.unit_of_work() as session:
        pins.pin_item(session, actor=cast.ben, room_id=room.id, item_id=room.items[1].id)
    clock.move(timedelta(seconds=20))
    clip = ready(room, cast.ana)
    with db.unit_of_work() as session:
        session.get_one(Clip, clip.id).product_id = room.products[1].id
    page = visitor.get(f"/clips/{clip.slug}").get_data(as_text=True)
    tags = dict(re.findall(r'<meta property="(og:[a-z_:]+)" content="([^"]*)"', page))
    assert tags["og:type"] == "video.other"
    assert tags["og:video"] == f"http://localhost:5000/clips/{clip.slug}/film.mp4"
    assert tags["og:video:type"] == "video/mp4"
    assert (tags["og:video:width"], tags["og:video:height"]) == ("360", "640")
    assert tags["og:image"] == f"http://localhost:5000/clips/{clip.slug}/poster.jpg"
    assert "Alpe jacket" in page
    assert "€189.00" in page
    assert 'href="/p/alpe-jacket" data-testid="buy-now"' in page
    assert "Ana" not in page


def test_the_maker_is_named_only_when_the_maker_wants_it(
    room: LiveRoom, filmed: list[Segment], cast: Cast, visitor: Visitor
) -> None:
    clip = ready(room, cast.ana, shows_maker=True)
    assert "from Ana" in visitor.get(f"/clips/{clip.slug}").get_data(as_text=True)


def test_the_page_of_a_live_clip_leads_into_the_room(
    room: LiveRoom, filmed: list[Segment], cast: Cast, visitor: Visitor
) -> None:
    clip = ready(room, cast.ana)
    assert visitor.get(f"/clips/{clip.slug}/moment").location == f"/live/{room.stream.slug}"


def test_removal_over_http(room: LiveRoom, filmed: list[Segment], cast: Cast, visitor: Visitor) -> None:
    clip = ready(room, cast.ana)
    address = f"/clips/{clip.slug}"
    assert "Remove" not in visitor.get(address).get_data(as_text=True)
    assert visitor.sign_in(cast.sam).post(address + "/removal", headers=JSON).status_code == 403
    answer = visitor.sign_in(cast.ana).post(address + "/removal")
    assert (answer.status_code, answer.location) == (303, f"/live/{room.stream.slug}")
    for path in ("", "/film.mp4", "/poster.jpg", "/moment"):
        assert visitor.get(address + path).status_code == 410
    assert visitor.post(address + "/removal", headers=JSON).status_code == 410


def test_playing_counts_over_http(room: LiveRoom, filmed: list[Segment], cast: Cast, visitor: Visitor) -> None:
    clip = ready(room, cast.ana)
    for _ in range(2):
        assert visitor.post(f"/clips/{clip.slug}/views", headers=JSON).json["data"] == {"views": 1}
    assert visitor.sign_in(cast.sam).post(f"/clips/{clip.slug}/views", headers=JSON).json["data"] == {"views": 2}


@pytest.mark.parametrize("slug", ["nothing", "clip_01jcv6", "..", "%00", "a" * 300, "’"])
def test_addresses_that_lead_nowhere(app: object, visitor: Visitor, slug: str) -> None:
    for path in ("", "/film.mp4", "/poster.jpg", "/moment"):
        assert visitor.get(f"/clips/{slug}{path}").status_code == 404
