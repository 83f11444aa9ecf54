"""What happens to stock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shop.core.events import Event


@dataclass(frozen=True, kw_only=True)
class StockChanged(Event):
    """In this process, on every change of what can be bought of these variants."""

    name: ClassVar[str] = "inventory.stock_changed"
    variant_ids: tuple[str, ...]
