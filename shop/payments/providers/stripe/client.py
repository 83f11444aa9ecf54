"""Calls to Stripe through its own client, told how often to try, how long to wait and where to go."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import requests
import stripe
import structlog
from requests.adapters import HTTPAdapter

from shop.core.db import check_no_transaction
from shop.core.settings import STRIPE_API, Settings
from shop.payments.provider import (
    CheckoutRequest,
    CheckoutSnapshot,
    EventSnapshot,
    ProviderError,
    RefundSnapshot,
)
from shop.payments.providers.stripe import mapping, secrets, webhook
from shop.payments.providers.stripe.pacing import TokenBucket

log = structlog.get_logger()
T = TypeVar("T")

CONNECT_SECONDS, READ_SECONDS = 3, 15
NETWORK_RETRIES = 2
BUSY_RETRIES = 3  # On 429, which the client itself does not repeat.


class StripeProvider:
    """One account at Stripe, or the sandbox."""

    name = "stripe"

    def __init__(self, *, key: str, api_base: str, webhook_secrets: tuple[str, ...], is_live: bool) -> None:
        stripe.enable_telemetry = False
        self.client = stripe.StripeClient(
            key,
            # Its default is no retry at all and 80 s of patience: more than a worker has.
            max_network_retries=NETWORK_RETRIES,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS), session=_shared_session()),
            base_addresses={"api": api_base},
        )
        self._secrets = webhook_secrets
        self.is_live = is_live
        self._turns = TokenBucket()

    @classmethod
    def of(cls, settings: Settings) -> StripeProvider:
        sandbox_or_stripe = settings.sandbox_address if settings.uses_sandbox else STRIPE_API
        return cls(
            key=secrets.api_key(settings),
            api_base=settings.stripe_api_base or sandbox_or_stripe,
            webhook_secrets=secrets.webhook_secrets(settings),
            is_live=secrets.expects_live(settings),
        )

    def create_checkout(self, request: CheckoutRequest, *, key: str) -> CheckoutSnapshot:
        params = mapping.session_params(request)
        session = self._call(lambda: self.client.v1.checkout.sessions.create(params, options={"idempotency_key": key}))
        return mapping.checkout_snapshot(session)

    def fetch_checkout(self, ref: str) -> CheckoutSnapshot:
        session = self._call(
            lambda: self.client.v1.checkout.sessions.retrieve(ref, params={"expand": mapping.EXPANDED})
        )
        return mapping.checkout_snapshot(session)

    def find_checkout(self, payment_id: str, *, since: datetime) -> CheckoutSnapshot | None:
        """Newest first; Stripe's clock and ours may differ by a minute."""
        earliest = int(since.timestamp()) - 60
        after: str | None = None
        while True:
            page = self._page(earliest, after)
            for session in page.data:
                if mapping.checkout_snapshot(session).payment_id == payment_id:
                    return mapping.checkout_snapshot(session)
            if not page.has_more:
                return None
            after = page.data[-1].id

    def _page(self, earliest: int, after: str | None) -> stripe.ListObject[stripe.checkout.Session]:
        params: Any = {"created": {"gte": earliest}, "limit": 100}
        if after is not None:
            params["starting_after"] = after
        return self._call(lambda: self.client.v1.checkout.sessions.list(params))

    def expire_checkout(self, ref: str) -> CheckoutSnapshot:
        """Stripe refuses to expire a page that is complete or expired already; then the page is what it is."""
        try:
            self._call(lambda: self.client.v1.checkout.sessions.expire(ref))
        except ProviderError as problem:
            if not problem.permanent:
                raise
        return self.fetch_checkout(ref)

    def refund(self, intent_ref: str, *, key: str, payment_id: str) -> RefundSnapshot:
        refund = self._call(
            lambda: self.client.v1.refunds.create(
                {"payment_intent": intent_ref, "metadata": {"payment": payment_id}}, options={"idempotency_key": key}
            )
        )
        return mapping.refund_snapshot(refund)

    def parse_event(self, body: bytes, signature: str) -> EventSnapshot:
        return webhook.parse_event(body, signature, secrets=self._secrets, expects_live=self.is_live)

    def _call(self, function: Callable[[], T]) -> T:
        """One call in its turn. Every failure becomes a ProviderError that says whether trying again can help."""
        check_no_transaction("Stripe")
        for attempt in range(BUSY_RETRIES + 1):
            self._turns.take()
            try:
                return function()
            except stripe.RateLimitError as problem:
                if attempt == BUSY_RETRIES:
                    raise _provider_error(problem, permanent=False) from problem
                time.sleep(0.5 * 2**attempt * random.uniform(0.5, 1.0))
            except stripe.IdempotencyError as problem:
                # Something ran under this key before: the outcome is unknown, not refused.
                raise _provider_error(problem, permanent=False) from problem
            except stripe.InvalidRequestError as problem:
                raise _provider_error(problem, permanent=(problem.http_status or 0) in {400, 404}) from problem
            except stripe.StripeError as problem:
                raise _provider_error(problem, permanent=False) from problem
        raise AssertionError("the loop returns or raises")


def _provider_error(problem: stripe.StripeError, *, permanent: bool) -> ProviderError:
    log.warning(
        "stripe call failed",
        kind=type(problem).__name__,
        status=problem.http_status,
        code=problem.code,
        stripe_request=problem.request_id,
        reason=str(problem.user_message or problem)[:300],
        permanent=permanent,
    )
    return ProviderError(permanent=permanent)


def _shared_session() -> requests.Session:
    """One pool of connections for all greenlets: a session per thread would shake hands anew for each request."""
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=32)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
