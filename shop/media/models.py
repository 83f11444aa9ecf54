"""Pictures that were decoded, cleaned and written anew in the sizes that pages ask for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Base, Instant, PublicId


class Image(Base):
    """One picture on disk as `DATA_DIR/media/<id>/<width>.webp`; `widths` are those that exist, ascending."""

    __tablename__ = "images"

    id: Mapped[str] = mapped_column(PublicId("img"), primary_key=True, default=lambda: ids.new_id("img"))
    # No foreign key: brands stand above pictures and point to them.
    brand_id: Mapped[str | None] = mapped_column(PublicId("brand"), index=True)
    width: Mapped[int] = mapped_column()
    height: Mapped[int] = mapped_column()
    widths: Mapped[list[int]] = mapped_column(JSON)
    alt: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
