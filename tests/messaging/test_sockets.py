"""Threads over real sockets: who hears what, and from when on no longer."""

from __future__ import annotations

import time

from shop.messaging import service
from tests.factories.cast import Cast
from tests.messaging.conftest import befriend, block, direct, do, make_group
from tests.realtime.conftest import Browser, Connect, address, connect  # noqa: F401  (fixtures)


def heard(browser: Browser, name: str) -> int:
    return sum(1 for one, _payload in browser.heard if one == name)


def send(browser: Browser, thread_id: str, key: str = "k", text: str = "Ciao") -> dict[str, object]:
    return browser.ask("message.send", thread_id=thread_id, text=text, client_key=key)


def test_a_message_reaches_who_watches(connect: Connect, cast: Cast) -> None:  # noqa: F811
    befriend(cast.ana, cast.sam)
    thread_id = direct(cast.ana, cast.sam)
    ana, sam, zed = connect(cast.ana), connect(cast.sam), connect(cast.zed)
    for browser in (ana, sam, zed):
        assert browser.ask("messages.watch")["ok"]
    answer = send(ana, thread_id)
    assert answer["ok"]
    news = sam.wait_for("message.posted")
    assert news["thread_id"] == thread_id
    assert set(news) == {"thread_id", "message_id", "number"}
    assert send(ana, thread_id)["data"] == answer["data"]  # Sent again, it is the same.
    assert heard(sam, "message.posted") == 1
    sam.ask("thread.read", thread_id=thread_id, number=1)
    assert ana.wait_for("thread.read")["reader"] == cast.sam.account_id
    ana.ask("thread.type", thread_id=thread_id)
    assert sam.wait_for("thread.typing")["display_name"] == "Ana"
    assert [name for name, _ in zed.heard if name.startswith(("message", "thread"))] == []


def test_strangers_are_answered_as_if_nothing_were_there(connect: Connect, cast: Cast) -> None:  # noqa: F811
    befriend(cast.ana, cast.sam)
    thread_id = direct(cast.ana, cast.sam)
    zed, guest = connect(cast.zed), connect()
    for name, more in (
        ("thread.open", {}),
        ("message.send", {"text": "x", "client_key": "k"}),
        ("thread.read", {"number": 1}),
        ("thread.type", {}),
    ):
        for there in (thread_id, "thread_00000000000000000000000000", "thread_x", "user:x"):
            assert zed.ask(name, thread_id=there, **more)["error"]["code"] == "not_found"
        assert guest.ask(name, thread_id=thread_id, **more)["error"]["code"] == "sign_in_needed"
    assert zed.ask("message.send", thread_id=thread_id, text=7, client_key="k")["error"]["code"] == "invalid_input"
    assert zed.ask("thread.open", thread_id=thread_id, channel="x")["error"]["code"] == "invalid_input"


def test_a_new_thread_is_heard_without_asking(connect: Connect, cast: Cast) -> None:  # noqa: F811
    befriend(cast.ana, cast.sam)
    sam = connect(cast.sam)
    sam.ask("messages.watch")
    thread_id = direct(cast.ana, cast.sam)
    assert sam.wait_for("thread.added") == {"thread_id": thread_id}
    ana = connect(cast.ana)
    send(ana, thread_id)
    sam.wait_for("message.posted")


def test_who_is_removed_hears_nothing_more(connect: Connect, cast: Cast) -> None:  # noqa: F811
    befriend(cast.ana, cast.sam)
    befriend(cast.ana, cast.zed)
    thread_id = make_group(cast.ana, cast.sam, cast.zed)
    ana, sam, zed = connect(cast.ana), connect(cast.sam), connect(cast.zed)
    for browser in (sam, zed):
        browser.ask("messages.watch")
    do(service.remove_person, actor=cast.ana, thread_id=thread_id, account_id=cast.zed.account_id)
    zed.wait_for("thread.closed")
    before = heard(sam, "message.posted")
    send(ana, thread_id)
    deadline = time.monotonic() + 5
    while heard(sam, "message.posted") == before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert heard(sam, "message.posted") == before + 1
    assert heard(zed, "message.posted") == 0
    assert zed.ask("thread.open", thread_id=thread_id)["error"]["code"] == "not_found"


def test_behind_a_block_nothing_is_delivered(connect: Connect, cast: Cast) -> None:  # noqa: F811
    befriend(cast.ana, cast.sam)
    thread_id = direct(cast.ana, cast.sam)
    ana, sam = connect(cast.ana), connect(cast.sam)
    sam.ask("messages.watch")
    block(cast.sam, cast.ana)
    assert send(ana, thread_id)["error"]["code"] == "unreachable"
    assert ana.ask("thread.type", thread_id=thread_id)["ok"]
    ana.ask("thread.read", thread_id=thread_id, number=0)
    assert [name for name, _ in sam.heard if name.startswith(("message", "thread"))] == []
