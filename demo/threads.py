"""A few conversations, so that messages are not empty on the first visit."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.brands.models import Brand, BrandMember
from shop.catalog.models import Product
from shop.catalog.queries import load_product_view
from shop.core import clock
from shop.core.actor import Actor, Membership, Role
from shop.messaging import inbox, service
from shop.messaging.cards import Ref
from shop.offers.service import send_offer
from shop.offers.terms import Terms, discounted
from shop.social.queries import friend_ids


def seed_threads(session: Session) -> None:
    """Giulia and Marco, a group of friends, Giulia and Sara with Passo. Everything said through the service."""
    giulia, marco, sara = (_actor(session, f"{name}@vetrina.example") for name in ("giulia", "marco", "sara"))
    davide = _actor(session, "davide@passo.example")
    passo = session.scalars(select(Brand).where(Brand.slug == "passo")).one()
    begin = clock.now() - timedelta(hours=5)
    with clock.frozen(begin):
        _talk(
            session,
            service.open_direct(session, actor=giulia, other_id=str(marco.account_id)).id,
            (giulia, "Hai visto le Passo Uno?", [("product", "passo-uno")]),
            (marco, "Belle! Stasera sono in diretta, le guardiamo insieme?", []),
            (giulia, "Ci sono", []),
        )
        friends = friend_ids(session, str(giulia.account_id)) & {str(marco.account_id), str(sara.account_id)}
        if friends:
            group = service.create_group(session, actor=giulia, title="Sneaker amiche", account_ids=sorted(friends))
            _talk(session, group.id, (giulia, "Chi c’è stasera alle 20:30?", []))
        ask = service.open_brand_thread(session, actor=giulia, brand_id=passo.id).id
        _talk(
            session,
            ask,
            (giulia, "Ciao! Avete ancora la 38? Nella diretta risulta esaurita.", [("product", "passo-uno")]),
        )
        clock.move(timedelta(minutes=4))
        _talk(session, ask, (davide, "Ciao Giulia, domani ne arrivano altre. Te ne tengo d’occhio una.", []))
    _offer(session, davide, ask)
    waiting = service.open_brand_thread(session, actor=sara, brand_id=passo.id).id
    with clock.frozen(clock.now() - timedelta(minutes=42)):
        _talk(session, waiting, (sara, "La 41 veste giusta?", [("product", "passo-uno")]))
    inbox.save_reply(
        session,
        actor=davide,
        brand_id=passo.id,
        title="Quando arriva",
        text="Ciao {name}, i pacchi partono da Ascoli in due giorni lavorativi. {agent} di {brand}",
    )


def _offer(session: Session, host: Actor, thread_id: str) -> None:
    """One of the most plentiful size, a tenth below the shop, set aside for a week."""
    product = session.scalars(select(Product).where(Product.slug == "passo-uno")).one()
    variants = load_product_view(session, currency="EUR", product_id=product.id).variants
    variant = max(variants, key=lambda one: one.left)
    if variant.price is None or variant.left < 1:
        return
    terms = Terms(
        variant_id=variant.id, unit=discounted(variant.price, percent=10), valid_for=timedelta(days=7), holds_stock=True
    )
    text = "Ne ho messa da parte una per te, Giulia. La tengo per una settimana."
    send_offer(session, actor=host, thread_id=thread_id, terms=terms, client_key="demo-offer", text=text)


def _actor(session: Session, email: str) -> Actor:
    account = session.scalars(select(Account).where(Account.email == email)).one()
    places = session.execute(
        select(BrandMember, Brand)
        .join(Brand, Brand.id == BrandMember.brand_id)
        .where(BrandMember.account_id == account.id)
    ).all()
    return Actor(
        account_id=account.id,
        handle=account.handle,
        display_name=account.display_name,
        memberships=tuple(
            Membership(brand_id=brand.id, brand_slug=brand.slug, brand_name=brand.name, role=Role(member.role))
            for member, brand in places
        ),
    )


def _talk(session: Session, thread_id: str, *lines: tuple[Actor, str, list[Ref]]) -> None:
    for number, (actor, text, cards) in enumerate(lines):
        service.send_message(
            session, actor=actor, thread_id=thread_id, text=text, client_key=f"demo-{number}", cards=cards
        )
