"""One port serves everything: what belongs to the live process or the sandbox is passed on, bytes untouched.

For development and small shops; a proxy in front does this better (`docs/how-to/production.md`). WebSockets are
spliced on the raw socket, which gunicorn puts into the environment.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import structlog

from shop.core import runtime

log = structlog.get_logger()
StartResponse = Callable[..., Any]
WSGIApp = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

CHUNK = 64 * 1024
CONNECT_SECONDS = 3
READ_SECONDS = 30
MAXIMUM_HEAD = 64 * 1024
# Hop-by-hop headers belong to one connection (RFC 9110, 7.6.1); the server in front writes its own.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}


class Front:
    """WSGI middleware: `{"/media-live": "http://127.0.0.1:5001"}` and the shop for the rest."""

    def __init__(self, app: WSGIApp, routes: dict[str, str]) -> None:
        self._app = app
        self._routes = [(prefix, *_host_and_port(address)) for prefix, address in routes.items()]

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        for prefix, host, port in self._routes:
            if path == prefix or path.startswith(prefix + "/"):
                return self._pass_on(environ, start_response, host, port)
        return self._app(environ, start_response)

    def _pass_on(self, environ: dict[str, Any], start_response: StartResponse, host: str, port: int) -> Iterable[bytes]:
        try:
            upstream = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
        except OSError:
            start_response("503 Service Unavailable", [("Content-Type", "text/plain"), ("Retry-After", "2")])
            return [b"This part is starting. Try again in a moment.\n"]
        upstream.settimeout(READ_SECONDS)
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket":
            return _splice(environ, upstream)
        return _exchange(environ, start_response, upstream)


def _host_and_port(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return parts.hostname or "127.0.0.1", parts.port or 80


def request_head(environ: dict[str, Any], *, upgrade: bool) -> bytes:
    """The request line and headers as they came, with the connection headers of the next hop."""
    target = environ.get("RAW_URI") or environ["PATH_INFO"] + (
        f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
    )
    headers = [
        (name[5:].replace("_", "-").title(), value)
        for name, value in environ.items()
        if name.startswith("HTTP_") and name[5:].replace("_", "-").lower() not in _HOP_BY_HOP
    ]
    for name, header in (("CONTENT_TYPE", "Content-Type"), ("CONTENT_LENGTH", "Content-Length")):
        if environ.get(name):
            headers.append((header, environ[name]))
    headers.append(("X-Forwarded-For", environ.get("REMOTE_ADDR", "")))
    headers.append(("X-Forwarded-Proto", environ.get("wsgi.url_scheme", "http")))
    headers += [("Connection", "Upgrade"), ("Upgrade", "websocket")] if upgrade else [("Connection", "close")]
    lines = [f"{environ['REQUEST_METHOD']} {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _exchange(environ: dict[str, Any], start_response: StartResponse, upstream: socket.socket) -> Iterable[bytes]:
    """One plain request and its answer."""
    import http.client

    try:
        upstream.sendall(request_head(environ, upgrade=False))
        left = int(environ.get("CONTENT_LENGTH") or 0)
        while left > 0 and (chunk := environ["wsgi.input"].read(min(CHUNK, left))):
            upstream.sendall(chunk)
            left -= len(chunk)
        answer = http.client.HTTPResponse(upstream, method=environ["REQUEST_METHOD"])
        answer.begin()
    except (OSError, http.client.HTTPException) as problem:
        upstream.close()
        log.warning("part did not answer", path=environ["PATH_INFO"], reason=type(problem).__name__)
        start_response("502 Bad Gateway", [("Content-Type", "text/plain")])
        return [b"This part did not answer. Try again in a moment.\n"]
    headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP]
    start_response(f"{answer.status} {answer.reason}", headers)
    return _body(answer, upstream)


def _body(answer: Any, upstream: socket.socket) -> Iterable[bytes]:
    try:
        while chunk := answer.read(CHUNK):
            yield chunk
    finally:
        answer.close()
        upstream.close()


def _splice(environ: dict[str, Any], upstream: socket.socket) -> Iterable[bytes]:
    """Join the browser's socket and the upstream's until either closes."""
    client: socket.socket = environ["gunicorn.socket"]
    upstream.sendall(request_head(environ, upgrade=True))
    upstream.settimeout(None)
    runtime.spawn(_pump, upstream, client)
    _pump(client, upstream)
    raise StopIteration  # The connection is used up; gunicorn closes it quietly on this and on nothing else.


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(CHUNK):
            target.sendall(data)
    except OSError:
        pass  # Either side went away, which is how sockets end.
    finally:
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # It was closed already.
