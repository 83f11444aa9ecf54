"""Money: whole minor units and a currency, nothing else.

The exponents come from Stripe's currency list, not from a locale library: they decide what is charged
(https://docs.stripe.com/currencies). Currencies without a row are refused.
"""

from __future__ import annotations

from dataclasses import dataclass

EXPONENTS = {"EUR": 2, "USD": 2, "GBP": 2, "JPY": 0}
# Stripe's smallest charge per currency (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
MINIMUM_CHARGE = {"EUR": 50, "USD": 50, "GBP": 30, "JPY": 50}
MAXIMUM_AMOUNT = 99_999_999


@dataclass(frozen=True, order=False)
class Money:
    """An amount in whole minor units of one currency; mixing currencies raises ValueError."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError("money is counted in whole minor units")
        if self.currency not in EXPONENTS:
            raise ValueError(f"currency {self.currency!r} is not supported")

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.amount * quantity, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def split(self, basis_points: int) -> tuple[Money, Money]:
        """(share, rest); share + rest = total, always. Halves round to the share."""
        share = (self.amount * basis_points + 5_000) // 10_000
        return Money(share, self.currency), Money(self.amount - share, self.currency)

    def spread(self, weights: list[int]) -> list[Money]:
        """Split by weights with largest remainders; the parts add up to the whole."""
        total = sum(weights)
        if total <= 0:
            raise ValueError("weights must add up to more than zero")
        floors = [self.amount * weight // total for weight in weights]
        order = sorted(range(len(weights)), key=lambda i: (-(self.amount * weights[i] % total), i))
        for i in order[: self.amount - sum(floors)]:
            floors[i] += 1
        return [Money(part, self.currency) for part in floors]

    def as_json(self) -> dict[str, int | str]:
        return {"amount": self.amount, "currency": self.currency}


def total(parts: list[Money], currency: str) -> Money:
    """The sum of parts, zero of the currency when there are none."""
    return sum(parts, Money.zero(currency))


def percent_off(price: Money, struck: Money) -> int:
    """Whole percent saved against the struck price, rounded down so that it never promises too much."""
    if struck.amount <= price.amount:
        return 0
    return (struck.amount - price.amount) * 100 // struck.amount
