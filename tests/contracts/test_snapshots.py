"""Snapshot + state events = new snapshot, for every state event there is.

`apply` is what a browser's store does (static/js/live/), written down once more in its shortest form.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from livestream.chat import service as chat
from livestream.pins import service as pins
from livestream.rooms import service as rooms
from livestream.rooms.events import StateEvent
from livestream.rooms.protocol import with_states
from shop.catalog import pricing
from shop.catalog.models import Variant
from shop.core import channel, clock, db, jobs
from shop.core.actor import SYSTEM
from shop.core.events import EVENTS, plain
from shop.core.money import Money
from shop.inventory import service as inventory
from tests.factories.cast import Cast
from tests.factories.catalog import variants_of
from tests.factories.live import LiveRoom, make_live_room, make_stream, snapshot_of
from tests.support.recording import Recorder

Snapshot = dict[str, Any]
pytestmark = pytest.mark.usefixtures("app", "frozen")


def apply(before: Snapshot, name: str, event: dict[str, Any]) -> Snapshot:
    """One event on a snapshot. Old numbers change nothing."""
    state = copy.deepcopy(before)
    if "seq" in event:
        if event["seq"] <= state["seq"]:
            return state
        state["seq"], state["epoch"] = event["seq"], event["epoch"]
    REDUCERS.get(name, lambda _state, _event: None)(state, event)
    state["items"] = with_states(state["items"], state["pin"]["item_id"] if state["pin"] else None)
    return state


def stream_started(state: Snapshot, event: Any) -> None:
    state["stream"] |= {"state": "live", "live_at": event["live_at"], "host_present": True, "away_since": None}


def stream_ended(state: Snapshot, event: Any) -> None:
    state["stream"] |= {"state": "ended", "ended_at": event["ended_at"], "host_present": False, "away_since": None}


def pin_added(state: Snapshot, event: Any) -> None:
    pin = event["pin"]
    state["pin"], state["pin_html"] = pin, event["html"]
    of_product(state, pin["product_id"], price=pin["price"], left=pin["left"])
    of_item(state, pin["item_id"], event["shown_at_seconds"])


def pin_removed(state: Snapshot, event: Any) -> None:
    if state["pin"] and state["pin"]["pin_id"] == event["pin_id"]:
        state["pin"] = state["pin_html"] = None
    of_item(state, event["item_id"], event["shown_at_seconds"])


def pin_extended(state: Snapshot, event: Any) -> None:
    if state["pin"] and state["pin"]["pin_id"] == event["pin_id"]:
        state["pin"]["ends_at"] = event["ends_at"]


def price_changed(state: Snapshot, event: Any) -> None:
    of_product(state, event["product_id"], price=event["price"])
    if event["pin"]:
        state["pin"], state["pin_html"] = event["pin"], event["html"]


def stock_changed(state: Snapshot, event: Any) -> None:
    of_product(state, event["product_id"], left=event["left"])
    pin = state["pin"]
    if pin and pin["product_id"] == event["product_id"]:
        left, total = event["left"], event["total"]
        pin |= {"left": left, "total": total, "sold_out": left == 0, "show_stock": left <= 20 or left <= total * 0.25}
        by_sku = {variant["sku"]: variant["left"] for variant in event["variants"]}
        for variant in pin["variants"]:
            variant["left"] = by_sku[variant["sku"]]


def of_product(state: Snapshot, product_id: str, **values: Any) -> None:
    for item in state["items"]:
        if item["product_id"] == product_id:
            item.update(values)


def of_item(state: Snapshot, item_id: str, shown_at_seconds: int | None) -> None:
    for item in state["items"]:
        if item["item_id"] == item_id:
            item["shown_at_seconds"] = shown_at_seconds


def messages_without(field: str) -> Callable[[Snapshot, Any], None]:
    def remove(state: Snapshot, event: Any) -> None:
        state["messages"] = [message for message in state["messages"] if message[field] != event[field]]

    return remove


REDUCERS: dict[str, Callable[[Snapshot, Any], None]] = {
    "stream.started": stream_started,
    "stream.ended": stream_ended,
    "video.started": lambda state, _event: state["stream"].update(has_video=True),
    "host.left": lambda state, event: state["stream"].update(host_present=False, away_since=event["since"]),
    "host.returned": lambda state, _event: state["stream"].update(host_present=True, away_since=None),
    "pin.added": pin_added,
    "pin.removed": pin_removed,
    "pin.extended": pin_extended,
    "price.ended": price_changed,
    "price.changed": price_changed,
    "stock.changed": stock_changed,
    "product.sold_out": lambda state, event: of_product(state, event["product_id"], left=0),
    "chat.removed": messages_without("message_id"),
    "chat.cleared": messages_without("account_id"),
    "chat.slow_mode_changed": lambda state, event: state.update(slow_mode_seconds=event["seconds"]),
    "room.notice_changed": lambda state, event: state.update(notice=event["text"]),
    "chat.posted": lambda state, event: state["messages"].append(event["message"]),
}


class Stage:
    """A room, a snapshot of it, and everything that was sent since."""

    def __init__(self, cast: Cast, sent: Recorder, room: LiveRoom) -> None:
        self.cast, self.sent, self.room = cast, sent, room

    def look(self) -> Snapshot:
        with db.reading() as session:
            snapshot: Snapshot = plain(snapshot_of(session, self.room.id, self.cast.guest))
        return snapshot

    def do(self, step: Callable[..., Any], **keywords: Any) -> Any:
        with db.unit_of_work() as session:
            return step(session, **keywords)

    def pin(self, place: int = 0) -> str:
        pin = self.do(pins.pin_item, actor=self.cast.ben, room_id=self.room.id, item_id=self.room.items[place].id)
        return str(pin.pin_id)

    def say(self, text: str) -> str:
        said = self.do(
            chat.post_message, actor=self.cast.ana, room_id=self.room.id, text=text, client_key=f"key-{text}"
        )
        return str(said.id)

    def variant(self, session: Session, place: int = 0) -> Variant:
        return variants_of(session, self.room.products[place])[0]


def start(stage: Stage) -> None:
    stage.do(rooms.start_stream, actor=stage.cast.ben, stream_id=stage.room.stream.id)


def end(stage: Stage) -> None:
    stage.pin()
    stage.do(rooms.end_stream, actor=stage.cast.ben, stream_id=stage.room.stream.id)


def video(stage: Stage) -> None:
    stage.do(rooms.note_video, stream_id=stage.room.stream.id)


def leave(stage: Stage) -> None:
    stage.pin()
    stage.do(rooms.note_host_lost, stream_id=stage.room.stream.id)


def leave_and_return(stage: Stage) -> None:
    leave(stage)
    clock.move(timedelta(seconds=70))
    stage.do(rooms.note_host_back, stream_id=stage.room.stream.id)


def replace_pin(stage: Stage) -> None:
    stage.pin(0)
    clock.move(timedelta(seconds=30))
    stage.pin(1)


def unpin(stage: Stage) -> None:
    stage.do(pins.unpin, actor=stage.cast.ben, room_id=stage.room.id, pin_id=stage.pin())


def undo(stage: Stage) -> None:
    stage.pin(0)
    clock.move(timedelta(seconds=30))
    latest = stage.pin(1)
    clock.move(timedelta(seconds=3))
    stage.do(pins.undo_pin, actor=stage.cast.ben, room_id=stage.room.id, pin_id=latest)


def undo_first(stage: Stage) -> None:
    stage.do(pins.undo_pin, actor=stage.cast.ben, room_id=stage.room.id, pin_id=stage.pin())


def extend(stage: Stage) -> None:
    pin = stage.pin()
    stage.do(pins.extend_pin, actor=stage.cast.ben, room_id=stage.room.id, pin_id=pin, seconds=120)


def let_price_end(stage: Stage) -> None:
    stage.pin()
    clock.move(timedelta(seconds=300))
    jobs.run_due_jobs()


def change_price(stage: Stage) -> None:
    stage.pin(1)
    with db.unit_of_work() as session:
        variant = stage.variant(session, 1)
        pricing.set_price(session, actor=SYSTEM, variant_id=variant.id, price=Money(17900, "EUR"))


def change_shelf_price(stage: Stage) -> None:
    with db.unit_of_work() as session:
        variant = stage.variant(session, 1)
        pricing.set_price(session, actor=SYSTEM, variant_id=variant.id, price=Money(17900, "EUR"))


def hold(stage: Stage, place: int, quantity: int) -> None:
    with db.unit_of_work() as session:
        lines = [inventory.HoldLine(variant_id=stage.variant(session, place).id, quantity=quantity)]
        inventory.hold(session, owner_ref="order:test", lines=lines, until=clock.now() + timedelta(minutes=10))


def hold_some(stage: Stage) -> None:
    stage.pin()
    hold(stage, 0, 3)


def sell_out(stage: Stage) -> None:
    stage.pin(1)
    hold(stage, 1, 40)


def sell_out_unpinned(stage: Stage) -> None:
    hold(stage, 1, 40)


def talk_and_remove(stage: Stage) -> None:
    stage.say("hello")
    message = stage.say("something rude")
    stage.do(chat.remove_message, actor=stage.cast.mia, room_id=stage.room.id, message_id=message)


def talk_and_mute(stage: Stage) -> None:
    stage.say("one")
    stage.say("two")
    stage.do(chat.mute, actor=stage.cast.mia, room_id=stage.room.id, account_id=stage.cast.ana.account_id)


def slow_down(stage: Stage) -> None:
    stage.do(chat.set_slow_mode, actor=stage.cast.mia, room_id=stage.room.id, seconds=30)


def notice(stage: Stage) -> None:
    stage.do(chat.set_notice, actor=stage.cast.ben, room_id=stage.room.id, text="Free shipping tonight")


SHOWS: dict[str, tuple[str, ...]] = {
    "end": ("price.ended", "pin.removed", "stream.ended"),
    "video": ("video.started",),
    "leave": ("host.left",),
    "leave_and_return": ("host.returned", "pin.extended"),
    "replace_pin": ("pin.added", "price.ended"),
    "unpin": ("pin.removed",),
    "undo": ("pin.removed", "pin.added"),
    "undo_first": ("pin.removed",),
    "extend": ("pin.extended",),
    "let_price_end": ("price.ended",),
    "change_price": ("price.changed",),
    "change_shelf_price": ("price.changed",),
    "hold_some": ("stock.changed",),
    "sell_out": ("stock.changed", "product.sold_out"),
    "sell_out_unpinned": ("product.sold_out",),
    "talk_and_remove": ("chat.removed",),
    "talk_and_mute": ("chat.cleared",),
    "slow_down": ("chat.slow_mode_changed",),
    "notice": ("room.notice_changed",),
}


def converge(stage: Stage, before: Snapshot) -> list[str]:
    """Apply what the room was sent since `before` and compare with a fresh look; returns the names."""
    heard = stage.sent.to(channel.room(stage.room.id))
    state = before
    for name, payload in heard:
        state = apply(state, name, payload)
    fresh = stage.look()
    for shown in (state, fresh):
        # What the browser's own clock and passing news decide.
        for passing in ("server_now", "viewers", "hearts", "me"):
            del shown[passing]
        # The card's HTML follows its numbers in place when stock or clock change; the numbers are compared.
        del shown["pin_html"]
    assert state == fresh
    return [name for name, _payload in heard]


@pytest.mark.parametrize("show", SHOWS)
def test_events_lead_to_the_new_snapshot(show: str, cast: Cast, sent: Recorder) -> None:
    with db.unit_of_work() as session:
        room = make_live_room(session, cast.brand_a, host=cast.ben)
    clock.move(timedelta(seconds=90))
    stage = Stage(cast, sent, room)
    before = stage.look()
    sent.clear()
    globals()[show](stage)
    names = converge(stage, before)
    assert set(SHOWS[show]) <= set(names)


def test_going_live_leads_to_the_new_snapshot(cast: Cast, sent: Recorder) -> None:
    with db.unit_of_work() as session:
        stream, room = make_stream(session, cast.brand_a, host=cast.ben)
    stage = Stage(cast, sent, LiveRoom(stream=stream, room=room, products=(), items=()))
    before = stage.look()
    start(stage)
    assert converge(stage, before) == ["stream.started"]


def test_a_whole_show_converges(cast: Cast, sent: Recorder) -> None:
    with db.unit_of_work() as session:
        room = make_live_room(session, cast.brand_a, host=cast.ben)
    stage = Stage(cast, sent, room)
    before = stage.look()
    sent.clear()
    for show in ("video", "replace_pin", "hold_some", "talk_and_remove", "leave_and_return", "change_price", "undo"):
        clock.move(timedelta(seconds=40))
        globals()[show](stage)
    clock.move(timedelta(minutes=30))
    jobs.run_due_jobs()
    end(stage)
    converge(stage, before)


def test_every_state_event_has_a_show() -> None:
    stateful = {name for name, event in EVENTS.items() if issubclass(event, StateEvent)}
    assert stateful == {name for names in SHOWS.values() for name in names} | {"stream.started"}


def test_repeated_and_old_events_change_nothing(cast: Cast, sent: Recorder) -> None:
    with db.unit_of_work() as session:
        room = make_live_room(session, cast.brand_a, host=cast.ben)
    stage = Stage(cast, sent, room)
    before = stage.look()
    sent.clear()
    replace_pin(stage)
    sent.extend(list(sent))  # Everything arrives twice.
    converge(stage, before)


def test_the_card_in_an_event_is_the_card_of_the_page(cast: Cast, sent: Recorder) -> None:
    with db.unit_of_work() as session:
        room = make_live_room(session, cast.brand_a, host=cast.ben)
    stage = Stage(cast, sent, room)
    stage.pin()
    html = next(payload["html"] for name, payload, _to in sent if name == "pin.added")
    assert html == stage.look()["pin_html"]
    assert "89,00" in html["it"]
    assert "€89.00" in html["en"]
