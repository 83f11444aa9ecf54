from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from livestream.engagement import hearts, studio
from livestream.engagement.jobs import on_order_paid
from livestream.engagement.models import RoomSale
from livestream.engagement.queries import load_summary
from livestream.pins import service as pins
from livestream.rooms import presence
from livestream.rooms.models import Room, RoomVisit, Stream
from shop.cart.models import Cart, CartLine
from shop.core import channel, clock, db, jobs
from shop.core.actor import Actor
from shop.core.money import Money
from shop.orders.events import OrderPaid, SoldLine
from shop.orders.models import Order, OrderLine, OrderPart, OrderState
from shop.social import circles
from shop.social import service as social
from shop.social.models import Datum
from tests.factories.cast import Cast
from tests.factories.catalog import variants_of
from tests.factories.live import LiveRoom
from tests.factories.relations import relate
from tests.support.recording import Recorder


@pytest.fixture
def pin_id(room: LiveRoom, cast: Cast, sent: Recorder) -> str:
    with db.unit_of_work() as session:
        found = pins.pin_item(session, actor=cast.ben, room_id=room.id, item_id=room.items[0].id).pin_id
    sent.clear()
    return found


def paid(room: LiveRoom, source_ref: str | None, *, number: int, place: int = 0, quantity: int = 1) -> OrderPaid:
    """A paid order of one line, in the database and as news."""
    product = room.products[place]
    with db.unit_of_work() as session:
        variant = variants_of(session, product)[0]
        amount = 8900 * quantity
        order = Order(
            number=number,
            guest_key=f"guest-{number}",
            state=OrderState.PAID,
            currency="EUR",
            items_amount=amount,
            shipping_amount=0,
            total_amount=amount,
            paid_at=clock.now(),
        )
        session.add(order)
        session.flush()
        part = OrderPart(
            order_id=order.id, brand_id=product.brand_id, letter="A", items_amount=amount, shipping_amount=0
        )
        session.add(part)
        session.flush()
        session.add(
            OrderLine(
                part_id=part.id,
                variant_id=variant.id,
                product_id=product.id,
                sku=variant.sku,
                title=product.title,
                quantity=quantity,
                unit_amount=8900,
                source_ref=source_ref,
            )
        )
    line = SoldLine(
        brand_id=product.brand_id,
        product_id=product.id,
        variant_id=variant.id,
        quantity=quantity,
        unit=Money(8900, "EUR"),
        source_ref=source_ref,
    )
    return OrderPaid(
        order_id=order.id,
        number=number,
        brand_ids=(product.brand_id,),
        lines=(line,),
        total=Money(amount, "EUR"),
        account_id=None,
        paid_at=clock.now(),
    )


def test_a_sale_reaches_the_crew_at_once_and_the_room_without_names(
    room: LiveRoom, pin_id: str, sent: Recorder
) -> None:
    on_order_paid(paid(room, pin_id, number=1001, quantity=2))
    [(name, sale)] = sent.to(channel.crew(room.id))
    assert (name, sale["number"], sale["quantity"]) == ("sale.made", 1001, 2)
    assert sale["amount"] == {"amount": 17800, "currency": "EUR"}
    jobs.run_due_jobs()
    [(name, notice)] = sent.to(channel.room(room.id))
    assert name == "purchase.made"
    assert (notice["kind"], notice["count"]) == ("one", 1)
    assert notice["product_title"]["en"] == "Passo Uno"


def test_notices_come_every_six_seconds_and_are_grouped(room: LiveRoom, pin_id: str, sent: Recorder) -> None:
    for number in range(1001, 1006):
        on_order_paid(paid(room, pin_id, number=number))
        jobs.run_due_jobs()
        clock.move(timedelta(seconds=1))
    assert sent.names.count("purchase.made") == 1
    clock.move(timedelta(seconds=2))
    jobs.run_due_jobs()
    notices = [payload for name, payload, _to in sent if name == "purchase.made"]
    assert [(notice["kind"], notice["count"]) for notice in notices] == [("one", 1), ("many", 4)]


def test_the_same_news_twice_is_one_sale(room: LiveRoom, pin_id: str, sent: Recorder) -> None:
    news = paid(room, pin_id, number=1001)
    on_order_paid(news)
    on_order_paid(news)
    assert sent.names.count("sale.made") == 1


@pytest.mark.parametrize("ref", [None, "", "pin_nonsense", "pin_00000000000000000000000000", "room", "'; --"])
def test_a_reference_that_is_no_pin_counts_nowhere(
    ref: str | None, room: LiveRoom, pin_id: str, sent: Recorder
) -> None:
    on_order_paid(paid(room, ref, number=1001))
    assert sent == []


def test_a_pin_sells_only_its_own_product(room: LiveRoom, pin_id: str, sent: Recorder) -> None:
    on_order_paid(paid(room, pin_id, number=1001, place=1))
    assert sent == []
    with db.reading() as session:
        assert session.scalar(select(RoomSale.id)) is None


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_the_studio_counts_paid_orders_unique_viewers_and_bags(room: LiveRoom, pin_id: str, sent: Recorder) -> None:
    clock.move(timedelta(seconds=40))
    paid(room, pin_id, number=1001, quantity=2)
    paid(room, pin_id, number=1002, place=1)  # Another product with this pin's name on it.
    with db.unit_of_work() as session:
        cart = Cart(guest_key="g")
        session.add(cart)
        session.flush()
        variant = variants_of(session, room.products[0])[0]
        session.add(
            CartLine(
                cart_id=cart.id,
                variant_id=variant.id,
                quantity=1,
                seen_amount=8900,
                seen_currency="EUR",
                source_ref=pin_id,
            )
        )
    presence.enter_crew(room.id, "studio")
    studio.tell_crews()
    [(name, figures)] = sent.to(channel.crew(room.id))
    assert name == "studio.counted"
    assert figures == {
        "room_id": room.id,
        "watching": 0,
        "orders": 1,
        "gmv": {"amount": 17800, "currency": "EUR"},
        "hearts": 0,
        "pin_to_order_seconds": 40,
        "bags": 1,
    }


def test_hearts_are_told_in_batches(room: LiveRoom, sent: Recorder) -> None:
    for _ in range(30):
        hearts.add(room.id, 10)
    hearts.tell_hearts()
    hearts.tell_hearts()
    assert sent.to(channel.room(room.id)) == [("reaction.counted", {"room_id": room.id, "hearts": 300, "added": 300})]
    with db.reading() as session:
        assert session.get_one(Room, room.id).hearts == 300


def test_the_summary_counts_the_show(room: LiveRoom, pin_id: str, cast: Cast) -> None:
    from livestream.rooms.service import end_stream

    clock.move(timedelta(seconds=600))
    paid(room, pin_id, number=1001, quantity=2)
    with db.unit_of_work() as session:
        end_stream(session, actor=cast.ben, stream_id=room.stream.id)
    with db.reading() as session:
        stream, now = session.get_one(Stream, room.stream.id), session.get_one(Room, room.id)
        summary = load_summary(session, stream=stream, room=now, currency="EUR")
    assert (summary.seconds, summary.orders, summary.pieces) == (660, 1, 2)
    assert summary.gmv == Money(17800, "EUR")


# Friends: who may see what the buyer buys reads the name.


def buy_as(room: LiveRoom, pin_id: str, buyer: Actor, *, number: int = 1001) -> None:
    """A paid order of a member, told."""
    news = paid(room, pin_id, number=number)
    with db.unit_of_work() as session:
        order = session.scalars(select(Order).where(Order.number == number)).one()
        order.guest_key, order.account_id = None, buyer.account_id
    on_order_paid(news)
    jobs.run_due_jobs()


NAMED = {"nobody": set[str](), "close": {"close"}, "friends": {"close", "friend"}}


@pytest.mark.parametrize("audience", NAMED)
def test_a_purchase_names_the_buyer_to_friends_who_may_see_it(
    room: LiveRoom, pin_id: str, cast: Cast, sent: Recorder, audience: str
) -> None:
    people = relate(cast).people
    with db.unit_of_work() as session:
        close = circles.close_circle(session, actor=cast.ana).id
        chosen = {"nobody": set[str](), "close": {close}, "friends": {circles.ALL_FRIENDS}}[audience]
        circles.share(session, actor=cast.ana, choices={Datum.BUYING: chosen})
        for actor in people.values():
            if actor.account_id:
                session.add(RoomVisit(room_id=room.id, viewer_key=actor.account_id))
    sent.clear()
    buy_as(room, pin_id, cast.ana)
    told = {name: sent.to(channel.user(one.account_id or "nobody")) for name, one in people.items()}
    news = {
        "room_id": room.id,
        "account_id": cast.ana.account_id,
        "display_name": "Ana",
        "product_title": dict(room.products[0].title),
    }
    heard = {
        name: [payload for event, payload in all_told if event == "friends.bought"] for name, all_told in told.items()
    }
    assert heard == {name: [news] if name in NAMED[audience] else [] for name in people}
    [(_name, notice)] = sent.to(channel.room(room.id))
    assert "Ana" not in str(notice) and str(cast.ana.account_id) not in str(notice)


def test_who_muted_the_buyer_or_never_came_is_not_told(room: LiveRoom, pin_id: str, cast: Cast, sent: Recorder) -> None:
    people = relate(cast).people
    with db.unit_of_work() as session:
        circles.share(session, actor=cast.ana, choices={Datum.BUYING: {circles.ALL_FRIENDS}})
        social.mute(session, actor=cast.sam, account_id=str(cast.ana.account_id))
        session.add(RoomVisit(room_id=room.id, viewer_key=str(cast.sam.account_id)))
    sent.clear()
    buy_as(room, pin_id, cast.ana)
    assert [name for name, _payload, _to in sent if name == "friends.bought"] == []
    with db.unit_of_work() as session:
        session.add(RoomVisit(room_id=room.id, viewer_key=str(people["close"].account_id)))
    clock.move(timedelta(seconds=10))
    buy_as(room, pin_id, cast.ana, number=1002)
    told = [to for name, _payload, to in sent if name == "friends.bought"]
    assert told == [channel.user(str(people["close"].account_id))]
