"""One family of errors. Services raise the exact one; the edges translate it once, to a page, JSON or an ack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy.exc import DontWrapMixin

ERRORS: dict[str, type[ShopError]] = {}


def N_(message: str) -> str:  # the name every gettext tool looks for
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return message


class ShopError(DontWrapMixin, Exception):
    """Something a person can be told.

    `message` is an English sentence (a catalogue key) that may name fields of `data` as `%(field)s`.
    """

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 500
    message: str = N_("Something broke on our side. Try again.")

    def __init__(self, message: str | None = None, **data: Any) -> None:
        self.message = message or type(self).message
        self.data = data
        super().__init__(self.message)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "code" in cls.__dict__:
            ERRORS[cls.code] = cls

    def __str__(self) -> str:
        return f"{self.code}: {self.message % self.data if self.data else self.message}"

    def as_json(self, message: str | None = None) -> dict[str, Any]:
        """The shape of an error everywhere: `{code, message, …data}`."""
        return {"code": self.code, "message": message or self.message, **self.data}


class NotFound(ShopError):
    """It is not there, or not yours to see."""

    code = "not_found"
    http_status = 404
    message = N_("We could not find that.")


class Gone(ShopError):
    """It was there once."""

    code = "gone"
    http_status = 410
    message = N_("That is no longer available.")


class NotAllowed(ShopError):
    """You are known and may not do this."""

    code = "not_allowed"
    http_status = 403
    message = N_("You are not allowed to do that.")


class SignInNeeded(ShopError):
    """Only people who signed in can do this."""

    code = "sign_in_needed"
    http_status = 401
    message = N_("Sign in to continue.")


class InvalidInput(ShopError):
    """Fields are missing, unknown or impossible; `fields` maps each to a sentence."""

    code = "invalid_input"
    http_status = 422
    message = N_("Check the marked fields.")

    def __init__(self, message: str | None = None, *, fields: Mapping[str, str] | None = None, **data: Any) -> None:
        super().__init__(message, **data)
        self.fields: dict[str, str] = dict(fields or {})

    def as_json(self, message: str | None = None) -> dict[str, Any]:
        body = super().as_json(message)
        if self.fields:
            body["fields"] = self.fields
            body["field"] = next(iter(self.fields))
        return body


class Conflict(ShopError):
    """The world moved on: the request made sense for a state that is no longer there."""

    code = "conflict"
    http_status = 409
    message = N_("Something changed meanwhile. Look again and retry.")


class WrongMove(Conflict):
    """The table of moves does not allow this step from this state."""

    code = "wrong_move"
    message = N_("That step is not possible now.")


class RateLimited(ShopError):
    """Too often; `retry_after` is the wait in seconds."""

    code = "rate_limited"
    http_status = 429
    message = N_("That was a bit fast. Try again in a moment.")

    def __init__(self, message: str | None = None, *, retry_after: float = 1.0, **data: Any) -> None:
        super().__init__(message, retry_after=round(retry_after, 1), **data)


class TooLarge(ShopError):
    """The body or file is larger than we take."""

    code = "too_large"
    http_status = 413
    message = N_("That is too large.")


class ProviderError(ShopError):
    """A vendor failed; `permanent` says whether trying again can help."""

    code = "provider_error"
    http_status = 502
    message = N_("A service we need did not answer. Try again in a moment.")

    def __init__(self, message: str | None = None, *, permanent: bool = False, **data: Any) -> None:
        super().__init__(message, **data)
        self.permanent = permanent


def require(condition: bool, error: type[ShopError] | ShopError) -> None:
    """Raise unless the condition holds."""
    if not condition:
        raise error
