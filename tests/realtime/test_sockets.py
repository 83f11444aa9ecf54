"""Rooms through real WebSockets."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import websocket
from sqlalchemy import select

from livestream.chat.models import ChatMessage
from livestream.pins.models import Pin
from livestream.rooms import pulse
from shop.accounts.models import SignIn
from shop.accounts.service import revoke_sign_in
from shop.core import db
from shop.core.realtime import COMMANDS, socket_token
from shop.core.settings import Settings
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom
from tests.realtime.conftest import Connect


def test_join_gives_a_snapshot_and_then_the_news(connect: Connect, room: LiveRoom, cast: Cast) -> None:
    viewer, host = connect(), connect(cast.ben)
    joined = viewer.ask("room.join", room_id=room.id)
    assert joined["ok"] and not joined["data"]["recovered"]
    snapshot = joined["data"]["snapshot"]
    assert (snapshot["room_id"], snapshot["stream"]["state"], len(snapshot["items"])) == (room.id, "live", 2)
    assert snapshot["me"] == {"account_id": None, "name": "", "can_write": False, "muted_until": None, "role": ""}
    assert host.ask("room.join", room_id=room.id, crew=True)["ok"]
    pinned = host.ask("pin.add", room_id=room.id, item_id=room.items[0].id)
    assert pinned["ok"]
    heard = viewer.wait_for("pin.added")
    assert heard["pin"]["pin_id"] == pinned["data"]["pin_id"]
    assert heard["seq"] == snapshot["seq"] + 1
    assert heard["epoch"] == snapshot["epoch"]


def test_a_returning_browser_gets_the_gap(connect: Connect, room: LiveRoom, cast: Cast) -> None:
    viewer, host = connect(), connect(cast.ben)
    snapshot = viewer.ask("room.join", room_id=room.id)["data"]["snapshot"]
    viewer.client.disconnect()
    host.ask("chat.post", room_id=room.id, text="Said meanwhile", client_key="k1")
    host.ask("pin.add", room_id=room.id, item_id=room.items[0].id)
    host.ask("pin.add", room_id=room.id, item_id=room.items[1].id)
    back = connect()
    answer = back.ask("room.join", room_id=room.id, epoch=snapshot["epoch"], last_seq=snapshot["seq"])["data"]
    assert answer["recovered"]
    assert [event["name"] for event in answer["events"]] == ["pin.added", "price.ended", "pin.added"]
    assert [event["seq"] for event in answer["events"]] == [snapshot["seq"] + n for n in (1, 2, 3)]
    assert [message["text"] for message in answer["messages"]] == ["Said meanwhile"]
    lost = back.ask("room.join", room_id=room.id, epoch="another", last_seq=1)["data"]
    assert not lost["recovered"] and lost["snapshot"]["pin"]["slug"] == "alpe-jacket"


def test_chat_reaches_everybody_and_a_guest_is_asked_to_sign_in(connect: Connect, room: LiveRoom, cast: Cast) -> None:
    ana, guest = connect(cast.ana), connect()
    for browser in (ana, guest):
        browser.ask("room.join", room_id=room.id)
    answer = ana.ask("chat.post", room_id=room.id, text="  Ciao  ", client_key="1")
    assert answer["ok"]
    message = guest.wait_for("chat.posted")["message"]
    assert (message["text"], message["author"], message["client_key"]) == ("Ciao", "Ana", "1")
    refused = guest.ask("chat.post", room_id=room.id, text="hi", client_key="1")
    assert (refused["ok"], refused["error"]["code"]) == (False, "sign_in_needed")


def test_too_fast_is_told_with_the_wait(connect: Connect, room: LiveRoom, cast: Cast) -> None:
    ana = connect(cast.ana)
    answers = [ana.ask("chat.post", room_id=room.id, text=f"{n}", client_key=f"{n}") for n in range(4)]
    assert [answer["ok"] for answer in answers] == [True, True, True, False]
    error = answers[-1]["error"]
    assert error["code"] == "rate_limited"
    assert 0 < error["retry_after"] <= 2


def test_removal_reaches_all_screens_within_a_second(connect: Connect, room: LiveRoom, cast: Cast) -> None:
    ana, mia = connect(cast.ana), connect(cast.mia)
    ana.ask("room.join", room_id=room.id)
    message_id = ana.ask("chat.post", room_id=room.id, text="rude", client_key="1")["data"]["message_id"]
    begin = time.monotonic()
    assert mia.ask("chat.remove", room_id=room.id, message_id=message_id)["ok"]
    assert ana.wait_for("chat.removed")["message_id"] == message_id
    assert time.monotonic() - begin < 1


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("pin.add", {"item_id": "item_00000000000000000000000000"}),
        ("pin.remove", {"pin_id": "pin_00000000000000000000000000"}),
        ("chat.ban", {"account_id": "acct_00000000000000000000000000"}),
        ("room.slow_mode", {"seconds": 5}),
        ("room.notice", {"text": "mine"}),
    ],
)
def test_shoppers_and_other_brands_have_no_say(
    name: str, payload: dict[str, Any], connect: Connect, room: LiveRoom, cast: Cast
) -> None:
    for actor in (cast.ana, cast.zed):
        answer = connect(actor).ask(name, room_id=room.id, **payload)
        assert (answer["ok"], answer["error"]["code"]) == (False, "not_allowed")
    guest = connect().ask(name, room_id=room.id, **payload)
    assert guest["error"]["code"] == "sign_in_needed"
    with db.reading() as session:
        assert session.scalar(select(Pin.id)) is None


def test_the_crew_channel_needs_a_role(connect: Connect, room: LiveRoom, cast: Cast) -> None:
    for actor in (cast.ana, cast.zed, None):
        assert connect(actor).ask("room.join", room_id=room.id, crew=True)["error"]["code"] == "not_allowed"
    assert connect(cast.ugo).ask("room.join", room_id=room.id, crew=True)["ok"]


def test_nobody_joins_a_channel_by_its_name(connect: Connect, room: LiveRoom, cast: Cast) -> None:
    ana = connect(cast.ana)
    for name in ("user:" + str(cast.sam.account_id), "crew:" + room.id, "order:ord_1", "home", room.stream.id):
        assert ana.ask("room.join", room_id=name)["error"]["code"] == "not_found"


def test_a_ban_closes_the_sockets_within_a_second(connect: Connect, room: LiveRoom, cast: Cast) -> None:
    ana, tab, mia = connect(cast.ana), connect(cast.ana), connect(cast.mia)
    for browser in (ana, tab):
        browser.ask("room.join", room_id=room.id)
    assert mia.ask("chat.ban", room_id=room.id, account_id=cast.ana.account_id, reason="spam")["ok"]
    assert ana.wait_closed(1) < 1
    tab.wait_closed(1)
    again = connect(cast.ana)
    assert again.ask("room.join", room_id=room.id)["error"]["code"] == "banned"
    assert again.ask("chat.post", room_id=room.id, text="hi", client_key="9")["error"]["code"] == "banned"


def test_signing_out_closes_the_socket_within_a_second(connect: Connect, room: LiveRoom, cast: Cast) -> None:
    ana = connect(cast.ana)
    ana.ask("room.join", room_id=room.id)
    with db.unit_of_work() as session:
        sign_in = session.scalars(select(SignIn).where(SignIn.account_id == cast.ana.account_id)).one()
        revoke_sign_in(session, actor=cast.ana, session_id=sign_in.id)
    ana.wait_closed(1)


def test_a_lost_role_is_seen_by_the_next_command(connect: Connect, room: LiveRoom, cast: Cast) -> None:
    from shop.brands.models import BrandMember

    ben = connect(cast.ben)
    with db.unit_of_work() as session:
        session.delete(session.scalars(select(BrandMember).where(BrandMember.account_id == cast.ben.account_id)).one())
    answer = ben.ask("pin.add", room_id=room.id, item_id=room.items[0].id)
    assert answer["error"]["code"] == "not_allowed"


def test_hearts_only_from_inside(connect: Connect, room: LiveRoom) -> None:
    guest = connect()
    assert guest.ask("reaction.send", room_id=room.id, count=1)["error"]["code"] == "not_allowed"
    guest.ask("room.join", room_id=room.id)
    assert guest.ask("reaction.send", room_id=room.id, count=10)["ok"]
    from livestream.engagement import hearts

    hearts.tell_hearts()
    assert guest.wait_for("reaction.counted")["added"] == 10


def test_leaving_is_counted(connect: Connect, room: LiveRoom, cast: Cast) -> None:
    ana, tab, sam = connect(cast.ana), connect(cast.ana), connect(cast.sam)
    for browser in (ana, tab, sam):
        browser.ask("room.join", room_id=room.id)
    pulse.count_viewers()
    assert sam.wait_for("viewers.counted")["count"] == 2
    sam.heard.clear()
    ana.ask("room.leave", room_id=room.id)
    tab.client.disconnect()
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline and not any(name == "viewers.counted" for name, _ in sam.heard):
        pulse.count_viewers()
        time.sleep(0.05)
    assert sam.wait_for("viewers.counted")["count"] == 1


def raw_socket(address: str, **options: Any) -> websocket.WebSocket:
    """A WebSocket below Socket.IO, with the headers that the test says."""
    url = address.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
    return websocket.create_connection(url, timeout=5, **options)


def test_a_program_without_the_token_stays_outside(address: str, room: LiveRoom, settings: Settings) -> None:
    right = socket_token(settings.secret_key, None, None)
    for hello, answer in (
        ("40", "44"),
        ('40{"token":"wrong"}', "44"),
        ('40{"token":17}', "44"),
        (f'40{{"token":"{right}"}}', "40"),
    ):
        program = raw_socket(address, suppress_origin=True)
        assert program.recv().startswith("0")  # Engine.IO says hello to anybody.
        program.send(hello)
        assert program.recv().startswith(answer), hello
        program.close()


def test_another_sites_page_stays_outside(address: str, room: LiveRoom) -> None:
    for origin in ("https://evil.example", "null", f"{address}.evil.example"):
        with pytest.raises(websocket.WebSocketBadStatusException):
            raw_socket(address, origin=origin)


HOSTILE: list[Any] = [
    None,
    "text",
    17,
    [],
    {},
    {"room_id": None},
    {"room_id": {"$ne": ""}},
    {"room_id": "room_" + "z" * 26},
    {"room_id": "\x00" * 20},
    {"room_id": "\ud800 lone"},
    {"room_id": "x" * 5000},
    {"room_id": ["a"] * 100},
    {"room_id": "{room}", "unknown": 1},
    {"room_id": "{room}", "text": "a\x00b", "client_key": "1"},
    {"room_id": "{room}", "text": "a\ud800b", "client_key": "1"},
    {"room_id": "{room}", "text": "x" * 201, "client_key": "1"},
    {"room_id": "{room}", "text": " \n ", "client_key": "1"},
    {"room_id": "{room}", "text": 5, "client_key": "1"},
    {"room_id": "{room}", "text": "x", "client_key": ""},
    {"room_id": "{room}", "count": 1.5},
    {"room_id": "{room}", "count": True},
    {"room_id": "{room}", "count": "1"},
    {"room_id": "{room}", "count": float("nan")},
    {"room_id": "{room}", "count": -1},
    {"room_id": "{room}", "count": 10**30},
    {"room_id": "{room}", "seconds": float("inf"), "pin_id": "pin_x"},
    {"room_id": "{room}", "last_seq": -5, "epoch": "x"},
    {"room_id": "{room}", "last_seq": 10**30, "epoch": "x"},
]
OURS = ("room.", "chat.", "pin.", "reaction.", "stream.")


def fitted(payload: Any, room_id: str) -> Any:
    if isinstance(payload, dict) and payload.get("room_id") == "{room}":
        return payload | {"room_id": room_id}
    return payload


def test_hostile_payloads_are_answered(connect: Connect, room: LiveRoom, cast: Cast) -> None:
    """Every command answers every shape with an error code, and the socket goes on."""
    host = connect(cast.ben)
    names = sorted(name for name in COMMANDS if name.startswith(OURS))
    assert len(names) >= 17
    for name in names:
        for payload in HOSTILE:
            if name in {"room.join", "room.leave"} and payload == {"room_id": "{room}"}:
                continue
            answer = host.ask_raw(name, fitted(payload, room.id))
            assert answer["ok"] is False or name == "room.leave", (name, payload, answer)
            if not answer["ok"]:
                assert answer["error"]["code"] in {
                    "invalid_input",
                    "not_found",
                    "not_allowed",
                    "rate_limited",
                }, (name, payload, answer)
                assert answer["error"]["message"]
    assert host.ask("room.join", room_id=room.id)["ok"]
    with db.reading() as session:
        assert list(session.scalars(select(ChatMessage.id))) == []


def test_an_unknown_command_is_answered(connect: Connect) -> None:
    for name in ("room.explode", "connect_error", "__proto__", "x" * 300):
        assert connect().ask_raw(name, {"a": 1})["error"]["code"] == "not_found"


def test_a_megabyte_closes_only_its_own_socket(connect: Connect, room: LiveRoom, cast: Cast) -> None:
    big, other = connect(cast.ana), connect(cast.sam)
    big.client.emit("chat.post", {"room_id": room.id, "text": "x" * 1_000_000, "client_key": "1"})
    big.wait_closed(5)
    assert other.ask("room.join", room_id=room.id)["ok"]
    with db.reading() as session:
        assert list(session.scalars(select(ChatMessage.id))) == []


def test_one_socket_cannot_fill_the_server_with_rooms(connect: Connect, room: LiveRoom) -> None:
    guest = connect()
    for _ in range(40):
        answer = guest.ask("room.join", room_id=room.id)
    assert answer["ok"]  # The same room again is the same room.


def test_what_is_no_json_is_refused_like_any_unknown_command(address: str, settings: Settings) -> None:
    browser = websocket.create_connection(
        address.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket", timeout=10
    )
    browser.recv()
    browser.send("40" + json.dumps({"token": socket_token(settings.secret_key, None, None)}))
    assert browser.recv().startswith("40")
    for number, broken in enumerate(("[", '["chat.post",{"text":', "\ud7ff[", '["x"]]')):
        browser.send(f"42{number}{broken}")
        answer = browser.recv()
        assert answer.startswith(f"43{number}[") and json.loads(answer[3:])[0]["error"]["code"] == "not_found"
    browser.shutdown()
