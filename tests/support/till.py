"""A shop with goods, shipping rates and the real sandbox behind its till."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from shop.catalog.models import Product
from shop.core import db, jobs, verify
from shop.core.actor import SYSTEM
from shop.core.money import Money
from shop.inventory.models import StockLevel
from shop.orders.models import Order
from shop.payments.models import Payment
from shop.payments.provider import use_provider
from shop.payments.providers.stripe.client import StripeProvider
from shop.shipping.models import CountryGroup
from shop.shipping.service import set_rates
from tests.factories.cast import Cast
from tests.factories.catalog import make_product, variants_of
from tests.payments.sandbox.running import SECRET, Running, running_sandbox
from tests.support.visitor import Visitor

SHIPPING = {CountryGroup.HOME: 490, CountryGroup.EU: 990}


@dataclass
class Till:
    """`shoes` cost 109.00 at Brand A, a `mug` 29.00 at Brand B; shipping 4.90 at home, 9.90 in the EU."""

    app: Flask
    running: Running
    shoes: Product
    mug: Product

    def visitor(self) -> Visitor:
        return Visitor(self.app.test_client())

    def pay(self, answer: TestResponse, card: str = "4242424242424242", **fields: str) -> str:
        """Pay on the page that an answer leads to; the path of the return page."""
        back = self.running.browser.pay(self.session_ref(answer), card, **fields)
        assert back.status_code == 303, back.text[:400]
        return path_of(back.headers["Location"])

    def session_ref(self, answer: TestResponse) -> str:
        assert answer.status_code == 303, answer.get_data(as_text=True)[:400]
        assert answer.location.startswith("/sandbox/pay/"), answer.location
        return answer.location.removeprefix("/sandbox/pay/")

    def deliver(self, *, times: int = 1, backwards: bool = False) -> list[int]:
        """Hand the sandbox's letters to our webhook; statuses."""
        self.running.deliver()
        letters = list(zip(self.running.inbox.bodies, self.running.inbox.signatures, strict=True))
        statuses = []
        for body, signature in reversed(letters) if backwards else letters:
            for _ in range(times):
                statuses.append(self.post_event(body, signature).status_code)
        return statuses

    def post_event(self, body: bytes, signature: str) -> TestResponse:
        return self.app.test_client().post("/stripe/account", data=body, headers={"Stripe-Signature": signature})


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


@contextmanager
def open_till(app: Flask, cast: Cast, data_dir: Path, **options: object) -> Iterator[Till]:
    with running_sandbox(data_dir / "sandbox", **options) as running:  # type: ignore[arg-type]
        use_provider(
            StripeProvider(key="sk_test_sandbox", api_base=running.url, webhook_secrets=(SECRET,), is_live=False)
        )
        with db.unit_of_work() as session:
            shoes = make_product(session, cast.brand_a, stock=5)
            mug = make_product(session, cast.brand_b, slug="marea", title="Marea", sizes=(), amount=2900, stock=5)
            for brand in (cast.brand_a, cast.brand_b):
                rates: dict[CountryGroup, Money | None] = {g: Money(a, "EUR") for g, a in SHIPPING.items()}
                set_rates(session, actor=SYSTEM, brand_id=brand.id, currency="EUR", rates=rates)
        yield Till(app, running, shoes, mug)


def the_order(number: int | None = None) -> Order:
    """The newest order, or the one of this number."""
    wanted = select(Order).order_by(Order.number.desc()).limit(1)
    with db.reading() as session:
        return session.scalars(wanted if number is None else select(Order).where(Order.number == number)).one()


def orders() -> list[Order]:
    with db.reading() as session:
        return list(session.scalars(select(Order).order_by(Order.number)))


def the_payment(order: Order) -> Payment:
    with db.reading() as session:
        return session.scalars(select(Payment).where(Payment.order_id == order.id)).one()


def level(product: Product, place: int = 0) -> tuple[int, int, int]:
    """stock, held, sold of one of a product's variants."""
    with db.reading() as session:
        variant = variants_of(session, product)[place]
        row = session.scalars(select(StockLevel).where(StockLevel.variant_id == variant.id)).one()
        return row.stock, row.held, row.sold


def faults() -> list[str]:
    """What `verify` says."""
    with db.reading() as session:
        return [f"{finding.invariant}: {finding.fault}" for finding in verify.check_all(session)]


def work() -> int:
    """Let the worker do what is due."""
    return jobs.run_due_jobs()
