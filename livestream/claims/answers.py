"""What a shopper is told about claims, drawn for their language: cards, questions, the hint while typing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from livestream.chat.models import ChatMessage
from livestream.claims import grammar, policy, queries, questions, service
from livestream.claims.errors import FewerLeft
from livestream.claims.grammar import Ambiguous
from livestream.claims.models import Claim, ClaimState
from livestream.rooms.queries import get_head, get_visible_head
from shop.core.actor import Actor
from shop.core.errors import ShopError
from shop.core.i18n import error_text
from shop.core.templating import static_url


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a browser gets. `kind` is held, waiting, question, refused or released; `cards` are all open claims of the
    person here; `question` is a card in their place until it is answered; `words` are also read aloud."""

    kind: str
    cards: str = ""
    question: str = ""
    words: str = ""
    messages: tuple[str, ...] = ()


def answer_message(session: Session, actor: Actor, message: ChatMessage) -> dict[str, Any]:
    """Beside the receipt of a chat message; empty when it is chatter. What goes wrong with a claim leaves the message."""
    if actor.account_id is None:
        return {}
    rules = queries.rules_of_room(session, message.room_id)
    if not service.may_be_claim(rules, message.text):
        return {}
    head = get_head(session, room_id=message.room_id)
    if not policy.can_claim(actor, head.brand.id):
        return {}
    stage = service.load_stage(session, head, rules)
    try:
        with session.begin_nested():
            answer = service.answer_comment(
                session,
                actor=actor,
                stage=stage,
                text=message.text,
                client_key=message.client_key,
                message_id=message.id,
            )
    except FewerLeft as error:
        return {"claim": _fewer(session, actor, stage, message.text, int(error.data["left"]))}
    except ShopError as error:
        return {"claim": refused(session, actor, message.room_id, error)}
    if answer.is_nothing:
        return {}
    return {"claim": told(session, actor, stage, answer)}


def told(session: Session, actor: Actor, stage: service.Stage, answer: service.Answer) -> Told:
    """An answer, drawn."""
    if answer.question is not None:
        return ask(session, actor, stage, answer.question)
    if answer.change is not None:
        return _ask_change(session, actor, stage, answer.change)
    if answer.claim is not None:
        return about(session, actor, answer.claim)
    return _with_cards(session, actor, stage.head.room.id, kind="released")


def about(session: Session, actor: Actor, claim: Claim) -> Told:
    """Where a claim stands, with all the others of its owner."""
    kind = "waiting" if claim.state == ClaimState.WAITING else "held" if claim.state == ClaimState.HELD else "released"
    return _with_cards(session, actor, claim.room_id, kind=kind)


def own_cards(session: Session, actor: Actor, room_id: str) -> Told:
    """All open claims of a person in a room."""
    return _with_cards(session, actor, room_id, kind="cards")


def _with_cards(session: Session, actor: Actor, room_id: str, *, kind: str, words: str = "") -> Told:
    claims = queries.load_own(session, room_id=room_id, account_id=str(actor.account_id))
    return Told(
        kind=kind,
        cards=_draw("claims/_cards.html", claims=claims) if claims else "",
        words=words or _draw("claims/_words.txt", kind=kind, claim=claims[0] if claims else None).strip(),
        messages=tuple(claim.message_id for claim in claims if claim.message_id),
    )


def refused(session: Session, actor: Actor, room_id: str, error: ShopError) -> Told:
    """Why a claim was not made, in words; what is held stays."""
    return _with_cards(session, actor, room_id, kind="refused", words=error_text(error))


def ask(session: Session, actor: Actor, stage: service.Stage, asked: Ambiguous) -> Told:
    """The question behind an unclear claim."""
    question = questions.question_about(asked, stage.shelf, most=stage.rules.most_per_item)
    return ask_with(session, actor, stage.head.room.id, question)


def _ask_change(session: Session, actor: Actor, stage: service.Stage, asked: service.ChangeAsked) -> Told:
    """Several variants fit the words of a change."""
    product = stage.product(asked.claim.item_id)
    variants = [variant for variant in product.variants if variant.variant_id in asked.variant_ids]
    view = queries.load_claim(session, asked.claim.id)
    question = questions.which_variant(product, variants, quantity=asked.quantity, claim=view)
    return ask_with(session, actor, stage.head.room.id, question)


def ask_with(session: Session, actor: Actor, room_id: str, question: questions.Question) -> Told:
    cards = _with_cards(session, actor, room_id, kind="question", words=" ")
    return Told(
        kind="question",
        cards=cards.cards,
        question=_draw("claims/_question.html", question=question),
        words=_draw("claims/_ask.txt", question=question).strip(),
        messages=cards.messages,
    )


def ask_fewer(
    session: Session, actor: Actor, stage: service.Stage, *, item_id: str, variant_id: str, left: int
) -> Told:
    """Some are left, not as many as were asked for."""
    product, variant = stage.find(item_id, variant_id)
    return ask_with(session, actor, stage.head.room.id, questions.only_so_many(product, variant, left))


def _fewer(session: Session, actor: Actor, stage: service.Stage, text: str, left: int) -> Told:
    asked = stage.read(text)
    assert isinstance(asked, grammar.Claim)
    return ask_fewer(session, actor, stage, item_id=asked.item_id, variant_id=asked.variant_id, left=left)


def hint(session: Session, actor: Actor, room_id: str, text: str) -> str:
    """What the words in the composer would claim; empty when they would claim nothing for sure."""
    rules = queries.rules_of_room(session, room_id)
    if not service.may_be_claim(rules, text):
        return ""
    head = get_visible_head(session, actor=actor, room_id=room_id)
    stage = service.load_stage(session, head, rules)
    asked = stage.read(text)
    if not isinstance(asked, grammar.Claim) or not policy.can_claim(actor, head.brand.id):
        return ""
    product, variant = stage.find(asked.item_id, asked.variant_id)
    return _draw(
        "claims/_hint.html",
        product=product,
        variant=variant,
        quantity=asked.quantity,
        minutes=rules.hold_minutes,
    )


def style_address() -> str:
    """The sheet of the cards: loaded with the first of them, not with the room."""
    return static_url("css/pages/claims.css")


def _draw(template: str, **context: Any) -> str:
    return render_template(template, **context)
