"""One breach per rule, and a check that no rule goes untested."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import stripe

from shop.payments.providers.stripe.sandbox.handlers import HANDLERS
from shop.payments.providers.stripe.sandbox.modelled import MODELLED
from shop.payments.providers.stripe.sandbox.rules import RULES
from tests.payments.sandbox.running import Running, line_item, running_sandbox, session_params

NOW = 1_800_000_000
SESSION = "checkout.session.create"


def session(**changes: Any) -> dict[str, Any]:
    return session_params(**changes)


def shipping(count: int = 1, **changes: Any) -> list[dict[str, Any]]:
    rate = {
        "display_name": "Post",
        "type": "fixed_amount",
        "fixed_amount": {"amount": 500, "currency": "eur"},
        **changes,
    }
    return [{"shipping_rate_data": rate} for _ in range(count)]


# Rule → operation, parameters that break it, part of the message.
BREACHES: dict[str, list[tuple[str, dict[str, Any], str]]] = {
    "metadata_is_small": [
        (SESSION, session(metadata={f"k{i}": "v" for i in range(51)}), "50 metadata keys"),
        (SESSION, session(metadata={"k" * 41: "v"}), "40 characters"),
        (SESSION, session(payment_intent_data={"metadata": {"k": "v" * 501}}), "500 characters"),
    ],
    "session_mode_is_given": [(SESSION, session(mode=None), "mode")],
    "hosted_session_has_success_url": [(SESSION, session(success_url=None), "success_url")],
    "addresses_are_absolute": [
        (SESSION, session(cancel_url="/cart"), "Not a valid URL"),
        (SESSION, session(success_url="javascript:alert(1)"), "Not a valid URL"),
        (SESSION, session(success_url="http://[x"), "Not a valid URL"),
    ],
    "endpoint_address_is_absolute": [("webhook_endpoint.create", {"url": "hook", "enabled_events": ["*"]}, "URL")],
    "expiry_is_half_an_hour_to_a_day_ahead": [
        (SESSION, session(expires_at=NOW + 1799), "30 minutes"),
        (SESSION, session(expires_at=NOW + 86_401), "24 hours"),
    ],
    "client_reference_has_at_most_200_characters": [(SESSION, session(client_reference_id="x" * 201), "200")],
    "customer_or_email_not_both": [(SESSION, session(customer="cus_1"), "only specify one")],
    "email_looks_like_one": [
        (SESSION, session(customer_email="anna"), "Invalid email"),
        ("customer.create", {"email": "a@b"}, "Invalid email"),
    ],
    "session_has_1_to_100_items": [
        (SESSION, session(line_items=None), "1 to 100"),
        (SESSION, session(line_items=[line_item("Tee", 500)] * 101), "1 to 100"),
    ],
    "items_say_their_price": [
        (SESSION, session(line_items=[{"quantity": 1}]), "sandbox does not model line items without price_data"),
        (SESSION, session(line_items=[line_item("Tee", -1)]), "unit_amount"),
        (SESSION, session(line_items=[line_item("Tee", 500, quantity=0)]), "quantity"),
        (SESSION, session(line_items=[{"price_data": {"currency": "eur", "unit_amount": 5}}]), "product_data"),
    ],
    "products_have_a_name_and_at_most_8_images": [
        (SESSION, session(line_items=[line_item(" ", 500)]), "empty string"),
        (SESSION, session(line_items=[line_item("Tee", 500, images=["http://x/i"] * 9)]), "8"),
        (SESSION, session(line_items=[line_item("Tee", 500, images=["data:x"])]), "absolute"),
    ],
    "session_has_one_currency": [
        (SESSION, session(line_items=[line_item("Tee", 500), line_item("Cap", 500, currency="usd")]), "one currency"),
    ],
    "at_most_5_shipping_options": [
        (SESSION, session(shipping_options=shipping(6)), "up to 5"),
        (SESSION, session(shipping_options=shipping(display_name="x" * 101)), "display_name"),
        (SESSION, session(shipping_options=shipping(fixed_amount={"amount": -1, "currency": "eur"})), "at least 0"),
        (SESSION, session(shipping_options=[{"shipping_rate": "shr_1"}]), "sandbox does not model"),
    ],
    "custom_text_has_at_most_1200_characters": [
        (SESSION, session(custom_text={"submit": {"message": "x" * 1201}}), "1200"),
    ],
    "shipping_countries_are_named": [
        (SESSION, session(shipping_address_collection={"allowed_countries": []}), "country")
    ],
    "session_total_can_be_charged": [
        (SESSION, session(line_items=[line_item("Tee", 49)], shipping_options=None), "at least €0.50"),
        (SESSION, session(line_items=[line_item("Tee", 99_999_999)]), "no more than"),
        (SESSION, session(line_items=[line_item("Tee", 500, currency="xts")], shipping_options=None), "currency xts"),
    ],
    "intent_amount_can_be_charged": [("payment_intent.create", {"amount": 49, "currency": "jpy"}, "at least ¥50")],
    "confirm_parameters_need_confirm": [
        ("payment_intent.create", {"amount": 500, "currency": "eur", "off_session": True}, "without `confirm=true`"),
    ],
    "refund_names_one_payment": [
        ("refund.create", {}, "exactly one"),
        ("refund.create", {"charge": "ch_1", "payment_intent": "pi_1"}, "exactly one"),
        ("refund.create", {"charge": "ch_1", "amount": 0}, "greater than or equal to 1"),
    ],
    "lists_have_1_to_100_rows_and_one_cursor": [
        ("event.list", {"limit": 101}, "1 to 100"),
        ("refund.list", {"starting_after": "re_1", "ending_before": "re_2"}, "both"),
    ],
    "events_are_filtered_by_type_or_types": [
        ("event.list", {"type": "charge.succeeded", "types": ["charge.succeeded"]}, "not both"),
        ("event.list", {"types": ["charge.succeeded"] * 21}, "20"),
    ],
}


@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_rule_refuses_its_breaches_only(name: str) -> None:
    rule = next(rule for rule in RULES if rule.name == name)
    assert rule.documentation.startswith("https://docs.stripe.com/")
    for operation, params, message in BREACHES[name]:
        assert operation in rule.operations
        problem = rule.check(params, NOW)
        assert problem is not None and message in problem.message, (params, problem)
        assert (problem.status, problem.stored) == (400, False)
    if SESSION in rule.operations:
        assert rule.check(session(expires_at=NOW + 1800), NOW) is None


def test_rules_are_obeyed_over_http(running: Running) -> None:
    """The table is not decoration: a breach is refused by the API, and nothing is made."""
    with pytest.raises(stripe.InvalidRequestError, match="at least 30 minutes") as refusal:
        running.session(expires_at=int(running.time[0]) + 60)
    assert refusal.value.param == "expires_at"
    assert running.client.v1.checkout.sessions.list().data == []


def test_every_operation_is_modelled_and_handled() -> None:
    from shop.payments.providers.stripe.contract.check import load

    names = {operation.name for operation in load().operations}
    assert set(HANDLERS) == names
    assert set(MODELLED) == names


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"allow_promotion_codes": True}, "allow_promotion_codes"),
        ({"automatic_tax": {"enabled": True}}, "automatic_tax\\[enabled\\]=true"),
        ({"mode": "setup"}, "mode=setup"),
        ({"ui_mode": "elements"}, "ui_mode=elements"),
        ({"payment_intent_data": {"capture_method": "manual"}}, "payment_intent_data\\[capture_method\\]"),
    ],
)
def test_what_the_sandbox_does_not_model_is_refused_by_name(
    running: Running, changes: dict[str, Any], what: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=f"sandbox does not model {what}"):
        running.session(**changes)


def test_the_table_of_breaches_is_complete() -> None:
    """Removing a rule fails here, removing its effect fails above."""
    assert set(BREACHES) == {rule.name for rule in RULES}


def test_a_reply_that_breaks_the_contract_is_the_sandboxs_own_bug(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    customer = running.client.v1.customers.create({"email": "anna@posta.it"})
    monkeypatch.setitem(HANDLERS, "customer.retrieve", lambda call: {"id": call.ref, "object": "customer", "nmae": "x"})
    with pytest.raises(stripe.StripeError) as trouble:
        running.client.v1.customers.retrieve(customer.id)
    assert trouble.value.http_status == 500
    assert "customer.retrieve: nmae: unknown field; created: missing" in caplog.text


def test_outside_tests_such_a_reply_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(HANDLERS, "customer.retrieve", lambda call: {"id": call.ref, "object": "customer", "nmae": "x"})
    with running_sandbox(tmp_path, strict=False) as lenient:
        assert lenient.client.v1.customers.retrieve("cus_1").id == "cus_1"
    assert "reply breaks the contract: customer.retrieve: nmae: unknown field" in caplog.text
