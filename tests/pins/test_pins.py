from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from livestream.pins import service
from livestream.pins.errors import NotPinned, PriceOver, UndoTooLate
from livestream.pins.models import Pin
from livestream.pins.queries import find_current_pin
from livestream.rooms import service as rooms
from livestream.rooms.errors import NotLive, PinnedNow
from livestream.rooms.models import LineUpItem
from shop.catalog.models import LivePrice, Variant
from shop.catalog.queries import quote_prices
from shop.core import channel, clock, db, jobs, verify
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotAllowed, NotFound
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom, make_stream
from tests.support.recording import Recorder

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


def pin(room: LiveRoom, actor: Actor, place: int = 0) -> str:
    with db.unit_of_work() as session:
        return service.pin_item(session, actor=actor, room_id=room.id, item_id=room.items[place].id).pin_id


def do(step: Any, **keywords: Any) -> Any:
    with db.unit_of_work() as session:
        return step(session, **keywords)


def price_of(room: LiveRoom, place: int = 0, at: datetime | None = None) -> int:
    with db.reading() as session:
        variants = list(session.scalars(select(Variant.id).where(Variant.product_id == room.products[place].id)))
        quotes = quote_prices(session, variants, "EUR", at or clock.now())
    return quotes[variants[0]].amount.amount


def current(room: LiveRoom) -> Pin | None:
    with db.reading() as session:
        return find_current_pin(session, room_id=room.id)


@BOTH
def test_pin_tells_everyone_with_price_timer_and_stock(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    pin_id = pin(room, cast.ben)
    [(name, payload)] = sent.to(channel.room(room.id))
    assert name == "pin.added"
    shown = payload["pin"]
    assert (shown["pin_id"], shown["slug"]) == (pin_id, "passo-uno")
    assert shown["price"] == {"amount": 8900, "currency": "EUR"}
    assert shown["struck"] == {"amount": 10900, "currency": "EUR"}
    assert (shown["percent"], shown["left"], shown["total"]) == (18, 10, 10)
    assert shown["ends_at"] == clock.iso(clock.now() + timedelta(seconds=300))
    assert price_of(room) == 8900


@pytest.mark.parametrize("who", ["ana", "mia", "ugo", "zed", "guest", "root"])
def test_only_the_stage_pins(who: str, room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    with pytest.raises(NotAllowed):
        pin(room, getattr(cast, who))
    assert current(room) is None
    assert sent == []


def test_a_pin_replaces_the_one_before(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    pin(room, cast.ben)
    clock.move(timedelta(seconds=30))
    second = pin(room, cast.ben, 1)
    found = current(room)
    assert found is not None and found.id == second
    assert price_of(room) == 10900
    assert sent.names[-2:] == ["price.ended", "pin.added"]


def test_pinning_what_is_on_top_changes_nothing(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    first = pin(room, cast.ben)
    assert pin(room, cast.pia) == first
    assert sent.names.count("pin.added") == 1


def test_undo_brings_the_pin_before_back_with_its_time(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    first, ends_at = pin(room, cast.ben), clock.now() + timedelta(seconds=300)
    clock.move(timedelta(seconds=60))
    second = pin(room, cast.ben, 1)
    clock.move(timedelta(seconds=5))
    do(service.undo_pin, actor=cast.ben, room_id=room.id, pin_id=second)
    found = current(room)
    assert found is not None and (found.id, found.ends_at) == (first, ends_at)
    assert price_of(room) == 8900
    assert sent.names[-2:] == ["pin.removed", "pin.added"]
    with db.reading() as session:
        items = {item.id: item.shown_at for item in session.scalars(select(LineUpItem))}
        assert items[room.items[1].id] is None
        assert verify.check_all(session) == []


def test_undo_is_refused_later(room: LiveRoom, cast: Cast) -> None:
    pin_id = pin(room, cast.ben)
    clock.move(timedelta(seconds=7))
    with pytest.raises(UndoTooLate):
        do(service.undo_pin, actor=cast.ben, room_id=room.id, pin_id=pin_id)
    assert price_of(room) == 8900


@BOTH
def test_the_live_price_ends_by_the_servers_clock(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    pin(room, cast.ben)
    ends_at = clock.now() + timedelta(seconds=300)
    # Half open: the last instant before the end still has the price, the end itself has not.
    assert price_of(room, at=ends_at - timedelta(microseconds=1)) == 8900
    assert price_of(room, at=ends_at) == 10900
    clock.move(timedelta(seconds=299))
    jobs.run_due_jobs()
    assert "price.ended" not in sent.names
    clock.move(timedelta(seconds=1))
    jobs.run_due_jobs()
    _name, payload, _to = next(news for news in sent if news[0] == "price.ended")
    assert payload["price"] == {"amount": 10900, "currency": "EUR"}
    assert payload["pin"]["ends_at"] is None and payload["pin"]["struck"] is None
    assert current(room) is not None  # The card stays, at the normal price.
    service_calls = len(sent)
    jobs.run_due_jobs()
    assert len(sent) == service_calls


def test_extend_moves_the_end(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    pin_id = pin(room, cast.ben)
    clock.move(timedelta(seconds=200))
    do(service.extend_pin, actor=cast.ben, room_id=room.id, pin_id=pin_id, seconds=120)
    clock.move(timedelta(seconds=150))
    jobs.run_due_jobs()
    assert price_of(room) == 8900
    assert "price.ended" not in sent.names
    clock.move(timedelta(seconds=70))
    jobs.run_due_jobs()
    assert price_of(room) == 10900
    assert sent.names[-1] == "price.ended"
    with pytest.raises(PriceOver):
        do(service.extend_pin, actor=cast.ben, room_id=room.id, pin_id=pin_id, seconds=60)


def test_a_price_holds_for_two_hours_at_most(room: LiveRoom, cast: Cast) -> None:
    pin_id = pin(room, cast.ben)
    with pytest.raises(InvalidInput):
        do(service.extend_pin, actor=cast.ben, room_id=room.id, pin_id=pin_id, seconds=7200)


def test_host_away_stops_the_clock_and_gives_the_time_back(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    pin(room, cast.ben)
    clock.move(timedelta(seconds=280))
    do(rooms.note_host_lost, stream_id=room.stream.id)
    clock.move(timedelta(seconds=90))
    jobs.run_due_jobs()
    assert price_of(room) == 8900  # Its planned end has passed, the clock stood still.
    do(rooms.note_host_back, stream_id=room.stream.id)
    extended = next(payload for name, payload, _to in sent if name == "pin.extended")
    assert extended["ends_at"] == clock.iso(clock.now() + timedelta(seconds=20))
    clock.move(timedelta(seconds=20))
    jobs.run_due_jobs()
    assert price_of(room) == 10900
    assert sent.names[-1] == "price.ended"


def test_a_host_who_stays_away_does_not_keep_the_price_for_ever(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    pin(room, cast.ben)
    do(rooms.note_host_lost, stream_id=room.stream.id)
    clock.move(timedelta(minutes=5, seconds=1))
    jobs.run_due_jobs()
    assert price_of(room) == 8900
    clock.move(timedelta(minutes=15))
    jobs.run_due_jobs()
    assert price_of(room) == 10900
    assert "price.ended" in sent.names


def test_the_end_of_the_show_takes_pin_and_price_away(room: LiveRoom, cast: Cast) -> None:
    pin(room, cast.ben)
    do(rooms.end_stream, actor=cast.ben, stream_id=room.stream.id)
    assert current(room) is None
    assert price_of(room) == 10900
    with db.reading() as session:
        assert verify.check_all(session) == []
    with pytest.raises(NotLive):
        pin(room, cast.ben)


def test_unpin_of_a_replaced_pin_is_told(room: LiveRoom, cast: Cast) -> None:
    first = pin(room, cast.ben)
    pin(room, cast.ben, 1)
    with pytest.raises(NotPinned):
        do(service.unpin, actor=cast.ben, room_id=room.id, pin_id=first)


def test_a_foreign_item_is_not_found(room: LiveRoom, cast: Cast) -> None:
    with db.unit_of_work() as session:
        other, other_room = make_stream(session, cast.brand_a, slug="other")
        item = rooms.add_item(session, actor=cast.pia, stream_id=other.id, product_id=room.products[0].id)
    with pytest.raises(NotFound):
        do(service.pin_item, actor=cast.ben, room_id=room.id, item_id=item.id)
    with pytest.raises(NotLive):
        do(service.pin_item, actor=cast.ben, room_id=other_room.id, item_id=item.id)


def test_what_is_pinned_stays_in_the_run_of_show(room: LiveRoom, cast: Cast) -> None:
    pin(room, cast.ben)
    with pytest.raises(PinnedNow):
        do(rooms.remove_item, actor=cast.pia, item_id=room.items[0].id)


def test_verify_finds_a_price_without_its_pin(room: LiveRoom, cast: Cast) -> None:
    pin_id = pin(room, cast.ben)
    with db.unit_of_work() as session:
        session.get_one(Pin, pin_id).unpinned_at = clock.now()
    with db.reading() as session:
        found = [finding.invariant for finding in verify.check_all(session)]
        assert session.scalar(select(LivePrice.source_ref)) == pin_id
    assert found == ["pins.live_prices_have_their_pin"]
