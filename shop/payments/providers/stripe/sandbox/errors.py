"""What the API answers when it refuses, in Stripe's shape (https://docs.stripe.com/api/errors)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class ApiError(Exception):
    """A refusal with its HTTP status.

    `stored`: the operation had begun, so the reply is kept under the idempotency key. `keeps_changes`: what it did is
    committed (a declined card leaves its traces).
    """

    message: str
    status: int = 400
    type: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    decline_code: str | None = None
    stored: bool = False
    keeps_changes: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def body(self, request_id: str) -> dict[str, Any]:
        named = {"code": self.code, "param": self.param, "decline_code": self.decline_code}
        error = {key: value for key, value in named.items() if value is not None}
        if self.code:
            error["doc_url"] = f"https://docs.stripe.com/error-codes#{self.code.replace('_', '-')}"
        error |= {"message": self.message, "type": self.type, **self.extra}
        return {"error": error}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> ApiError:
    """The request can never work as it is: nothing began, nothing is stored under its key."""
    return ApiError(message, param=param, code=code)


def refused(message: str, *, code: str | None = None, param: str | None = None) -> ApiError:
    """The request is well formed but the object's state forbids it; the reply is stored under its key."""
    return ApiError(message, code=code, param=param, stored=True)


def missing(kind: str, ref: str, *, param: str = "id") -> ApiError:
    return ApiError(
        f"No such {kind.replace('checkout.session', 'checkout session').replace('_', ' ')}: '{ref}'",
        status=404 if param == "id" else 400,
        code="resource_missing",
        param=param,
        stored=True,
    )


def unmodelled(what: str, *, param: str | None = None) -> ApiError:
    """Stripe knows this, the sandbox does not: said aloud, never ignored."""
    return ApiError(f"sandbox does not model {what}", param=param, code="sandbox_not_modelled")
