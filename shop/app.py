"""The app factory: settings in, a running shop out."""

from __future__ import annotations

from importlib import import_module

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from shop.core import db, events, fanout, health, i18n, logs, queue, ratelimit, realtime, templating, web
from shop.core.fanout import LocalBroadcaster, RemoteBroadcaster
from shop.core.front import Front
from shop.core.settings import Settings, load_settings

MAXIMUM_BODY = 12 * 1024 * 1024

# Named, not imported: shop never depends on livestream, the factory only puts both together.
FEATURES = (
    "shop.accounts",
    "shop.media",
    "shop.brands",
    "shop.social",
    "shop.catalog",
    "shop.inventory",
    "shop.shipping",
    "shop.cart",
    "shop.orders",
    "shop.payments",
    "shop.checkout",
    "shop.messaging",
    "shop.offers",
    "shop.notifications",
    "shop.storefront",
    "shop.dashboard",
    "shop.admin",
    "livestream.rooms",
    "livestream.video",
    "livestream.chat",
    "livestream.pins",
    "livestream.claims",
    "livestream.engagement",
    "livestream.questions",
    "livestream.clips",
    "livestream.replays",
    "livestream.reminders",
    "livestream.console",
)


def create_app(settings: Settings | None = None, *, serves_sockets: bool = True) -> Flask:
    """Build the shop. `serves_sockets=False` is for worker and commands: their news travels to the web process."""
    settings = settings or load_settings()
    logs.configure(settings.log_level, settings.log_format)
    app = Flask("vetrina", template_folder=str(templating.ROOT / "templates"), static_folder=str(templating.STATIC))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAXIMUM_BODY,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_NAME="vetrina_form",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.cookies_secure,
        SEND_FILE_MAX_AGE_DEFAULT=31536000,
        WTF_CSRF_TIME_LIMIT=None,  # A watched show outlasts an hour; the token still dies with its session cookie.
        SERVER_NAME=None,
        PREFERRED_URL_SCHEME="https" if settings.cookies_secure else "http",
        TESTING=settings.env == "test",
    )
    app.extensions["vetrina.settings"] = settings
    _install_process(app, settings, serves_sockets)
    i18n.init_app(app, default_locale=settings.default_locale, default_zone=settings.default_timezone)
    templating.init_app(app, settings)
    web.init_app(app)
    health.init_app(app)
    app.register_blueprint(fanout.bp)
    for name in FEATURES:
        import_module(name).register(app)
    _declare_static(app)
    web.check_policies(app)
    if serves_sockets:
        realtime.init_app(app, settings)
        _serve_one_port(app, settings)
    return app


def _install_process(app: Flask, settings: Settings, serves_sockets: bool) -> None:
    """What a process has once: database, queue, limits, the way news travels."""
    database = db.Database(settings.database_address, pool_size=settings.database_pool_size)
    db.install(database)
    app.extensions["vetrina.db"] = database
    huey = queue.make_huey(settings)
    queue.install(huey, app.app_context)
    app.extensions["vetrina.huey"] = huey
    ratelimit.install(settings)
    events.use_broadcaster(LocalBroadcaster() if serves_sockets else RemoteBroadcaster(settings))


def _declare_static(app: Flask) -> None:
    from shop.core.policy import PUBLIC

    app.view_functions["static"].policy = PUBLIC  # type: ignore[union-attr]  # the mark that check_policies reads


def _serve_one_port(app: Flask, settings: Settings) -> None:
    parts = {"/media-live": settings.live_address}
    if settings.uses_sandbox:
        parts["/sandbox"] = settings.sandbox_address
    app.wsgi_app = Front(app.wsgi_app, parts)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
