"""Socket commands of claims: the buttons of the cards, the hint while typing, the crew's corrections."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from livestream.chat.realtime import ClientKey, Message
from livestream.claims import answers, policy, queries, questions, service
from livestream.claims.errors import FewerLeft
from livestream.claims.policy import CORRECTORS
from livestream.claims.readings import MOST
from livestream.rooms.queries import get_visible_head
from livestream.rooms.snapshot import check_entry
from shop.core.actor import Actor
from shop.core.errors import NotAllowed, NotFound, require
from shop.core.forms import Identifier, Input
from shop.core.i18n import gettext
from shop.core.policy import SIGNED_IN, crew
from shop.core.realtime import command

Pieces = Annotated[int, Field(ge=1, le=MOST)]


class InRoom(Input):
    room_id: Identifier


class PreviewClaim(InRoom):
    text: Message


class ChooseClaim(InRoom):
    """An answered question. Without a variant the product is known and the size is asked for."""

    item_id: Identifier
    variant_id: Identifier | None = None
    quantity: Pieces = 1
    client_key: ClientKey
    message_id: Identifier | None = None


class ThisClaim(InRoom):
    claim_id: Identifier


class ChangeClaim(ThisClaim):
    """Without a variant the sizes are asked for."""

    variant_id: Identifier | None = None
    quantity: Pieces | None = None
    client_key: ClientKey | None = None


class CorrectClaim(ThisClaim):
    variant_id: Identifier
    quantity: Pieces
    client_key: ClientKey


@command("claim.show", InRoom, policy=SIGNED_IN, limit="60/minute", writes=False)
def on_show(session: Session, actor: Actor, data: InRoom) -> dict[str, Any]:
    """A person's own cards, and which words may be a claim here, so that a browser asks about those alone."""
    head = get_visible_head(session, actor=actor, room_id=data.room_id)
    check_entry(session, head=head, actor=actor)
    rules = queries.rules_of(session, head.stream.id)
    may = rules.is_on and policy.can_claim(actor, head.brand.id)
    return {
        "claim": answers.own_cards(session, actor, data.room_id),
        "words": sorted(service.words_to_watch(rules)) if may else [],
        "style": answers.style_address(),
        "recognised": gettext("Recognised"),
    }


@command("claim.preview", PreviewClaim, policy=SIGNED_IN, limit="120/minute", writes=False)
def on_preview(session: Session, actor: Actor, data: PreviewClaim) -> dict[str, Any]:
    return {"hint": answers.hint(session, actor, data.room_id, data.text)}


@command("claim.choose", ChooseClaim, policy=SIGNED_IN, limit="30/minute")
def on_choose(session: Session, actor: Actor, data: ChooseClaim) -> dict[str, Any]:
    head = get_visible_head(session, actor=actor, room_id=data.room_id)
    variant_id = data.variant_id
    if variant_id is None:
        product = service.load_stage(session, head).product(data.item_id)
        if len(product.variants) > 1:
            asked = questions.which_variant(product, product.variants, quantity=data.quantity)
            return {"claim": answers.ask_with(session, actor, data.room_id, asked)}
        variant_id = product.variants[0].variant_id
    try:
        with session.begin_nested():
            claim = service.claim_variant(
                session,
                actor=actor,
                room_id=data.room_id,
                item_id=data.item_id,
                variant_id=variant_id,
                quantity=data.quantity,
                client_key=data.client_key,
                message_id=service.own_message(session, actor=actor, room_id=data.room_id, message_id=data.message_id),
            )
    except FewerLeft as error:
        left = int(error.data["left"])
        return {
            "claim": answers.ask_fewer(
                session,
                actor,
                service.load_stage(session, head),
                item_id=data.item_id,
                variant_id=variant_id,
                left=left,
            )
        }
    return {"claim": answers.about(session, actor, claim)}


@command("claim.change", ChangeClaim, policy=SIGNED_IN, limit="30/minute")
def on_change(session: Session, actor: Actor, data: ChangeClaim) -> dict[str, Any]:
    claim = _own(session, actor, data)
    if data.variant_id is None:
        view = queries.load_claim(session, claim.id)
        head = get_visible_head(session, actor=actor, room_id=data.room_id)
        product = service.load_stage(session, head).product(claim.item_id)
        if len(product.variants) > 1:
            others = [v for v in product.variants if v.variant_id != claim.variant_id]
            asked = questions.which_variant(product, others, quantity=claim.quantity, claim=view)
        else:
            most = queries.rules_of(session, claim.stream_id).most_per_item
            asked = questions.how_many(product, product.variants[0], most=most, claim=view)
        return {"claim": answers.ask_with(session, actor, data.room_id, asked)}
    require(data.client_key is not None, NotFound)
    changed = service.change_claim(
        session,
        actor=actor,
        claim_id=claim.id,
        variant_id=data.variant_id,
        quantity=data.quantity or claim.quantity,
        client_key=str(data.client_key),
    )
    return {"claim": answers.about(session, actor, changed)}


@command("claim.release", ThisClaim, policy=SIGNED_IN, limit="30/minute")
def on_release(session: Session, actor: Actor, data: ThisClaim) -> dict[str, Any]:
    claim = service.release_claim(session, actor=actor, claim_id=_own(session, actor, data).id)
    return {"claim": answers.about(session, actor, claim)}


def _own(session: Session, actor: Actor, data: ThisClaim) -> Any:
    """The actor's own claim of this room; any other does not exist."""
    claim = queries.get_claim(session, data.claim_id)
    require(claim.room_id == data.room_id and policy.is_owner(actor, claim), NotFound)
    return claim


@command("claim.correct", CorrectClaim, policy=crew(*CORRECTORS), limit="60/minute")
def on_correct(session: Session, actor: Actor, data: CorrectClaim) -> dict[str, Any]:
    """Another variant or number of pieces for somebody who was misheard."""
    claim = _of_room(session, actor, data)
    changed = service.change_claim(
        session,
        actor=actor,
        claim_id=claim.id,
        variant_id=data.variant_id,
        quantity=data.quantity,
        client_key=data.client_key,
    )
    return {"claim_id": changed.id, "state": changed.state}


@command("claim.remove", ThisClaim, policy=crew(*CORRECTORS), limit="60/minute")
def on_remove(session: Session, actor: Actor, data: ThisClaim) -> dict[str, Any]:
    claim = service.release_claim(session, actor=actor, claim_id=_of_room(session, actor, data).id)
    return {"claim_id": claim.id, "state": claim.state}


def _of_room(session: Session, actor: Actor, data: ThisClaim) -> Any:
    claim = queries.get_claim(session, data.claim_id)
    require(claim.room_id == data.room_id and actor.has_role(claim.brand_id), NotFound)
    require(policy.can_correct(actor, claim.brand_id), NotAllowed)
    return claim
