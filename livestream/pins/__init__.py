"""Pins: one product on top of the room, with its live price."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Socket commands, the end of live prices, news of prices and stock, the pin's part of the snapshot."""
    from livestream.pins import jobs, queries, realtime, service, subscribers, verify  # noqa: F401  (these register at import)
    from livestream.rooms.service import HOOKS
    from livestream.rooms.snapshot import PARTS
    from shop.catalog.events import PriceChanged
    from shop.core.events import subscribe
    from shop.inventory.events import StockChanged

    PARTS.pin = queries.snapshot_pin
    HOOKS.on_ending(service.clear_top)
    HOOKS.on_host_left(service.pause_clock)
    HOOKS.on_host_returned(service.resume_clock)
    HOOKS.on_item_removed(service.check_not_pinned)
    subscribe(PriceChanged, subscribers.on_price_changed)
    subscribe(StockChanged, subscribers.on_stock_changed)
