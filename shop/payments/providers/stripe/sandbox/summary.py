"""What the payment page shows of an order."""

from __future__ import annotations

from dataclasses import dataclass

from shop.payments.providers.stripe.sandbox import checkout
from shop.payments.providers.stripe.sandbox.frame import origin_of, sandbox
from shop.payments.providers.stripe.sandbox.store import Obj
from shop.payments.providers.stripe.sandbox.unit import Unit


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of the order."""

    name: str
    description: str
    image: str | None
    quantity: int
    amount: int


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A way to ship, and what it costs."""

    ref: str
    name: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Amounts are minor units of the session's currency."""

    lines: list[Line]
    rates: list[Rate]
    chosen: Rate | None
    total: int
    pieces: int
    vat_included: bool
    image_origins: list[str]


def summarise(unit: Unit, session: Obj, *, rate: str | None) -> Summary:
    """`rate` is what the form chose; something that is not on offer falls back to the first."""
    private = unit.tx.private(session["id"])
    rates = [_rate(unit, option) for option in session["shipping_options"]]
    chosen = next((r for r in rates if r.ref == rate), rates[0] if rates else None)
    priced = checkout.total_with(unit, session, chosen.ref if chosen else None)
    lines = [_line(item, product) for item, product in zip(private["items"], private["products"], strict=True)]
    return Summary(
        lines=lines,
        rates=rates,
        chosen=chosen,
        total=priced["amount_total"],
        pieces=sum(line.quantity for line in lines),
        vat_included=all(item["price"]["tax_behavior"] == "inclusive" for item in private["items"]),
        image_origins=sorted({origin_of(line.image) for line in lines if line.image and "://" in line.image}),
    )


def _rate(unit: Unit, option: Obj) -> Rate:
    found = unit.tx.load("shipping_rate", option["shipping_rate"])
    return Rate(ref=found["id"], name=found["display_name"], amount=found["fixed_amount"]["amount"])


def _line(item: Obj, product: Obj) -> Line:
    images = product.get("images") or []
    return Line(
        name=product["name"],
        description=product.get("description") or "",
        image=_near(images[0]) if images else None,
        quantity=item["quantity"],
        amount=item["amount_total"],
    )


def _near(url: str) -> str:
    """A picture of the shop is asked for by path, so that it also loads under another name of this machine."""
    own = origin_of(sandbox().config.public_url)
    return url.removeprefix(own) if url.startswith(f"{own}/") else url
