"""Fills an empty shop: brands, people, products, stock, planned streams and past orders, in English and Italian.

Everything goes through the services that the shop itself uses, so that every invariant holds from the first minute.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from slugify import slugify
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from livestream.rooms import service as rooms
from shop.accounts import service as accounts
from shop.accounts.models import Account
from shop.brands import service as brands
from shop.brands.models import Brand
from shop.catalog import service as catalog
from shop.catalog.models import ProductStatus, Variant
from shop.core import clock, db
from shop.core.actor import Actor, Membership, Role
from shop.core.money import Money
from shop.inventory import service as inventory
from shop.media import service as media
from shop.shipping import service as shipping
from shop.shipping.models import CountryGroup
from shop.social import circles, follows
from shop.social import service as social
from shop.social.models import Datum, Way
from shop.social.queries import find_waiting

HERE = Path(__file__).resolve().parent
PASSWORD = "vetrina-demo"
CURRENCIES = ("EUR", "USD")

SHOPPERS = (("giulia", "Giulia"), ("marco", "Marco"), ("sara", "Sara"), ("anna", "Anna"), ("luca", "Luca"))
CROWD = ("omar", "paolo", "nina", "chiara", "matteo", "elisa", "fabio", "ines", "tommaso", "carla", "dario", "lucia")
OWNERS = {
    "passo": ("marta@passo.example", "Marta"),
    "terralume": ("amara@terralume.example", "Amara"),
    "rosaspina": ("bianca@rosaspina.example", "Bianca"),
    "fonica": ("ettore@fonica.example", "Ettore"),
}
PASSO_TEAM = (
    ("davide@passo.example", "Davide", Role.HOST),
    ("mia@passo.example", "Mia", Role.MODERATOR),
    ("ugo@passo.example", "Ugo", Role.SUPPORT),
)
OPTION_NAMES = {
    "size": {"en": "Size", "it": "Taglia"},
    "color": {"en": "Colour", "it": "Colore"},
    "plug": {"en": "Plug", "it": "Spina"},
    "cups": {"en": "Cups", "it": "Tazze"},
    "volume": {"en": "Volume", "it": "Formato"},
}
FRIENDS = (("giulia", "marco"), ("giulia", "sara"), ("giulia", "anna"), ("marco", "sara"), ("anna", "luca"))
ASKED = ("luca", "giulia")  # One request that waits for its answer.
RATES = {CountryGroup.HOME: (490, 590), CountryGroup.EU: (990, 1190), CountryGroup.WORLD: (1990, 2190)}
ON_AIR = ("passo", "terralume")


@dataclass(frozen=True)
class Seeded:
    """What was made so far: brands and their owners by slug, products by slug."""

    brands: dict[str, Brand]
    owners: dict[str, Actor]
    hosts: dict[str, str]
    covers: dict[str, str]
    products: dict[str, str]


def seed_once(app: Flask) -> bool:
    """Fill the shop unless it has a brand already; True when it was filled."""
    with db.reading() as session:
        if session.scalar(select(func.count()).select_from(Brand)):
            return False
    content = json.loads((HERE / "data" / "products.json").read_text(encoding="utf-8"))
    pictures = _prepare_pictures(content)
    long_ago = clock.now() - timedelta(days=45)
    with db.unit_of_work() as session:
        # Prices were first asked 45 days ago, so that the 30-day low is a fact from the start.
        with clock.frozen(long_ago):
            seeded = _seed_shop(session, content, pictures)
        _plan_streams(session, content, seeded)
    from demo import orders, threads

    orders.seed_past_orders()
    with db.unit_of_work() as session:
        threads.seed_threads(session)
    return True


def _prepare_pictures(content: dict[str, Any]) -> dict[str, media.PreparedImage]:
    """Every picture of the catalogue, cleaned and stored; outside the transaction because it is slow."""
    paths = {brand["cover"] for brand in content["brands"]} | {brand["logo_raster"] for brand in content["brands"]}
    paths |= {product["image"] for product in content["products"]}
    return {path: media.prepare((HERE / "media" / path).read_bytes()) for path in sorted(paths)}


def _seed_shop(session: Session, content: dict[str, Any], pictures: dict[str, media.PreparedImage]) -> Seeded:
    seeded = Seeded({}, {}, {}, {}, {})
    for row in content["brands"]:
        _seed_brand(session, row, pictures, seeded)
    _seed_people(session, seeded)
    for row in content["products"]:
        _seed_product(session, row, pictures, seeded)
    return seeded


def _person(session: Session, email: str, name: str, **more: Any) -> Account:
    return accounts.create_account(
        session, email=email, password=PASSWORD, display_name=name, confirmed=True, locale="it", **more
    )


def _seed_brand(
    session: Session, row: dict[str, Any], pictures: dict[str, media.PreparedImage], seeded: Seeded
) -> None:
    slug, name = row["slug"], row["name"]
    owner = _person(session, *OWNERS[slug])
    brand = brands.create_brand(
        session, slug=slug, name=name, owner_id=owner.id, city=row["city"], accent=row["accent"], about=row["about"]
    )
    logo = media.add_image(
        session, brand_id=brand.id, prepared=pictures[row["logo_raster"]], alt={"en": name, "it": name}
    )
    alt = {
        "en": f"{row['host']} of {name} in front of the camera",
        "it": f"{row['host']} di {name} davanti alla camera",
    }
    cover = media.add_image(session, brand_id=brand.id, prepared=pictures[row["cover"]], alt=alt)
    brand.logo_image_id, brand.cover_image_id = logo.id, cover.id
    member = Membership(brand_id=brand.id, brand_slug=slug, brand_name=name, role=Role.OWNER)
    actor = Actor(account_id=owner.id, handle=owner.handle, display_name=owner.display_name, memberships=(member,))
    for place, currency in enumerate(CURRENCIES):
        rates: dict[CountryGroup, Money | None] = {
            group: Money(amounts[place], currency) for group, amounts in RATES.items()
        }
        shipping.set_rates(session, actor=actor, brand_id=brand.id, currency=currency, rates=rates)
    seeded.brands[slug], seeded.owners[slug], seeded.covers[slug] = brand, actor, cover.id
    seeded.hosts[slug] = owner.id


def _seed_people(session: Session, seeded: Seeded) -> None:
    shoppers = {key: _person(session, f"{key}@vetrina.example", name) for key, name in SHOPPERS}
    for key in CROWD:
        _person(session, f"{key}@crowd.vetrina.example", key.capitalize(), is_simulated=True)
    _person(session, "admin@vetrina.example", "Elena", is_staff=True)
    for email, name, role in PASSO_TEAM:
        member = _person(session, email, name)
        brands.add_member(
            session, actor=seeded.owners["passo"], brand_id=seeded.brands["passo"].id, email=email, role=role
        )
        if role is Role.HOST:
            seeded.hosts["passo"] = member.id
    _seed_friends(session, {key: _actor(account) for key, account in shoppers.items()}, seeded)


def _actor(account: Account) -> Actor:
    return Actor(account_id=account.id, handle=account.handle, display_name=account.display_name)


def _seed_friends(session: Session, people: dict[str, Actor], seeded: Seeded) -> None:
    """Friends who let each other see what they watch, one request, one brand that Giulia follows."""
    ids = {key: actor.account_id or "" for key, actor in people.items()}
    for one, other in FRIENDS:
        social.ask_friend(session, actor=people[one], account_id=ids[other], way=Way.HANDLE)
        request = find_waiting(session, sender_id=ids[one], receiver_id=ids[other])
        assert request is not None
        social.accept(session, actor=people[other], request_id=request.id)
    for actor in people.values():
        circles.share(session, actor=actor, choices={Datum.WATCHING: {circles.ALL_FRIENDS}})
    social.ask_friend(session, actor=people[ASKED[0]], account_id=ids[ASKED[1]], way=Way.HANDLE)
    follows.follow_brand(session, actor=people["giulia"], brand_id=seeded.brands["passo"].id)


def _both(value: Any) -> dict[str, str]:
    return dict(value) if isinstance(value, dict) else {"en": value, "it": value}


def _key(value: Any) -> str:
    return slugify(_both(value)["en"])


def _options(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The product's options with every value its variants use, in their order."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for variant in row["variants"]:
        for name, value in variant["options"].items():
            found.setdefault(name, {})[_key(value)] = _both(value)
    return [
        {"name": OPTION_NAMES[name], "values": [{"key": key, "label": label} for key, label in values.items()]}
        for name, values in found.items()
    ]


def _seed_product(
    session: Session, row: dict[str, Any], pictures: dict[str, media.PreparedImage], seeded: Seeded
) -> None:
    brand, owner = seeded.brands[row["brand"]], seeded.owners[row["brand"]]
    variants = [
        catalog.VariantInput(
            sku=variant["sku"],
            choices=tuple(_key(value) for value in variant["options"].values()),
            prices=dict(variant["price"] or row["price"]),
        )
        for variant in row["variants"]
    ]
    product = catalog.create_product(
        session,
        actor=owner,
        brand_id=brand.id,
        slug=row["slug"],
        title=row["name"],
        description=row["description"],
        category=row["category"],
        options=_options(row),
        variants=variants,
        status=ProductStatus.ACTIVE,
    )
    image = media.add_image(session, brand_id=brand.id, prepared=pictures[row["image"]], alt=row["image_alt"])
    catalog.add_product_image(session, actor=owner, product_id=product.id, image_id=image.id)
    stock = {variant["sku"]: variant["stock"] for variant in row["variants"]}
    for variant_row in session.scalars(select(Variant).where(Variant.product_id == product.id)):
        if stock[variant_row.sku]:
            inventory.receive(
                session,
                actor=owner,
                variant_id=variant_row.id,
                quantity=stock[variant_row.sku],
                reason="First delivery",
            )
    seeded.products[row["slug"]] = product.id


def _plan_streams(session: Session, content: dict[str, Any], seeded: Seeded) -> None:
    """Two that the demo show puts on air, three that are announced."""
    by_slug = {row["slug"]: row for row in content["brands"]}
    tonight = clock.now().replace(hour=19, minute=30, second=0, microsecond=0)
    for slug in ON_AIR:
        title = by_slug[slug]["stream_title"]
        _plan(session, content, seeded, slug, title, slug=f"{slug}-live", starts_at=None)
    for days, slug in ((1, "rosaspina"), (2, "fonica")):
        _plan(session, content, seeded, slug, by_slug[slug]["stream_title"], starts_at=tonight + timedelta(days=days))
    winter = {"en": "Winter jackets, up close", "it": "I piumini d'inverno, da vicino"}
    _plan(session, content, seeded, "passo", winter, starts_at=tonight + timedelta(days=4))


def _plan(
    session: Session,
    content: dict[str, Any],
    seeded: Seeded,
    brand_slug: str,
    title: dict[str, str],
    *,
    starts_at: datetime | None,
    slug: str | None = None,
) -> None:
    brand, owner = seeded.brands[brand_slug], seeded.owners[brand_slug]
    stream = rooms.create_stream(
        session,
        actor=owner,
        brand_id=brand.id,
        title=title,
        description=dict(brand.about),
        host_account_id=seeded.hosts[brand_slug],
        cover_image_id=seeded.covers[brand_slug],
        slug=slug,
        is_demo=True,
    )
    for row in content["products"]:
        if row["brand"] == brand_slug:
            rooms.add_item(
                session,
                actor=owner,
                stream_id=stream.id,
                product_id=seeded.products[row["slug"]],
                live_price=row["live_price"],
            )
    if starts_at is not None:
        rooms.schedule_stream(session, actor=owner, stream_id=stream.id, starts_at=starts_at)
