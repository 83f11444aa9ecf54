"""Public ids and signatures."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core import ids
from shop.core.errors import NotFound


@given(st.uuids())
def test_encoding_is_reversible(value: UUID) -> None:
    assert ids.decode("room", ids.encode("room", value)) == value


def test_new_ids_sort_by_time() -> None:
    made = [ids.new_id("ord") for _ in range(50)]
    assert made == sorted(made)
    assert len(set(made)) == 50


@pytest.mark.parametrize(
    "text",
    [
        "",
        "room",
        "room_",
        "ord_00000000000000000000000000",
        "room_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "room_" + "u" * 26,
        "room_\x00",
        "💥",
    ],
)
def test_malformed_ids_are_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        ids.decode("room", text)


def test_a_signature_serves_one_purpose() -> None:
    signature = ids.sign("key", "order", "ord_1")
    assert ids.check_signature("key", "order", "ord_1", signature)
    assert not ids.check_signature("key", "playback", "ord_1", signature)
    assert not ids.check_signature("key", "order", "ord_2", signature)
    assert not ids.check_signature("other", "order", "ord_1", signature)
    assert not ids.check_signature("key", "order", "ord_1", "é\ud800")
