"""From "pay" to a paid order, or back to the bag.

Two short transactions around every call to the provider; what the provider says now decides, never what a browser or
an event claims. `finish_payment` is the one way to a paid order: webhook, return page and poller all call it, in any
order, any number of times.
"""

from __future__ import annotations

import time
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from shop.cart import service as cart
from shop.checkout.errors import PaymentUnavailable
from shop.checkout.placing import Wish, place_once
from shop.core import clock, db
from shop.core.actor import Actor
from shop.core.errors import Conflict, NotFound, ProviderError
from shop.core.i18n import N_
from shop.core.money import Money
from shop.inventory import service as inventory
from shop.inventory.errors import SoldOut
from shop.inventory.queries import open_holds
from shop.orders import service as orders
from shop.orders import slots
from shop.orders.models import Order, OrderState
from shop.orders.queries import get_order, load_lines, lock_order
from shop.orders.verify import owner_ref
from shop.payments.models import Payment, PaymentState
from shop.payments.provider import CheckoutRequest, CheckoutSnapshot, provider
from shop.payments.queries import find_payment, lock_payment, payment_of
from shop.payments.service import (
    checkout_key,
    move_payment,
    note_page,
    note_paid,
    refund_later,
)

log = structlog.get_logger()

ATTEMPTS = 3
ALARM_AFTER = timedelta(minutes=60)
# Sentences of the catalogue; the log has the details.
MISMATCH = N_("The payment did not match the order, so it goes back.")
HANGS = N_("The payment page can be neither finished nor closed.")
TWIN_TRIES, TWIN_SECONDS = 10, 0.2

STILL_OPEN, PAID, CLOSED, GOES_BACK, KNOWN = "open", "paid", "closed", "goes back", "known"


def begin(wish: Wish) -> Payment:
    """Hold the goods, make the order, open the payment page; returns the payment with its `page_url`.

    Open orders that stand in the way (the same bag changed, the same product) are closed at the provider first.
    Raises what `place_once` raises, PaymentUnavailable, ProviderError.
    """
    for _ in range(ATTEMPTS):
        placed = place_once(wish)
        if placed.order_id is not None:
            return open_page(placed.order_id)
        for order_id in placed.in_the_way:
            abandon(order_id, reason="replaced")
    raise Conflict


def open_page(order_id: str) -> Payment:
    """The order's payment page; made once, however often this is asked.

    When the provider refuses, nothing exists there and the order ends. When its answer is unknown the hold stays:
    asking again with the same key, or the reaper, finds out. Raises PaymentUnavailable.
    """
    with db.reading() as session:
        payment = payment_of(session, order_id)
    if payment.state != PaymentState.CREATED:
        return payment
    request = CheckoutRequest.from_json(payment.request)
    try:
        snapshot = provider().create_checkout(request, key=checkout_key(payment.id))
    except ProviderError as problem:
        twin = _opened_by_twin(order_id)
        if twin is not None:
            return twin
        if problem.permanent and provider().find_checkout(payment.id, since=payment.created_at) is None:
            close_unopened(order_id)
        raise PaymentUnavailable(permanent=problem.permanent) from problem
    with db.unit_of_work() as session:
        lock_order(session, order_id)
        locked = lock_payment(session, payment.id)
        note_page(locked, snapshot)
        session.flush()
    return locked


def _opened_by_twin(order_id: str) -> Payment | None:
    """The provider refuses two requests under one key at the same time: whoever asked first gets the page for both."""
    for _ in range(TWIN_TRIES):
        with db.reading() as session:
            payment = payment_of(session, order_id)
        if payment.state != PaymentState.CREATED:
            return payment
        time.sleep(TWIN_SECONDS)
    return None


def close_unopened(order_id: str) -> None:
    """End an order whose payment page was never made. Locks order and payment."""
    with db.unit_of_work() as session:
        order = lock_order(session, order_id)
        payment = lock_payment(session, payment_of(session, order_id).id)
        if payment.state == PaymentState.CREATED and payment.session_ref is None:
            _close(session, order, payment, "no payment page")


def finish_payment(session_ref: str) -> str:
    """Look at a payment page and do what it says: the one function for webhook, return page and poller.

    Raises NotFound for a page that is not ours, ProviderError when the provider is silent.
    """
    with db.reading() as session:
        payment = find_payment(session, session_ref=session_ref)
    if payment is None:
        raise NotFound
    if payment.state in {PaymentState.PAID, PaymentState.REFUNDED}:
        return KNOWN
    return settle(payment.id, provider().fetch_checkout(session_ref))


def look_at_payment(payment_id: str) -> str:
    """The same by payment: what an event or the sweep names."""
    with db.reading() as session:
        payment = find_payment(session, payment_id=payment_id)
        if payment is None:
            raise NotFound
    return finish_payment(payment.session_ref) if payment.session_ref else STILL_OPEN


def abandon(order_id: str, *, reason: str) -> str:
    """The shopper left or time is up: close the page, and only when it is closed give the stock back.

    A shopper who was faster has paid: then the order is finished instead. Raises ProviderError when the provider is
    silent; the hold stays until it answers.
    """
    with db.reading() as session:
        order = get_order(session, order_id)
        payment = payment_of(session, order_id)
    if order.state != OrderState.PAYING:
        return KNOWN
    ref = payment.session_ref or _find_lost_page(order_id, payment)
    if ref is None:
        return CLOSED
    return settle(payment.id, provider().expire_checkout(ref), reason=reason)


def _find_lost_page(order_id: str, payment: Payment) -> str | None:
    """A page that may have been made without our learning of it.

    The same request under the same key gives that page, or makes it now. A refusal and no page in the provider's list
    prove that there is none, and end the order; so does the time after which such a page could not be paid any more.
    """
    request = CheckoutRequest.from_json(payment.request)
    try:
        return provider().create_checkout(request, key=checkout_key(payment.id)).ref
    except ProviderError as problem:
        found = provider().find_checkout(payment.id, since=payment.created_at)
        if found is not None:
            return found.ref
        if not problem.permanent and clock.now() <= request.expires_at:
            raise
    close_unopened(order_id)
    return None


def settle(payment_id: str, snapshot: CheckoutSnapshot, *, reason: str = "expired") -> str:
    """Bring order, payment and stock to what the provider says. Locks order, payment, then stock; runs any number of times.

    Emits what `orders.mark_paid` and `orders.cancel` emit, inventory.stock_changed.
    """
    with db.unit_of_work() as session:
        found = find_payment(session, payment_id=payment_id)
        if found is None:
            raise NotFound
        order = lock_order(session, found.order_id)
        payment = lock_payment(session, payment_id)
        if payment.session_ref is None:
            note_page(payment, snapshot)
        if snapshot.is_paid:
            return _take_money(session, order, payment, snapshot)
        if snapshot.state == "expired":
            return _close(session, order, payment, reason)
        return STILL_OPEN


def _take_money(session: Session, order: Order, payment: Payment, snapshot: CheckoutSnapshot) -> str:
    if payment.state in {PaymentState.PAID, PaymentState.REFUNDED}:
        return KNOWN
    note_paid(payment, snapshot)
    fault = find_fault(order, payment, snapshot)
    if fault:
        log.error("payment does not match its order", order=order.id, payment=payment.id, fault=fault)
        orders.want_attention(session, order=order, reason=MISMATCH)
        return _send_back(session, order, payment, reason=fault)
    objection = slots.objection(session, order)
    if objection:
        log.warning("money that nobody may keep", order=order.id, payment=payment.id, reason=objection)
        return _send_back(session, order, payment, reason=objection)
    if not _has_goods(session, order):
        log.warning("money came late and the goods are gone", order=order.id, payment=payment.id)
        return _send_back(session, order, payment, reason="sold out")
    orders.mark_paid(
        session, order=order, email=snapshot.email, ship_to=dict(snapshot.ship_to or {}), card=snapshot.card
    )
    if order.cart_id is not None:
        cart.take_out(session, cart_id=order.cart_id, bought=_quantities(session, order))
    # Last, because everybody who wants the same goods waits for these rows.
    inventory.sell(session, owner_ref=owner_ref(order.id))
    return PAID


def find_fault(order: Order, payment: Payment, snapshot: CheckoutSnapshot) -> str:
    """Why this money is not the money we asked for; empty when it is."""
    pairs = {
        "total": (snapshot.amount_total, order.total_amount),
        "items": (snapshot.amount_items, order.items_amount),
        "shipping": (snapshot.amount_shipping, order.shipping_amount),
        "currency": (snapshot.currency, order.currency),
        "order": (snapshot.order_id, order.id),
        "payment": (snapshot.payment_id, payment.id),
        "page": (snapshot.ref, payment.session_ref),
        "live mode": (snapshot.is_live, provider().is_live),
    }
    return ", ".join(f"{name} {told} instead of {ours}" for name, (told, ours) in pairs.items() if told != ours)


def _has_goods(session: Session, order: Order) -> bool:
    """The goods are held for this order, or can be taken once more if they were given back meanwhile."""
    wanted = _quantities(session, order)
    held = {hold.variant_id: hold.quantity for hold in open_holds(session, owner_ref(order.id))}
    if held == wanted:
        return True
    lines = [inventory.HoldLine(variant_id=variant, quantity=count) for variant, count in wanted.items()]
    try:
        with session.begin_nested():
            inventory.release(session, owner_ref=owner_ref(order.id))
            inventory.hold(session, owner_ref=owner_ref(order.id), lines=lines, until=clock.now())
    except SoldOut:
        return False
    return True


def _quantities(session: Session, order: Order) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in load_lines(session, order.id):
        found[line.variant_id] = found.get(line.variant_id, 0) + line.quantity
    return found


def _send_back(session: Session, order: Order, payment: Payment, *, reason: str) -> str:
    """Money we cannot keep: all of it goes back, the goods to everybody."""
    inventory.release(session, owner_ref=owner_ref(order.id))
    if order.state == OrderState.PAYING:
        orders.cancel(session, order=order, reason=reason)
    refund_later(session, payment=payment, reason=reason)
    session.flush()
    return GOES_BACK


def _close(session: Session, order: Order, payment: Payment, reason: str) -> str:
    if order.state != OrderState.PAYING:
        return KNOWN
    move_payment(payment, PaymentState.CLOSED)
    orders.cancel(session, order=order, reason=reason)
    inventory.release(session, owner_ref=owner_ref(order.id))
    return CLOSED


def note_refund(session: Session, payment_id: str, refund_ref: str, reason: str) -> None:
    """The provider sent the money back. Locks order and payment; repeating it changes nothing."""
    found = find_payment(session, payment_id=payment_id)
    if found is None:
        raise NotFound
    order = lock_order(session, found.order_id)
    payment = lock_payment(session, payment_id)
    if payment.state != PaymentState.PAID:
        return
    move_payment(payment, PaymentState.REFUNDED)
    payment.refund_ref = refund_ref
    orders.mark_refunded(session, order=order, reason=reason)


def keep_in_bag(session: Session, order: Order) -> None:
    """What was to be bought directly and was not paid waits in its shopper's bag, at the price they saw."""
    if order.state != OrderState.CANCELLED or order.cart_id is not None:
        return
    owner = Actor(account_id=order.account_id, guest_key=order.guest_key)
    for line in load_lines(session, order.id):
        cart.put_back(
            session,
            actor=owner,
            variant_id=line.variant_id,
            quantity=line.quantity,
            price=Money(line.unit_amount, order.currency),
            source_ref=line.source_ref,
        )


def call_for_help(order_id: str) -> None:
    """An order that should have ended long ago: a person must look."""
    with db.unit_of_work() as session:
        order = lock_order(session, order_id)
        if order.state == OrderState.PAYING and not order.needs_attention:
            log.error("checkout hangs", order=order.id, since=clock.iso(order.created_at))
            orders.want_attention(session, order=order, reason=HANGS)
