"""Claiming, giving back, the line behind what is sold out, and the brand's corrections.

Every write takes the lock of the show's claims first (`lock_rules`), then what `shop.offers` locks: offer, thread, stock.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from livestream.chat.queries import find_message
from livestream.chat.service import check_may_speak
from livestream.claims import grammar, line, policy, queries
from livestream.claims.errors import ClaimLimit, ClaimOver, ClaimsOff
from livestream.claims.grammar import (
    NOTHING,
    TAKEN_WORDS,
    Ambiguous,
    Cancel,
    Change,
    GivingBack,
    NotAClaim,
    Parsed,
    Pass,
    parse,
)
from livestream.claims.lexicon import first_words
from livestream.claims.line import end, hold_at_once, hold_or_wait, record
from livestream.claims.models import OPEN, Claim, ClaimRules, ClaimState
from livestream.claims.words import FILLERS, tokens_of
from livestream.pins.models import Pin
from livestream.pins.queries import find_current_pin
from livestream.rooms.protocol import VariantChoice
from livestream.rooms.queries import RoomHead, get_head
from livestream.rooms.service import require_live
from livestream.rooms.shelf import ShelfProduct, load_shelf
from shop.core import clock
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotAllowed, NotFound, SignInNeeded, require
from shop.core.i18n import N_, gettext
from shop.core.web import settings
from shop.offers.claims import release_offer
from shop.social.queries import is_blocked

MOST_WORDS, LONGEST_PHRASE = 20, 4


@dataclass(frozen=True, kw_only=True)
class ChangeAsked:
    """A claim that is to change, into one of these."""

    claim: Claim
    variant_ids: tuple[str, ...]
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a comment: nothing, a claim (held or in line), a question, claims given back, a change to be chosen."""

    question: Ambiguous | None = None
    claim: Claim | None = None
    given_back: tuple[Claim, ...] = ()
    change: ChangeAsked | None = None

    @property
    def is_nothing(self) -> bool:
        return self == Answer()


def may_be_claim(rules: ClaimRules, text: str) -> bool:
    """A quick look that spares chatter the reading of the shelf: whether a word of claiming or passing is in it."""
    tokens = set(tokens_of(text) or ())
    return rules.is_on and bool(tokens & words_to_watch(rules))


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A show as it can be claimed now: what is on the shelf at which price, and what is pinned."""

    head: RoomHead
    rules: ClaimRules
    shelf: list[ShelfProduct]
    pin: Pin | None

    def product(self, item_id: str) -> ShelfProduct:
        """An item of the show; raises NotFound."""
        found = next((product for product in self.shelf if product.item_id == item_id), None)
        if found is None:
            raise NotFound
        return found

    def find(self, item_id: str, variant_id: str) -> tuple[ShelfProduct, VariantChoice]:
        """An item and one of its variants; raises NotFound."""
        product = self.product(item_id)
        found = next((variant for variant in product.variants if variant.variant_id == variant_id), None)
        if found is None:
            raise NotFound
        return product, found

    def read(self, text: str) -> Parsed:
        """What a comment asks for."""
        if not self.head.is_live or not may_be_claim(self.rules, text):
            return NOTHING
        return parse(text, queries.show_words(self.rules, self.shelf, self.pin.item_id if self.pin else None))


def load_stage(session: Session, head: RoomHead, rules: ClaimRules | None = None) -> Stage:
    """Read once for everything that one comment or button needs."""
    return Stage(
        head=head,
        rules=rules or queries.rules_of(session, head.stream.id),
        shelf=load_show(session, head),
        pin=find_current_pin(session, room_id=head.room.id),
    )


def load_show(session: Session, head: RoomHead) -> list[ShelfProduct]:
    """The run of show with the prices that hold now."""
    return load_shelf(session, stream_id=head.stream.id, currency=settings().default_currency, at=clock.now())


def words_to_watch(rules: ClaimRules) -> frozenset[str]:
    """Words without which no comment is a claim, a pass or a cancel here."""
    return first_words(queries.claim_phrases_of(rules) | TAKEN_WORDS)


def is_urgent(session: Session, head: RoomHead, text: str) -> bool:
    """What slow mode lets pass: the last piece is gone while somebody counts seconds."""
    rules = queries.rules_of(session, head.stream.id)
    if not may_be_claim(rules, text):
        return False
    return isinstance(load_stage(session, head, rules).read(text), grammar.Claim | Change | Pass | Cancel)


def own_message(session: Session, *, actor: Actor, room_id: str, message_id: str | None) -> str | None:
    """The comment that a question was about, if it is the actor's own in this room."""
    message = find_message(session, room_id=room_id, message_id=message_id) if message_id else None
    return message.id if message is not None and message.account_id == actor.account_id else None


def answer_comment(
    session: Session, *, actor: Actor, stage: Stage, text: str, client_key: str, message_id: str | None
) -> Answer:
    """Do what a comment asks for, in the unit of work that posts it. The same `client_key` again is the same claim.

    Locks the show's claims. Emits claim.changed, claims.changed, offer.changed, message.posted. Raises ClaimLimit,
    FewerLeft, NotOnSale.
    """
    head = stage.head
    if not policy.can_claim(actor, head.brand.id) or _is_behind_block(session, actor, head):
        return Answer()
    asked = stage.read(text)
    match asked:
        case Ambiguous():
            return Answer(question=asked)
        case Pass() | Cancel():
            return _give_back(session, actor, stage, asked)
        case Change():
            return _change_by_words(session, actor, stage, asked, client_key)
        case grammar.Claim():
            claim = _claim(
                session,
                actor,
                stage,
                _Wish(
                    item_id=asked.item_id,
                    variant_id=asked.variant_id,
                    quantity=asked.quantity,
                    client_key=client_key,
                    message_id=message_id,
                ),
            )
            return Answer(claim=claim)
        case NotAClaim():
            return Answer()


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """Exactly what somebody wants."""

    item_id: str
    variant_id: str
    quantity: int
    client_key: str
    message_id: str | None


def claim_variant(
    session: Session,
    *,
    actor: Actor,
    room_id: str,
    item_id: str,
    variant_id: str,
    quantity: int,
    client_key: str,
    message_id: str | None = None,
) -> Claim:
    """Set a variant of the show aside for this person with an offer they can pay, or put them in line.

    Claiming the same variant again changes the number of pieces; the same number, or the same key, changes nothing.
    Locks the show's claims, then thread and stock. Emits claim.changed, claims.changed, message.posted, offer.changed.
    Raises SignInNeeded, NotLive, NotAllowed (the brand's own people), Banned, Muted, ClaimsOff, NotFound, ClaimLimit,
    FewerLeft (some are left, not so many), NoMore, NotOnSale.
    """
    stage = load_stage(session, _open_show(session, actor, room_id))
    wish = _Wish(
        item_id=item_id, variant_id=variant_id, quantity=quantity, client_key=client_key, message_id=message_id
    )
    return _claim(session, actor, stage, wish)


def _claim(session: Session, actor: Actor, stage: Stage, wish: _Wish) -> Claim:
    rules = queries.lock_rules(session, stage.head.stream.id)
    require(rules.is_on, ClaimsOff)
    account_id, room_id = str(actor.account_id), stage.head.room.id
    known = queries.find_by_key(session, room_id=room_id, account_id=account_id, client_key=wish.client_key)
    if known is not None:
        return known
    product, variant = stage.find(wish.item_id, wish.variant_id)
    mine = queries.open_claims(session, room_id=room_id, account_id=account_id)
    same = next((claim for claim in mine if claim.variant_id == wish.variant_id), None)
    if same is not None and same.quantity == wish.quantity:
        return same
    _check_cap(session, rules, account_id, product.item_id, wish.quantity - (same.quantity if same else 0))
    if same is not None and same.state == ClaimState.WAITING:
        return _ask_for(session, same, wish.quantity, by=actor)
    claim = _new_claim(stage, rules, product, variant, account_id=account_id, quantity=wish.quantity)
    claim.client_key, claim.message_id = wish.client_key, wish.message_id
    if same is None:
        hold_or_wait(session, claim, rules, by=actor)
        return claim
    _replace(session, same, claim, by=actor)
    hold_at_once(session, claim, rules, by=actor)
    line.hand_on(session, claim.stream_id, claim.variant_id, rules)
    return claim


def _ask_for(session: Session, claim: Claim, quantity: int, *, by: Actor) -> Claim:
    """Whoever waits keeps the place with another number of pieces."""
    claim.quantity = quantity
    record(session, claim, by=by, note=f"pieces {quantity}")
    line.tell(session, claim)
    return claim


def _open_show(session: Session, actor: Actor, room_id: str) -> RoomHead:
    """The room, when this person may claim in it now."""
    if actor.account_id is None:
        raise SignInNeeded
    head = get_head(session, room_id=room_id)
    require_live(head.stream.state)
    require(policy.can_claim(actor, head.brand.id), NotAllowed)
    require(not _is_behind_block(session, actor, head), NotFound)
    check_may_speak(session, actor=actor, room=head.room)
    return head


def _is_behind_block(session: Session, actor: Actor, head: RoomHead) -> bool:
    """A block between a shopper and the show's host: their words claim nothing, and nobody says why."""
    return head.host_id is not None and is_blocked(session, str(actor.account_id), head.host_id)


def _check_cap(session: Session, rules: ClaimRules, account_id: str, item_id: str, more: int) -> None:
    """The caps per item and per show. Under the lock."""
    pieces = queries.counted_pieces(session, stream_id=rules.stream_id, account_id=account_id)
    require(pieces.get(item_id, 0) + more <= rules.most_per_item, ClaimLimit(most=rules.most_per_item))
    require(sum(pieces.values()) + more <= rules.most_per_show, ClaimLimit(most=rules.most_per_show))


def _new_claim(
    stage: Stage,
    rules: ClaimRules,
    product: ShelfProduct,
    variant: VariantChoice,
    *,
    account_id: str,
    quantity: int,
) -> Claim:
    head, pin = stage.head, stage.pin
    return Claim(
        stream_id=head.stream.id,
        room_id=head.room.id,
        brand_id=head.brand.id,
        account_id=account_id,
        item_id=product.item_id,
        product_id=product.product_id,
        variant_id=variant.variant_id,
        quantity=quantity,
        unit_amount=variant.price.amount,
        currency=variant.price.currency,
        source_ref=pin.id if pin is not None and pin.product_id == product.product_id else None,
        turn=queries.next_turn(head.stream.id),
        most_per_item=rules.most_per_item,
        most_per_show=rules.most_per_show,
        state=ClaimState.WAITING,
    )


def _replace(session: Session, old: Claim, new: Claim, *, by: Actor, by_brand: bool = False) -> None:
    """Give an old claim's pieces back for a new one of the same person.

    Raises ClaimOver while it is being paid, NoMore when more of the same cannot be had.
    """
    if old.offer_id is not None and old.state == ClaimState.HELD:
        require(not line.is_being_paid(session, old.offer_id), ClaimOver)
        line.lock_before_release(session, old)
        if new.variant_id == old.variant_id:
            line.check_more(session, old, more=new.quantity - old.quantity)
        release_offer(session, offer_id=old.offer_id, by=by, by_brand=by_brand)
    new.replaces_id = old.id
    end(session, old, ClaimState.REMOVED if by_brand else ClaimState.RELEASED, by=by, note="changed")


def change_claim(
    session: Session, *, actor: Actor, claim_id: str, variant_id: str, quantity: int, client_key: str
) -> Claim:
    """Another size, colour or number of pieces instead; nothing changes when it cannot be had at once.

    For the claim's owner, and for the crew, who correct what was misheard (with a line in its history). Locks the
    show's claims, then offers and stock. Emits claim.changed, claims.changed. Raises NotFound (somebody else's), ClaimOver,
    ClaimLimit, SoldOut, NotOnSale.
    """
    claim, rules = _lock_claim(session, actor, claim_id)
    known = queries.find_by_key(session, room_id=claim.room_id, account_id=claim.account_id, client_key=client_key)
    if known is not None:
        return known
    require(claim.state in OPEN, ClaimOver)
    stage = load_stage(session, get_head(session, room_id=claim.room_id), rules)
    product, variant = stage.find(claim.item_id, variant_id)
    if (claim.variant_id, claim.quantity) == (variant_id, quantity):
        return claim
    is_staff = not policy.is_owner(actor, claim)
    if not is_staff:
        check_may_speak(session, actor=actor, room=stage.head.room)
    _check_cap(session, rules, claim.account_id, claim.item_id, quantity - claim.quantity)
    if claim.state == ClaimState.WAITING and claim.variant_id == variant_id:
        return _ask_for(session, claim, quantity, by=actor)
    fresh = _new_claim(stage, rules, product, variant, account_id=claim.account_id, quantity=quantity)
    fresh.client_key, fresh.message_id = client_key, claim.message_id
    if variant_id != claim.variant_id:
        line.check_free(session, fresh)
    _replace(session, claim, fresh, by=actor, by_brand=is_staff)
    hold_at_once(session, fresh, rules, by=actor)
    line.hand_on(session, claim.stream_id, claim.variant_id, rules)
    return fresh


def _change_by_words(session: Session, actor: Actor, stage: Stage, asked: Change, client_key: str) -> Answer:
    """`cambia 43`: the claim on the pinned product, else the latest whose product comes in that; nothing without one."""
    mine = queries.open_claims(session, room_id=stage.head.room.id, account_id=str(actor.account_id))
    pinned = stage.pin.item_id if stage.pin else None
    for claim in sorted(mine, key=lambda claim: claim.item_id != pinned):
        offered = {v.variant_id for p in stage.shelf if p.item_id == claim.item_id for v in p.variants}
        fitting = tuple(variant_id for variant_id in asked.variant_ids if variant_id in offered)
        quantity = asked.quantity or claim.quantity
        if len(fitting) > 1:
            return Answer(change=ChangeAsked(claim=claim, variant_ids=fitting, quantity=quantity))
        if fitting:
            changed = change_claim(
                session,
                actor=actor,
                claim_id=claim.id,
                variant_id=fitting[0],
                quantity=quantity,
                client_key=client_key,
            )
            return Answer(claim=changed)
    return Answer()


def _lock_claim(session: Session, actor: Actor, claim_id: str) -> tuple[Claim, ClaimRules]:
    """The claim under its show's lock, for its owner or the crew; anybody else's does not exist."""
    claim = queries.get_claim(session, claim_id)
    may = policy.is_owner(actor, claim) or policy.can_correct(actor, claim.brand_id)
    require(may, NotFound)
    rules = queries.lock_rules(session, claim.stream_id)
    return queries.get_claim(session, claim_id), rules


def release_claim(session: Session, *, actor: Actor, claim_id: str) -> Claim:
    """Give it back, or leave the line; the first in line gets the pieces in the same unit of work. Repeatable.

    While it is being paid it ends when the payment page is closed; money that was faster pays it. The crew takes
    somebody's claim away by the same step. Locks the show's claims, then offer and stock. Emits claim.changed,
    claims.changed, offer.changed. Raises NotFound (somebody else's).
    """
    claim, rules = _lock_claim(session, actor, claim_id)
    if claim.state in OPEN:
        _release(session, claim, rules, by=actor)
    return claim


def _release(session: Session, claim: Claim, rules: ClaimRules, *, by: Actor) -> bool:
    """False when the money was faster, or is still on its way."""
    by_brand = not policy.is_owner(by, claim)
    is_closing = False
    if claim.state == ClaimState.HELD and claim.offer_id is not None:
        is_closing = line.is_being_paid(session, claim.offer_id)
        line.lock_before_release(session, claim)
        if not release_offer(session, offer_id=claim.offer_id, by=by, by_brand=by_brand):
            return False  # Paid, or over: its news is on the way (`line.follow_offer`).
    if is_closing:
        line.tell(session, claim)
        return False
    end(session, claim, ClaimState.REMOVED if by_brand else ClaimState.RELEASED, by=by)
    line.hand_on(session, claim.stream_id, claim.variant_id, rules)
    return True


def _give_back(session: Session, actor: Actor, stage: Stage, asked: GivingBack) -> Answer:
    """`pass`, `annulla`: the claims that were named; unnamed, the one on the pinned product, else the latest."""
    rules = queries.lock_rules(session, stage.head.stream.id)
    mine = queries.open_claims(session, room_id=stage.head.room.id, account_id=str(actor.account_id))
    if asked.item_ids or asked.variant_ids:
        meant = [
            claim
            for claim in mine
            if (not asked.item_ids or claim.item_id in asked.item_ids)
            and (not asked.variant_ids or claim.variant_id in asked.variant_ids)
        ]
    else:
        pin = stage.pin
        meant = ([claim for claim in mine if pin is not None and claim.item_id == pin.item_id] or mine)[:1]
    for claim in meant:
        _release(session, claim, rules, by=actor)
    return Answer(given_back=tuple(meant))


def save_rules(
    session: Session,
    *,
    actor: Actor,
    stream_id: str,
    is_on: bool,
    words: list[str],
    most_per_item: int,
    most_per_show: int,
    hold_minutes: int,
) -> ClaimRules:
    """What a show lets people claim; claims that were made stay. Locks the show's claims.

    Raises NotFound, NotAllowed, InvalidInput.
    """
    room = queries.room_of(session, stream_id)
    require(actor.has_role(room.brand_id), NotFound)
    require(policy.can_set_rules(actor, room.brand_id), NotAllowed)
    rules = queries.lock_rules(session, stream_id)
    rules.is_on, rules.words = is_on, checked_words(words)
    _check_between("most_per_item", most_per_item, 1, 20)
    _check_between("most_per_show", most_per_show, 1, 100)
    _check_between("hold_minutes", hold_minutes, 5, 120)
    rules.most_per_item, rules.most_per_show, rules.hold_minutes = most_per_item, most_per_show, hold_minutes
    session.flush()
    return rules


def checked_words(words: list[str]) -> list[str]:
    """Claim words as they are kept, each once; raises InvalidInput for those that could never claim."""
    kept: dict[tuple[str, ...], str] = {}
    for word in words:
        tokens = tuple(tokens_of(word) or ())
        is_speech = bool(set(tokens) - FILLERS) and not any(token.isdecimal() for token in tokens)
        if not is_speech or len(tokens) > LONGEST_PHRASE or tokens in TAKEN_WORDS:
            raise InvalidInput(fields={"claim_words": gettext("“%(word)s” cannot be a claim word.", word=word)})
        kept.setdefault(tokens, " ".join(word.split()))
    if len(kept) > MOST_WORDS:
        raise InvalidInput(fields={"claim_words": gettext("At most 20 claim words.")})
    return list(kept.values())


def _check_between(name: str, number: int, least: int, most: int) -> None:
    if not least <= number <= most:
        raise InvalidInput(fields={name: N_("This number is out of range.")})
