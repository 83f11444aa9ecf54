"""The sandbox as a Flask app of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, jsonify, request

from shop.payments.providers.stripe.sandbox.config import Config
from shop.payments.providers.stripe.sandbox.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[5]


def create_sandbox(
    data_dir: Path | str,
    *,
    public_url: str,
    webhook_url: str,
    webhook_secret: str,
    clock: Callable[[], float] = time.time,
    merchant: str = "Vetrina",
    control_token: str = "",
    strict: bool = False,
    background: bool = True,
    dashboard_open: bool = False,
) -> Flask:
    """A sandbox over `data_dir`. `app.extensions["sandbox"]` is the `Sandbox` behind it.

    `clock` answers in seconds since 1970 and is what expiry and signatures go by. With `background=False` nothing runs
    by itself: call `sandbox.tick()` and `sandbox.deliverer.deliver_due()`. `strict` raises on replies that break the
    contract.
    """
    config = Config(
        data_dir=Path(data_dir),
        public_url=public_url.rstrip("/"),
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        merchant=merchant,
        control_token=control_token,
        strict=strict,
        background=background,
        dashboard_open=dashboard_open,
    )
    app = Flask("sandbox", root_path=str(ROOT), template_folder=str(ROOT / "templates"), static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    sandbox = Sandbox(config, clock)
    app.extensions["sandbox"] = sandbox
    _register(app)
    if background:
        sandbox.start()
    return app


def _register(app: Flask) -> None:
    from shop.payments.providers.stripe.sandbox import api, control, dashboard, pages

    for blueprint in (api.bp, control.bp, pages.bp, dashboard.bp):
        app.register_blueprint(blueprint)

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(ok=True)

    @app.errorhandler(404)
    def not_found(_problem: Exception) -> tuple[Response, int] | tuple[str, int]:
        if request.path.startswith("/sandbox"):
            return pages.not_found_page(), 404
        error = {"message": f"Unrecognized request URL ({request.path[:200]}).", "type": "invalid_request_error"}
        return jsonify(error=error), 404
