"""What people are told about offers. Payment and parcels have notices of their own, from orders."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.brands.models import Brand
from shop.catalog.models import Product
from shop.core.i18n import N_
from shop.core.money import Money
from shop.core.notices import NoticeKind, register_kind, settle, tell
from shop.offers.models import Offer
from shop.offers.states import OfferEvent

OFFERED = NoticeKind(
    name="offer",
    label=N_("Offers"),
    title=N_("%(brand)s made you an offer"),
    text=N_("%(title)s, %(price)s. Valid until: %(until_at)s"),
    icon="ticket-percent",
    by_mail=True,
    mail_delay_minutes=2,  # Who has the thread open sees it there.
)
CLAIMED = NoticeKind(
    name="offer.claimed",
    label=N_("What you asked for in a stream"),
    title=N_("%(brand)s keeps %(title)s for you"),
    text=N_("%(price)s. Pay by: %(until_at)s"),
    icon="ticket-percent",
    by_mail=True,
    mail_delay_minutes=2,
)
ANSWERED = NoticeKind(
    name="offer.answered",
    label=N_("Answers to your price"),
    title=N_("%(brand)s answered your price"),
    text=N_("%(title)s: %(price)s"),
    icon="ticket-percent",
    by_mail=True,
    mail_delay_minutes=2,
)
COUNTERED = NoticeKind(
    name="offer.countered",
    label=N_("A shopper names a price"),
    title=N_("%(who)s would pay %(price)s"),
    text="%(title)s",
    icon="ticket-percent",
)
BOUGHT = NoticeKind(
    name="offer.paid",
    label=N_("An offer is paid"),
    title=N_("%(who)s paid your offer"),
    text=N_("%(title)s, %(price)s"),
    icon="receipt-text",
)
ENDED = NoticeKind(
    name="offer.ended",
    label=N_("An offer ended"),
    title=N_("%(who)s said no to your offer"),
    text="%(title)s",
    icon="ticket-percent",
)


def register() -> None:
    for kind in (OFFERED, CLAIMED, ANSWERED, COUNTERED, BOUGHT, ENDED):
        register_kind(kind)


def say_sent(session: Session, offer: Offer) -> None:
    _tell_shopper(session, offer, OFFERED, "sent", until_at=offer.valid_until)


def say_claimed(session: Session, offer: Offer) -> None:
    _tell_shopper(session, offer, CLAIMED, "claimed", until_at=offer.valid_until)


def settle_sent(session: Session, offer: Offer) -> None:
    """The shopper saw the card: nothing waits for them any more."""
    for kind in (OFFERED, CLAIMED, ANSWERED):
        settle(session, account_id=offer.shopper_id, kind=kind.name, group=offer.id)


def say_accepted(session: Session, offer: Offer) -> None:
    _tell_shopper(session, offer, ANSWERED, f"answered:{offer.counters}")


def say_refused(session: Session, offer: Offer) -> None:
    _tell_shopper(session, offer, ANSWERED, f"answered:{offer.counters}")


def say_countered(session: Session, offer: Offer) -> None:
    named = Money(offer.counter_amount or 0, offer.currency)
    _tell_maker(session, offer, COUNTERED, f"countered:{offer.counters}", price=named)


def say_paid(session: Session, offer: Offer) -> None:
    _tell_maker(session, offer, BOUGHT, "paid")


def say_ended(session: Session, offer: Offer, event: OfferEvent) -> None:
    """Only a no is news: the brand ended it itself, and time ran out before everybody's eyes."""
    if event is OfferEvent.DECLINE:
        _tell_maker(session, offer, ENDED, "ended")


def _tell_shopper(session: Session, offer: Offer, kind: NoticeKind, what: str, **more: Any) -> None:
    brand = session.scalar(select(Brand.name).where(Brand.id == offer.brand_id)) or ""
    tell(
        session,
        account_id=offer.shopper_id,
        kind=kind.name,
        key=f"offer:{offer.id}:{what}",
        group=offer.id,
        url=f"/messages/{offer.thread_id}#m{offer.message_number}",
        data={"brand": brand, **_words(session, offer), **more},
    )


def _tell_maker(session: Session, offer: Offer, kind: NoticeKind, what: str, **more: Any) -> None:
    """Who made the offer; a claim was made by nobody of the brand."""
    if offer.by_account_id is None:
        return
    slug = session.scalar(select(Brand.slug).where(Brand.id == offer.brand_id))
    who = session.scalar(select(Account.display_name).where(Account.id == offer.shopper_id)) or ""
    tell(
        session,
        account_id=offer.by_account_id,
        kind=kind.name,
        key=f"offer:{offer.id}:{what}",
        group=offer.id,
        url=f"/dashboard/{slug}/inbox/{offer.thread_id}#m{offer.message_number}",
        data={"who": who, **_words(session, offer), **more},
    )


def _words(session: Session, offer: Offer) -> dict[str, Any]:
    title = session.scalar(select(Product.title).where(Product.id == offer.product_id)) or {}
    return {"title": title, "price": Money(offer.unit_amount, offer.currency) * offer.quantity}
