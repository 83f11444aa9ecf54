"""Everything the sandbox consists of, tied together; Flask's part is in the edges."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property

from shop.payments.providers.stripe.contract.check import Contract, load
from shop.payments.providers.stripe.sandbox import checkout
from shop.payments.providers.stripe.sandbox.clock import SandboxClock
from shop.payments.providers.stripe.sandbox.config import API_VERSION, SHOP_EVENTS, Config
from shop.payments.providers.stripe.sandbox.delivery import Deliverer
from shop.payments.providers.stripe.sandbox.faults import Faults
from shop.payments.providers.stripe.sandbox.idempotency import Running
from shop.payments.providers.stripe.sandbox.objects.others import new_webhook_endpoint
from shop.payments.providers.stripe.sandbox.store import Obj, Store
from shop.payments.providers.stripe.sandbox.unit import NO_REQUEST, Unit

log = logging.getLogger("sandbox")
FILE = "stripe-sandbox.db"
SHOP_ENDPOINT = "we_shop"


class Sandbox:
    """One pretend Stripe account."""

    def __init__(self, config: Config, clock: Callable[[], float]) -> None:
        self.config = config
        self.contract: Contract = load()
        if self.contract.api_version != API_VERSION:
            raise RuntimeError(f"the contract is of {self.contract.api_version}, the sandbox speaks {API_VERSION}")
        self.store = Store(config.data_dir / FILE)
        with self.store.transaction() as tx:
            self._secret = tx.meta("secret") or secrets.token_hex(32)
            tx.set_meta("secret", self._secret)
            self.clock = SandboxClock(clock, float(tx.meta("clock_offset", "0")))
        self.faults = Faults()
        self.running = Running()
        self.deliverer = Deliverer(self.store, self.clock, self.faults)
        self._connect_shop()

    @contextmanager
    def unit(self, request: Obj = NO_REQUEST) -> Iterator[Unit]:
        """One unit of work at the present sandbox time; overdue sessions expire first."""
        with self.store.transaction() as tx:
            unit = Unit(tx, self.clock.now(), self.config.public_url, request)
            checkout.expire_due(unit)
            yield unit
        if unit.emitted:
            self.deliverer.wake()

    def tick(self) -> None:
        """What time alone brings about."""
        with self.unit():
            pass

    def start(self) -> None:
        self.deliverer.start(self.tick)

    def stop(self) -> None:
        self.deliverer.stop()
        self.store.close()

    def forward(self, seconds: float) -> None:
        """Move the sandbox clock; it never goes back, as events that happened cannot be unmade."""
        with self.store.transaction() as tx:
            self.clock.offset += seconds
            tx.set_meta("clock_offset", str(self.clock.offset))
        self.tick()
        self.deliverer.wake()

    def form_token(self, subject: str) -> str:
        """Goes into a form and comes back with it; bound to what the form acts on."""
        return hmac.new(self._key, subject.encode(), hashlib.sha256).hexdigest()[:32]

    def token_fits(self, subject: str, shown: str) -> bool:
        return hmac.compare_digest(self.form_token(subject).encode(), shown.encode("utf-8", "replace"))

    @cached_property
    def _key(self) -> bytes:
        return self._secret.encode()

    def _connect_shop(self) -> None:
        """The endpoint the process manager told us; address and secret follow the settings of each start."""
        with self.store.transaction() as tx:
            params = {"url": self.config.webhook_url, "enabled_events": list(SHOP_EVENTS)}
            params["description"] = "The shop, set by its settings"
            known = tx.find("webhook_endpoint", SHOP_ENDPOINT)
            created = known["created"] if known else self.clock.now()
            endpoint = new_webhook_endpoint(params, now=created) | {"id": SHOP_ENDPOINT}
            if not self.config.webhook_url:
                tx.delete(SHOP_ENDPOINT)
            elif known:
                tx.save(endpoint)
                tx.save_private(SHOP_ENDPOINT, {"secret": self.config.webhook_secret})
            else:
                tx.insert(endpoint, private={"secret": self.config.webhook_secret})
