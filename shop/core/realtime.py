"""The socket edge: commands from browsers, acks with error codes, channels that only the server assigns.

Handlers hang directly on python-socketio: no Flask request context per event (REALTIME: three times the cost), and
permission is read from the database at each command, because a socket's session is a copy made at connect.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeVar

import structlog
from flask import Flask
from flask_babel import force_locale
from flask_socketio import SocketIO
from sqlalchemy.orm import Session

from shop.core import channel, db, ids, runtime
from shop.core.actor import Actor
from shop.core.broadcast import line, sockets_json
from shop.core.broadcast.room import RoomManager
from shop.core.errors import InvalidInput, NotFound, ShopError
from shop.core.events import EVENTS, plain
from shop.core.forms import Input, parse
from shop.core.i18n import LOCALE_COOKIE, LOCALES, N_, error_text
from shop.core.policy import Policy
from shop.core.ratelimit import check_rate
from shop.core.settings import Settings

log = structlog.get_logger()
T = TypeVar("T", bound=Input)

MAXIMUM_MESSAGE = 32 * 1024
MAXIMUM_CHANNELS = 20

socketio = SocketIO()


@dataclass
class Identity:
    """What the handshake proved: hashes of cookies, never the cookies. The account is read again at each command."""

    sid: str
    session_hash: str | None
    guest_key: str | None
    address: str
    locale: str
    session_id: str | None = None
    account_id: str | None = None

    def join(self, name: str) -> None:
        if len(socketio.server.rooms(self.sid)) > MAXIMUM_CHANNELS:
            raise InvalidInput(N_("You are in too many rooms at once."))
        socketio.server.enter_room(self.sid, name)

    def follow(self, names: Iterable[str]) -> None:
        """Join channels that the server chose, however many: a person's threads. Commands that name a channel use `join`."""
        with suppress(ValueError):  # The socket went away while its command ran.
            for name in names:
                socketio.server.enter_room(self.sid, name)

    def leave(self, name: str) -> None:
        socketio.server.leave_room(self.sid, name)


@dataclass(frozen=True)
class Command:
    """One socket command: what it takes, who may send it, how often."""

    name: str
    model: type[Input]
    policy: Policy
    limit: str
    function: Callable[..., Any]
    writes: bool


COMMANDS: dict[str, Command] = {}
_identity: ContextVar[Identity] = ContextVar("socket_identity")
_leave_hooks: list[Callable[[Identity], None]] = []
_load_actor: Callable[[Session, Identity], Actor] | None = None


def use_actor_loader(loader: Callable[[Session, Identity], Actor]) -> None:
    """Accounts says how a socket's identity becomes an Actor."""
    global _load_actor
    _load_actor = loader


def identity() -> Identity:
    """The socket that sent the current command."""
    return _identity.get()


def on_leave(hook: Callable[[Identity], None]) -> None:
    """Call the hook when a socket is gone."""
    if hook not in _leave_hooks:
        _leave_hooks.append(hook)


def command(
    name: str, model: type[T], *, policy: Policy, limit: str = "120/minute", writes: bool = True
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register `function(session, actor, data) -> receipt` for a browser's `noun.verb`.

    Payload is parsed strictly, the actor loaded, the policy checked, everything wrapped in one unit of work
    (`writes=False`: a reading session); a ShopError becomes `{"ok": false, "error": {code, message, field}}`.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        COMMANDS[name] = Command(name, model, policy, limit, function, writes)
        return function

    return register


def init_app(app: Flask, settings: Settings) -> None:
    fast = runtime.mode() == "gevent"
    quiet = logging.getLogger("vetrina.sockets")
    quiet.setLevel(
        logging.CRITICAL
    )  # Engine.IO would write a traceback for each piece of nonsense; our handlers log their own.
    socketio.init_app(
        app,
        async_mode=runtime.mode(),
        client_manager=RoomManager(tick=settings.room_tick_ms / 1000, is_passing=is_passing) if fast else None,
        json=sockets_json,
        engineio_logger=quiet,
        transports=["websocket"],
        manage_session=False,
        async_handlers=False,
        ping_interval=25,
        ping_timeout=60,
        http_compression=False,
        max_http_buffer_size=MAXIMUM_MESSAGE,
        cors_allowed_origins=settings.public_url or None,
    )
    server = socketio.server
    if fast:
        line.install(server.eio)
    server.on("connect", lambda sid, environ, auth=None: _connected(app, settings, sid, environ, auth))
    server.on("disconnect", lambda sid, *_reason: _disconnected(app, sid))
    for name in COMMANDS:
        server.on(name, _handler(app, name))
    server.on("*", lambda name, sid, *args: _unknown(app, sid, str(name)))


def is_passing(name: str, channel: str) -> bool:
    """What may wait for the room's tick: news of a live room that changes no snapshot. To a person, nothing waits."""
    kind = EVENTS.get(name)
    return channel.startswith("room:") and kind is not None and not kind.stateful


def socket_token(secret_key: str, session_hash: str | None, guest_key: str | None) -> str:
    """What a page hands to its own socket; programs without an Origin header must show it."""
    return ids.sign(secret_key, "socket", session_hash or guest_key or "anonymous")


def _connected(app: Flask, settings: Settings, sid: str, environ: dict[str, Any], auth: Any) -> bool:
    who = read_identity(sid, environ)
    if "HTTP_ORIGIN" not in environ:
        shown = auth.get("token") if isinstance(auth, dict) else None
        expected = socket_token(settings.secret_key, who.session_hash, who.guest_key)
        if not isinstance(shown, str) or shown != expected:
            return False
    socketio.server.get_environ(sid)["vetrina.identity"] = who
    with app.app_context(), db.reading() as session:
        actor = _actor(session, who)
    who.account_id, who.session_id = actor.account_id, actor.session_id
    if who.account_id:
        who.join(channel.user(who.account_id))
    if who.session_id:
        who.join(channel.session(who.session_id))
    return True


def read_identity(sid: str, environ: dict[str, Any]) -> Identity:
    """Cookies and address of the handshake."""
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(environ.get("HTTP_COOKIE", ""))
    except CookieError:
        cookies = SimpleCookie()

    def hashed(name: str) -> str | None:
        return ids.token_hash(cookies[name].value) if name in cookies else None

    locale = cookies[LOCALE_COOKIE].value if LOCALE_COOKIE in cookies else ""
    if locale not in LOCALES:
        locale = "it" if environ.get("HTTP_ACCEPT_LANGUAGE", "").startswith("it") else "en"
    return Identity(
        sid=sid,
        session_hash=hashed(SESSION_COOKIE),
        guest_key=hashed(GUEST_COOKIE),
        address=str(environ.get("REMOTE_ADDR") or "local"),
        locale=locale,
    )


SESSION_COOKIE = "vetrina_session"
GUEST_COOKIE = "vetrina_guest"


def _actor(session: Session, who: Identity) -> Actor:
    if _load_actor is None:
        return Actor(guest_key=who.guest_key)
    return _load_actor(session, who)


def find_identity(sid: str) -> Identity | None:
    environ = socketio.server.get_environ(sid)
    found: Identity | None = environ.get("vetrina.identity") if environ else None
    return found


def _disconnected(app: Flask, sid: str) -> None:
    who = find_identity(sid)
    if who is None:
        return
    with app.app_context():
        for hook in _leave_hooks:
            try:
                hook(who)
            except Exception:
                log.exception("leave hook failed")


def _unknown(app: Flask, sid: str, name: str) -> dict[str, Any]:
    who = find_identity(sid)
    error = NotFound(N_("There is no such command."))
    with app.app_context(), force_locale(who.locale if who else "en"):
        return _refusal(error)


def _refusal(error: ShopError) -> dict[str, Any]:
    return {"ok": False, "error": plain(error.as_json(error_text(error)))}


def _handler(app: Flask, name: str) -> Callable[..., dict[str, Any]]:
    spec = COMMANDS[name]

    def handle(sid: str, *args: Any) -> dict[str, Any]:
        who = find_identity(sid)
        if who is None:
            return {"ok": False, "error": {"code": "not_connected", "message": "Connect again."}}
        with app.app_context(), force_locale(who.locale):
            token = _identity.set(who)
            try:
                return {"ok": True, "data": plain(run_command(spec, who, args[0] if args else {}))}
            except ShopError as error:
                return _refusal(error)
            except Exception:
                log.exception("command failed", command=name)
                return _refusal(ShopError())
            finally:
                _identity.reset(token)

    return handle


def run_command(spec: Command, who: Identity, payload: Any) -> Any:
    """Limit, parse, load the actor, policy, service: in this order, so that a flood stays cheap."""
    check_rate(spec.limit, "command", spec.name, who.account_id or who.guest_key or who.address)
    data = parse(spec.model, payload, strict=True)
    with db.unit_of_work() if spec.writes else db.reading() as session:
        actor = _actor(session, who)
        spec.policy.check(actor)
        return spec.function(session, actor, data)


def close_channel(name: str) -> None:
    """Disconnect every socket of a channel, in the background: a disconnect may wait for its queue."""
    for sid in [sid for sid, _ in socketio.server.manager.get_participants("/", name)]:
        runtime.spawn(socketio.server.disconnect, sid)


def expel(everyone: str, *, out_of: str) -> None:
    """Take every socket of one channel (a person's) out of another (a thread's); they stay connected."""
    if socketio.server is None:  # A worker has no sockets.
        return
    for sid in [sid for sid, _ in socketio.server.manager.get_participants("/", everyone)]:
        socketio.server.leave_room(sid, out_of)


def enlist(everyone: str, *, into: str) -> None:
    """Put every socket of one channel (a person's) into another (a thread's)."""
    if socketio.server is None:
        return
    for sid in [sid for sid, _ in socketio.server.manager.get_participants("/", everyone)]:
        socketio.server.enter_room(sid, into)
