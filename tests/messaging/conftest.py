from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from shop.core import db, ids
from shop.core.actor import Actor
from shop.messaging import service
from shop.messaging.models import Message
from shop.social.models import Block, Friendship
from shop.social.queries import pair
from tests.factories.cast import Cast
from tests.support.recording import Recorder

Say = Callable[..., Message]


def befriend(one: Actor, other: Actor) -> None:
    low, high = pair(str(one.account_id), str(other.account_id))
    with db.unit_of_work() as session:
        session.add(Friendship(low_id=low, high_id=high, way="handle"))


def block(blocker: Actor, blocked: Actor) -> None:
    with db.unit_of_work() as session:
        session.add(Block(blocker_id=str(blocker.account_id), blocked_id=str(blocked.account_id)))


def do(step: Callable[..., Any], **keywords: Any) -> Any:
    with db.unit_of_work() as session:
        return step(session, **keywords)


def say(actor: Actor, thread_id: str, text: str = "Ciao", **keywords: Any) -> Message:
    keywords = {"client_key": ids.new_id("msg")} | keywords
    message: Message = do(service.send_message, actor=actor, thread_id=thread_id, text=text, **keywords)
    return message


def direct(one: Actor, other: Actor) -> str:
    thread_id: str = do(lambda session: service.open_direct(session, actor=one, other_id=str(other.account_id)).id)
    return thread_id


def brand_thread(shopper: Actor, brand_id: str) -> str:
    thread_id: str = do(lambda session: service.open_brand_thread(session, actor=shopper, brand_id=brand_id).id)
    return thread_id


def make_group(owner: Actor, *others: Actor, title: str = "Sneaker amiche") -> str:
    ids_of = [str(one.account_id) for one in others]
    thread_id: str = do(lambda session: service.create_group(session, actor=owner, title=title, account_ids=ids_of).id)
    return thread_id


@pytest.fixture
def friends(cast: Cast, sent: Recorder, frozen: datetime) -> str:
    """Ana and Sam are friends; their thread, nothing said and nothing sent yet."""
    befriend(cast.ana, cast.sam)
    thread_id = direct(cast.ana, cast.sam)
    sent.clear()
    return thread_id


@pytest.fixture
def group(cast: Cast, sent: Recorder, frozen: datetime) -> str:
    """Ana owns it; Sam and Zed are in it."""
    befriend(cast.ana, cast.sam)
    befriend(cast.ana, cast.zed)
    thread_id = make_group(cast.ana, cast.sam, cast.zed)
    sent.clear()
    return thread_id
