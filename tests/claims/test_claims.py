"""Claims in the room: what a comment does, for whom, and what it never does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from livestream.chat import pace
from livestream.chat import service as chat
from livestream.chat.errors import Muted
from livestream.claims import jobs, service
from livestream.claims.errors import ClaimLimit, ClaimOver, NoMore
from livestream.claims.models import ClaimStep
from livestream.rooms import service as rooms
from livestream.rooms.errors import NotLive
from shop.core import channel, clock, db, ids
from shop.core.actor import Actor
from shop.core.errors import NotAllowed, NotFound, RateLimited, SignInNeeded
from shop.inventory.errors import SoldOut
from shop.messaging.models import Message
from shop.offers.jobs import expire_one
from shop.offers.models import OfferState
from tests.claims.conftest import Show
from tests.factories.cast import Cast
from tests.support.recording import Recorder


def do(step: Any, **keywords: Any) -> Any:
    with db.unit_of_work() as session:
        return step(session, **keywords)


def claim(show: Show, who: Actor, *, item: int = 0, place: int = 0, quantity: int = 1, key: str = "") -> Any:
    return do(
        service.claim_variant,
        actor=who,
        room_id=show.id,
        item_id=show.room.items[item].id,
        variant_id=show.variant(item, place),
        quantity=quantity,
        client_key=key or ids.new_id("msg"),
    )


def test_a_claim_holds_makes_the_offer_and_opens_the_thread(show: Show, cast: Cast, sent: Recorder) -> None:
    assert show.say(cast.ana, "Mia 38!")["kind"] == "held"
    [made] = show.claims()
    offer = show.offer(made)
    assert (made.quantity, made.variant_id, made.turn) == (1, show.variant(0), 1)
    assert (offer.state, offer.unit_amount, offer.quantity, offer.shopper_id) == ("held", 8900, 1, cast.ana.account_id)
    assert offer.valid_until == clock.now() + timedelta(minutes=10)
    assert show.left(show.variant(0)) == 4
    with db.reading() as session:
        [card] = session.scalars(select(Message).where(Message.thread_id == offer.thread_id))
        assert card.cards == [["offer", offer.id]]
    names = [name for name, _payload in sent.to(channel.user(str(cast.ana.account_id)))]
    assert "claim.changed" in names
    # The room hears the comment and the stock, never the claim.
    assert {name for name, _payload in sent.to(channel.room(show.id))} <= {"chat.posted", "stock.changed"}


def test_the_same_comment_again_is_the_same_claim(show: Show, cast: Cast) -> None:
    assert show.say(cast.ana, "mia 38", key="k1")["kind"] == "held"
    assert show.say(cast.ana, "mia 38", key="k1")["kind"] == "held"
    assert show.states() == ["held"]
    assert show.messages() == ["mia 38"]


def test_saying_it_twice_does_not_buy_two(show: Show, cast: Cast) -> None:
    show.say(cast.ana, "mia 38")
    show.say(cast.ana, "mia 38!!")
    assert show.states() == ["held"]
    assert show.say(cast.ana, "mia 38 x2")["kind"] == "held"
    assert [(c.state, c.quantity) for c in show.claims()] == [("released", 1), ("held", 2)]
    assert show.left(show.variant(0)) == 3


@pytest.mark.parametrize("text", ["che bella!", "is 38 sold?", "not mine", "pass", "Passo Uno!"])
def test_chatter_claims_nothing(show: Show, cast: Cast, text: str) -> None:
    assert show.say(cast.ana, text) == {}
    assert show.claims() == []


def test_an_unclear_claim_is_asked_back(show: Show, cast: Cast) -> None:
    answer = show.say(cast.ana, "lo prendo!!")
    assert answer["kind"] == "question"
    assert answer["told"].words == "Which size shall we hold?"
    assert 'data-variant="' + show.variant(0, 1) in answer["told"].question
    assert show.claims() == []


def test_a_number_names_the_product(show: Show, cast: Cast) -> None:
    assert show.say(cast.ana, "sold 2 x2")["kind"] == "held"
    [made] = show.claims()
    assert (made.item_id, made.quantity, made.source_ref) == (show.room.items[1].id, 2, None)
    assert show.offer(made).unit_amount == 18900


def test_nothing_pinned_asks_for_the_product(show: Show, cast: Cast) -> None:
    from livestream.pins.queries import find_current_pin
    from livestream.pins.service import unpin

    with db.unit_of_work() as session:
        pin = find_current_pin(session, room_id=show.id)
        assert pin is not None
        unpin(session, actor=cast.ben, room_id=show.id, pin_id=pin.id)
    answer = show.say(cast.ana, "mine")
    assert answer["told"].words == "Which product do you mean?"


def test_the_crew_never_claims(show: Show, cast: Cast) -> None:
    for somebody in (cast.ben, cast.mia, cast.olga):
        assert show.say(somebody, "mia 38") == {}
    with pytest.raises(NotAllowed):
        claim(show, cast.ben)
    assert show.claims() == []


def test_guests_sign_in(show: Show, cast: Cast) -> None:
    with pytest.raises(SignInNeeded):
        claim(show, cast.guest)


def test_muted_people_do_not_claim(show: Show, cast: Cast) -> None:
    do(chat.mute, actor=cast.mia, room_id=show.id, account_id=cast.ana.account_id, seconds=60)
    with pytest.raises(Muted):
        show.say(cast.ana, "mia 38")
    with pytest.raises(Muted):
        claim(show, cast.ana)
    assert show.claims() == []


def test_a_block_between_shopper_and_host_keeps_claims_away(show: Show, cast: Cast) -> None:
    from shop.social.service import block

    do(block, actor=cast.ben, account_id=str(cast.ana.account_id))
    assert show.say(cast.ana, "mia 38") == {}
    with pytest.raises(NotFound):
        claim(show, cast.ana)
    assert show.claims() == []


def test_slow_mode_does_not_lose_a_claim(show: Show, cast: Cast) -> None:
    do(chat.set_slow_mode, actor=cast.mia, room_id=show.id, seconds=60)
    show.say(cast.ana, "che bella")
    assert show.say(cast.ana, "mia 38")["kind"] == "held"
    with pytest.raises(RateLimited):
        show.say(cast.ana, "grazie a tutti")


def test_a_cap_per_item_and_per_show(show: Show, cast: Cast) -> None:
    assert show.say(cast.ana, "mia 38 x4")["kind"] == "refused"
    assert show.messages() == ["mia 38 x4"]  # The words stay, the claim was not made.
    claim(show, cast.ana, quantity=3)
    with pytest.raises(ClaimLimit):
        claim(show, cast.ana, place=1)
    do(
        service.save_rules, actor=cast.olga, stream_id=show.room.stream.id,
        is_on=True, words=[], most_per_item=3, most_per_show=4, hold_minutes=10,
    )  # fmt: skip
    with pytest.raises(ClaimLimit):
        claim(show, cast.ana, item=1, quantity=2)
    claim(show, cast.ana, item=1)


def test_claims_can_be_switched_off_and_have_their_own_words(show: Show, cast: Cast) -> None:
    rules = {"most_per_item": 3, "most_per_show": 10, "hold_minutes": 20}
    do(service.save_rules, actor=cast.pia, stream_id=show.room.stream.id, is_on=True, words=["Daje"], **rules)
    assert show.say(cast.ana, "mia 38") == {}
    assert show.say(cast.ana, "daje 38")["kind"] == "held"
    assert show.offer(show.claims()[0]).valid_until == clock.now() + timedelta(minutes=20)
    do(service.save_rules, actor=cast.pia, stream_id=show.room.stream.id, is_on=False, words=["Daje"], **rules)
    assert show.say(cast.sam, "daje 39") == {}


def test_pass_gives_back_only_ones_own(show: Show, cast: Cast) -> None:
    show.say(cast.ana, "mia 38")
    assert show.say(cast.sam, "pass") == {}
    assert show.states() == ["held"]
    assert show.say(cast.ana, "passo")["kind"] == "released"
    assert show.states() == ["released"]
    assert show.offer(show.claims()[0]).state == OfferState.DECLINED
    assert show.left(show.variant(0)) == 5


def test_sold_out_means_a_place_in_line_and_the_first_gets_what_comes_back(show: Show, cast: Cast) -> None:
    show.stock(show.variant(0), 1)
    assert show.say(cast.ana, "mia 38")["kind"] == "held"
    answer = show.say(cast.sam, "mia 38")
    assert (answer["kind"], answer["told"].words) == ("waiting", "You are next in line")
    assert show.say(cast.zed, "mia 38")["told"].words == "Place 2 in line"
    show.say(cast.ana, "cancel")
    assert show.states() == ["released", "held", "waiting"]
    assert show.offer(show.claims(cast.sam)[0]).shopper_id == cast.sam.account_id
    assert "You are next in line" in show.cards(cast.zed)


def test_a_hold_that_runs_out_goes_to_the_next(show: Show, cast: Cast) -> None:
    show.stock(show.variant(0), 1)
    show.say(cast.ana, "mia 38")
    show.say(cast.sam, "mia 38")
    clock.move(timedelta(minutes=11))
    expire_one(offer_id=str(show.claims(cast.ana)[0].offer_id))
    assert show.states() == ["expired", "held"]


def test_clocks_stand_still_while_the_host_is_away(show: Show, cast: Cast) -> None:
    show.say(cast.ana, "mia 38")
    began = clock.now()
    clock.move(timedelta(minutes=2))
    do(rooms.note_host_lost, stream_id=show.room.stream.id)
    clock.move(timedelta(minutes=3))
    assert 'data-claim-paused="480"' in show.cards(cast.ana)  # Eight minutes were left.
    show.say(cast.sam, "mia 39")  # While the host is away: its clock runs.
    do(rooms.note_host_back, stream_id=show.room.stream.id)
    deadlines = [show.offer(claim).valid_until - began for claim in show.claims()]
    assert deadlines == [timedelta(minutes=13), timedelta(minutes=15)]
    assert "data-claim-paused" not in show.cards(cast.ana)


def test_the_line_keeps_the_price_of_its_moment(show: Show, cast: Cast) -> None:
    show.stock(show.variant(0), 1)
    show.say(cast.ana, "mia 38")
    show.say(cast.sam, "mia 38")
    clock.move(timedelta(minutes=6))  # The live price of 89.00 is over: it is 109.00 again.
    show.say(cast.ana, "pass")
    assert show.offer(show.claims(cast.sam)[0]).unit_amount == 8900


def test_nobody_overtakes_the_line(show: Show, cast: Cast) -> None:
    show.stock(show.variant(0), 0)
    show.say(cast.ana, "mia 38")
    show.stock(show.variant(0), 1)  # A piece came back and nobody heard of it yet.
    show.say(cast.sam, "mia 38")
    assert [(c.account_id, c.state) for c in show.claims()] == [
        (cast.ana.account_id, "held"),
        (cast.sam.account_id, "waiting"),
    ]


def test_fewer_left_is_a_question(show: Show, cast: Cast) -> None:
    show.stock(show.variant(0), 2)
    answer = show.say(cast.ana, "mia 38 x3")
    assert (answer["kind"], answer["told"].words) == ("question", "Only 2 are left")
    assert show.claims() == []
    assert show.messages() == ["mia 38 x3"]
    show.say(cast.ana, "mia 38 x2")
    with pytest.raises(NoMore):
        claim(show, cast.ana, quantity=3)
    assert show.states() == ["held"]


def test_another_size_by_the_button(show: Show, cast: Cast) -> None:
    made = claim(show, cast.ana)
    step = {"actor": cast.ana, "claim_id": made.id, "variant_id": show.variant(0, 1), "quantity": 1}
    changed = do(service.change_claim, client_key="change-1", **step)
    assert (changed.variant_id, changed.state) == (show.variant(0, 1), "held")
    assert show.states() == ["released", "held"]
    show.stock(show.variant(0, 0), 0)
    with pytest.raises(SoldOut):
        do(
            service.change_claim,
            actor=cast.ana, claim_id=changed.id, variant_id=show.variant(0), quantity=1, client_key="change-2",
        )  # fmt: skip
    assert show.states() == ["released", "held"]
    with pytest.raises(ClaimOver):
        do(service.change_claim, client_key="change-3", **step)


def test_fewer_pieces_keep_the_rest_and_the_line_gets_what_is_free(show: Show, cast: Cast) -> None:
    show.stock(show.variant(0), 2)
    show.say(cast.ana, "mia 38 x2")
    show.say(cast.sam, "mia 38")
    show.say(cast.zed, "mia 38")
    assert show.say(cast.ana, "mia 38 x1")["kind"] == "held"
    assert [(c.state, c.quantity) for c in show.claims(cast.ana)] == [("released", 2), ("held", 1)]
    assert (show.states(cast.sam), show.states(cast.zed)) == (["held"], ["waiting"])


def test_a_repeated_change_is_the_same_change(show: Show, cast: Cast) -> None:
    made = claim(show, cast.ana)
    step = {"actor": cast.ana, "claim_id": made.id, "variant_id": show.variant(0, 1), "quantity": 1, "client_key": "c"}
    assert do(service.change_claim, **step).id == do(service.change_claim, **step).id
    assert show.states() == ["released", "held"]


def test_whoever_waits_changes_the_number_and_keeps_the_place(show: Show, cast: Cast) -> None:
    show.stock(show.variant(0), 0)
    show.say(cast.ana, "mia 38")
    show.say(cast.sam, "mia 38")
    assert show.say(cast.ana, "mia 38 x2")["kind"] == "waiting"
    assert [(c.turn, c.quantity, c.state) for c in show.claims()] == [(1, 2, "waiting"), (2, 1, "waiting")]


def test_another_size_by_words(show: Show, cast: Cast) -> None:
    assert show.say(cast.ana, "cambia 39") == {}  # Nothing to change.
    show.say(cast.ana, "mia 38")
    assert show.say(cast.ana, "cambia 39")["kind"] == "held"
    assert [(c.variant_id, str(c.state)) for c in show.claims()] == [
        (show.variant(0), "released"),
        (show.variant(0, 1), "held"),
    ]
    show.stock(show.variant(0), 0)
    clock.move(timedelta(seconds=10))
    assert show.say(cast.ana, "cambia 38")["kind"] == "refused"
    assert show.states() == ["released", "held"]


def test_strangers_find_no_claim(show: Show, cast: Cast) -> None:
    made = claim(show, cast.ana)
    for somebody in (cast.sam, cast.zed, cast.ugo):
        with pytest.raises(NotFound):
            do(service.release_claim, actor=somebody, claim_id=made.id)
    assert show.states() == ["held"]
    assert show.cards(cast.sam) == ""


def test_the_crew_corrects_with_a_line_in_the_history(show: Show, cast: Cast) -> None:
    made = claim(show, cast.ana)
    changed = do(
        service.change_claim,
        actor=cast.mia, claim_id=made.id, variant_id=show.variant(0, 1), quantity=2, client_key="staff-1",
    )  # fmt: skip
    assert (changed.account_id, changed.quantity, changed.state) == (cast.ana.account_id, 2, "held")
    assert show.offer(show.claims()[0]).state == OfferState.WITHDRAWN
    do(service.release_claim, actor=cast.mia, claim_id=changed.id)
    assert show.states() == ["removed", "removed"]
    with db.reading() as session:
        last = session.scalars(select(ClaimStep).where(ClaimStep.claim_id == changed.id).order_by(ClaimStep.id)).all()
        assert (last[-1].by_account_id, last[-1].state) == (cast.mia.account_id, "removed")


def test_declining_in_the_thread_hands_on(show: Show, cast: Cast) -> None:
    from shop.offers.paying import decline

    show.stock(show.variant(0), 1)
    show.say(cast.ana, "mia 38")
    show.say(cast.sam, "mia 38")
    decline(actor=cast.ana, offer_id=str(show.claims(cast.ana)[0].offer_id))
    assert show.states() == ["released", "held"]


def test_the_sweep_finds_what_nobody_heard(show: Show, cast: Cast) -> None:
    show.stock(show.variant(0), 0)
    show.say(cast.ana, "mia 38")
    show.stock(show.variant(0), 1)
    jobs.keep_lines_moving()
    assert show.states() == ["held"]


def test_the_line_ends_an_hour_after_the_show(show: Show, cast: Cast) -> None:
    show.stock(show.variant(0), 0)
    show.say(cast.ana, "mia 38")
    do(rooms.end_stream, actor=cast.ben, stream_id=show.room.stream.id)
    with pytest.raises(NotLive):
        claim(show, cast.sam)
    jobs.keep_lines_moving()
    assert show.states() == ["waiting"]
    clock.move(timedelta(minutes=61))
    jobs.keep_lines_moving()
    assert show.states() == ["missed"]


def test_numbers_are_given_once(show: Show, cast: Cast) -> None:
    first, second = show.room.items
    assert (first.number, second.number) == (1, 2)
    do(rooms.move_item, actor=cast.olga, item_id=second.id, to=0)
    with db.reading() as session:
        from livestream.rooms.queries import list_line_up

        assert [(i.number, i.position) for i in list_line_up(session, stream_id=show.room.stream.id)] == [
            (2, 1),
            (1, 2),
        ]


@pytest.fixture(autouse=True)
def _fresh_pace() -> None:
    pace.buckets.clear()
