"""Money adds up, always."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core.money import Money, percent_off, total

amounts = st.integers(min_value=0, max_value=99_999_999)


@given(amounts, st.integers(min_value=0, max_value=10_000))
def test_share_and_rest_are_the_whole(amount: int, basis_points: int) -> None:
    share, rest = Money(amount, "EUR").split(basis_points)
    assert share + rest == Money(amount, "EUR")
    assert 0 <= share.amount <= amount


@given(amounts, st.lists(st.integers(min_value=0, max_value=1000), min_size=1, max_size=12).filter(any))
def test_parts_by_weight_are_the_whole(amount: int, weights: list[int]) -> None:
    parts = Money(amount, "JPY").spread(weights)
    assert total(parts, "JPY") == Money(amount, "JPY")
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.amount - amount * weight / sum(weights)) < 1


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="cannot mix"):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(ValueError, match="not supported"):
        Money(1, "KWD")


def test_only_whole_minor_units_are_money() -> None:
    for wrong in (1.5, True, "1"):
        with pytest.raises(TypeError):
            Money(wrong, "EUR")  # type: ignore[arg-type]


def test_percent_never_promises_too_much() -> None:
    assert percent_off(Money(8900, "EUR"), Money(10900, "EUR")) == 18  # 18.3 %
    assert percent_off(Money(2400, "EUR"), Money(2900, "EUR")) == 17  # 17.2 %
    assert percent_off(Money(100, "EUR"), Money(100, "EUR")) == 0
    assert percent_off(Money(200, "EUR"), Money(100, "EUR")) == 0
