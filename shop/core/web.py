"""The HTTP edge: who asks, which policy holds, how errors look, which headers every answer carries."""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from shop.core import db
from shop.core.actor import GUEST, Actor, Membership
from shop.core.errors import Gone, InvalidInput, NotAllowed, NotFound, RateLimited, ShopError, SignInNeeded, TooLarge
from shop.core.i18n import error_text, gettext
from shop.core.policy import Policy
from shop.core.settings import Settings

log = structlog.get_logger()
csrf = CSRFProtect()

PERMISSIONS = "camera=(self), microphone=(self), display-capture=(self), geolocation=(), browsing-topics=()"


def settings() -> Settings:
    found: Settings = current_app.extensions["vetrina.settings"]
    return found


def read_session() -> Session:
    """The request's reading session; opened on first use, closed at the end of the request."""
    if "read_session" not in g:
        g.read_session = db.current().open_reader()
    session: Session = g.read_session
    return session


def refresh_read_session() -> Session:
    """A fresh look after this request wrote something."""
    close_read_session(None)
    return read_session()


def close_read_session(_error: BaseException | None) -> None:
    session = g.pop("read_session", None)
    if session is not None:
        session.close()


def actor() -> Actor:
    """Who asks; loaded once per request by the loader that accounts installed."""
    if "actor" not in g:
        loader = current_app.extensions.get("vetrina.load_actor")
        g.actor = loader() if loader else GUEST
    found: Actor = g.actor
    return found


def membership() -> Membership:
    """The actor's place in the brand named by the route."""
    slug = (request.view_args or {}).get("brand_slug")
    found = next((m for m in actor().memberships if m.brand_slug == slug), None)
    if found is None:
        raise NotFound
    return found


def wants_json() -> bool:
    """Programs get JSON: machines that sign their requests, and whoever asks for it."""
    if g.get("for_machine", False):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return best == "application/json" or request.is_json


def init_app(app: Flask) -> None:
    csrf.init_app(app)
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_appcontext(close_read_session)
    app.register_error_handler(ShopError, _shop_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def check_policies(app: Flask) -> None:
    """Refuse to start with a route that declares no policy."""
    missing = sorted(rule.endpoint for rule in app.url_map.iter_rules() if route_policy(app, rule.endpoint) is None)
    if missing:
        raise RuntimeError(f"routes without a policy: {', '.join(missing)}")


def route_policy(app: Flask, endpoint: str) -> Policy | None:
    found: Policy | None = getattr(app.view_functions[endpoint], "policy", None)
    return found


def _begin() -> None:
    g.csp_nonce = secrets.token_urlsafe(16)
    g.request_id = request.headers.get("X-Request-Id", "")[:64] or secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    if request.endpoint is None:
        return
    rule = route_policy(current_app._get_current_object(), request.endpoint)  # type: ignore[attr-defined]  # werkzeug's proxy
    if rule is None:
        raise NotFound
    g.for_machine = rule.kind == "machine"
    if rule.kind not in {"public", "machine"}:
        rule.check(actor(), (request.view_args or {}).get("brand_slug"))


def _finish(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("X-Request-Id", g.get("request_id", ""))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("Permissions-Policy", PERMISSIONS)
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Content-Security-Policy", content_security_policy(g.get("csp_nonce", "")))
    if settings().cookies_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.mimetype == "text/html":
        headers.setdefault("Cache-Control", "private, no-cache")
        response.vary.update(("Cookie", "Accept-Language"))
    return response


def content_security_policy(nonce: str) -> str:
    """No inline script, no foreign script. A form may end at Stripe's hosted page (redirects count as form targets)."""
    pay = "" if settings().uses_sandbox else " https://checkout.stripe.com"
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            f"form-action 'self'{pay}",
        )
    )


def _shop_error(error: ShopError) -> BaseResponse | tuple[Any, int]:
    if isinstance(error, SignInNeeded) and request.method == "GET" and not wants_json():
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")), 303)
    return error_answer(error)


def error_answer(error: ShopError) -> tuple[Any, int]:
    """One shape for JSON, one page for people."""
    text = error_text(error)
    headers = {"Retry-After": str(int(error.data["retry_after"]) + 1)} if isinstance(error, RateLimited) else {}
    if wants_json():
        body = jsonify(ok=False, error=error.as_json(text))
    else:
        fields = error.fields if isinstance(error, InvalidInput) else {}
        body = current_app.make_response(
            render_template("errors/error.html", status=error.http_status, code=error.code, message=text, fields=fields)
        )
    body.headers.extend(headers)
    return body, error.http_status


def _csrf_error(_error: CSRFError) -> tuple[Any, int]:
    return error_answer(NotAllowed(gettext("This page was open for a long time. Load it again and retry.")))


def _http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    known = {404: NotFound, 403: NotAllowed, 410: Gone, 413: TooLarge, 429: RateLimited}
    if status in known:
        return error_answer(known[status]())
    wrapped = InvalidInput(gettext("We could not read that request.")) if status < 500 else ShopError()
    body, _ = error_answer(wrapped)
    return body, status, {"Allow": ", ".join(error.valid_methods or ())} if status == 405 else {}  # type: ignore[attr-defined]


def _unexpected(error: Exception) -> tuple[Any, int]:
    log.exception("request failed", path=request.path, method=request.method, exc_info=error)
    body, _ = error_answer(ShopError())
    return body, 500


def local_path(target: str | None, fallback: str) -> str:
    """A path of this site and nothing else (no open redirect)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return fallback
    if any(ord(character) < 32 for character in target):
        return fallback
    return target
