"""Proof that an event comes from Stripe, now, for us. Verify first, parse second."""

from __future__ import annotations

import json
from typing import Any

import stripe
import structlog

from shop.core import clock
from shop.payments.provider import EventSnapshot, InvalidEvent

log = structlog.get_logger()
TOLERANCE_SECONDS = 300
API_VERSION = stripe.api_version


def parse_event(body: bytes, signature: str, *, secrets: tuple[str, ...], expects_live: bool) -> EventSnapshot:
    """The event, if one of the secrets signed exactly these bytes within five minutes of now. Raises InvalidEvent."""
    _check_signature(body, signature, secrets)
    _check_age(signature)
    event = _read(body)
    if bool(event.get("livemode")) is not expects_live:
        raise InvalidEvent("the event is of the other mode")
    if event.get("account"):
        raise InvalidEvent("the event is of another account")
    if event.get("api_version") != API_VERSION:
        # Only references are read from an event and the object is fetched anew, so the version cannot mislead us.
        log.warning("stripe event of another version", version=str(event.get("api_version"))[:40], ours=API_VERSION)
    return _snapshot(event)


def _check_signature(body: bytes, signature: str, secrets: tuple[str, ...]) -> None:
    if not secrets:
        raise InvalidEvent("no webhook secret is set, so nothing can be trusted")
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(body, signature, secret)
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            continue
        return
    raise InvalidEvent("none of our secrets signed this")


def _check_age(signature: str) -> None:
    """The library accepts a timestamp in the future; we do not."""
    stamps = [part[2:] for part in signature.split(",") if part.startswith("t=")]
    if len(stamps) != 1 or not stamps[0].isdecimal():
        raise InvalidEvent("the signature has no single timestamp")
    if abs(clock.now().timestamp() - int(stamps[0])) > TOLERANCE_SECONDS:
        raise InvalidEvent("the signature is too old or from the future")


def _read(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidEvent("the body is not JSON") from None
    if not isinstance(event, dict) or event.get("object") != "event" or not isinstance(event.get("id"), str):
        raise InvalidEvent("the body is not an event")
    return event


def _snapshot(event: dict[str, Any]) -> EventSnapshot:
    data = event.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    if not isinstance(thing, dict):
        raise InvalidEvent("the event is about nothing")
    kind, own = str(thing.get("object") or ""), str(thing.get("id") or "")
    metadata = thing.get("metadata")
    intent = thing.get("payment_intent")
    return EventSnapshot(
        ref=str(event["id"])[:120],
        kind=str(event.get("type") or "")[:80],
        is_live=bool(event.get("livemode")),
        api_version=str(event.get("api_version") or ""),
        object_ref=own[:120],
        payment_id=str(metadata.get("payment") or "") if isinstance(metadata, dict) else "",
        session_ref=own if kind == "checkout.session" else None,
        intent_ref=own if kind == "payment_intent" else intent if isinstance(intent, str) else None,
    )
