"""Saying something, and keeping the room a good place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from livestream.chat import pace, queries
from livestream.chat.errors import Muted
from livestream.chat.events import (
    ChatCleared,
    ChatPosted,
    ChatRemoved,
    ChatSilenced,
    NoticeChanged,
    SlowModeChanged,
)
from livestream.chat.models import ChatMessage, Silence
from livestream.rooms import policy
from livestream.rooms.models import Room
from livestream.rooms.queries import RoomHead, get_head, lock_room
from livestream.rooms.service import publish_state, require_live
from shop.core import channel, clock
from shop.core.actor import Actor
from shop.core.errors import NotAllowed, NotFound, RateLimited, SignInNeeded, require
from shop.core.events import close_later, publish

MUTE_SECONDS = 300


@dataclass(kw_only=True)
class Slots:
    """Filled by features above in their `register`. `is_urgent`: what slow mode lets pass. `answer`: what the writer is
    told beside the receipt, in the unit of work of the message; it raises nothing."""

    is_urgent: Callable[[Session, RoomHead, str], bool] = lambda _session, _head, _text: False
    answer: Callable[[Session, Actor, ChatMessage], dict[str, Any]] = lambda _session, _actor, _message: {}


SLOTS = Slots()


def post_message(
    session: Session,
    *,
    actor: Actor,
    room_id: str,
    text: str,
    client_key: str,
    reply_to_id: str | None = None,
    address: str | None = None,
) -> ChatMessage:
    """Say something in a live room. The same `client_key` again is the same message.

    Emits chat.posted. Raises SignInNeeded, NotLive, Banned, Muted, RateLimited (with the wait; crew exempt), NotFound.
    """
    if actor.account_id is None:
        raise SignInNeeded
    head = get_head(session, room_id=room_id)
    require_live(head.stream.state)
    said = queries.find_by_client_key(session, room_id=room_id, account_id=actor.account_id, client_key=client_key)
    if said is not None:
        return said
    role = policy.chat_role(actor, head.brand.id)
    if not policy.can_moderate(actor, head.brand.id):
        _check_word(session, actor, head, text=text, address=address)
    answered = queries.find_message(session, room_id=room_id, message_id=reply_to_id) if reply_to_id else None
    if reply_to_id and answered is None:
        raise NotFound
    message = ChatMessage(
        room_id=room_id,
        account_id=actor.account_id,
        author_name=actor.display_name,
        author_role=role,
        text=text,
        reply_to_id=answered.id if answered else None,
        client_key=client_key,
    )
    session.add(message)
    session.flush()
    posted = ChatPosted(room_id=room_id, message=queries.message_view(message, answered))
    publish(session, posted, to=channel.room(room_id))
    return message


def _check_word(session: Session, actor: Actor, head: RoomHead, *, text: str, address: str | None) -> None:
    """Whether this person may speak now: not banned, not muted, not too fast. Slow mode lets pass what cannot wait."""
    account_id, room = str(actor.account_id), head.room
    check_may_speak(session, actor=actor, room=room)
    if room.slow_mode_seconds and not SLOTS.is_urgent(session, head, text):
        _check_slow_mode(session, room, account_id)
    pace.check_pace(room_id=room.id, account_id=account_id, address=address, text=text)


def check_may_speak(session: Session, *, actor: Actor, room: Room) -> None:
    """Raises Banned, Muted."""
    account_id = str(actor.account_id)
    silences = queries.load_silences(session, brand_id=room.brand_id, room_id=room.id, account_id=account_id)
    queries.refuse_banned(silences)
    if silences:
        raise Muted(until=max((s.until for s in silences if s.until is not None), default=None))


def _check_slow_mode(session: Session, room: Room, account_id: str) -> None:
    last = queries.last_spoke_at(session, room_id=room.id, account_id=account_id)
    if last is not None:
        wait = room.slow_mode_seconds - (clock.now() - last).total_seconds()
        if wait > 0:
            raise RateLimited(retry_after=wait)


def remove_message(session: Session, *, actor: Actor, room_id: str, message_id: str) -> None:
    """Take a message down, on every screen and in the history. Locks the room. Repeatable.

    Emits chat.removed. Raises NotAllowed, NotFound.
    """
    room = _lock_moderated(session, actor, room_id)
    message = session.get(ChatMessage, message_id)
    if message is None or message.room_id != room.id:
        raise NotFound
    if message.removed_at is None:
        message.removed_at, message.removed_by = clock.now(), actor.account_id
        session.flush()
        publish_state(session, room.id, ChatRemoved(message_id=message.id))


def _lock_moderated(session: Session, actor: Actor, room_id: str) -> Room:
    room = lock_room(session, room_id)
    require(policy.can_moderate(actor, room.brand_id), NotAllowed)
    return room


def mute(
    session: Session,
    *,
    actor: Actor,
    room_id: str,
    account_id: str,
    seconds: int = MUTE_SECONDS,
    reason: str = "",
) -> Silence:
    """Take the word from somebody in this room for a while; what they said here goes. Locks the room.

    Emits chat.cleared to the room, chat.silenced to the person. Raises NotAllowed (crew cannot be muted), NotFound.
    """
    room = _lock_moderated(session, actor, room_id)
    until = clock.now() + timedelta(seconds=seconds)
    return _silence(session, actor, room, account_id, kind="mute", until=until, reason=reason)


def ban(session: Session, *, actor: Actor, room_id: str, account_id: str, reason: str = "") -> Silence:
    """Keep somebody out of all rooms of the brand until lifted. Locks the room; closes the person's sockets.

    Emits chat.cleared to the room, chat.silenced to the person. Raises NotAllowed (crew cannot be banned), NotFound.
    """
    room = _lock_moderated(session, actor, room_id)
    silence = _silence(session, actor, room, account_id, kind="ban", until=None, reason=reason)
    close_later(session, channel.user(account_id))
    return silence


def _silence(
    session: Session, actor: Actor, room: Room, account_id: str, *, kind: str, until: datetime | None, reason: str
) -> Silence:
    _account, is_crew = queries.get_guest_of_brand(session, account_id=account_id, brand_id=room.brand_id)
    require(not is_crew, NotAllowed)
    silence = Silence(
        kind=kind,
        brand_id=room.brand_id,
        room_id=room.id if kind == "mute" else None,
        account_id=account_id,
        by_account_id=str(actor.account_id),
        reason=reason,
        until=until,
    )
    session.add(silence)
    _remove_all(session, actor, room, account_id)
    publish_state(session, room.id, ChatCleared(account_id=account_id))
    news = ChatSilenced(room_id=room.id, kind=kind, until=until)
    publish(session, news, to=channel.user(account_id))
    return silence


def _remove_all(session: Session, actor: Actor, room: Room, account_id: str) -> None:
    session.execute(
        update(ChatMessage)
        .where(ChatMessage.room_id == room.id, ChatMessage.account_id == account_id, ChatMessage.removed_at.is_(None))
        .values(removed_at=clock.now(), removed_by=actor.account_id)
        .execution_options(synchronize_session="fetch")
    )


def lift(session: Session, *, actor: Actor, room_id: str, account_id: str, kind: str) -> None:
    """Give the word back (`mute`) or let the person in again (`ban`). Messages stay removed. Repeatable.

    Emits chat.silenced with kind none to the person. Raises NotAllowed.
    """
    room = _lock_moderated(session, actor, room_id)
    open_now = queries.load_silences(session, brand_id=room.brand_id, room_id=room.id, account_id=account_id)
    lifted = [silence for silence in open_now if silence.kind == kind]
    for silence in lifted:
        silence.lifted_at = clock.now()
    session.flush()
    if lifted and len(lifted) == len(open_now):
        news = ChatSilenced(room_id=room.id, kind="none", until=None)
        publish(session, news, to=channel.user(account_id))


def set_slow_mode(session: Session, *, actor: Actor, room_id: str, seconds: int) -> None:
    """Seconds between two messages of one person, 0 is off. Locks the room. Emits chat.slow_mode_changed."""
    room = _lock_moderated(session, actor, room_id)
    if room.slow_mode_seconds != seconds:
        room.slow_mode_seconds = seconds
        publish_state(session, room.id, SlowModeChanged(seconds=seconds))


def set_notice(session: Session, *, actor: Actor, room_id: str, text: str) -> None:
    """The message over the chat; empty takes it away. Locks the room. Emits room.notice_changed."""
    room = _lock_moderated(session, actor, room_id)
    if room.notice != text:
        room.notice = text
        publish_state(session, room.id, NoticeChanged(text=text))
