"""Ana and one person per relation to her, for questions of who may see what."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from shop.core import db, ids
from shop.core.actor import Actor
from shop.messaging import service as messaging
from shop.social import circles, follows, service
from shop.social.models import Friendship
from shop.social.queries import pair
from tests.factories.cast import Cast, make_actor

RELATIONS = ("self", "close", "friend", "follower", "stranger", "blocked", "blocker", "brand", "staff", "guest")
PERSONS = tuple(name for name in RELATIONS if name != "guest")

People = dict[str, Actor]


@dataclass(frozen=True)
class Relations:
    """`people` by their relation to Ana; `threads` of hers by what they are, each with one message that says `word(kind)`."""

    people: People
    threads: dict[str, str] = field(default_factory=dict)


def word(kind: str) -> str:
    """What was said in a thread and nowhere else."""
    return f"parola-{kind}"


def make_relations(session: Session, cast: Cast) -> Relations:
    """Close friend, friend, follower, stranger, one whom Ana blocked, one who blocked Ana, the brand she follows, staff, guest.

    Everybody near her was a friend first, so that a block has something to take away: a thread of two, and a group.
    """
    close, stranger, blocked, blocker = (make_actor(session, name) for name in ("Cleo", "Sid", "Bob", "Kim"))
    people = {
        "self": cast.ana, "close": close, "friend": cast.sam, "follower": cast.zed, "stranger": stranger,
        "blocked": blocked, "blocker": blocker, "brand": cast.olga, "staff": cast.root, "guest": cast.guest,
    }  # fmt: skip
    for friend in (cast.sam, close, blocked, blocker):
        low, high = pair(str(cast.ana.account_id), str(friend.account_id))
        session.add(Friendship(low_id=low, high_id=high, way="handle"))
    session.flush()
    circle = circles.close_circle(session, actor=cast.ana)
    members = [str(one.account_id) for one in (close, blocked, blocker)]
    circles.set_members(session, actor=cast.ana, circle_id=circle.id, account_ids=members)
    follows.follow_person(session, actor=cast.zed, account_id=str(cast.ana.account_id))
    follows.follow_brand(session, actor=cast.ana, brand_id=cast.brand_a.id)
    threads = _threads(session, cast, people)
    service.block(session, actor=cast.ana, account_id=str(blocked.account_id))
    service.block(session, actor=blocker, account_id=str(cast.ana.account_id))
    return Relations(people, threads)


def _threads(session: Session, cast: Cast, people: People) -> dict[str, str]:
    ana = cast.ana
    group = [str(people[name].account_id) for name in ("close", "friend", "blocked")]
    threads = {
        "friend": messaging.open_direct(session, actor=ana, other_id=str(people["friend"].account_id)).id,
        "group": messaging.create_group(session, actor=ana, title="Sneaker amiche", account_ids=group).id,
        "brand": messaging.open_brand_thread(session, actor=ana, brand_id=cast.brand_a.id).id,
        "before the block": messaging.open_direct(session, actor=ana, other_id=str(people["blocked"].account_id)).id,
    }
    for kind, thread_id in threads.items():
        messaging.send_message(session, actor=ana, thread_id=thread_id, text=word(kind), client_key=ids.new_id("msg"))
    return threads


def relate(cast: Cast) -> Relations:
    """The same, committed."""
    with db.unit_of_work() as session:
        return make_relations(session, cast)
