"""Past orders, so that no page is empty: placed, paid, shipped and delivered through the shop's own services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.brands.models import Brand
from shop.catalog.models import Variant
from shop.catalog.queries import ProductView, load_product_view
from shop.checkout.service import settle
from shop.core import clock, db, ids
from shop.core.actor import Actor, Membership, Role
from shop.core.money import Money
from shop.inventory import service as inventory
from shop.inventory.service import HoldLine
from shop.orders import service as orders
from shop.orders.queries import load_parts
from shop.orders.verify import owner_ref
from shop.payments.provider import CheckoutRequest, CheckoutSnapshot
from shop.payments.service import new_payment

CURRENCY = "EUR"
SHIPPING = Money(490, CURRENCY)


@dataclass(frozen=True)
class Past:
    """One purchase: who, what, how long ago, how far its parcels got."""

    email: str
    lines: tuple[tuple[str, int], ...]  # SKU and quantity
    days_ago: float
    end: str  # to_ship, shipped, delivered


PAST = (
    Past("giulia@vetrina.example", (("PASSO-CORSA-39", 1),), 12, "delivered"),
    Past("giulia@vetrina.example", (("TERRALUME-MUG-SABBIA", 2), ("ROSASPINA-SERUM-30", 1)), 3, "shipped"),
    Past("marco@vetrina.example", (("FONICA-EARBUDS-INDACO", 1),), 8, "delivered"),
    Past("marco@vetrina.example", (("PASSO-UNO-42", 1),), 0.8, "to_ship"),
    Past("sara@vetrina.example", (("ROSASPINA-LIPSTICK-RUBINO", 1), ("ROSASPINA-BLUSH-PESCA", 1)), 5, "shipped"),
    Past("anna@vetrina.example", (("PASSO-ZAINO-CUOIO", 1), ("TERRALUME-LAMP-EU", 1)), 0.4, "to_ship"),
    Past("luca@vetrina.example", (("FONICA-HEADPHONES-CREMA", 1),), 1.5, "to_ship"),
)


def seed_past_orders() -> None:
    """Every purchase of the list, each at its own time."""
    now = clock.now()
    for past in PAST:
        with clock.frozen(now - timedelta(days=past.days_ago)):
            order_id = _buy(past)
        _send(order_id, past, now)


def _buy(past: Past) -> str:
    with db.unit_of_work() as session:
        account = session.scalars(select(Account).where(Account.email == past.email)).one()
        new = _new_order(session, account, past)
        lines = [
            HoldLine(variant_id=line.variant_id, quantity=line.quantity) for part in new.parts for line in part.lines
        ]
        inventory.hold(session, owner_ref=owner_ref(new.id), lines=lines, until=new.held_until)
        order = orders.place(session, new=new)
        total = Money(order.total_amount, CURRENCY)
        payment = new_payment(session, order_id=order.id, total=total, request=_request(new, order.number))
    settle(payment.id, _paid(new, payment.id, account))
    return new.id


def _new_order(session: Session, account: Account, past: Past) -> orders.NewOrder:
    by_brand: dict[str, list[orders.NewLine]] = {}
    for sku, quantity in past.lines:
        variant = session.scalars(select(Variant).where(Variant.sku == sku)).one()
        product = load_product_view(session, product_id=variant.product_id, currency=CURRENCY)
        by_brand.setdefault(product.brand.id, []).append(_line(product, sku, quantity))
    return orders.NewOrder(
        id=ids.new_id("ord"),
        buyer=Actor(account_id=account.id, email=account.email, display_name=account.display_name),
        currency=CURRENCY,
        country_group="home",
        parts=tuple(
            orders.NewPart(
                brand_id=brand_id,
                shipping=SHIPPING,
                dispatch_on=(clock.now() + timedelta(days=2)).date(),
                lines=tuple(lines),
            )
            for brand_id, lines in by_brand.items()
        ),
        email=account.email,
        locale="it",
        return_path="/",
        cart_id=None,
        intent_key=f"demo:{past.email}:{past.days_ago}",
        held_until=clock.now() + timedelta(minutes=10),
    )


def _line(product: ProductView, sku: str, quantity: int) -> orders.NewLine:
    variant = next(v for v in product.variants if v.sku == sku)
    return orders.NewLine(
        variant_id=variant.id,
        product_id=product.id,
        sku=sku,
        title=dict(product.title),
        choices=dict(variant.label),
        image_id=product.images[0].id if product.images else None,
        quantity=quantity,
        unit=variant.price,
        source_ref=None,
    )


def _request(new: orders.NewOrder, number: int) -> CheckoutRequest:
    return CheckoutRequest(
        payment_id=ids.new_id("pay"),
        order_id=new.id,
        order_number=number,
        currency=CURRENCY,
        items=(),
        shipping_label="",
        shipping_amount=new.shipping.amount,
        countries=("IT",),
        email=new.email,
        locale="it",
        expires_at=clock.now(),
        success_url="",
        cancel_url="",
    )


def _paid(new: orders.NewOrder, payment_id: str, account: Account) -> CheckoutSnapshot:
    """What the payment provider would have said."""
    return CheckoutSnapshot(
        ref=f"cs_demo_{payment_id}",
        state="complete",
        is_paid=True,
        url="",
        amount_total=(new.items + new.shipping).amount,
        amount_items=new.items.amount,
        amount_shipping=new.shipping.amount,
        currency=CURRENCY,
        order_id=new.id,
        payment_id=payment_id,
        is_live=False,
        intent_ref=f"pi_demo_{payment_id}",
        charge_ref=f"ch_demo_{payment_id}",
        email=account.email,
        ship_to={
            "name": f"{account.display_name} Rossi",
            "line1": "Via dei Tibaldeschi 12",
            "line2": "",
            "postal_code": "63100",
            "city": "Ascoli Piceno",
            "state": "AP",
            "country": "IT",
        },
        card="visa 4242",
    )


def _send(order_id: str, past: Past, now: datetime) -> None:
    """Parcels leave a day later and arrive two days after that."""
    if past.end == "to_ship":
        return
    placed = now - timedelta(days=past.days_ago)
    with clock.frozen(placed + timedelta(days=1)), db.unit_of_work() as session:
        for part in load_parts(session, order_id):
            seller = _seller(session, part.brand_id)
            orders.ship_part(
                session, actor=seller, part_id=part.id, carrier="Poste Italiane", tracking_number="RB123456785IT"
            )
    if past.end == "delivered":
        with clock.frozen(placed + timedelta(days=3)), db.unit_of_work() as session:
            for part in load_parts(session, order_id):
                orders.deliver_part(session, actor=_seller(session, part.brand_id), part_id=part.id)


def _seller(session: Session, brand_id: str) -> Actor:
    brand = session.get_one(Brand, brand_id)
    member = Membership(brand_id=brand.id, brand_slug=brand.slug, brand_name=brand.name, role=Role.OWNER)
    return Actor(display_name=brand.name, memberships=(member,))
