"""Lists of friends, and what each list may see. Only their owner ever sees a circle."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shop.accounts.queries import lock_account
from shop.core import channel
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotFound, require
from shop.core.events import publish
from shop.core.i18n import N_, gettext
from shop.social.errors import CirclesFull
from shop.social.events import FriendPresenceChanged
from shop.social.models import MAXIMUM_CIRCLES, Circle, CircleMember, ContactSettings, Datum, Share
from shop.social.queries import audience_ids, friend_ids
from shop.social.service import own_id

ALL_FRIENDS = "friends"


def close_circle(session: Session, *, actor: Actor) -> Circle:
    """The circle of close friends, made on first use."""
    me = own_id(actor)
    lock_account(session, me)
    circle = session.scalar(select(Circle).where(Circle.owner_id == me, Circle.is_close))
    if circle is None:
        circle = Circle(owner_id=me, is_close=True)
        session.add(circle)
        session.flush()
    return circle


def make_circle(session: Session, *, actor: Actor, name: str) -> Circle:
    """A list of one's own. Raises InvalidInput (name), CirclesFull."""
    me = own_id(actor)
    lock_account(session, me)
    _check_free(session, me, name)
    count = session.scalar(select(func.count()).select_from(Circle).where(Circle.owner_id == me)) or 0
    require(count < MAXIMUM_CIRCLES, CirclesFull)
    circle = Circle(owner_id=me, name=name)
    session.add(circle)
    session.flush()
    return circle


def _check_free(session: Session, me: str, name: str) -> None:
    taken = session.scalar(select(Circle.id).where(Circle.owner_id == me, Circle.name == name))
    if taken is not None:
        raise InvalidInput(fields={"name": gettext(N_("You have a circle of this name."))})


def get_own_circle(session: Session, *, actor: Actor, circle_id: str) -> Circle:
    """Raises NotFound for anybody else's."""
    circle = session.scalar(select(Circle).where(Circle.id == circle_id, Circle.owner_id == own_id(actor)))
    require(circle is not None, NotFound)
    assert circle is not None
    return circle


def set_members(session: Session, *, actor: Actor, circle_id: str, account_ids: Iterable[str]) -> None:
    """Who is in the circle, from now on. Raises NotFound for a circle of others and for somebody who is no friend."""
    me = own_id(actor)
    lock_account(session, me)
    circle = get_own_circle(session, actor=actor, circle_id=circle_id)
    wanted = set(account_ids)
    require(wanted <= friend_ids(session, me), NotFound)
    before = audience_ids(session, me, Datum.WATCHING)
    session.execute(delete(CircleMember).where(CircleMember.circle_id == circle.id))
    session.add_all(CircleMember(circle_id=circle.id, account_id=account_id) for account_id in sorted(wanted))
    session.flush()
    _tell_audience(session, before | audience_ids(session, me, Datum.WATCHING))


def delete_circle(session: Session, *, actor: Actor, circle_id: str) -> None:
    """The list goes, and with it what it alone could see. Close friends stay. Raises NotFound."""
    me = own_id(actor)
    lock_account(session, me)
    circle = get_own_circle(session, actor=actor, circle_id=circle_id)
    require(not circle.is_close, NotFound)
    before = audience_ids(session, me, Datum.WATCHING)
    session.execute(delete(Share).where(Share.circle_id == circle.id))
    session.execute(delete(CircleMember).where(CircleMember.circle_id == circle.id))
    session.delete(circle)
    session.flush()
    _tell_audience(session, before)


def share(session: Session, *, actor: Actor, choices: dict[Datum, set[str]]) -> None:
    """What is shown to whom, all of it: for each datum the ids of circles, or ALL_FRIENDS. What is not named is off.

    Raises NotFound for circles of others.
    """
    me = own_id(actor)
    lock_account(session, me)
    own = set(session.scalars(select(Circle.id).where(Circle.owner_id == me)))
    before = audience_ids(session, me, Datum.WATCHING)
    session.execute(delete(Share).where(Share.owner_id == me))
    for datum, audiences in choices.items():
        require(audiences - {ALL_FRIENDS} <= own, NotFound)
        for audience in sorted(audiences):
            circle_id = None if audience == ALL_FRIENDS else audience
            session.add(Share(owner_id=me, datum=datum, circle_id=circle_id))
    session.flush()
    _tell_audience(session, before | audience_ids(session, me, Datum.WATCHING))


def set_contact(session: Session, *, actor: Actor, brands_may_write: bool, is_suggested: bool) -> None:
    """Who may come near unasked."""
    me = own_id(actor)
    lock_account(session, me)
    settings = session.get(ContactSettings, me) or ContactSettings(account_id=me)
    settings.brands_may_write, settings.is_suggested = brands_may_write, is_suggested
    session.add(settings)
    session.flush()


def _tell_audience(session: Session, account_ids: set[str]) -> None:
    """Those who see more or less now look again, at once."""
    for account_id in sorted(account_ids):
        publish(session, FriendPresenceChanged(room_id=None), to=channel.user(account_id))
