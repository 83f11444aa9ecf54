"""What the pages of this feature take."""

from __future__ import annotations

from typing import Annotated, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, StringConstraints

from shop.accounts.passwords import MAXIMUM_LENGTH
from shop.core.forms import Input, Line, Text
from shop.core.i18n import N_


def check_email(value: str) -> str:
    """Syntax only: whether the mailbox exists is found out by writing to it."""
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        raise ValueError(N_("Write an address like anna@example.com.")) from None


Email = Annotated[
    Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=254), AfterValidator(check_email)
]
Password = Annotated[Text, StringConstraints(min_length=1, max_length=MAXIMUM_LENGTH)]
Next = Annotated[Text, StringConstraints(max_length=2000)]


class SignInForm(Input):
    email: Email
    password: Password
    next: Next = ""


class SignUpForm(Input):
    display_name: Line
    email: Email
    password: Password
    terms: Literal["yes"]
    next: Next = ""


class EmailForm(Input):
    """Whoever asks for a link."""

    email: Email
    next: Next = ""


class NothingForm(Input):
    """A button and nothing else."""


class NewPasswordForm(Input):
    password: Password


class ChangePasswordForm(Input):
    current_password: Password
    password: Password


class ProfileForm(Input):
    display_name: Line
    handle: Line


class PreferencesForm(Input):
    """Language and theme; `system` follows the device."""

    locale: Literal["en", "it"] | None = None
    theme: Literal["system", "light", "dark"] | None = None
    next: Next = ""
