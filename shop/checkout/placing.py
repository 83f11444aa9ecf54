"""From a bag to an order with its stock set aside: everything is read again inside one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.cart.queries import BagGroup, BagLine, BagView
from shop.checkout.errors import BagEmpty, NotDelivered, PriceChanged, TooFew, TooMany, TooManyOpen
from shop.checkout.links import cancel_token
from shop.core import clock, db, ids, web
from shop.core.actor import Actor
from shop.core.errors import require
from shop.core.i18n import gettext, locale_code, pick
from shop.core.jobs import enqueue
from shop.core.money import MINIMUM_CHARGE, Money
from shop.inventory import service as inventory
from shop.inventory.errors import AlreadyHeld, SoldOut
from shop.orders import service as orders
from shop.orders.models import Order
from shop.orders.queries import count_closed, find_order, load_lines, open_orders
from shop.orders.verify import owner_ref
from shop.payments.provider import CheckoutItem, CheckoutRequest
from shop.payments.service import new_payment
from shop.shipping.countries import countries_in

MAXIMUM_PIECES = 20  # Of one variant in one order.
MAXIMUM_OPEN = 3  # Checkouts of one shopper that hold stock at the same time.
PAGE_LIFETIME = timedelta(minutes=31)  # Stripe's least is 30 minutes from its own now.
LAST_MINUTE = timedelta(minutes=1)  # A page whose hold ends this soon is not handed out again.

Load = Callable[[Session], BagView]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Who wants to pay for what. `load` reads the goods anew; `seen` compares them with `seen_amount`, what was shown."""

    buyer: Actor
    load: Load
    seen: Callable[[BagView], tuple[Money, Money] | None]
    seen_amount: int | None
    return_path: str
    base_url: str
    until: datetime | None = None  # The order's stock is held no longer than this.
    held_as: str = ""  # Whose stock becomes the order's, if it is set aside already.


@dataclass(frozen=True, kw_only=True)
class Placed:
    """The order of this intent, or the open orders that stand in its way and must be closed first."""

    order_id: str | None
    in_the_way: tuple[str, ...] = ()


def place_once(wish: Wish) -> Placed:
    """One order per intent, however often and from how many tabs it is asked for.

    Raises BagEmpty, SoldOut, PriceChanged, NotDelivered, TooFew, TooMany, TooManyOpen.
    """
    try:
        with db.unit_of_work() as session:
            return _place(session, wish)
    except (IntegrityError, SoldOut, AlreadyHeld):
        # A twin of this very request may have been faster: then its order is ours, and it holds the last pieces.
        with db.reading() as session:
            twin = find_order(session, intent_key=intent_key(session, wish, wish.load(session)))
        if twin is None:
            raise
        return Placed(order_id=twin.id)


def _place(session: Session, wish: Wish) -> Placed:
    bag = wish.load(session)
    key = intent_key(session, wish, bag)
    mine = open_orders(session, wish.buyer)
    twin = next((order for order in mine if order.intent_key == key and is_fresh(order)), None)
    if twin is not None:
        return Placed(order_id=twin.id)
    total = check_bag(bag, wish)
    blocking = in_the_way(session, mine, bag)
    if blocking:
        return Placed(order_id=None, in_the_way=blocking)
    return Placed(order_id=write_order(session, wish=wish, bag=bag, key=key, total=total).id)


def in_the_way(session: Session, mine: list[Order], bag: BagView) -> tuple[str, ...]:
    """The buyer's open orders that must be closed before this bag can be paid. Raises TooManyOpen."""
    blocking = tuple(order.id for order in mine if _is_in_the_way(session, order, bag))
    require(bool(blocking) or len(mine) < MAXIMUM_OPEN, TooManyOpen(retry_after=60))
    return blocking


def write_order(session: Session, *, wish: Wish, bag: BagView, key: str, total: Money) -> Order:
    """The stock, the order, its payment, and the job that ends it at the deadline. `key` names the intent, once.

    Locks stock, then the counter of order numbers. Raises SoldOut, AlreadyHeld; IntegrityError for a twin's key.
    """
    new = _new_order(wish, bag, key)
    _take_stock(session, wish, bag, new)
    order = orders.place(session, new=new)
    new_payment(session, order_id=order.id, total=total, request=_request(wish, bag, order))
    enqueue(session, "checkout.reap", run_at=new.held_until, key=f"reap:{order.id}", order_id=order.id)
    return order


def _take_stock(session: Session, wish: Wish, bag: BagView, new: orders.NewOrder) -> None:
    lines = [
        inventory.HoldLine(variant_id=line.variant_id, quantity=line.quantity)
        for group in bag.buying
        for line in group.bought
    ]
    to_ref = owner_ref(new.id)
    if wish.held_as:
        [line] = lines  # Only an offer has its stock beforehand, and it is for one thing.
        if inventory.hand_over(
            session,
            from_ref=wish.held_as,
            to_ref=to_ref,
            variant_id=line.variant_id,
            quantity=line.quantity,
            until=new.held_until,
        ):
            return
    inventory.hold(session, owner_ref=to_ref, lines=lines, until=new.held_until)


def check_bag(bag: BagView, wish: Wish) -> Money:
    """The total to pay, if it can be paid as it was seen."""
    for line in bag.lines:
        if line.lowered_from is not None or (line.problem == "sold_out" and len(bag.lines) == 1):
            raise SoldOut(sku=line.sku, left=line.left)
        require(line.quantity <= MAXIMUM_PIECES, TooMany(limit=MAXIMUM_PIECES))
    require(bool(bag.buying), BagEmpty)
    require(bag.total is not None, NotDelivered)
    assert bag.total is not None
    changed = wish.seen(bag)
    if changed is not None:
        raise PriceChanged(old=changed[0], new=changed[1])
    minimum = Money(MINIMUM_CHARGE[bag.currency], bag.currency)
    require(minimum <= bag.total, TooFew(minimum=minimum))
    return bag.total


def intent_key(session: Session, wish: Wish, bag: BagView) -> str:
    """Names "these goods, at these prices, to there, by this shopper, this time": two tabs say the same thing.

    What is left does not count: the first click may have taken the last pieces. "This time" is how many of the
    shopper's orders have ended: after one was paid or cancelled, the same is new.
    """
    goods = [
        f"{line.variant_id}*{line.wished}@{line.unit.amount if line.unit else 0}/{line.source_ref or ''}"
        for line in bag.lines
    ]
    shipping = [f"{group.brand_id}:{group.shipping.amount if group.shipping else 0}" for group in bag.groups]
    buyer = wish.buyer
    said = [
        buyer.account_id or buyer.guest_key or "",
        bag.cart_id or "now",
        bag.currency,
        bag.to,
        str(wish.seen_amount),
        str(count_closed(session, buyer)),
        *sorted(goods),
        *sorted(shipping),
    ]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def is_fresh(order: Order) -> bool:
    """Whether the page of an open order can still be handed out."""
    return order.held_until is not None and order.held_until > clock.now() + LAST_MINUTE


def _is_in_the_way(session: Session, order: Order, bag: BagView) -> bool:
    """One hold per shopper and product, and one open order per bag."""
    if order.cart_id is not None and order.cart_id == bag.cart_id:
        return True
    wanted = {line.product_id for group in bag.buying for line in group.bought}
    return any(line.product_id in wanted for line in load_lines(session, order.id))


def _new_order(wish: Wish, bag: BagView, key: str) -> orders.NewOrder:
    held_until = clock.now() + timedelta(minutes=web.settings().hold_minutes)
    return orders.NewOrder(
        id=ids.new_id("ord"),
        buyer=wish.buyer,
        currency=bag.currency,
        country_group=bag.to,
        parts=tuple(_new_part(group) for group in bag.buying),
        email=wish.buyer.email,
        locale=locale_code(),
        return_path=wish.return_path[:200],
        cart_id=bag.cart_id,
        intent_key=key,
        held_until=min(held_until, wish.until) if wish.until else held_until,
    )


def _new_part(group: BagGroup) -> orders.NewPart:
    assert group.shipping is not None  # `check_bag` refused a bag with an undelivered group.
    return orders.NewPart(
        brand_id=group.brand_id,
        shipping=group.shipping,
        dispatch_on=group.dispatch_on,
        lines=tuple(_new_line(line) for line in group.bought),
    )


def _new_line(line: BagLine) -> orders.NewLine:
    assert line.quote is not None  # Only lines that can be bought come here, and those have a price.
    # A pin counts as the source only while its price is the one that is paid, or the line was added from it.
    return orders.NewLine(
        variant_id=line.variant_id,
        product_id=line.product_id,
        sku=line.sku,
        title=line.title,
        choices=line.choices,
        image_id=line.image_id,
        quantity=line.quantity,
        unit=line.quote.amount,
        source_ref=line.source_ref or line.quote.source_ref,
    )


def _request(wish: Wish, bag: BagView, order: Order) -> CheckoutRequest:
    """The payment page's content, from the same reading as the order."""
    parcels = len(bag.buying)
    return CheckoutRequest(
        payment_id=ids.new_id("pay"),
        order_id=order.id,
        order_number=order.number,
        currency=order.currency,
        items=tuple(_item(line, wish.base_url) for group in bag.buying for line in group.bought),
        shipping_label=gettext("Shipping") if parcels == 1 else gettext("Shipping, %(count)s parcels", count=parcels),
        shipping_amount=order.shipping_amount,
        countries=countries_in(bag.to, [group.brand_country for group in bag.buying]),
        email=order.email,
        locale=order.locale,
        expires_at=clock.now() + PAGE_LIFETIME,
        success_url=f"{wish.base_url}/checkout/done?session_id={{CHECKOUT_SESSION_ID}}",
        cancel_url=f"{wish.base_url}/checkout/cancelled?order={cancel_token(order.id)}",
    )


def _item(line: BagLine, base_url: str) -> CheckoutItem:
    assert line.quote is not None
    return CheckoutItem(
        title=pick(line.title)[:200],
        description=pick(line.choices)[:200],
        image_url=f"{base_url}{line.image(640)}" if line.image_id else "",
        unit_amount=line.quote.amount.amount,
        quantity=line.quantity,
    )
