"""A sandbox on a free port, for tests that talk to it with the real `stripe` client."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import stripe
from flask import Flask, request
from werkzeug.serving import make_server

from shop.payments.providers.stripe.sandbox.app import create_sandbox
from shop.payments.providers.stripe.sandbox.sandbox import Sandbox

SECRET = "whsec_test_of_the_sandbox"
KEY = "sk_test_sandbox"
stripe.enable_telemetry = False


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """The app on a free port of this machine; yields its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Inbox:
    """A webhook receiver: keeps what arrives and answers with `status`."""

    url: str = ""
    status: int = 200
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)

    @property
    def types(self) -> list[str]:
        return [stripe.Event.construct_from(_json(body), KEY).type for body in self.bodies]

    def verified(self, index: int, tolerance: int = 300) -> Any:
        """The event, as the SDK accepts it."""
        payload, signature = self.bodies[index].decode(), self.signatures[index]
        return stripe.Webhook.construct_event(payload, signature, SECRET, tolerance=tolerance)


def _json(body: bytes) -> Any:
    import orjson

    return orjson.loads(body)


def receiver(inbox: Inbox) -> Flask:
    app = Flask("receiver")

    @app.post("/hook")
    def hook() -> tuple[str, int]:
        inbox.bodies.append(request.get_data())
        inbox.signatures.append(request.headers["Stripe-Signature"])
        return "", inbox.status

    return app


class Browser:
    """A shopper without JavaScript: loads pages and submits the payment form as it stands."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.http = requests.Session()
        self.http.trust_env = False

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        return self.http.get(self.address + path, allow_redirects=False, timeout=10, **kwargs)

    def post(self, path: str, data: dict[str, str], **kwargs: Any) -> requests.Response:
        return self.http.post(self.address + path, data=data, allow_redirects=False, timeout=10, **kwargs)

    def pay(self, session_id: str, number: str = "4242424242424242", **fields: str) -> requests.Response:
        path = f"/sandbox/pay/{session_id}"
        form = hidden_and_filled(self.get(path).text)
        return self.post(path, form | {"card": number, "expiry": "12 / 34", "cvc": "123"} | fields)

    def answer_bank(self, path: str, answer: str) -> requests.Response:
        form = hidden_and_filled(self.get(path).text)
        return self.post(path, form | {"answer": answer})


def hidden_and_filled(page: str) -> dict[str, str]:
    """Names and values of the page's inputs and selected options."""
    from html.parser import HTMLParser

    found: dict[str, str] = {}

    class Reader(HTMLParser):
        select = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            values = dict(attrs)
            name = values.get("name") or ""
            if tag == "select":
                self.select = name
            if tag == "option" and "selected" in values:
                found[self.select] = values.get("value") or ""
            if tag == "input" and name and (values.get("type") != "radio" or "checked" in values):
                found[name] = values.get("value") or ""

    Reader().feed(page)
    return found


@dataclass
class Running:
    """A running sandbox: `client` is the real Stripe client, `browser` a shopper, `inbox` the shop's webhook."""

    app: Flask
    url: str
    inbox: Inbox
    time: list[float]
    client: stripe.StripeClient = field(init=False)
    browser: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.new_client()
        self.browser = Browser(self.url)

    @property
    def sandbox(self) -> Sandbox:
        found: Sandbox = self.app.extensions["sandbox"]
        return found

    def new_client(self, key: str = KEY, retries: int = 0, **kwargs: Any) -> stripe.StripeClient:
        return stripe.StripeClient(
            key,
            base_addresses={"api": self.url},
            max_network_retries=retries,
            **kwargs,  # type: ignore[typeddict-item]
        )

    def control(self, path: str, **body: Any) -> requests.Response:
        return requests.post(f"{self.url}/_control{path}", json=body, timeout=20)

    def deliver(self) -> int:
        sent: int = self.control("/deliver").json()["sent"]
        return sent

    def forward(self, seconds: float) -> None:
        assert self.control("/clock", forward_seconds=seconds).status_code == 200

    def session(self, **changes: Any) -> Any:
        return self.client.v1.checkout.sessions.create(session_params(**changes))


def session_params(**changes: Any) -> dict[str, Any]:
    """A usual order: shoes and two mugs, shipping included in the total; None takes a parameter out."""
    params: dict[str, Any] = {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "success_url": "http://shop.test/checkout/done?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.test/checkout/cancelled?order=1001",
        "customer_email": "giulia@vetrina.example",
        "client_reference_id": "ord_1",
        "metadata": {"order": "ord_1"},
        "payment_intent_data": {"metadata": {"order": "ord_1"}},
        "line_items": [
            line_item("Passo Uno, white and green", 8900, description="Size 42 · Passo Volante"),
            line_item("Marea stoneware mug, 35 cl", 2900, quantity=2, description="Blue · Terralume"),
        ],
        "shipping_options": [
            {
                "shipping_rate_data": {
                    "display_name": "Shipping, two parcels",
                    "type": "fixed_amount",
                    "fixed_amount": {"amount": 1080, "currency": "eur"},
                }
            }
        ],
        **changes,
    }
    return {name: value for name, value in params.items() if value is not None}


def line_item(name: str, amount: int, *, quantity: int = 1, currency: str = "eur", **product: Any) -> dict[str, Any]:
    return {
        "quantity": quantity,
        "price_data": {
            "currency": currency,
            "unit_amount": amount,
            "tax_behavior": "inclusive",
            "product_data": {"name": name, **product},
        },
    }


@contextmanager
def running_sandbox(
    data_dir: Path, *, clock: Callable[[], float] | None = None, inbox: bool = True, **options: Any
) -> Iterator[Running]:
    """Strict and without background work unless told otherwise; `running.time[0]` is its base clock."""
    box = Inbox()
    base = [float(int(time.time()))]
    with serve(receiver(box)) as hook:
        box.url = f"{hook}/hook"
        app = create_sandbox(
            data_dir,
            public_url=options.pop("public_url", "http://shop.test/sandbox"),
            webhook_url=options.pop("webhook_url", box.url if inbox else ""),
            webhook_secret=SECRET,
            clock=clock or (lambda: base[0]),
            **{"strict": True, "background": False, **options},
        )
        with serve(app) as url:
            yield Running(app, url, box, base)
        app.extensions["sandbox"].stop()
