"""Tell me when it is back: waits for sold-out variants, each told exactly once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shop.catalog.models import Product, ProductStatus, Variant
from shop.catalog.queries import label_of
from shop.core import clock, db, ids
from shop.core.actor import Actor
from shop.core.errors import NotFound, SignInNeeded, require
from shop.core.i18n import N_
from shop.core.jobs import enqueue, job
from shop.core.notices import NoticeKind, register_kind, tell
from shop.inventory import holding
from shop.inventory.errors import InStock
from shop.inventory.models import StockLevel, StockWait
from shop.inventory.queries import levels

BACK = NoticeKind(
    name="stock.back",
    label=N_("Something you wait for is back"),
    title=N_("%(title)s is back"),
    text="%(choice)s",
    icon="package",
    by_mail=True,
)
AT_ONCE = 200


def register() -> None:
    register_kind(BACK)


def wait_for(session: Session, *, actor: Actor, variant_id: str) -> None:
    """Tell this person once when the variant can be bought again; asking twice is asking once.

    Locks the level, so that stock that returns at the same moment is either seen here or sees the wait.
    Raises SignInNeeded, NotFound, InStock.
    """
    account_id = _account(actor)
    _require_on_sale(session, variant_id)
    holding.ensure_level(session, variant_id)
    session.execute(select(StockLevel.variant_id).where(StockLevel.variant_id == variant_id).with_for_update())
    require(levels(session, [variant_id])[variant_id].left <= 0, InStock)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(StockWait).values(
        id=ids.new_id("wait"), variant_id=variant_id, account_id=account_id, created_at=clock.now()
    )
    session.execute(row.on_conflict_do_nothing())


def stop_waiting(session: Session, *, actor: Actor, variant_id: str) -> None:
    """Not interested any more. Raises SignInNeeded."""
    session.execute(
        delete(StockWait).where(
            StockWait.variant_id == variant_id, StockWait.account_id == _account(actor), StockWait.told_at.is_(None)
        )
    )


def waiting_for(session: Session, *, actor: Actor, variant_ids: Sequence[str]) -> set[str]:
    """Which of the variants this person waits for."""
    if actor.account_id is None or not variant_ids:
        return set()
    rows = select(StockWait.variant_id).where(
        StockWait.account_id == actor.account_id, StockWait.told_at.is_(None), StockWait.variant_id.in_(variant_ids)
    )
    return set(session.scalars(rows))


def tell_later(session: Session, variant_ids: Sequence[str]) -> None:
    """Pieces came back: if anybody waits for them, a job tells."""
    waited = select(StockWait.variant_id).where(StockWait.variant_id.in_(variant_ids), StockWait.told_at.is_(None))
    for variant_id in sorted(set(session.scalars(waited.distinct()))):
        enqueue(session, "inventory.tell_waiting", variant_id=variant_id)


@job("inventory.tell_waiting")
def tell_waiting(variant_id: str) -> None:
    """End the waits and tell, a slice per transaction; a piece that is gone again leaves them waiting."""
    while True:
        with db.unit_of_work() as session:
            if _tell_some(session, variant_id) < AT_ONCE:
                return


def _tell_some(session: Session, variant_id: str) -> int:
    if levels(session, [variant_id])[variant_id].left <= 0:
        return 0
    some = select(StockWait.id).where(StockWait.variant_id == variant_id, StockWait.told_at.is_(None)).limit(AT_ONCE)
    # `told_at` is asked again: two jobs may pick the same waits, and only one of them may end each.
    told = session.execute(
        update(StockWait)
        .where(StockWait.id.in_(some), StockWait.told_at.is_(None))
        .values(told_at=clock.now())
        .returning(StockWait.id, StockWait.account_id)
        .execution_options(synchronize_session=False)
    ).all()
    variant, product = _require_on_sale(session, variant_id)
    choice = label_of(product.options, variant.choices) if variant.choices else {}
    for wait_id, account_id in told:
        tell(
            session,
            account_id=account_id,
            kind=BACK.name,
            key=f"wait:{wait_id}",
            url=f"/p/{product.slug}?variant={variant.sku}",
            data={"title": product.title, "choice": choice},
        )
    return len(told)


def _require_on_sale(session: Session, variant_id: str) -> tuple[Variant, Product]:
    row = session.execute(
        select(Variant, Product)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id == variant_id, Variant.is_active, Product.status == ProductStatus.ACTIVE)
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _account(actor: Actor) -> str:
    if actor.account_id is None:
        raise SignInNeeded
    return actor.account_id
