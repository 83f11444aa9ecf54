"""The share sheet, and links that say who sent them."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from livestream.chat import service as chat
from livestream.video.providers.embedded.storage import Segment
from shop.catalog.models import ProductStatus
from shop.catalog.service import set_status
from shop.core import clock, db
from shop.core.actor import SYSTEM
from shop.social.models import Block
from shop.social.shares import read_share_token, share_token
from tests.clips.conftest import FileEngine
from tests.clips.test_clips import ask, end, ready
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom, make_stream
from tests.support.visitor import Visitor


def text_of(visitor: Visitor, path: str, status: int = 200) -> str:
    answer = visitor.get(path)
    assert answer.status_code == status, path
    return html.unescape(answer.get_data(as_text=True))


def named_link(page: str) -> str:
    found = re.search(r'data-share-sheet-named-value="([^"]*)"', page)
    assert found is not None
    return found.group(1)


def path_of(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def test_the_sheet_of_a_show_on_air_cuts_its_last_thirty_seconds(
    room: LiveRoom, engine: FileEngine, cast: Cast, visitor: Visitor
) -> None:
    page = text_of(visitor.sign_in(cast.ana), f"/share/stream/{room.stream.slug}?part=1")
    assert "<html" not in page
    assert 'name="start" value="0:28"' in page
    assert 'name="end" value="0:58"' in page
    assert 'name="clock" value="show"' in page
    assert f'value="http://localhost:5000/live/{room.stream.slug}"' in page


def test_without_scripts_the_sheet_is_a_page(room: LiveRoom, engine: FileEngine, cast: Cast, visitor: Visitor) -> None:
    page = text_of(visitor.sign_in(cast.ana), f"/share/stream/{room.stream.slug}")
    assert "<html" in page
    assert f'action="/live/{room.stream.slug}/clips"' in page


def test_guests_share_links_and_are_asked_to_sign_in_for_clips(
    room: LiveRoom, engine: FileEngine, visitor: Visitor
) -> None:
    page = text_of(visitor, f"/share/stream/{room.stream.slug}")
    assert "Sign in to cut a clip" in page
    assert 'name="start"' not in page
    assert named_link(page) == ""


@pytest.mark.parametrize(
    "case",
    [
        ("12", ("0:00", "0:12")),
        ("0:16", ("0:00", "0:16")),
        ("1", ("0:00", "0:03")),
        ("500", ("0:00", "0:17")),
        ("x", ("0:00", "0:17")),
    ],
)
def test_the_sheet_of_a_replay_cuts_around_the_moment(
    room: LiveRoom, filmed: list[Segment], cast: Cast, visitor: Visitor, case: tuple[str, tuple[str, str]]
) -> None:
    asked, shown = case
    end(room)
    page = text_of(visitor.sign_in(cast.ana), f"/share/stream/{room.stream.slug}?t={asked}")
    assert f'name="start" value="{shown[0]}"' in page
    assert f'name="end" value="{shown[1]}"' in page
    assert 'name="clock" value="recording"' in page


def test_a_link_to_a_moment_of_the_replay(room: LiveRoom, filmed: list[Segment], visitor: Visitor) -> None:
    end(room)
    page = text_of(visitor, f"/share/stream/{room.stream.slug}?t=9")
    assert f'value="http://localhost:5000/replay/{room.stream.slug}?t=9"' in page
    replay = text_of(visitor, f"/replay/{room.stream.slug}?t=9")
    assert '"start": 9' in replay


@pytest.mark.parametrize("asked", ["-1", "x", "1e9", "999999999", "", "nan"])
def test_a_second_that_makes_no_sense_is_the_beginning(
    room: LiveRoom, filmed: list[Segment], visitor: Visitor, asked: str
) -> None:
    end(room)
    assert '"start": 0' in text_of(visitor, f"/replay/{room.stream.slug}?t={asked}")


def test_a_link_made_on_air_finds_its_second_in_the_replay(
    room: LiveRoom, filmed: list[Segment], cast: Cast, visitor: Visitor
) -> None:
    assert room.stream.live_at is not None
    second = next(segment for segment in filmed if segment.init == 2)
    before = sum(segment.seconds for segment in filmed if segment.init == 1)
    shown = int(second.started_at - room.stream.live_at.timestamp()) + 3
    link = named_link(text_of(visitor.sign_in(cast.ana), f"/share/stream/{room.stream.slug}"))
    end(room)
    visitor.sign_in(cast.guest)
    answer = visitor.get(path_of(link) + f"&t={shown}")
    assert answer.location.startswith(f"/replay/{room.stream.slug}?show={shown}&from=")
    replay = text_of(visitor, answer.location)
    into = before + (room.stream.live_at.timestamp() + shown - second.started_at)
    assert f'"start": {int(into)}' in replay
    assert "from Ana" in replay


def test_whoever_opens_the_link_reads_who_sent_it(
    room: LiveRoom, engine: FileEngine, cast: Cast, visitor: Visitor
) -> None:
    link = named_link(text_of(visitor.sign_in(cast.ana), f"/share/stream/{room.stream.slug}"))
    assert "from Ana" not in text_of(visitor, path_of(link))  # She knows.
    assert "from Ana" in text_of(visitor.sign_in(cast.sam), path_of(link))
    assert "from Ana" in text_of(visitor.sign_in(cast.guest), path_of(link))
    assert "from Ana" not in text_of(visitor, f"/live/{room.stream.slug}")


def test_a_block_takes_the_name_away_in_both_directions(
    room: LiveRoom, filmed: list[Segment], cast: Cast, visitor: Visitor
) -> None:
    clip = ready(room, cast.ana, shows_maker=True)
    link = path_of(named_link(text_of(visitor.sign_in(cast.ana), f"/share/stream/{room.stream.slug}")))
    with db.unit_of_work() as session:
        session.add(Block(blocker_id=cast.sam.account_id, blocked_id=cast.ana.account_id))
        session.add(Block(blocker_id=cast.ana.account_id, blocked_id=cast.zed.account_id))
    for actor, knows in ((cast.sam, False), (cast.zed, False), (cast.pia, True)):
        visitor.sign_in(actor)
        assert ("from Ana" in text_of(visitor, link)) is knows
        assert ("from Ana" in text_of(visitor, f"/clips/{clip.slug}")) is knows


def test_names_cannot_be_guessed_or_moved(app: Flask, room: LiveRoom, cast: Cast, visitor: Visitor) -> None:
    with app.test_request_context():
        token = share_token(str(cast.ana.account_id), "stream", room.stream.slug)
        assert read_share_token(token, "stream", room.stream.slug) == cast.ana.account_id
        assert read_share_token(token, "stream", "another") is None
        assert read_share_token(token, "product", room.stream.slug) is None
        other = share_token(str(cast.sam.account_id), "stream", room.stream.slug)
    key, _, signature = token.partition(".")
    for forged in (
        "ana", "@ana", key, key + ".", "." + signature, other.partition(".")[0] + "." + signature, key + "." + "0" * 20,
        str(cast.ana.account_id), "\ud800", "a" * 5000, "x.y.z", "%00", token + "0", token[:-1],
    ):  # fmt: skip
        answer = visitor.client.get(
            f"/live/{room.stream.slug}", query_string={"from": forged.encode("utf-8", "replace")}
        )
        assert answer.status_code == 200
        assert "shared-by" not in answer.get_data(as_text=True), forged


def test_products_and_clips_are_shared_alike(
    room: LiveRoom, filmed: list[Segment], cast: Cast, visitor: Visitor
) -> None:
    clip = ready(room, cast.sam)
    for path, target in (
        (f"/share/clip/{clip.slug}", f"/clips/{clip.slug}"),
        ("/share/product/passo-uno", "/p/passo-uno"),
    ):
        link = named_link(text_of(visitor.sign_in(cast.ana), path))
        assert urlsplit(link).path == target
        assert list(parse_qs(urlsplit(link).query)) == ["from"]
        assert "Sent by Ana" in text_of(visitor.sign_in(cast.guest), path_of(link))


def test_what_a_person_may_not_see_cannot_be_shared(
    room: LiveRoom, filmed: list[Segment], cast: Cast, visitor: Visitor
) -> None:
    with db.unit_of_work() as session:
        make_stream(session, cast.brand_a, slug="secret")
        set_status(session, actor=SYSTEM, product_id=room.products[1].id, status=ProductStatus.DRAFT)
        chat.ban(session, actor=cast.mia, room_id=room.id, account_id=str(cast.sam.account_id))
    cutting = ask(room, cast.ana)
    for path in ("/share/stream/secret", "/share/stream/nothing", "/share/product/alpe-jacket", "/share/product/x",
                 "/share/clip/x", f"/share/clip/{cutting.slug}"):  # fmt: skip
        assert visitor.get(path).status_code == 404, path
    assert visitor.sign_in(cast.sam).get(f"/share/stream/{room.stream.slug}").status_code == 403


def test_a_show_that_only_began_has_nothing_to_cut(
    room: LiveRoom, engine: FileEngine, cast: Cast, visitor: Visitor
) -> None:
    clock.move(-timedelta(seconds=57))
    page = text_of(visitor.sign_in(cast.ana), f"/share/stream/{room.stream.slug}")
    assert "Cut a clip" not in page
