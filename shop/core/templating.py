"""What every template can use: amounts, times, texts by language, static addresses that change with the file."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from flask import Flask, current_app, g, request
from flask_babel import format_date, format_datetime
from flask_wtf.csrf import generate_csrf
from jinja2 import StrictUndefined
from markupsafe import Markup, escape

from shop.core import clock, i18n, web
from shop.core.actor import Role
from shop.core.money import Money, percent_off
from shop.core.realtime import GUEST_COOKIE, SESSION_COOKIE, socket_token
from shop.core.settings import Settings

ROOT = Path(__file__).resolve().parent.parent.parent
STATIC = ROOT / "static"
THEMES = ("light", "dark")

# A page names dozens of static files; looking at each on every request cost more than the rest of the page.
LOOK_AGAIN_SECONDS = 1.0

_hashes: dict[str, tuple[float, str]] = {}
_addresses: dict[str, tuple[float, str]] = {}
_import_map: tuple[float, Markup] | None = None


def init_app(app: Flask, settings: Settings) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        money=i18n.money,
        number=i18n.number,
        pick=i18n.pick,
        day_and_time=i18n.day_and_time,
        datetime_short=i18n.day_and_time,
        time_tag=time_tag,
        date_block=date_block,
        date_long=lambda at: format_date(at, "long"),
        clock_time=lambda at: format_datetime(at, "HH:mm"),
        iso=clock.iso,
        moment=moment,
    )
    app.jinja_env.globals.update(
        static_url=static_url,
        import_map=import_map,
        kept_part=lambda name, **words: kept_part(app, name, **words),
        kept_view=kept_view,
        script_json=script_json,
        role_name=role_name,
        money=lambda amount, currency: i18n.money(Money(amount, currency)),
        percent_off=percent_off,
        site_name=settings.site_name,
        csrf_token=generate_csrf,
        now=clock.now,
    )
    app.context_processor(lambda: request_globals(app, settings))
    app.extensions["vetrina.context"] = {}


def slot(app: Flask, name: str, function: Any) -> None:
    """Let a feature offer a value to every page (`bag_count`, …); called once per page that reads it."""
    app.extensions["vetrina.context"][name] = function


def request_globals(app: Flask, settings: Settings) -> dict[str, Any]:
    if not request:
        return {"locale": i18n.locale_code()}
    return {
        "locale": i18n.locale_code(),
        "theme": theme(),
        "csp_nonce": lambda: g.get("csp_nonce", ""),
        "current_actor": web.actor(),
        "socket_token": lambda: page_socket_token(settings),
        "demo": settings.demo_show,
        "development": settings.env != "production",
        **app.extensions["vetrina.context"],
    }


def theme() -> str:
    """`light`, `dark`, or empty to follow the system."""
    picked = request.cookies.get("theme", "")
    return picked if picked in THEMES else ""


def page_socket_token(settings: Settings) -> str:
    from shop.core.ids import token_hash

    session, guest = request.cookies.get(SESSION_COOKIE), request.cookies.get(GUEST_COOKIE)
    return socket_token(
        settings.secret_key, token_hash(session) if session else None, token_hash(guest) if guest else None
    )


def static_url(path: str) -> str:
    """Address of a static file with its content hash, so that it can be cached for ever.

    Parts are also drawn for socket events, outside a request: no `url_for` here. An edited file shows within a second.
    """
    now = time.monotonic()
    known = _addresses.get(path)
    if known is None or now - known[0] > LOOK_AGAIN_SECONDS:
        known = (now, _static_url_now(path))
        _addresses[path] = known
    return known[1]


def _static_url_now(path: str) -> str:
    file = STATIC / path
    try:
        changed = file.stat().st_mtime
    except FileNotFoundError:
        return f"/static/{path}"
    known = _hashes.get(path)
    if known is None or known[0] != changed:
        known = (changed, hashlib.sha256(file.read_bytes()).hexdigest()[:10])
        _hashes[path] = known
    return f"/static/{path}?v={known[1]}"


BARE_NAMES = {
    "stimulus": "vendor/js/stimulus.js",
    "socket.io": "vendor/js/socket.io.js",
    "hls.js": "vendor/js/hls.js",
    "idiomorph": "vendor/js/idiomorph.js",
    "qr/decode.js": "vendor/js/qr/decode.js",
}


def import_map() -> Markup:
    """Names of libraries, and every module of ours under its hashed address: imports stay relative, caches stay right."""
    global _import_map
    now = time.monotonic()
    if _import_map is None or now - _import_map[0] > LOOK_AGAIN_SECONDS:
        _import_map = (now, _import_map_now())
    return _import_map[1]


def _import_map_now() -> Markup:
    imports = {name: static_url(path) for name, path in BARE_NAMES.items()}
    for path in sorted((STATIC / "js").rglob("*.js")):
        name = path.relative_to(STATIC).as_posix()
        imports[f"/static/{name}"] = static_url(name)
    # Markup is safe here: keys and values are paths of our own files, and "<" is escaped all the same.
    return Markup(json.dumps({"imports": imports}).replace("<", "\\u003c"))


_UNSAFE = (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("'", "\\u0027"))


def script_json(value: Any) -> Markup:
    """Plain values for a JSON script element: as Jinja's `tojson`, in a tenth of the time (a room's data is 20 kB)."""
    text = orjson.dumps(value).decode()
    for letter, escaped in _UNSAFE:
        text = text.replace(letter, escaped)
    # Markup is safe here: the letters that could end the element or begin a comment are written as escapes.
    return Markup(text)


KEPT_PARTS = 256
_parts: dict[tuple[Any, ...], Markup] = {}


def kept_part(app: Flask, name: str, **words: str) -> Markup:
    """A part that knows nothing but its language and these words, drawn once for all pages.

    Menus, lists of keys and what scripts say are a third of a room page's strings. The part sees no visitor, no
    request and no token: it is rendered with `words` alone. In development each page draws it anew.
    """
    key = (name, i18n.locale_code(), *sorted(words.items()))
    if key not in _parts or app.jinja_env.auto_reload:
        _parts[key] = Markup(app.jinja_env.get_template(name).render(**words))
        while len(_parts) > KEPT_PARTS:
            del _parts[next(iter(_parts))]
    return _parts[key]


def kept_view(name: str, *, late: Mapping[str, str], **shown: Any) -> Markup:
    """A part drawn once for everybody who would see the same: kept by all it shows, so it cannot be out of date.

    `shown` are values and frozen views that orjson writes (together with language and time zone they are the key);
    `late` are values that differ by visitor, such as a form's token: the part gets a mark and each page its own text.
    """
    key = orjson.dumps([name, i18n.locale_code(), i18n.zone_name(), shown])
    drawn = _views.pop(key, None)
    if drawn is None:
        marks = {slot: _MARK + slot for slot in late}
        drawn = current_app.jinja_env.get_template(name).render(**shown, **marks)
    if not current_app.jinja_env.auto_reload:
        _views[key] = drawn  # At the end again: what nobody asked for lately goes first.
        while len(_views) > KEPT_VIEWS:
            del _views[next(iter(_views))]
    for slot, text in late.items():
        drawn = drawn.replace(_MARK + slot, str(escape(text)))
    return Markup(drawn)


KEPT_VIEWS = 1024
_MARK = f"{secrets.token_hex(12)}-"  # Not to be guessed: a product's text must not ask for a visitor's token.
_views: dict[bytes, str] = {}


def role_name(role: Role) -> str:
    """A role in the visitor's language."""
    names = {
        Role.OWNER: i18n.gettext("Owner"),
        Role.PRODUCER: i18n.gettext("Producer"),
        Role.HOST: i18n.gettext("Host"),
        Role.MODERATOR: i18n.gettext("Moderator"),
        Role.SUPPORT: i18n.gettext("Support"),
    }
    return str(names[Role(role)])


def moment(seconds: int) -> str:
    """A place in a recording: `6:02`, `1:01:12`."""
    minutes, rest = divmod(max(0, seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def date_block(at: datetime) -> Markup:
    """Day over month, for the date block of lists."""
    return Markup("<b>{}</b><span>{}</span>").format(format_datetime(at, "d"), format_datetime(at, "MMM"))


def time_tag(at: datetime, shown: str | None = None) -> Markup:
    """`<time datetime=…>` with near days in words."""
    return Markup('<time datetime="{}">{}</time>').format(clock.iso(at), shown or i18n.day_and_time(at))
