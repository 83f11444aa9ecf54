"""Claims at the same moment, on both databases; each race beside its twin without the lock, which shows the bug."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from livestream.claims import line, queries, service
from shop.core import clock, db
from shop.core.actor import Actor
from shop.messaging.service import open_brand_thread
from shop.offers.paying import _place
from shop.offers.queries import get_offer
from tests.claims.conftest import Show, faults, make_show
from tests.factories.cast import Cast, make_actor
from tests.support.races import at_once, codes, twin_at_once, twin_overtaken
from tests.support.recording import Recorder

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
BASE = "http://localhost:5000"

Step = Callable[[Session], Any]


@pytest.fixture
def show(cast: Cast, sent: Recorder) -> Iterator[Show]:
    """The clock stands still at the real present; everybody has a thread with the brand already."""
    with clock.frozen(datetime.now(UTC).replace(microsecond=0)):
        made = make_show(cast)
        with db.unit_of_work() as session:
            for actor in (cast.ana, cast.sam, cast.zed):
                open_brand_thread(session, actor=actor, brand_id=cast.brand_a.id)
        yield made


def claiming(show: Show, who: Actor, key: str, *, place: int = 0, quantity: int = 1) -> Step:
    item_id, variant_id = show.room.items[0].id, show.variant(0, place)
    return lambda session: service.claim_variant(
        session,
        actor=who,
        room_id=show.id,
        item_id=item_id,
        variant_id=variant_id,
        quantity=quantity,
        client_key=key,
    )


def handing_on(show: Show) -> Step:
    stream_id, variant_id = show.room.stream.id, show.variant(0)

    def step(session: Session) -> int:
        return len(line.hand_on(session, stream_id, variant_id, queries.lock_rules(session, stream_id)))

    return step


def done(step: Step) -> Callable[[], Any]:
    """The step as a unit of work of its own."""

    def run() -> Any:
        with db.unit_of_work() as session:
            return step(session)

    return run


def make(show: Show, who: Actor, key: str, **more: Any) -> Any:
    return done(claiming(show, who, key, **more))()


def test_two_claim_the_last_piece(app: Flask, cast: Cast, show: Show) -> None:
    """The piece itself is guarded by its counter, whose twin is in `tests/concurrency`; here it is the line."""
    show.stock(show.variant(0), 1)
    answers = at_once(app, done(claiming(show, cast.ana, "a")), done(claiming(show, cast.sam, "s")))
    assert codes(answers) == ["ok", "ok"]
    assert [(c.turn, str(c.state)) for c in show.claims()] == [(1, "held"), (2, "waiting")]
    assert faults() == []


def test_whoever_waits_gets_the_piece_before_those_who_come(app: Flask, cast: Cast, show: Show) -> None:
    show.stock(show.variant(0), 0)
    make(show, cast.zed, "z")
    show.stock(show.variant(0), 1)
    answers = at_once(app, done(claiming(show, cast.ana, "a")), done(claiming(show, cast.sam, "s")))
    assert codes(answers) == ["ok", "ok"]
    assert show.states(cast.zed) == ["held"]
    assert show.states() == ["held", "waiting", "waiting"]
    assert faults() == []


def test_two_devices_stay_within_the_cap(app: Flask, cast: Cast, show: Show) -> None:
    steps = [claiming(show, cast.ana, f"k{place}", place=place, quantity=2) for place in (0, 1)]
    assert sorted(codes(at_once(app, *map(done, steps)))) == ["claim_limit", "ok"]
    assert sum(claim.quantity for claim in show.claims()) == 2
    assert faults() == []


def test_the_twin_lets_two_devices_pass_the_cap(app: Flask, cast: Cast, show: Show) -> None:
    make(show, cast.sam, "warm-up")  # The rules' row and the counters are there.
    steps = [claiming(show, cast.ana, f"k{place}", place=place, quantity=2) for place in (0, 1)]
    assert codes(twin_overtaken(app, *steps)) == ["ok", "ok"]
    assert sum(claim.quantity for claim in show.claims(cast.ana)) == 4
    assert any("claims.nobody_beyond_the_cap" in fault for fault in faults())


def test_the_same_comment_from_two_sockets_is_one_claim(app: Flask, cast: Cast, show: Show) -> None:
    step = done(claiming(show, cast.ana, "same"))
    first, second = at_once(app, step, step)
    assert first.id == second.id
    assert show.states() == ["held"]
    assert faults() == []


def test_the_twin_answers_a_repeated_comment_with_an_error(app: Flask, cast: Cast, show: Show) -> None:
    make(show, cast.sam, "warm-up")
    step = claiming(show, cast.ana, "same")
    assert sorted(codes(twin_at_once(app, step, step))) == ["IntegrityError", "ok"]


def test_one_piece_that_comes_back_goes_to_exactly_one(app: Flask, cast: Cast, show: Show) -> None:
    lea = _somebody("Lea")
    show.stock(show.variant(0), 0)
    make(show, cast.sam, "s")
    make(show, lea, "l")
    show.stock(show.variant(0), 1)
    assert sorted(at_once(app, *[done(handing_on(show))] * 3)) == [0, 0, 1]
    assert show.states() == ["held", "waiting"]
    assert faults() == []


def test_the_twin_serves_the_first_in_line_twice(app: Flask, cast: Cast, show: Show) -> None:
    show.stock(show.variant(0), 0)
    make(show, cast.sam, "s")
    show.stock(show.variant(0), 2)
    assert sorted(codes(twin_at_once(app, *[handing_on(show)] * 2))) == ["IntegrityError", "ok"]
    assert show.left(show.variant(0)) == 0  # The second piece is set aside for nobody.


def test_pass_against_pay(app: Flask, cast: Cast, show: Show) -> None:
    """Whoever locks first decides; a payment page that is open is closed before the claim ends."""
    claim = make(show, cast.ana, "a")
    answers = at_once(app, done(_passing(cast, claim.id)), done(_paying(cast, claim.offer_id)))
    passed, paid = codes(answers)
    with db.reading() as session:
        offer = get_offer(session, claim.offer_id)
    if paid == "ok":
        assert (passed, offer.state, offer.ending) == ("ok", "paying", "decline")
        assert show.states() == ["held"]
    else:
        assert (passed, paid, offer.state) == ("ok", "offer_over", "declined")
        assert show.states() == ["released"]
    assert faults() == []


def test_the_twin_passes_what_is_being_paid(app: Flask, cast: Cast, show: Show) -> None:
    claim = make(show, cast.ana, "a")
    twin_overtaken(app, _passing(cast, claim.id), _paying(cast, claim.offer_id))
    assert faults() != []


def _passing(cast: Cast, claim_id: str) -> Step:
    return lambda session: service.release_claim(session, actor=cast.ana, claim_id=claim_id)


def _paying(cast: Cast, offer_id: str) -> Step:
    """The first half of a tap on Pay: the order with its stock, before the provider is asked for a page."""
    return lambda session: _place(session, cast.ana, offer_id, None, BASE)


def _somebody(name: str) -> Actor:
    with db.unit_of_work() as session:
        return make_actor(session, name)
