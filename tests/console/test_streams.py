"""The brand's side of streams: the table, the plan, who may open what."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from livestream.console.forms import read_plan
from livestream.console.queries import load_run_of_show, load_stream_page, server_checks
from livestream.pins import service as pins
from livestream.rooms import service
from livestream.rooms.models import LineUpItem, Stream, StreamState
from livestream.rooms.queries import get_head, list_line_up
from shop.core import db
from shop.core.actor import SYSTEM
from shop.core.errors import InvalidInput
from tests.factories.cast import Cast
from tests.factories.catalog import make_product, picture
from tests.factories.live import make_live_room, make_stream
from tests.support.visitor import Visitor

LIST = "/dashboard/brand-a/streams"
PLAN = f"{LIST}/evening-walk"


@dataclass(frozen=True)
class Planned:
    """A draft of Brand A with two products, and one more to add."""

    stream_id: str
    items: list[str]
    third: str

    def fields(self, **changes: str) -> dict[str, str]:
        """The form as the page sends it."""
        rows = {f"pin-{item}": "5" for item in self.items} | {f"live-{item}": "" for item in self.items}
        details = {"title_en": "Evening walk", "title_it": "Passeggiata", "language": "it", "action": "save"}
        return details | rows | changes

    def saved(self) -> tuple[Stream, list[LineUpItem]]:
        with db.reading() as session:
            stream = session.scalars(select(Stream).where(Stream.id == self.stream_id)).one()
            return stream, list_line_up(session, stream_id=self.stream_id)


@pytest.fixture
def plan(cast: Cast) -> Planned:
    with db.unit_of_work() as session:
        stream, _room = make_stream(session, cast.brand_a, host=cast.ben)
        products = [
            make_product(session, cast.brand_a, slug="passo-uno", title="Passo Uno"),
            make_product(session, cast.brand_a, slug="alpe", title="Alpe", sizes=(), amount=18900),
        ]
        third = make_product(session, cast.brand_a, slug="corsa", title="Corsa", sizes=())
        items = [service.add_item(session, actor=SYSTEM, stream_id=stream.id, product_id=p.id) for p in products]
        return Planned(stream_id=stream.id, items=[item.id for item in items], third=third.id)


def test_everybody_of_the_brand_sees_the_table_and_nobody_else(visitor: Visitor, cast: Cast, plan: Planned) -> None:
    for actor in (cast.olga, cast.pia, cast.ben, cast.mia, cast.ugo):
        answer = visitor.sign_in(actor).get(LIST)
        assert answer.status_code == 200
        assert "Evening walk" in answer.get_data(as_text=True)
    for stranger in (cast.zed, cast.ana):
        assert visitor.sign_in(stranger).get(LIST).status_code == 404


def test_only_planners_change_a_plan(visitor: Visitor, cast: Cast, plan: Planned) -> None:
    page = visitor.sign_in(cast.ben).get(PLAN).get_data(as_text=True)
    assert 'name="action" value="schedule"' not in page
    assert visitor.post(PLAN, **plan.fields(title_en="Taken over")).status_code == 403
    assert visitor.sign_in(cast.zed).post(PLAN, **plan.fields(title_en="Taken over")).status_code == 404
    assert plan.saved()[0].title["en"] == "Evening walk"


def test_a_stream_of_another_brand_does_not_exist_here(visitor: Visitor, cast: Cast, plan: Planned) -> None:
    visitor.sign_in(cast.zed)
    for page in ("", "/studio", "/summary"):
        assert visitor.get(f"/dashboard/brand-b/streams/evening-walk{page}").status_code == 404


def test_a_new_stream_needs_a_title_and_keeps_what_was_typed(visitor: Visitor, cast: Cast) -> None:
    visitor.sign_in(cast.pia)
    refused = visitor.post(f"{LIST}/new", title_en="", description_en="We cut soles.", action="save")
    assert refused.status_code == 422
    assert "We cut soles." in refused.get_data(as_text=True)
    made = visitor.post(f"{LIST}/new", title_en="Soles by hand", action="save")
    assert made.status_code == 303
    assert made.headers["Location"].endswith("/streams/soles-by-hand")


def test_saving_changes_details_pin_lengths_and_live_prices(visitor: Visitor, cast: Cast, plan: Planned) -> None:
    visitor.sign_in(cast.pia)
    first, _second = plan.items
    form = plan.fields(
        title_en="Night walk", day="2030-01-02", hour="20:30", **{f"pin-{first}": "11", f"live-{first}": "89,00"}
    )
    assert visitor.post(PLAN, **form).status_code == 303
    stream, items = plan.saved()
    assert stream.title == {"en": "Night walk", "it": "Passeggiata"}
    assert stream.starts_at is not None
    assert [(item.pin_seconds, item.live_price) for item in items] == [(660, {"EUR": 8900}), (300, {})]


def test_a_live_price_over_the_thirty_day_low_is_told_beside_its_field(
    visitor: Visitor, cast: Cast, plan: Planned
) -> None:
    visitor.sign_in(cast.pia)
    refused = visitor.post(PLAN, **plan.fields(title_en="Night walk", **{f"live-{plan.items[0]}": "109.00"}))
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "Passo Uno: The 30-day low is €109.00. A live price must be lower than that." in page
    assert f'aria-describedby="live-{plan.items[0]}-error"' in page
    stream, items = plan.saved()
    assert stream.title["en"] == "Evening walk"
    assert items[0].live_price == {}


def test_the_run_of_show_grows_shrinks_and_moves_without_scripts(visitor: Visitor, cast: Cast, plan: Planned) -> None:
    visitor.sign_in(cast.pia)
    first, second = plan.items
    assert visitor.post(PLAN, **plan.fields(action="add", add_product=plan.third)).status_code == 303
    assert len(plan.saved()[1]) == 3
    assert visitor.post(PLAN, **plan.fields(action=f"down:{first}")).status_code == 303
    assert [item.id for item in plan.saved()[1]][:2] == [second, first]
    assert visitor.post(PLAN, **plan.fields(action=f"remove:{second}")).status_code == 303
    assert second not in [item.id for item in plan.saved()[1]]


def test_dragged_rows_are_saved_in_their_new_order(visitor: Visitor, cast: Cast, plan: Planned) -> None:
    first, second = plan.items
    visitor.sign_in(cast.pia).post(PLAN, **plan.fields(order=f"{second},{first}"))
    assert [item.id for item in plan.saved()[1]] == [second, first]


def test_scheduling_needs_a_future_start(visitor: Visitor, cast: Cast, plan: Planned) -> None:
    visitor.sign_in(cast.pia)
    assert visitor.post(PLAN, **plan.fields(action="schedule")).status_code == 422
    assert plan.saved()[0].state == StreamState.DRAFT
    assert visitor.post(PLAN, **plan.fields(action="schedule", day="2090-01-02", hour="20:30")).status_code == 303
    assert plan.saved()[0].state == StreamState.SCHEDULED


def test_a_cover_needs_words_and_becomes_a_picture(visitor: Visitor, cast: Cast, plan: Planned) -> None:
    visitor.sign_in(cast.pia)
    data = picture(90, 160)
    wordless = visitor.client.post(
        PLAN, data={"csrf_token": visitor.csrf, **plan.fields(), "cover": (io.BytesIO(data), "cover.jpg")}
    )
    assert wordless.status_code == 422
    described = plan.fields(cover_alt_en="Davide with a shoe")
    answer = visitor.client.post(
        PLAN, data={"csrf_token": visitor.csrf, **described, "cover": (io.BytesIO(data), "cover.jpg")}
    )
    assert answer.status_code == 303
    assert plan.saved()[0].cover_image_id is not None


def test_a_file_that_is_no_picture_is_refused(visitor: Visitor, cast: Cast, plan: Planned) -> None:
    visitor.sign_in(cast.pia)
    fields = plan.fields(cover_alt_en="A drawing")
    answer = visitor.client.post(
        PLAN, data={"csrf_token": visitor.csrf, **fields, "cover": (io.BytesIO(b"<svg/>"), "cover.svg")}
    )
    assert answer.status_code in {413, 415, 422}
    assert plan.saved()[0].cover_image_id is None


@pytest.mark.parametrize(
    "change",
    [
        {"title_en": "x" * 61},
        {"title_en": "bad\x00title"},
        {"language": "xx"},
        {"day": "yesterday"},
        {"day": "2026-11-24", "hour": "99:99"},
        {"day": "", "hour": "20:30"},
        {"host": "acct_nobody"},
        {"surprise": "1"},
        {"action": "remove:item_nobody"},
        {"action": "add", "add_product": ""},
        {"pin-item_nobody": "5"},
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    visitor: Visitor, cast: Cast, plan: Planned, change: dict[str, str]
) -> None:
    answer = visitor.sign_in(cast.pia).post(PLAN, **plan.fields(title_it="Cambiata") | change)
    assert answer.status_code in {404, 422}
    assert plan.saved()[0].title["it"] != "Cambiata"


@pytest.mark.parametrize("minutes", ["0", "121", "-1", "1e2", "٣", "", "NaN"])
def test_pin_lengths_are_one_to_a_hundred_and_twenty_minutes(minutes: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_plan({"title_en": "A", "pin-item_1": minutes}, zone=UTC, currency="EUR")
    assert set(refused.value.fields) == {"pin-item_1"}


def test_a_title_in_one_language_stands_in_for_the_other() -> None:
    plan = read_plan({"title_it": "Sera", "day": "2026-11-25", "hour": "20:30"}, zone=UTC, currency="EUR")
    assert plan.title == {"en": "Sera", "it": "Sera"}
    assert plan.starts_at == datetime(2026, 11, 25, 20, 30, tzinfo=UTC)


def test_the_table_counts_its_tabs_and_finds_by_title(cast: Cast, plan: Planned) -> None:
    with db.unit_of_work() as session:
        make_stream(session, cast.brand_a, slug="soles", title="Soles")
        make_stream(session, cast.brand_b, slug="other", title="Other")
    with db.reading() as session:
        page = load_stream_page(session, brand_id=cast.brand_a.id, show="all", text="", page=1, currency="EUR")
        found = load_stream_page(session, brand_id=cast.brand_a.id, show="drafts", text="SOLE", page=9, currency="EUR")
    assert page.counts == {"all": 2, "upcoming": 0, "drafts": 2, "ended": 0}
    assert [(row.head.stream.slug, row.products) for row in page.rows if row.products] == [("evening-walk", 2)]
    assert [row.head.stream.slug for row in found.rows] == ["soles"]
    assert found.page == 1


def test_planned_times_follow_the_pin_lengths(cast: Cast, plan: Planned) -> None:
    with db.reading() as session:
        show = load_run_of_show(session, stream_id=plan.stream_id, currency="EUR")
    assert [(row.place, row.planned_seconds) for row in show] == [(1, 0), (2, 300)]


def test_checks_tell_what_is_missing(cast: Cast, plan: Planned) -> None:
    with db.reading() as session:
        head = get_head(session, slug="evening-walk")
        checks = {check.key: check.passed for check in server_checks(head, [])}
    assert checks == {"cover": False, "products": False}


def test_the_studio_shows_each_role_its_part(visitor: Visitor, cast: Cast) -> None:
    with db.unit_of_work() as session:
        room = make_live_room(session, cast.brand_a, host=cast.ben)
        pins.pin_item(session, actor=cast.ben, room_id=room.id, item_id=room.items[0].id)
    address = f"{LIST}/evening-walk/studio"
    for actor in (cast.olga, cast.pia, cast.ben):
        page = visitor.sign_in(actor).get(address).get_data(as_text=True)
        for testid in (
            "go-live",
            "end-show",
            "show-item",
            "pin-item",
            "studio-watching",
            "studio-orders",
            "studio-gmv",
        ):
            assert f'data-testid="{testid}"' in page
    chat_only = visitor.sign_in(cast.mia).get(address).get_data(as_text=True)
    assert 'data-testid="chat-log"' in chat_only
    assert 'data-testid="pin-item"' not in chat_only
    assert 'data-testid="end-show"' not in chat_only
    assert visitor.sign_in(cast.ugo).get(address).status_code == 403


def test_after_the_end_the_studio_leads_to_the_summary(visitor: Visitor, cast: Cast) -> None:
    with db.unit_of_work() as session:
        room = make_live_room(session, cast.brand_a, host=cast.ben)
        service.end_stream(session, actor=cast.ben, stream_id=room.stream.id)
    visitor.sign_in(cast.ben)
    assert visitor.get(f"{LIST}/evening-walk/studio").headers["Location"] == f"{LIST}/evening-walk/summary"
    page = visitor.get(f"{LIST}/evening-walk/summary").get_data(as_text=True)
    assert "paid orders, without shipping" in page
    assert "Replay processing" in page


def test_a_running_stream_has_no_summary_yet(visitor: Visitor, cast: Cast, plan: Planned) -> None:
    assert visitor.sign_in(cast.pia).get(f"{PLAN}/summary").headers["Location"] == PLAN
