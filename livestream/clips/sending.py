"""Sending something to friends and groups: one message with a card in each thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from livestream.clips.cards import make_ref
from shop.accounts.models import Account
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotFound, SignInNeeded, require
from shop.core.forms import Identifier, Input, check_line, check_text
from shop.core.i18n import gettext
from shop.messaging import service as messaging
from shop.messaging.models import Folder, Thread, ThreadKind, ThreadMember
from shop.messaging.queries import Face, load_faces
from shop.social.queries import friend_ids
from shop.social.shares import share_token

CARD_OF = {"stream": "show", "clip": "clip", "product": "product"}
MOST_RECEIVERS = 10
SHOWN_FRIENDS, SHOWN_GROUPS = 40, 20


class SendForm(Input):
    """What the sheet posts. The same `client_key` again sends nothing twice."""

    people: Annotated[list[Identifier], Field(max_length=MOST_RECEIVERS)] = []
    groups: Annotated[list[Identifier], Field(max_length=MOST_RECEIVERS)] = []
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(check_text)] = ""
    client_key: Annotated[str, StringConstraints(min_length=8, max_length=40), AfterValidator(check_line)]
    t: Annotated[str, StringConstraints(max_length=12), AfterValidator(check_line)] = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    thread_id: str
    title: str
    faces: tuple[Face, ...]


@dataclass(frozen=True, kw_only=True)
class Receivers:
    """Whom somebody can send to: groups by their last word, friends by name."""

    friends: tuple[Face, ...] = ()
    groups: tuple[Group, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.friends or self.groups)


def list_receivers(session: Session, *, actor: Actor) -> Receivers:
    """Four statements."""
    if actor.account_id is None:
        return Receivers()
    accounts = session.scalars(
        select(Account)
        .where(Account.id.in_(friend_ids(session, actor.account_id)))
        .order_by(Account.display_name, Account.id)
        .limit(SHOWN_FRIENDS)
    )
    friends = tuple(Face(account_id=a.id, name=a.display_name, handle=a.handle) for a in accounts)
    return Receivers(friends=friends, groups=_groups(session, actor.account_id))


def _groups(session: Session, me: str) -> tuple[Group, ...]:
    threads = session.scalars(
        select(Thread)
        .join(ThreadMember, ThreadMember.thread_id == Thread.id)
        .where(
            Thread.kind == ThreadKind.GROUP,
            ThreadMember.account_id == me,
            ThreadMember.left_at.is_(None),
            ThreadMember.folder == Folder.OPEN,
        )
        .order_by(Thread.last_at.desc(), Thread.id)
        .limit(SHOWN_GROUPS)
    ).all()
    faces = load_faces(session, [thread.id for thread in threads])
    return tuple(
        Group(
            thread_id=thread.id,
            title=thread.title or ", ".join(face.name for face in _others(faces.get(thread.id, ()), me)[:3]),
            faces=_others(faces.get(thread.id, ()), me)[:2],
        )
        for thread in threads
    )


def _others(faces: Sequence[Face], me: str) -> tuple[Face, ...]:
    return tuple(face for face in faces if face.account_id != me)


def send(session: Session, *, actor: Actor, kind: str, slug: str, at: int, form: SendForm) -> list[str]:
    """One message to each friend and group; returns their names. Threads are locked in the order of their keys.

    Raises SignInNeeded, InvalidInput (nobody, too many), NotFound (no friend, not in the group, nothing to see), and what
    `messaging.send_message` raises; then nothing is sent to anybody.
    """
    if actor.account_id is None:
        raise SignInNeeded
    receivers = list(dict.fromkeys([*form.people, *form.groups]))
    if not 0 < len(receivers) <= MOST_RECEIVERS:
        sentence = gettext("Choose between one and %(most)s friends or groups.", most=MOST_RECEIVERS)
        raise InvalidInput(fields={"people": sentence})
    threads = _threads_of(session, actor, form)
    ref = _ref(actor.account_id, kind, slug, at)
    for thread_id in sorted(threads):
        messaging.send_message(
            session,
            actor=actor,
            thread_id=thread_id,
            text=form.note,
            client_key=form.client_key,
            cards=[(CARD_OF[kind], ref)],
        )
    return list(threads.values())


def _ref(account_id: str, kind: str, slug: str, at: int) -> str:
    """A product's card has no place for a sender; the message has one."""
    return slug if kind == "product" else make_ref(slug, at=at, token=share_token(account_id, kind, slug))


def _threads_of(session: Session, actor: Actor, form: SendForm) -> dict[str, str]:
    """Thread → name, in the order they were chosen."""
    me = str(actor.account_id)
    friends = friend_ids(session, me)
    found: dict[str, str] = {}
    for account_id in dict.fromkeys(form.people):
        require(account_id in friends, NotFound)
        friend = session.get_one(Account, account_id)
        found[messaging.open_direct(session, actor=actor, other_id=account_id).id] = friend.display_name
    mine = {group.thread_id: group.title for group in _groups(session, me)}
    for thread_id in dict.fromkeys(form.groups):
        require(thread_id in mine, NotFound)
        found[thread_id] = mine[thread_id]
    return found
