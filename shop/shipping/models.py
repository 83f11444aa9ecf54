"""What a brand asks for sending a parcel, flat per group of countries."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import ids
from shop.core.db import Amount, Base, PublicId


class CountryGroup(StrEnum):
    """Where a parcel goes, seen from Italy."""

    HOME = "home"  # The brand's own country.
    EU = "eu"
    WORLD = "world"


class ShippingRate(Base):
    """One flat rate; a group without a rate is not delivered to."""

    __tablename__ = "shipping_rates"
    __table_args__ = (
        UniqueConstraint("brand_id", "country_group", "price_currency"),
        CheckConstraint("price_amount >= 0", name="not_negative"),
    )

    id: Mapped[str] = mapped_column(PublicId("rate"), primary_key=True, default=lambda: ids.new_id("rate"))
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"), index=True)
    country_group: Mapped[CountryGroup] = mapped_column(String(8))
    price_amount: Mapped[int] = mapped_column(Amount)
    price_currency: Mapped[str] = mapped_column(String(3))
