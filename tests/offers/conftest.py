"""A till, and Ana's thread with Brand A, in which she has asked something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.core import clock, db, ids
from shop.core.actor import Actor
from shop.core.money import Money
from shop.messaging import service as messaging
from shop.offers import service
from shop.offers.models import Offer, OfferState
from shop.offers.queries import get_offer
from shop.offers.terms import Terms
from shop.payments.models import Payment
from tests.factories.cast import Cast
from tests.factories.catalog import variants_of
from tests.support.recording import Recorder
from tests.support.till import Till, open_till

BASE = "http://localhost:5000"


@dataclass
class World:
    """Ana's (and Sam's) thread with Brand A; `shoes` cost 109.00, the parcel 4.90 at home."""

    till: Till
    cast: Cast
    threads: dict[str, str] = field(default_factory=dict)

    @property
    def thread_id(self) -> str:
        return self.threads["ana"]

    def variant_id(self, place: int = 0) -> str:
        with db.reading() as session:
            return variants_of(session, self.till.shoes)[place].id

    def terms(self, **changes: Any) -> Terms:
        values: dict[str, Any] = {"variant_id": self.variant_id(), "unit": euros(10400), "holds_stock": True}
        return Terms(**(values | changes))

    def offer(self, *, by: Actor | None = None, thread: str = "ana", **changes: Any) -> str:
        """Sent, and its id."""
        with db.unit_of_work() as session:
            return service.send_offer(
                session,
                actor=by or self.cast.olga,
                thread_id=self.threads[thread],
                terms=self.terms(**changes),
                client_key=ids.new_id("msg"),
            ).id

    def batch(self, *people: str, units: int = 1, **changes: Any) -> list[str]:
        """The same to several; ids in the order of the people."""
        with db.unit_of_work() as session:
            offers = service.send_to_many(
                session,
                actor=self.cast.olga,
                thread_ids=[self.threads[one] for one in people],
                terms=self.terms(**changes),
                units=units,
                client_key=ids.new_id("msg"),
            )
            by_thread = {offer.thread_id: offer.id for offer in offers}
        return [by_thread[self.threads[one]] for one in people]

    def pay_page(self, offer_id: str, actor: Actor | None = None) -> Payment:
        """Tap on Pay."""
        from shop.offers.paying import start_payment

        return start_payment(actor=actor or self.cast.ana, offer_id=offer_id, seen_total=None, base_url=BASE)

    def pay(self, payment: Payment, card: str = "4242424242424242") -> None:
        """Pay on the page; we learn of it later."""
        answer = self.till.running.browser.pay(str(payment.session_ref), card)
        assert answer.status_code == 303, answer.text[:400]

    def close_page(self, payment: Payment) -> None:
        from shop.checkout.service import abandon

        abandon(payment.order_id, reason="left")


def euros(amount: int) -> Money:
    return Money(amount, "EUR")


def look(offer_id: str) -> Offer:
    with db.reading() as session:
        return get_offer(session, offer_id)


def state(offer_id: str) -> OfferState:
    return OfferState(look(offer_id).state)


def offers() -> list[Offer]:
    with db.reading() as session:
        return list(session.scalars(select(Offer).order_by(Offer.id)))


def do(step: Any, **keywords: Any) -> Any:
    with db.unit_of_work() as session:
        return step(session, **keywords)


@pytest.fixture
def stopped() -> Iterator[datetime]:
    """The clock stands still at the real present, which is also the sandbox's."""
    present = datetime.now(UTC).replace(microsecond=0)
    with clock.frozen(present):
        yield present


@pytest.fixture
def world(app: Flask, cast: Cast, sent: Recorder, tmp_path: Path) -> Iterator[World]:
    with open_till(app, cast, tmp_path) as till:
        world = World(till=till, cast=cast)
        for name in ("ana", "sam"):
            actor = getattr(cast, name)
            with db.unit_of_work() as session:
                thread = messaging.open_brand_thread(session, actor=actor, brand_id=cast.brand_a.id)
                messaging.send_message(
                    session, actor=actor, thread_id=thread.id, text="Avete la 38?", client_key=ids.new_id("msg")
                )
                world.threads[name] = thread.id
        sent.clear()
        yield world


def later(**length: float) -> None:
    clock.move(timedelta(**length))
