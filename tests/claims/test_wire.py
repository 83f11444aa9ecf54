"""Claims over the wire: who hears what, refused payloads, other people's claims, the brand's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from livestream.chat import pace
from livestream.claims.models import ClaimRules
from shop.core import channel, db, ids, realtime
from shop.core.actor import Actor
from shop.core.errors import ShopError
from shop.core.realtime import COMMANDS, Identity
from tests.claims.conftest import Show
from tests.factories.cast import Cast
from tests.support.recording import Recorder
from tests.support.visitor import JSON, Visitor

PAGE = "/dashboard/brand-a/streams/evening-walk/claims"
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(visitor: Visitor, show: Show) -> Iterator[Ask]:
    """`ask(actor, "claim.choose", …)` → what the socket would answer: data, or {"error": code}."""
    pace.buckets.clear()

    def send(actor: Actor, name: str, **payload: Any) -> dict[str, Any]:
        visitor.sign_in(actor)
        hashed = ids.token_hash(visitor.token) if actor.account_id and visitor.token else None
        who = Identity(sid="s", session_hash=hashed, guest_key="g" * 64, address="local", locale="it")
        token = realtime._identity.set(who)
        try:
            found: dict[str, Any] = realtime.run_command(COMMANDS[name], who, {"room_id": show.id} | payload)
        except ShopError as error:
            return {"error": error.code}
        finally:
            realtime._identity.reset(token)
        return found

    yield send


def choose(show: Show, **more: Any) -> dict[str, Any]:
    return {
        "item_id": show.room.items[0].id,
        "variant_id": show.variant(0),
        "client_key": ids.new_id("msg"),
    } | more


def test_a_comment_is_answered_to_its_writer_alone(show: Show, cast: Cast, ask: Ask, sent: Recorder) -> None:
    answer = ask(cast.ana, "chat.post", text="mia 38", client_key="k")
    assert answer["claim"].kind == "held"
    assert answer["claim"].messages == (answer["message_id"],)
    told = [(name, to) for name, _payload, to in sent if name.startswith(("claim.", "claims."))]
    assert set(told) == {
        ("claim.changed", channel.user(str(cast.ana.account_id))),
        ("claims.changed", channel.crew(show.id)),
    }
    assert ask(cast.sam, "claim.show")["claim"].cards == ""
    assert 'data-testid="claim-card"' in ask(cast.ana, "claim.show")["claim"].cards


def test_chatter_gets_a_plain_receipt(show: Show, cast: Cast, ask: Ask) -> None:
    assert ask(cast.ana, "chat.post", text="che bella", client_key="k").keys() == {"message_id"}


def test_the_hint_says_what_the_words_would_claim(show: Show, cast: Cast, ask: Ask) -> None:
    assert "Passo Uno, 38" in ask(cast.ana, "claim.preview", text="mia 38")["hint"]
    assert ask(cast.ana, "claim.preview", text="mia 38?") == {"hint": ""}
    assert ask(cast.ben, "claim.preview", text="mia 38") == {"hint": ""}
    assert show.claims() == []


def test_an_answered_question_claims_and_marks_the_comment(show: Show, cast: Cast, ask: Ask) -> None:
    said = ask(cast.ana, "chat.post", text="lo prendo!!", client_key="k")
    answer = ask(cast.ana, "claim.choose", **choose(show, message_id=said["message_id"]))
    assert (answer["claim"].kind, answer["claim"].messages) == ("held", (said["message_id"],))
    # Somebody else's comment is never marked.
    ask(cast.sam, "claim.choose", **choose(show, message_id=said["message_id"]))
    assert [claim.message_id for claim in show.claims()] == [said["message_id"], None]


def test_a_product_without_a_size_is_asked_on(show: Show, cast: Cast, ask: Ask) -> None:
    payload = choose(show)
    del payload["variant_id"]
    assert ask(cast.ana, "claim.choose", **payload)["claim"].kind == "question"


WRONG: list[dict[str, Any]] = [
    {"quantity": 0}, {"quantity": -1}, {"quantity": 21}, {"quantity": 1.5}, {"quantity": True}, {"quantity": "2"},
    {"quantity": 10**30}, {"client_key": ""}, {"client_key": "k" * 41}, {"client_key": 7}, {"price": 1},
    {"unit_amount": 1}, {"account_id": "acct_x"}, {"item_id": None}, {"item_id": ""}, {"variant_id": 7},
    {"message_id": "a\nb"},
]  # fmt: skip


def test_payloads_that_are_not_ours_are_refused(show: Show, cast: Cast, ask: Ask) -> None:
    answers = [ask(cast.ana, "claim.choose", **choose(show, **wrong)) for wrong in WRONG]
    assert answers == [{"error": "invalid_input"}] * len(WRONG)
    assert show.claims() == []


def test_what_does_not_exist_here_is_not_found(show: Show, cast: Cast, ask: Ask) -> None:
    for wrong in (
        {"item_id": ids.new_id("item")},
        {"variant_id": ids.new_id("var")},
        {"variant_id": show.variant(1)},  # Of the other product.
        {"room_id": ids.new_id("room")},
        {"item_id": "x" * 60},
    ):
        assert ask(cast.ana, "claim.choose", **choose(show, **wrong)) == {"error": "not_found"}
    assert show.claims() == []


def test_other_peoples_claims_do_not_exist(show: Show, cast: Cast, ask: Ask) -> None:
    ask(cast.ana, "chat.post", text="mia 38", client_key="k")
    [made] = show.claims()
    for actor in (cast.sam, cast.zed, cast.ugo):
        assert ask(actor, "claim.release", claim_id=made.id) == {"error": "not_found"}
        change = {"claim_id": made.id, "variant_id": show.variant(0, 1), "quantity": 1, "client_key": "c"}
        assert ask(actor, "claim.change", **change) == {"error": "not_found"}
    # The crew corrects by commands of its own; another brand's crew finds nothing.
    assert ask(cast.mia, "claim.release", claim_id=made.id) == {"error": "not_found"}
    for name, more in (("claim.remove", {}), ("claim.correct", {"variant_id": show.variant(0, 1), "quantity": 1})):
        payload = {"claim_id": made.id, **more} | ({"client_key": "z"} if more else {})
        assert ask(cast.zed, name, **payload) == {"error": "not_found"}
        assert ask(cast.sam, name, **payload) == {"error": "not_allowed"}
    assert show.states() == ["held"]
    assert ask(cast.mia, "claim.remove", claim_id=made.id)["state"] == "removed"


def test_guests_are_asked_to_sign_in(show: Show, cast: Cast, ask: Ask) -> None:
    for name, payload in (("claim.choose", choose(show)), ("claim.preview", {"text": "mia 38"}), ("claim.show", {})):
        assert ask(cast.guest, name, **payload) == {"error": "sign_in_needed"}


def test_the_page_of_claims_lists_corrects_and_removes(show: Show, cast: Cast, visitor: Visitor) -> None:
    pace.buckets.clear()
    show.say(cast.ana, "mia 38")
    visitor.sign_in(cast.mia)
    page = visitor.get(PAGE).get_data(as_text=True)
    assert "Ana" in page
    assert 'data-state="held"' in page
    [made] = show.claims()
    fields: dict[str, Any] = {"variant_id": show.variant(0, 1), "quantity": "2"}
    assert visitor.post(f"{PAGE}/{made.id}/correct", **fields).status_code == 303
    assert [(c.state, c.quantity) for c in show.claims()] == [("removed", 1), ("held", 2)]
    latest = show.claims()[-1]
    assert visitor.post(f"{PAGE}/{latest.id}/remove", headers=JSON).json == {"ok": True}
    assert show.states() == ["removed", "removed"]
    assert visitor.post(f"{PAGE}/{ids.new_id('claim')}/remove", headers=JSON).status_code == 404
    assert visitor.sign_in(cast.zed).get(PAGE).status_code in {403, 404}


SENSELESS: list[dict[str, Any]] = [
    {"claim_words": "pass"},
    {"claim_words": "42"},
    {"claim_words": "mia, the"},
    {"claim_words": ", ".join(f"parola{chr(97 + n)}" for n in range(21))},
    {"most_per_item": "0"},
    {"most_per_show": "1e9"},
    {"hold_minutes": "1"},
]


def test_rules_that_make_no_sense_come_back(show: Show, cast: Cast, visitor: Visitor) -> None:
    good: dict[str, Any] = {"is_on": "1", "claim_words": "", "most_per_item": "3", "most_per_show": "10"}
    visitor.sign_in(cast.pia)
    for fields in SENSELESS:
        answer = visitor.post(f"{PAGE}/rules", **(good | {"hold_minutes": "10"} | fields))
        assert answer.status_code == 422, fields
        assert f'href="#{next(iter(fields))}"' in answer.get_data(as_text=True)
    with db.reading() as session:
        assert session.get(ClaimRules, show.room.stream.id) is None


def test_planners_set_the_rules(show: Show, cast: Cast, visitor: Visitor, frozen: datetime) -> None:
    fields: dict[str, Any] = {
        "claim_words": "Daje,\n me lo porto via",
        "most_per_item": "2",
        "most_per_show": "5",
        "hold_minutes": "20",
    }
    assert visitor.sign_in(cast.ben).post(f"{PAGE}/rules", headers=JSON, **fields).status_code == 403
    assert visitor.sign_in(cast.pia).post(f"{PAGE}/rules", **fields).status_code == 303
    with db.reading() as session:
        rules = session.get_one(ClaimRules, show.room.stream.id)
        assert (rules.is_on, rules.words, rules.most_per_item) == (False, ["Daje", "me lo porto via"], 2)
