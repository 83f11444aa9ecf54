"""The edge of the API: from an HTTP request to one operation and back, in Stripe's protocol."""

from __future__ import annotations

import base64
import binascii
import time
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException

from shop.payments.providers.stripe.contract.check import Operation
from shop.payments.providers.stripe.contract.forms import BadForm, decode
from shop.payments.providers.stripe.sandbox import idempotency
from shop.payments.providers.stripe.sandbox.config import API_VERSION
from shop.payments.providers.stripe.sandbox.errors import ApiError, invalid
from shop.payments.providers.stripe.sandbox.expand import expand
from shop.payments.providers.stripe.sandbox.faults import REPLY_KINDS
from shop.payments.providers.stripe.sandbox.handlers import HANDLERS, Call
from shop.payments.providers.stripe.sandbox.idempotency import Stored
from shop.payments.providers.stripe.sandbox.ids import new_id
from shop.payments.providers.stripe.sandbox.modelled import check_modelled
from shop.payments.providers.stripe.sandbox.rules import check_rules
from shop.payments.providers.stripe.sandbox.sandbox import Sandbox, log
from shop.payments.providers.stripe.sandbox.store import Obj
from shop.payments.providers.stripe.sandbox.unit import Unit

bp = Blueprint("api", __name__, url_prefix="/v1")
MAXIMUM_BODY = 1_000_000


class ContractBroken(AssertionError):
    """The sandbox answered something that the API version does not allow: its own bug."""


@bp.route("/<path:_path>", methods=["GET", "POST", "DELETE"])
def answer(_path: str) -> Response:
    """Every API request comes here; the contract says which operation it is."""
    sandbox: Sandbox = current_app.extensions["sandbox"]
    request_id = new_id("req", 14)
    subject = f"{request.method} {request.path}"
    try:
        _check_caller()
        faults = sandbox.faults.take(REPLY_KINDS, subject)
        _fail_before(faults)
        reply, headers = _perform(sandbox, request_id, failing="fail_after" in faults)
    except ApiError as problem:
        reply, headers, faults = Stored(request_id, problem.status, problem.body(request_id)), {}, {}
        if problem.status == 429:
            headers["Stripe-Should-Retry"] = "true"
    if "lose_reply" in faults:
        hang_up()
    return _response(reply, request_id, headers)


def _check_caller() -> None:
    """Key, version, account: who asks, and in which dialect."""
    key = _api_key()
    if not key:
        raise ApiError("You did not provide an API key.", status=401)
    if "_live_" in key:
        raise ApiError("The sandbox takes no live key: it must never leave for anywhere but Stripe.", status=401)
    if not key.startswith(("sk_test_", "rk_test_")):
        raise ApiError(f"Invalid API Key provided: {key[:8]}…", status=401)
    version = request.headers.get("Stripe-Version", API_VERSION)
    if version != API_VERSION:
        raise invalid(f"Invalid Stripe API version: {version[:60]}. The sandbox speaks {API_VERSION} only.")
    for header in ("Stripe-Account", "Stripe-Context"):
        if request.headers.get(header):
            raise invalid(f"sandbox does not model the header {header}", code="sandbox_not_modelled")


def _api_key() -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().split(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _fail_before(faults: dict[str, float]) -> None:
    if "rate_limit" in faults:
        raise ApiError("Request rate limit exceeded.", status=429, code="rate_limit")
    if "fail_before" in faults:
        raise ApiError("An unknown error occurred.", status=500, type="api_error")
    # The slow part holds its idempotency key, so that an impatient repetition meets the first request.
    request.environ["sandbox.slow"] = faults.get("slow_reply", 0.0)


def _perform(sandbox: Sandbox, request_id: str, *, failing: bool) -> tuple[Stored, dict[str, str]]:
    found = sandbox.contract.find(request.method, request.path)
    if found is None:
        raise ApiError(f"Unrecognized request URL ({request.method}: {request.path[:200]}).", status=404)
    operation, variables = found
    ref = next(iter(variables.values()), "")
    params = _params(sandbox, operation)
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    if key is None:
        time.sleep(request.environ["sandbox.slow"])
        return _execute(sandbox, operation, ref, params, Stamp(request_id, None, "", failing)), {}
    idempotency.check_key(key)
    stamp = Stamp(request_id, key, idempotency.fingerprint(request.method, request.path, params), failing)
    with sandbox.running.claim(key):
        with sandbox.store.transaction() as tx:
            before = idempotency.recall(tx, key, stamp.fingerprint, sandbox.clock.now())
        if before:
            return before, {"Idempotent-Replayed": "true", "Original-Request": before.request_id}
        time.sleep(request.environ["sandbox.slow"])
        return _execute(sandbox, operation, ref, params, stamp), {"Original-Request": request_id}


class Stamp:
    """What the execution leaves behind: under which key, from which request, and whether it fails afterwards."""

    def __init__(self, request_id: str, key: str | None, fingerprint: str, failing: bool) -> None:
        self.request_id = request_id
        self.key = key
        self.fingerprint = fingerprint
        self.failing = failing


def _params(sandbox: Sandbox, operation: Operation) -> dict[str, Any]:
    """Decoded, allowed by the contract, modelled here, typed, and within the rules."""
    given = _given()
    findings = sandbox.contract.check_request(operation, given)
    if findings:
        first = findings[0]
        code = {"unknown": "parameter_unknown", "missing": "parameter_missing"}.get(first.kind, "parameter_invalid")
        text = {
            "unknown": f"Received unknown parameter: {first.at}",
            "missing": f"Missing required param: {first.at}.",
        }.get(first.kind, f"Invalid {first.at}: {first.text}")
        raise invalid(text[:400], code=code, param=first.at[:200])
    check_modelled(operation.name, given)
    params = sandbox.contract.typed(operation, given)
    check_rules(operation.name, params, sandbox.clock.now())
    return params


def _given() -> dict[str, Any]:
    try:
        if request.method != "POST":
            return decode(request.query_string.decode("ascii"))
        body = request.get_data(cache=False)
        if body and request.mimetype not in {"application/x-www-form-urlencoded", ""}:
            raise invalid("Request bodies must be application/x-www-form-urlencoded.")
        return decode(body.decode("ascii"))
    except (BadForm, UnicodeDecodeError) as problem:
        raise invalid(f"Invalid request: {problem}"[:200]) from problem
    except HTTPException as problem:
        raise ApiError("The request body is too large.", status=problem.code or 400) from problem


def _execute(sandbox: Sandbox, operation: Operation, ref: str, params: dict[str, Any], stamp: Stamp) -> Stored:
    """Run the operation and store its reply, in one transaction."""
    origin = {"id": stamp.request_id, "idempotency_key": stamp.key}
    paths = params.pop("expand", [])
    with sandbox.unit(origin) as unit:
        try:
            body = _run(unit, Call(unit, request.path, ref, params), operation, paths)
            reply = Stored(stamp.request_id, 200, body)
            _check_reply(sandbox, operation, body)
        except ApiError as problem:
            if not problem.stored:
                raise
            reply = Stored(stamp.request_id, problem.status, problem.body(stamp.request_id))
        if stamp.failing:
            trouble = ApiError("An unknown error occurred.", status=500, type="api_error")
            reply = Stored(stamp.request_id, 500, trouble.body(stamp.request_id))
        if stamp.key is not None:
            idempotency.keep(unit.tx, stamp.key, stamp.fingerprint, unit.now, reply)
        return reply


def _run(unit: Unit, call: Call, operation: Operation, paths: list[str]) -> Obj:
    """The operation within a savepoint: a refusal undoes what it began, unless it is meant to leave traces."""
    unit.tx.execute("SAVEPOINT operation")
    try:
        body = HANDLERS[operation.name](call)
        return expand(unit.tx, body, paths)
    except ApiError as problem:
        if not problem.keeps_changes:
            unit.tx.execute("ROLLBACK TO operation")
        raise
    finally:
        unit.tx.execute("RELEASE operation")


def _check_reply(sandbox: Sandbox, operation: Operation, body: Obj) -> None:
    if body.get("deleted"):
        return
    findings = sandbox.contract.check_reply(operation, body)
    if findings:
        text = f"{operation.name}: {'; '.join(str(finding) for finding in findings[:5])}"
        if sandbox.config.strict:
            raise ContractBroken(text)
        log.error("reply breaks the contract: %s", text)


def _response(reply: Stored, request_id: str, headers: dict[str, str]) -> Response:
    response = Response(orjson.dumps(reply.body, option=orjson.OPT_INDENT_2), status=reply.status)
    response.headers["Content-Type"] = "application/json"
    response.headers["Request-Id"] = request_id
    response.headers["Stripe-Version"] = API_VERSION
    response.headers["Cache-Control"] = "no-cache, no-store"
    key = request.headers.get("Idempotency-Key")
    if key and request.method == "POST" and key.isascii() and key.isprintable():
        response.headers["Idempotency-Key"] = key
    response.headers.update(headers)
    return response


def hang_up() -> None:
    """Close the connection without an answer, which only the server's own socket can do."""
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(2)
    raise ConnectionAbortedError("the reply was lost on purpose")
