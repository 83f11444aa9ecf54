"""The payment form: what was typed, what is wrong with it, and who pays if nothing is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shop.payments.providers.stripe.sandbox.cards import card_for, passes_luhn
from shop.payments.providers.stripe.sandbox.checkout import Payer
from shop.payments.providers.stripe.sandbox.rules import is_email
from shop.payments.providers.stripe.sandbox.samples import sample_address, sample_name
from shop.payments.providers.stripe.sandbox.store import Obj

ADDRESS_FIELDS = ("line1", "line2", "postal_code", "city", "state", "country")
OPTIONAL = {"line2", "state"}
LONGEST = 200
GUEST_EMAIL = "guest@example.com"
_EXPIRY = re.compile(r"(\d{1,2})\s*[/.\- ]?\s*(?:20)?(\d{2})")


@dataclass
class PayForm:
    """`values` are shown again as typed; `errors` are keys of the texts, by field."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def payer(self, session: Obj, now: int) -> Payer | None:
        """None when a field is wrong; `errors` then says which."""
        number, expiry = self._number(), self._expiry(now)
        self._cvc()
        self._email()
        collect = session["shipping_address_collection"]
        if collect:
            self._address(collect["allowed_countries"])
        rate = self._rate(session["shipping_options"])
        if self.errors or expiry is None:
            return None
        address = {name: self.values.get(name) or None for name in ADDRESS_FIELDS} if collect else None
        return Payer(
            email=self.values["email"],
            card=card_for(number),
            month=expiry[0],
            year=expiry[1],
            name=self.values["name"] if collect else None,
            address=address,
            shipping_rate=rate,
        )

    def _number(self) -> str:
        number = re.sub(r"[\s-]", "", self.values.get("card", ""))
        if not number.isascii() or not number.isdigit() or len(number) > 19:
            self.errors["card"] = "error_card_incomplete" if not number else "error_card_invalid"
        elif len(number) < 12:
            self.errors["card"] = "error_card_incomplete"
        elif not passes_luhn(number):
            self.errors["card"] = "error_card_invalid"
        return number

    def _expiry(self, now: int) -> tuple[int, int] | None:
        match = _EXPIRY.fullmatch(self.values.get("expiry", "").strip())
        if match is None or not match.group(0).isascii() or not 1 <= int(match.group(1)) <= 12:
            self.errors["expiry"] = "error_expiry"
            return None
        month, year = int(match.group(1)), 2000 + int(match.group(2))
        today = datetime.fromtimestamp(now, UTC)
        if (year, month) < (today.year, today.month):
            self.errors["expiry"] = "error_expiry_past"
            return None
        return month, year

    def _cvc(self) -> None:
        if not re.fullmatch(r"[0-9]{3,4}", self.values.get("cvc", "").strip()):
            self.errors["cvc"] = "error_cvc"

    def _email(self) -> None:
        if not is_email(self.values.get("email", "")):
            self.errors["email"] = "error_email"

    def _address(self, allowed: list[str]) -> None:
        for name in ("name", *ADDRESS_FIELDS):
            value = self.values.get(name, "")
            if len(value) > LONGEST:
                self.errors[name] = "error_too_long"
            elif not value and name not in OPTIONAL:
                self.errors[name] = "error_required"
        if self.values.get("country") not in allowed:
            self.errors["country"] = "error_country"

    def _rate(self, options: list[Obj]) -> str | None:
        offered: list[str] = [option["shipping_rate"] for option in options]
        if not offered:
            return None
        chosen = self.values.get("shipping_rate", offered[0])
        if chosen not in offered:
            self.errors["shipping_rate"] = "error_shipping"
        return chosen


def filled(session: Obj, *, card: str = "") -> PayForm:
    """A fresh form; what the shop knows is filled in, and the rest with samples, since all of it is pretend."""
    email = session["customer_email"] or GUEST_EMAIL
    values = {"email": email, "card": "", "expiry": "", "cvc": ""}
    if card:
        values |= {"card": card, "expiry": "12 / 34", "cvc": "123"}
    collect = session["shipping_address_collection"]
    if collect:
        values |= {"name": sample_name(email), **sample_address(collect["allowed_countries"])}
    if session["shipping_cost"]:
        values["shipping_rate"] = session["shipping_cost"]["shipping_rate"]
    return PayForm(values)


def typed(session: Obj, form: Mapping[str, str]) -> PayForm:
    """What came in; NUL and lone surrogates go, and an address that the shop knows is not up for change."""
    names = ("email", "card", "expiry", "cvc", "name", "shipping_rate", *ADDRESS_FIELDS)
    values = {name: _clean(form[name]) for name in names if name in form}
    if session["customer_email"]:
        values["email"] = session["customer_email"]
    return PayForm(values)


def _clean(text: str) -> str:
    text = text.replace("\0", "").encode("utf-8", "ignore").decode()
    return re.sub(r"[\x01-\x1f\x7f]+", " ", text).strip()[: LONGEST + 1]
