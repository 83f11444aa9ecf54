"""A simulated purchase: what a person does with pages and forms, up to the pretend payment page."""

from __future__ import annotations

import random

import requests

from demo.browser import Browser, Refused, hidden_fields

CARD = {"card": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"}
# Leave enough for the people who try the demo.
KEEP_LEFT = 3


def buy(browser: Browser, slug: str, rng: random.Random) -> bool:
    """Buy one piece of what is pinned; False when there is nothing to buy."""
    room = browser.room(slug)
    pin = room["pin"]
    if pin is None:
        return False
    choices = [variant for variant in pin["variants"] if variant["left"] > KEEP_LEFT]
    if not choices:
        return False
    variant = rng.choice(choices)
    browser.get(f"/live/{slug}")
    fields = {
        "variant_id": variant["sku"],
        "quantity": "1",
        "source_ref": pin["pin_id"],
        "return_path": f"/live/{slug}",
        "seen_amount": str(variant["price"]["amount"]),
    }
    answer = browser.post("/checkout/now", fields)
    if "/sandbox/" not in answer.url:
        raise Refused("checkout", f"checkout answered {answer.status_code} at {answer.url}", {})
    return pay(browser, answer)


def pay(browser: Browser, page: requests.Response) -> bool:
    """Fill in the sandbox's page with the card that always works."""
    path = page.url.split("?")[0]
    fields = hidden_fields(page.text, path.split("/sandbox", 1)[1])
    fields.update(CARD)
    for name, value in {
        "email": "shopper@crowd.vetrina.example",
        "name": "Demo Shopper",
        "line1": "Via Roma 1",
        "postal_code": "63100",
        "city": "Ascoli Piceno",
        "country": "IT",
    }.items():
        if not fields.get(name):
            fields[name] = value
    answer = browser.send(path, fields)
    return answer.status_code == 200 and "/checkout/done" in answer.url
