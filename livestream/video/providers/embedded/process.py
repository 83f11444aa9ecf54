"""The live process: `gunicorn -k gevent -w 1 livestream.video.providers.embedded.process:app`.

    GET    <prefix>/healthz
    WS     <prefix>/ingest/<token>?container=matroska|mp4         MediaRecorder slices as binary messages
    POST   <prefix>/ingest/<token>/chunks/<n>?container=…         the same, one slice each; DELETE ends the session
    GET    <prefix>/<stream>/<grant>/index.m3u8 live.m3u8 plain.m3u8 replay.m3u8 init<n>.mp4 s<n>.m4s s<n>.p<k>.m4s
    POST   <prefix>/internal/streams/<stream>/end  …/kick         signed by the shop
    GET    <prefix>/internal/streams/<stream>      …/recording    signed by the shop

Exactly one worker: the senders and those who wait for a part meet in its memory. Plain Werkzeug instead of Flask,
because a viewer asks eight times a second.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import simple_websocket
import structlog
from werkzeug.exceptions import (
    BadRequest,
    Conflict,
    Forbidden,
    HTTPException,
    NotFound,
    RequestEntityTooLarge,
)
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from livestream.video import tokens
from livestream.video.providers.embedded import playlist
from livestream.video.providers.embedded.config import (
    CALL_HEADER,
    CALL_PURPOSE,
    CONTAINERS,
    MAXIMUM_MESSAGE,
    Config,
    from_environment,
)
from livestream.video.providers.embedded.hub import Hub, OnAir, Refusal, live_text
from livestream.video.providers.embedded.ingest import Close, Ingest, IngestEnded
from livestream.video.providers.embedded.storage import State

log = structlog.get_logger()

RELOAD_SECONDS = 4.0
PART_SECONDS = 3.0
PING_SECONDS = 10
LINGER_SECONDS = 2
MAXIMUM_CALL = 4096
PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
PART_NAME = re.compile(r"s([0-9]{1,9})\.p([0-9]{1,4})\.m4s")
FOR_EVER = "public, max-age=31536000, immutable"  # The name says it all: a file never changes.

StartResponse = Callable[..., Any]


class LiveProcess:
    """The WSGI application around one hub."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.hub = Hub(config)
        self._posted: dict[str, Ingest] = {}  # Host sessions that send by POST, by session id.
        prefix = config.public_prefix
        self._routes = Map(
            [
                Rule(f"{prefix}/healthz", methods=["GET"], endpoint=self._health),
                Rule(f"{prefix}/ingest/<token>", methods=["GET"], endpoint=self._socket),
                Rule(f"{prefix}/ingest/<token>", methods=["DELETE"], endpoint=self._end_posts),
                Rule(f"{prefix}/ingest/<token>/chunks/<int:number>", methods=["POST"], endpoint=self._chunk),
                Rule(f"{prefix}/internal/streams/<stream_id>", methods=["GET"], endpoint=self._status),
                Rule(f"{prefix}/internal/streams/<stream_id>/recording", methods=["GET"], endpoint=self._recording),
                Rule(f"{prefix}/internal/streams/<stream_id>/end", methods=["POST"], endpoint=self._end),
                Rule(f"{prefix}/internal/streams/<stream_id>/kick", methods=["POST"], endpoint=self._kick),
                Rule(f"{prefix}/<stream_id>/<grant>/<name>", methods=["GET"], endpoint=self._play),
            ]
        )

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = MAXIMUM_MESSAGE
        try:
            # Bound by hand: Werkzeug would look for a WebSocket rule, which knows no other methods.
            endpoint, arguments = self._routes.bind("live").match(request.path, request.method)
            answer = endpoint(request, **arguments)
        except HTTPException as problem:
            answer = _answer(problem.code or 500, {"error": problem.description})
        except Refusal as refusal:
            answer = _answer(refusal.status, {"error": refusal.reason})
        return answer(environ, start_response)  # type: ignore[no-any-return]

    # Ingest.

    def _socket(self, request: Request, token: str) -> Response:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise BadRequest("a WebSocket is expected here")
        claim = self._claim(token, tokens.read_ingest, now=time.time())
        container = _container(request)
        # Compressing H.264 again costs both sides and gains nothing: the extension is not offered.
        environ = {name: value for name, value in request.environ.items() if name != "HTTP_SEC_WEBSOCKET_EXTENSIONS"}
        ingest = self.hub.start(claim, container=container)
        try:
            socket = simple_websocket.Server.accept(
                environ, receive_bytes=65536, ping_interval=PING_SECONDS, max_message_size=MAXIMUM_MESSAGE
            )
        except (simple_websocket.ConnectionError, OSError, RuntimeError) as problem:
            ingest.end(Close.DONE, "no_handshake")
            raise BadRequest("the WebSocket could not be opened") from problem
        self._receive(socket, ingest)
        raise StopIteration  # gunicorn's way to say that the connection is used up.

    def _receive(self, socket: Any, ingest: Ingest) -> None:
        ingest.when_hung_up(lambda code, reason: _close(socket, code, reason))
        try:
            while True:
                message = socket.receive(timeout=self.config.idle_seconds + 1)
                if isinstance(message, bytes):
                    ingest.feed(message)
                elif message == "stop":
                    ingest.end(Close.DONE, "done")
                if ingest.ended:
                    break
        except IngestEnded:
            pass  # Whoever ended it has told the host through when_hung_up.
        except (simple_websocket.ConnectionClosed, OSError):
            ingest.end(Close.DONE, "gone")
        # Closed with bytes unread, TCP would throw away our close code, and the host's page would come back at once
        # instead of knowing why. The socket's own thread reads on until the host hangs up.
        socket.thread.join(LINGER_SECONDS)

    def _chunk(self, request: Request, token: str, number: int) -> Response:
        """Bound to stream, session and sequence: a chunk is taken once and in order, whatever is sent."""
        claim = self._claim(token, tokens.read_ingest_of_running)
        container = _container(request)
        ingest = self._posted.get(claim.session_id)
        if ingest is None:
            if number != 0:
                raise Conflict("restart")
            claim = self._claim(token, tokens.read_ingest, now=time.time())
            ingest = self.hub.start(claim, container=container)
            self._posted = {key: known for key, known in self._posted.items() if not known.over.is_set()}
            self._posted[claim.session_id] = ingest
        if number < ingest.next_chunk:
            return _answer(204)
        if number > ingest.next_chunk:
            return _answer(425, {"error": "order", "want": ingest.next_chunk})
        data = request.get_data()
        if number != ingest.next_chunk:
            return _answer(204)  # The same chunk came twice at once; the other one was taken while this was read.
        ingest.next_chunk += 1
        try:
            ingest.feed(data)
        except IngestEnded as ended:
            return _answer(409, {"error": "restart", "code": int(ended.code), "reason": ended.reason})
        return _answer(204)

    def _end_posts(self, request: Request, token: str) -> Response:
        claim = self._claim(token, tokens.read_ingest_of_running)
        if ingest := self._posted.get(claim.session_id):
            ingest.end(Close.DONE, "done")
        return _answer(204)

    def _claim(self, token: str, read: Callable[..., tokens.IngestClaim], **how: Any) -> tokens.IngestClaim:
        try:
            return read(self.config.secret_key, token, **how)
        except tokens.BadToken as problem:
            log.info("ingest refused", reason=str(problem))
            raise Forbidden("token") from None

    # Playback.

    def _play(self, request: Request, stream_id: str, grant: str, name: str) -> Response:
        try:
            tokens.check_playback(self.config.secret_key, stream_id, grant, now=time.time())
        except tokens.BadToken:
            raise Forbidden("grant") from None
        stream = self.hub.find(stream_id)
        if stream is None:
            raise NotFound("not on air")
        if name.endswith(".m3u8"):
            return self._play_list(request, stream, name)
        return self._media(request, stream, name)

    def _play_list(self, request: Request, stream: OnAir, name: str) -> Response:
        if name == "live.m3u8":
            _wait_for_reload(request, stream)
        drawn: dict[str, Callable[[], str | None]] = {
            "index.m3u8": lambda: stream.text(name, lambda state: playlist.master(state, media="live.m3u8")),
            "live.m3u8": lambda: live_text(stream, low_latency=True),
            "plain.m3u8": lambda: live_text(stream, low_latency=False),
            "replay.m3u8": lambda: _replay_text(stream),
        }
        text = drawn[name]() if name in drawn else None
        if text is None:
            raise NotFound("not on air")
        cache = "private, max-age=60" if name == "replay.m3u8" else "no-store"
        return Response(text, mimetype=PLAYLIST_TYPE, headers={"Cache-Control": cache})

    def _media(self, request: Request, stream: OnAir, name: str) -> Response:
        path = stream.files.media(name)
        if path is None:
            raise NotFound("no such file")
        data = _read(path)
        if data is None and (part := PART_NAME.fullmatch(name)):
            number, position = int(part[1]), int(part[2])
            if _is_next_part(stream.state(), number, position):
                stream.wait_for(lambda state: state.sequence > number or len(state.parts) > position, PART_SECONDS)
                data = _read(path)
        if data is None:
            raise NotFound("no such file")
        kind = "video/mp4" if name.startswith("init") else "video/iso.segment"
        answer = Response(data, mimetype=kind, headers={"Cache-Control": FOR_EVER})
        return answer.make_conditional(request, accept_ranges=True, complete_length=len(data))

    # Calls of the shop.

    def _status(self, request: Request, stream_id: str) -> Response:
        self._check_call(request)
        return _answer(200, self.hub.status(stream_id))

    def _recording(self, request: Request, stream_id: str) -> Response:
        self._check_call(request)
        return _answer(200, self.hub.recording(stream_id))

    def _end(self, request: Request, stream_id: str) -> Response:
        self._check_call(request)
        if not tokens.STREAM_ID.fullmatch(stream_id):
            raise NotFound("no such stream")
        self.hub.end(stream_id)
        return _answer(200, {"ok": True})

    def _kick(self, request: Request, stream_id: str) -> Response:
        body = self._check_call(request)
        return _answer(200, {"kicked": self.hub.kick(stream_id, str(body.get("who", "")))})

    def _check_call(self, request: Request) -> dict[str, Any]:
        if (request.content_length or 0) > MAXIMUM_CALL:
            raise RequestEntityTooLarge("a call is short")
        body = request.get_data()
        message = tokens.call_message(request.method, request.path, body)
        header = request.headers.get(CALL_HEADER, "")
        try:
            tokens.check_message(self.config.secret_key, CALL_PURPOSE, message, header, now=time.time())
        except tokens.BadToken:
            raise Forbidden("call") from None
        found = json.loads(body) if body else {}
        return found if isinstance(found, dict) else {}

    def _health(self, request: Request) -> Response:
        return _answer(200, {"ok": True})


def _container(request: Request) -> str:
    container = request.args.get("container", "matroska")
    if container not in CONTAINERS:
        raise BadRequest("container")
    return container


def _wait_for_reload(request: Request, stream: OnAir) -> None:
    """Blocking reload: answer when the asked-for part exists (`_HLS_msn`, `_HLS_part`)."""
    number = request.args.get("_HLS_msn", type=int)
    position = request.args.get("_HLS_part", type=int)
    state = stream.state()
    if number is None or state is None or stream.is_ended():
        return
    if number > state.sequence + 2 or number < 0:
        raise BadRequest("_HLS_msn")

    def is_there(state: State) -> bool:
        if state.sequence > number or stream.is_ended():
            return True
        return position is not None and state.sequence == number and len(state.parts) > position

    stream.wait_for(is_there, RELOAD_SECONDS)


def _is_next_part(state: State | None, number: int, position: int) -> bool:
    """Only what the play list hinted at is waited for."""
    if state is None or not state.receiving:
        return False
    return (number, position) in {(state.sequence, len(state.parts)), (state.sequence + 1, 0)}


def _replay_text(stream: OnAir) -> str | None:
    segments = list(stream.files.segments())
    return playlist.replay(segments) if segments and stream.is_ended() else None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _close(socket: Any, code: Close, reason: str) -> None:
    try:
        socket.close(reason=int(code), message=reason)
    except (simple_websocket.ConnectionClosed, OSError):
        return  # The host hung up first.
    socket.event.set()  # Wakes `receive`, which would wait for its time-out otherwise.


def _answer(status: int, data: dict[str, Any] | None = None) -> Response:
    body = b"" if data is None else json.dumps(data).encode()
    return Response(body, status=status, mimetype="application/json", headers={"Cache-Control": "no-store"})


def __getattr__(name: str) -> Any:
    """`app` is made when gunicorn asks for it, so that importing this module starts nothing."""
    if name == "app":
        globals()["app"] = LiveProcess(from_environment())
        return globals()["app"]
    raise AttributeError(name)
