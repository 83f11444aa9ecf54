"""Test cards (https://docs.stripe.com/testing) and what happens when somebody pays with them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Decline:
    """A bank's no: `code` and `decline_code` as the API names them."""

    code: str
    decline_code: str | None = None
    message: str


@dataclass(frozen=True, kw_only=True)
class TestCard:
    """A number with a fixed behaviour."""

    number: str
    alias: str
    brand: str = "visa"
    decline: Decline | None = None
    # The bank asks for 3-D Secure before it answers.
    authenticates: bool = False

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def short(self) -> str:
        """`4242 … 4242`"""
        return f"{self.number[:4]} … {self.last4}"

    @property
    def spaced(self) -> str:
        return " ".join(self.number[i : i + 4] for i in range(0, len(self.number), 4))


DECLINED = Decline(code="card_declined", decline_code="generic_decline", message="Your card was declined.")
NO_FUNDS = Decline(code="card_declined", decline_code="insufficient_funds", message="Your card has insufficient funds.")
EXPIRED = Decline(code="expired_card", message="Your card has expired.")
WRONG_CVC = Decline(code="incorrect_cvc", message="Your card's security code is incorrect.")
# Like Stripe in test mode: a number that is no test card is never charged, whoever it belongs to.
NOT_A_TEST_CARD = Decline(
    code="card_declined",
    decline_code="test_mode_live_card",
    message="Your card was declined. Your request was in test mode, but used a non test card.",
)
AUTHENTICATION_FAILED = Decline(
    code="payment_intent_authentication_failure",
    message="The provided PaymentMethod has failed authentication.",
)

CARDS = (
    TestCard(number="4242424242424242", alias="pm_card_visa"),
    TestCard(number="5555555555554444", alias="pm_card_mastercard", brand="mastercard"),
    TestCard(number="4000000000009995", alias="pm_card_visa_chargeDeclinedInsufficientFunds", decline=NO_FUNDS),
    TestCard(number="4000002760003184", alias="pm_card_authenticationRequired", authenticates=True),
    TestCard(number="4000002500003155", alias="pm_card_authenticationRequiredOnSetup", authenticates=True),
    TestCard(number="4000000000000002", alias="pm_card_visa_chargeDeclined", decline=DECLINED),
    TestCard(number="4000000000000069", alias="pm_card_chargeDeclinedExpiredCard", decline=EXPIRED),
    TestCard(number="4000000000000127", alias="pm_card_chargeDeclinedIncorrectCvc", decline=WRONG_CVC),
)
_BY_NUMBER = {card.number: card for card in CARDS}
_BY_ALIAS = {card.alias: card for card in CARDS}
# On the payment page: label → card, in the order of the page.
OFFERED = (
    ("card_succeeds", _BY_NUMBER["4242424242424242"]),
    ("card_no_funds", _BY_NUMBER["4000000000009995"]),
    ("card_3ds", _BY_NUMBER["4000002760003184"]),
    ("card_declined", _BY_NUMBER["4000000000000002"]),
)


def card_for(number: str) -> TestCard:
    """Any other number is declined, and of it only the last four digits are kept."""
    return _BY_NUMBER.get(number) or TestCard(number=f"{'0' * 12}{number[-4:]}", alias="", decline=NOT_A_TEST_CARD)


def known_card(number: str) -> TestCard | None:
    return _BY_NUMBER.get(number)


def card_named(alias: str) -> TestCard | None:
    """`pm_card_visa` and its siblings."""
    return _BY_ALIAS.get(alias)


def passes_luhn(number: str) -> bool:
    digits = [int(d) for d in reversed(number)]
    return sum(d if i % 2 == 0 else sum(divmod(d * 2, 10)) for i, d in enumerate(digits)) % 10 == 0
