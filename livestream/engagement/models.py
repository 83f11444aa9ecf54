"""Sales that came from a pin, as the room tells them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Base, Instant, PublicId


class RoomSale(Base):
    """A paid line that was bought from a pin. Figures are counted from orders; this row is the news about it.

    `told_at` is set once the room heard of it; the unique constraint makes a repeated event harmless.
    """

    __tablename__ = "room_sales"
    __table_args__ = (
        UniqueConstraint("order_id", "pin_id", "variant_id"),
        Index("ix_room_sales_room", "room_id", "told_at"),
    )

    id: Mapped[str] = mapped_column(PublicId("rsal"), primary_key=True, default=lambda: ids.new_id("rsal"))
    room_id: Mapped[str] = mapped_column(PublicId("room"), ForeignKey("rooms.id"))
    pin_id: Mapped[str] = mapped_column(PublicId("pin"), ForeignKey("pins.id"))
    order_id: Mapped[str] = mapped_column(PublicId("ord"), ForeignKey("orders.id"))
    product_id: Mapped[str] = mapped_column(PublicId("prod"), ForeignKey("products.id"))
    variant_id: Mapped[str] = mapped_column(PublicId("var"), ForeignKey("variants.id"))
    quantity: Mapped[int] = mapped_column()
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    told_at: Mapped[datetime | None] = mapped_column(Instant)
