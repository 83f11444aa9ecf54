"""Stripe's currencies: how many decimals, and how little can be charged (https://docs.stripe.com/currencies)."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency

ZERO_DECIMALS = {
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
}  # fmt: skip
THREE_DECIMALS = {"bhd", "jod", "kwd", "omr", "tnd"}
# Minimum charge in minor units. A currency without a row is refused until its row has been checked.
MINIMUM = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30,
    "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200,
    "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip
MAXIMUM = 99_999_999


def decimals(currency: str) -> int:
    return 0 if currency in ZERO_DECIMALS else 3 if currency in THREE_DECIMALS else 2


def in_words(amount: int, currency: str, locale: str) -> str:
    """`15780, "eur", "en"` → `€157.80`."""
    value = Decimal(amount).scaleb(-decimals(currency))
    return str(
        format_currency(value, currency.upper(), locale=locale, currency_digits=False, decimal_quantization=False)
        if decimals(currency) == 3
        else format_currency(value, currency.upper(), locale=locale)
    )


def processing_fee(amount: int) -> int:
    """2.9 % + 30 minor units, rounded half up."""
    return (amount * 29 + 500) // 1000 + 30
