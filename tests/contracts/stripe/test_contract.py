"""The contract file is what the installed stripe package says, and the checker catches what it must."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import stripe

from shop.payments.providers.stripe.contract import check, generate
from shop.payments.providers.stripe.contract.forms import BadForm, decode

FIXTURES: dict[str, Any] = json.loads(Path(__file__).with_name("fixtures.json").read_text())["resources"]


def test_regenerating_gives_the_committed_file() -> None:
    assert generate.render(generate.build()) == generate.FILE.read_text(encoding="utf-8")


def test_the_contract_is_of_the_version_that_the_client_sends() -> None:
    assert check.load().api_version == stripe.api_version


@pytest.mark.parametrize("name", sorted(FIXTURES))
def test_official_examples_conform(name: str) -> None:
    if name.startswith("deleted_"):
        assert FIXTURES[name]["deleted"] is True
    else:
        assert check.load().check_object(FIXTURES[name]) == []


GOOD = (
    "mode=payment&ui_mode=hosted_page&success_url=http://x/&line_items[0][quantity]=1"
    "&line_items[0][price_data][currency]=eur&line_items[0][price_data][unit_amount]=500"
    "&line_items[0][price_data][product_data][name]=Tee"
)


@pytest.mark.parametrize(
    ("added", "finding"),
    [
        ("", None),
        ("&ui_mode=hosted", "ui_mode: must be one of"),
        ("&payment_method_types[0]=card", "payment_method_types: unknown parameter"),
        (
            "&line_items[0][price_data][unit_amount]=19.99",
            "line_items[0][price_data][unit_amount]: must be of type integer",
        ),
        (
            "&payment_intent_data[aplication_fee_amount]=5",
            "payment_intent_data[aplication_fee_amount]: unknown parameter",
        ),
        ("&cancle_url=http://x", "cancle_url: unknown parameter"),
        ("&automatic_tax[enabled]=yes", "automatic_tax[enabled]: must be of type boolean"),
        ("&line_items[1][price_data][unit_amount]=5", "line_items[1][price_data][currency]: missing"),
        ("&metadata=x", "metadata: must be key-value pairs"),
        ("&shipping_options[a]=x", "shipping_options: must be a list"),
    ],
)
def test_requests_are_checked(added: str, finding: str | None) -> None:
    contract = check.load()
    found = contract.find("POST", "/v1/checkout/sessions")
    assert found is not None
    findings = [str(f) for f in contract.check_request(found[0], decode(GOOD + added))]
    assert findings == [] if finding is None else any(f.startswith(finding) for f in findings)


def test_replies_are_checked() -> None:
    contract = check.load()
    found = contract.find("GET", "/v1/refunds/re_1")
    assert found is not None and found[1] == {"refund": "re_1"}
    refund = FIXTURES["refund"]
    assert contract.check_reply(found[0], refund) == []
    broken = {**refund, "amount": "100", "stauts": "x"} | {"id": None}
    kinds = sorted(f"{f.at} {f.kind}" for f in contract.check_reply(found[0], broken))
    assert kinds == ["amount invalid", "id invalid", "stauts unknown"]


def test_forms_become_nested_and_typed() -> None:
    contract = check.load()
    found = contract.find("POST", "/v1/checkout/sessions")
    assert found is not None
    params = contract.typed(found[0], decode(GOOD + "&automatic_tax[enabled]=false&expand[]=line_items&metadata[a]=1"))
    assert params["line_items"][0]["price_data"]["unit_amount"] == 500
    assert params["automatic_tax"] == {"enabled": False}
    assert (params["expand"], params["metadata"]) == (["line_items"], {"a": "1"})


@pytest.mark.parametrize(
    "body", ["a[b=1", "=1", "a[b][c][d][e][f][g][h][i]=1", "a=1&a[b]=2", "a[b]=2&a=1", "a=%00", "a=%ff"]
)
def test_broken_forms_are_refused(body: str) -> None:
    with pytest.raises(BadForm):
        decode(body)
