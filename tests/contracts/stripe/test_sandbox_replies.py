"""Every sandbox reply has the fields of Stripe's own example of its object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.payments.sandbox.running import Running, running_sandbox

FIXTURES: dict[str, Any] = json.loads(Path(__file__).with_name("fixtures.json").read_text())["resources"]


@pytest.fixture(scope="module")
def replies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """One object of each kind, as a paid and refunded order leaves them."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield _objects(running)


def _objects(running: Running) -> dict[str, dict[str, Any]]:
    v1 = running.client.v1
    session = running.session()
    running.browser.pay(session.id)
    paid = v1.checkout.sessions.retrieve(session.id, {"expand": ["shipping_cost.shipping_rate"]})
    refund = v1.refunds.create({"payment_intent": str(paid.payment_intent)})
    charge = v1.charges.retrieve(str(refund.charge))
    endpoint = v1.webhook_endpoints.create({"url": "https://shop.test/hook", "enabled_events": ["*"]})
    line = v1.checkout.sessions.line_items.list(session.id).data[0]
    found = [
        v1.checkout.sessions.retrieve(session.id),
        v1.payment_intents.retrieve(str(paid.payment_intent)),
        charge,
        refund,
        line,
        line.price,
        paid.shipping_cost.shipping_rate if paid.shipping_cost else None,
        v1.payment_methods.retrieve(str(charge.payment_method)),
        v1.customers.create({"email": "anna@posta.it"}),
        v1.balance_transactions.list().data[0],
        v1.events.list().data[0],
        v1.webhook_endpoints.retrieve(endpoint.id),
    ]
    objects = {item.object: item.to_dict() for item in found if item is not None and not isinstance(item, str)}
    return objects | {"deleted_webhook_endpoint": v1.webhook_endpoints.delete(endpoint.id).to_dict()}


@pytest.mark.parametrize("name", sorted(FIXTURES))
def test_reply_has_the_fields_of_the_example(replies: dict[str, dict[str, Any]], name: str) -> None:
    assert sorted(replies[name]) == sorted(FIXTURES[name])
