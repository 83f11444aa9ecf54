"""The queue over real sockets: the crew hears of it, nobody else does."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.factories.cast import Cast
from tests.factories.live import LiveRoom
from tests.questions.conftest import ask, messages, queue
from tests.realtime.conftest import Connect, address, connect, room  # noqa: F401  (fixtures)


def test_the_queue_lives_in_the_studio(app: Flask, connect: Connect, room: LiveRoom, cast: Cast) -> None:  # noqa: F811
    mia, ana = connect(cast.mia), connect(cast.ana)
    assert mia.ask("room.join", room_id=room.id, crew=True)["ok"]
    assert ana.ask("room.join", room_id=room.id)["ok"]
    ask(app, cast.ana)
    assert mia.wait_for("questions.changed") == {"room_id": room.id, "waiting": 1}
    said = ana.ask("chat.post", room_id=room.id, text="E la 39?", client_key="1")["data"]
    taken = mia.ask("question.take", room_id=room.id, message_id=said["message_id"])
    assert taken["ok"]
    first, second = queue(room)
    assert second.question_id == taken["data"]["question_id"]
    assert ana.ask("messages.watch")["ok"]
    assert mia.ask("question.answer", room_id=room.id, question_id=first.question_id, text="Sì, due.")["ok"]
    ana.wait_for("message.posted")
    assert mia.ask("question.answer", room_id=room.id, question_id=second.question_id)["ok"]
    assert queue(room) == []
    assert [one.text for one in messages()] == ["Ne avete la 38?", "Sì, due."]
    assert [name for name, _ in ana.heard if name.startswith("questions.")] == []


@pytest.mark.parametrize("name", ["question.answer", "question.drop", "question.take"])
def test_shoppers_and_others_have_no_say(connect: Connect, room: LiveRoom, cast: Cast, name: str) -> None:  # noqa: F811
    payload = {"message_id" if name == "question.take" else "question_id": "qst_00000000000000000000000000"}
    for actor in (cast.ana, cast.zed):
        assert connect(actor).ask(name, room_id=room.id, **payload)["error"]["code"] == "not_allowed"
    assert connect().ask(name, room_id=room.id, **payload)["error"]["code"] == "sign_in_needed"
    assert connect(cast.mia).ask(name, room_id=room.id, **payload)["error"]["code"] == "not_found"
