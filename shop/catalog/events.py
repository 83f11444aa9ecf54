"""What happens to products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shop.core.events import Event


@dataclass(frozen=True, kw_only=True)
class PriceChanged(Event):
    """In this process, when what a product costs changed: its normal price, or a live price began or ended."""

    name: ClassVar[str] = "catalog.price_changed"
    product_id: str


@dataclass(frozen=True, kw_only=True)
class ProductChanged(Event):
    """In this process, when a product's texts, pictures, variants or status changed."""

    name: ClassVar[str] = "catalog.product_changed"
    product_id: str
