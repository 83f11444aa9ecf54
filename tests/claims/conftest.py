"""A show on air with the jacket and the shoes, shipping at home, Ana and Sam watching."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from livestream.chat import service as chat
from livestream.chat.models import ChatMessage
from livestream.claims import answers
from livestream.claims.models import Claim
from livestream.pins import service as pins
from shop.core import clock, db, ids, verify
from shop.core.actor import SYSTEM, Actor
from shop.core.money import Money
from shop.inventory.models import StockLevel
from shop.offers.models import Offer
from shop.offers.queries import get_offer
from shop.shipping.models import CountryGroup
from shop.shipping.service import set_rates
from tests.factories.cast import Cast
from tests.factories.catalog import variants_of
from tests.factories.live import LiveRoom, make_live_room
from tests.support.recording import Recorder


@dataclass
class Show:
    """Item 1 is Passo Uno (38, 39; pinned), item 2 the Alpe jacket (one variant)."""

    room: LiveRoom
    cast: Cast

    @property
    def id(self) -> str:
        return self.room.id

    def variant(self, item: int, place: int = 0) -> str:
        with db.reading() as session:
            return variants_of(session, self.room.products[item])[place].id

    def say(self, who: Actor, text: str, *, key: str = "") -> dict[str, Any]:
        """A comment, and what its writer is told about a claim: `{}` for chatter."""
        with db.unit_of_work() as session:
            message = chat.post_message(
                session, actor=who, room_id=self.id, text=text, client_key=key or ids.new_id("msg")[:40]
            )
            found = chat.SLOTS.answer(session, who, message)
        return {"kind": found["claim"].kind, "told": found["claim"]} if found else {}

    def stock(self, variant_id: str, left: int) -> None:
        """So many can still be bought."""
        with db.unit_of_work() as session:
            row = session.get_one(StockLevel, variant_id)
            row.stock = row.held + row.sold + left
            _balance(session, variant_id)

    def left(self, variant_id: str) -> int:
        with db.reading() as session:
            row = session.get_one(StockLevel, variant_id)
            return row.stock - row.held - row.sold

    def claims(self, who: Actor | None = None) -> list[Claim]:
        """All, or a person's, in turn."""
        query = select(Claim).where(Claim.room_id == self.id).order_by(Claim.turn)
        with db.reading() as session:
            return list(session.scalars(query.where(Claim.account_id == who.account_id) if who else query))

    def states(self, who: Actor | None = None) -> list[str]:
        return [str(claim.state) for claim in self.claims(who)]

    def offer(self, claim: Claim) -> Offer:
        with db.reading() as session:
            return get_offer(session, str(claim.offer_id))

    def messages(self) -> list[str]:
        with db.reading() as session:
            return list(session.scalars(select(ChatMessage.text).where(ChatMessage.room_id == self.id)))

    def cards(self, who: Actor) -> str:
        with db.reading() as session:
            return answers.own_cards(session, who, self.id).cards


def _balance(session: Any, variant_id: str) -> None:
    """The ledger says what the test set."""
    from shop.inventory.models import Movement, StockEntry

    entries = session.scalars(select(StockEntry).where(StockEntry.variant_id == variant_id)).all()
    plus = {Movement.RECEIVED, Movement.ADJUSTED, Movement.RETURNED}
    known = sum(entry.quantity for entry in entries if entry.movement in plus)
    wanted = session.get_one(StockLevel, variant_id).stock
    if wanted != known:
        session.add(
            StockEntry(
                variant_id=variant_id,
                movement=Movement.ADJUSTED,
                quantity=wanted - known,
                reason="test",
                at=clock.now(),
            )
        )


def make_show(cast: Cast, *, stock: int = 5) -> Show:
    with db.unit_of_work() as session:
        room = make_live_room(session, cast.brand_a, host=cast.ben, stock=stock)
        set_rates(
            session,
            actor=SYSTEM,
            brand_id=cast.brand_a.id,
            currency="EUR",
            rates={CountryGroup.HOME: Money(490, "EUR")},
        )
    clock.move(timedelta(minutes=1))
    with db.unit_of_work() as session:
        pins.pin_item(session, actor=cast.ben, room_id=room.id, item_id=room.items[0].id)
    return Show(room=room, cast=cast)


def faults() -> list[str]:
    """What `verify` finds."""
    with db.reading() as session:
        return [f"{finding.invariant}: {finding.fault}" for finding in verify.check_all(session)]


@pytest.fixture
def show(cast: Cast, sent: Recorder, frozen: datetime) -> Iterator[Show]:
    found = make_show(cast)
    sent.clear()
    yield found
    assert faults() == []
