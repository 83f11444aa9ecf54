"""Amounts as people type them."""

from __future__ import annotations

import re

from shop.core.money import EXPONENTS, MAXIMUM_AMOUNT, Money

_TYPED = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?")


def read_amount(text: str, currency: str) -> int | None:
    """`109`, `109.00`, `109,5` in minor units; None when it is no amount of this currency.

    Grouping is not accepted: `1.234` would be one thousand to some and one to others.
    """
    found = _TYPED.fullmatch(text.strip().removeprefix("€").removeprefix("$").removeprefix("£").strip())
    if found is None:
        return None
    exponent = EXPONENTS[currency]
    whole, rest = found.group(1), found.group(2) or ""
    if len(rest) > exponent:
        return None
    amount = int(whole) * 10**exponent + (int(rest.ljust(exponent, "0")) if exponent else 0)
    return amount if amount <= MAXIMUM_AMOUNT else None


def typed(money: Money | None) -> str:
    """The value of a field: `109.00`."""
    if money is None:
        return ""
    exponent = EXPONENTS[money.currency]
    if exponent == 0:
        return str(money.amount)
    whole, rest = divmod(money.amount, 10**exponent)
    return f"{whole}.{rest:0{exponent}d}"
