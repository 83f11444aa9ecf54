"""Everybody asks everything: each route and socket command answers as its declared policy says.

The rows come from the running app, so a new route or command is covered the moment it exists.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from pydantic.fields import FieldInfo
from werkzeug.routing import Rule

from shop.brands.rights import RIGHTS
from shop.core import ids, realtime, web
from shop.core.actor import Actor, Role
from shop.core.errors import ShopError
from shop.core.forms import Input, parse
from shop.core.policy import Policy
from shop.core.realtime import COMMANDS, Identity
from tests.factories.cast import Cast
from tests.support.recording import Recorder
from tests.support.visitor import JSON, Visitor

PEOPLE = ("guest", "ana", "olga", "pia", "ben", "mia", "ugo", "zed", "root")
PREFIXES = {
    "account": "acct", "session": "sess", "invitation": "inv", "product": "prod", "variant": "var", "image": "img",
    "order": "ord", "brand": "brand", "stream": "stream", "room": "room", "message": "msg", "item": "item", "pin": "pin",
    "mail": "mail", "line": "line",
}  # fmt: skip
# Says that a part is down, which in these tests is true.
MAY_BE_UNREADY = {"/readyz"}


def unknown_id(name: str) -> str:
    """Well-formed, and nobody's."""
    kind = name.removesuffix("_id")
    return ids.new_id(PREFIXES.get(kind, kind.split("_")[-1] or "x"))


def filled(rule: Rule) -> str:
    """The route's path with Brand A's slug and things that do not exist."""
    values: dict[str, object] = {}
    for name in rule.arguments:
        converter = type(rule._converters[name]).__name__
        if name == "brand_slug":
            values[name] = "brand-a"
        elif "Integer" in converter:
            values[name] = 9
        elif name.endswith("_id"):
            values[name] = unknown_id(name)
        else:
            values[name] = "no-such-thing"
    built = rule.build(values, append_unknown=False)
    assert built is not None
    return built[1]


def rows(app: Flask) -> Iterator[tuple[str, str, Policy]]:
    """Method, path, policy of every route."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        policy = web.route_policy(app, rule.endpoint)
        assert policy is not None
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, filled(rule), policy


def refusal(policy: Policy, actor: Actor, brand_slug: str | None) -> ShopError | None:
    """What the declaration promises this person."""
    try:
        policy.check(actor, brand_slug)
    except ShopError as error:
        return error
    return None


@pytest.mark.parametrize("who", PEOPLE)
def test_routes_answer_as_declared(app: Flask, visitor: Visitor, cast: Cast, sent: Recorder, who: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False  # Tokens have a test of their own below; here they would hide the policy.
    actor: Actor = getattr(cast, who)
    wrong = []
    for method, path, policy in rows(app):
        visitor.sign_in(actor)  # Anew: some of these sign people out.
        answer = visitor.client.open(path, method=method, headers=JSON)
        expected = refusal(policy, actor, "brand-a" if "/brand-a" in path else None)
        row = f"{who}: {method} {path} [{policy.name}] → {answer.status_code}"
        if answer.status_code >= 500 and not (answer.status_code == 503 and path in MAY_BE_UNREADY):
            wrong.append(f"{row}: broke")
        elif expected is not None:
            code = answer.json["error"]["code"] if answer.is_json and "error" in (answer.json or {}) else None
            if (answer.status_code, code) != (expected.http_status, expected.code):
                wrong.append(f"{row} {code}, declared {expected.http_status} {expected.code}")
        elif policy.kind == "machine":
            if answer.status_code < 400:
                wrong.append(f"{row}: let in without proof")
        elif policy.kind != "public" and answer.status_code in {401, 403}:
            wrong.append(f"{row}: refused although declared")
    assert wrong == []


def test_pages_send_guests_to_the_sign_in_page(app: Flask, visitor: Visitor, cast: Cast) -> None:
    for method, path, policy in rows(app):
        if method == "GET" and policy.kind not in {"public", "machine"}:
            answer = visitor.get(path)
            assert answer.status_code == 303, path
            assert answer.location.startswith("/signin?next=/"), path


def test_every_form_needs_its_token(app: Flask, visitor: Visitor, cast: Cast, sent: Recorder) -> None:
    visitor.sign_in(cast.olga)
    for method, path, policy in rows(app):
        if method != "GET" and policy.kind != "machine":
            answer = visitor.client.open(path, method=method, headers=JSON, data={})
            assert (answer.status_code, answer.json["error"]["code"]) == (403, "not_allowed"), f"{method} {path}"
    assert visitor.get("/account").status_code == 200  # Nothing happened, /signout included.


def dummy(name: str, field: FieldInfo) -> object:
    """A value that a payload's field takes."""
    kind = field.annotation
    origin = typing.get_origin(kind)
    if origin in {typing.Union, types.UnionType}:
        kind = next(part for part in typing.get_args(kind) if part is not type(None))
        origin = typing.get_origin(kind)
    if origin is typing.Literal:
        return typing.get_args(kind)[0]
    if kind is bool:
        return False
    if kind is int:
        return max((part.ge for part in field.metadata if hasattr(part, "ge")), default=1)
    if name.endswith("_id"):
        return unknown_id(name)
    return "x" * max(
        (part.min_length for part in field.metadata if hasattr(part, "min_length") and part.min_length), default=5
    )


def payload_for(model: type[Input]) -> dict[str, object]:
    """The smallest payload that is read as right, so that the policy is what refuses."""
    payload = {name: dummy(name, field) for name, field in model.model_fields.items() if field.is_required()}
    parse(model, payload, strict=True)
    return payload


@pytest.mark.parametrize("who", PEOPLE)
def test_commands_answer_as_declared(app: Flask, visitor: Visitor, cast: Cast, sent: Recorder, who: str) -> None:
    actor: Actor = getattr(cast, who)
    visitor.sign_in(actor)
    session_hash = ids.token_hash(visitor.token) if visitor.token else None
    identity = Identity(sid="s", session_hash=session_hash, guest_key="g" * 64, address="local", locale="en")
    token = realtime._identity.set(identity)
    wrong = []
    for name, spec in sorted(COMMANDS.items()):
        expected = refusal(spec.policy, actor, None)
        try:
            realtime.run_command(spec, identity, payload_for(spec.model))
            code = "ok"
        except ShopError as error:
            code = error.code
        if expected is not None and code != expected.code:
            wrong.append(f"{who}: {name} [{spec.policy.name}] → {code}, declared {expected.code}")
        if expected is None and spec.policy.kind != "public" and code == "sign_in_needed":
            wrong.append(f"{who}: {name} [{spec.policy.name}] → refused although declared")
    realtime._identity.reset(token)
    assert wrong == []
    assert sent == []  # Nothing of what does not exist was announced.


def test_a_route_without_a_policy_stops_the_start(app: Flask) -> None:
    bare = Flask("bare")
    bare.add_url_rule("/bare", "bare", lambda: "")
    with pytest.raises(RuntimeError, match="routes without a policy: bare"):
        web.check_policies(bare)


def test_reference_page_shows_the_rights_of_roles() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "policies.md").read_text(encoding="utf-8")
    for right in RIGHTS:
        row = " | ".join("yes" if role in right.roles else "–" for role in Role)
        assert f"| {right.what} | {row} |" in page
