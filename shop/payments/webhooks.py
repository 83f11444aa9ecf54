"""Where the provider tells us news: verify, keep once, answer; a job looks at the truth."""

from __future__ import annotations

import structlog
from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from shop.core import db
from shop.core.errors import InvalidInput, TooLarge
from shop.core.i18n import N_
from shop.core.policy import MACHINE, policy
from shop.core.web import csrf
from shop.payments.provider import InvalidEvent, provider
from shop.payments.service import store_event

log = structlog.get_logger()
bp = Blueprint("payments", __name__)

MAXIMUM_BODY = 1024 * 1024


class UntrustedEvent(InvalidInput):
    """A webhook that does not prove where it comes from; the answer does not say what was wrong."""

    code = "untrusted_event"
    http_status = 400
    message = N_("This event could not be verified.")


@bp.post("/stripe/account")
@csrf.exempt  # type: ignore[untyped-decorator]  # flask-wtf ships no types
@policy(MACHINE)
def stripe_account() -> ResponseReturnValue:
    """Events of our own account. 200 means that it is kept; the effect follows from a job."""
    if (request.content_length or 0) > MAXIMUM_BODY:
        raise TooLarge
    body = request.get_data(cache=False)
    if len(body) > MAXIMUM_BODY:
        raise TooLarge
    try:
        event = provider().parse_event(body, request.headers.get("Stripe-Signature", ""))
    except InvalidEvent as problem:
        log.warning("webhook refused", reason=str(problem), size=len(body), address=request.remote_addr)
        raise UntrustedEvent from None
    with db.unit_of_work() as session:
        is_new = store_event(session, event, provider=provider().name)
    log.info("webhook kept", event_ref=event.ref, kind=event.kind, is_new=is_new)
    return jsonify(received=True)
