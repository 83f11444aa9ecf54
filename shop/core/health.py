"""Is it alive, is it ready, what does it count."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable

import requests
import structlog
from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import text

from shop.core import db, queue
from shop.core.errors import NotFound
from shop.core.policy import MACHINE, PUBLIC, policy
from shop.core.web import settings

log = structlog.get_logger()
bp = Blueprint("health", __name__)

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "vetrina_http_requests", "Requests by endpoint and status.", ["endpoint", "status"], registry=REGISTRY
)
SECONDS = Histogram("vetrina_http_seconds", "Time to answer by endpoint.", ["endpoint"], registry=REGISTRY)
SOCKETS = Gauge("vetrina_sockets", "Connected sockets.", registry=REGISTRY)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.before_request(_start)
    app.after_request(_count)


def _start() -> None:
    g.started = time.perf_counter()


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    REQUESTS.labels(endpoint, str(response.status_code)).inc()
    SECONDS.labels(endpoint).observe(time.perf_counter() - g.get("started", time.perf_counter()))
    return response


@bp.get("/healthz")
@policy(PUBLIC)
def alive() -> Response:
    """The process answers."""
    return jsonify(ok=True)


@bp.get("/readyz")
@policy(PUBLIC)
def ready() -> tuple[Response, int]:
    """Database, queue, live process and payment provider, each by name."""
    checks: dict[str, Callable[[], object]] = {
        "database": _database,
        "queue": lambda: queue.health(current_app.extensions["vetrina.huey"]),
        "live": lambda: _answers(f"{settings().live_address}/media-live/healthz"),
        "payments": _payments,
    }
    parts = {name: _holds(name, check) for name, check in checks.items()}
    ok = all(parts.values())
    return jsonify(ok=ok, parts=parts), 200 if ok else 503


def _holds(name: str, check: Callable[[], object]) -> bool:
    try:
        check()
    except Exception as problem:
        log.warning("not ready", part=name, reason=f"{type(problem).__name__}: {problem}")
        return False
    return True


def _database() -> None:
    with db.reading() as session:
        session.execute(text("SELECT 1"))


def _payments() -> None:
    if settings().uses_sandbox:
        _answers(f"{settings().sandbox_address}/healthz")
    else:
        # Any HTTP answer means that Stripe can be reached; without a key it is 401.
        requests.get(settings().stripe_api_base or "https://api.stripe.com/healthcheck", timeout=3)


def _answers(url: str) -> None:
    requests.get(url, timeout=2).raise_for_status()


@bp.get("/metrics")
@policy(MACHINE)
def metrics() -> Response:
    """Prometheus text, for whoever shows the token; does not exist unless a token is set."""
    token = settings().metrics_token
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(token.encode(), shown.encode()):
        raise NotFound
    from shop.core.realtime import socketio

    SOCKETS.set(len(socketio.server.eio.sockets) if socketio.server else 0)
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
