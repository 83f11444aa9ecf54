"""Signed words between the shop, the live process and browsers.

Everything is HMAC-SHA256 under a key derived from SECRET_KEY per purpose, so that a token for one thing is never
good for another. Nothing here reads a clock: callers pass `now` in seconds since 1970.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import math
import re
from dataclasses import asdict, dataclass

STREAM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
CLOCK_SKEW_SECONDS = 300
PLAYBACK_WINDOW_SECONDS = 300
MAXIMUM_TOKEN = 1024


class BadToken(Exception):
    """Not ours, damaged, for something else, or too late. The message is for the log and holds no part of the token."""


@dataclass(frozen=True, kw_only=True)
class IngestClaim:
    """What an ingest token says: who may start sending what, until when."""

    stream_id: str
    brand_id: str
    kind: str
    host: str
    session_id: str
    expires_at: int
    keep_seconds: int = 0


def derived_key(secret_key: str, purpose: str) -> bytes:
    return hmac.new(secret_key.encode(), f"vetrina.live.{purpose}".encode(), hashlib.sha256).digest()


def sign_ingest(secret_key: str, claim: IngestClaim) -> str:
    body = _encode(json.dumps(asdict(claim), separators=(",", ":"), sort_keys=True).encode())
    return f"{body}.{_mac(secret_key, 'ingest', body)}"


def read_ingest(secret_key: str, token: str, *, now: float) -> IngestClaim:
    """The claim of a genuine token that may still start. Raises BadToken."""
    claim = read_ingest_of_running(secret_key, token)
    if claim.expires_at < now:
        raise BadToken("ingest token is too old to start with")
    return claim


def read_ingest_of_running(secret_key: str, token: str) -> IngestClaim:
    """The claim of a genuine token, however old: a session that started in time goes on. Raises BadToken."""
    body, _, signature = token.partition(".")
    if len(token) > MAXIMUM_TOKEN or not _same(signature, _mac(secret_key, "ingest", body)):
        raise BadToken("ingest token is not ours")
    try:
        claim = IngestClaim(**json.loads(_decode(body)))
    except (ValueError, TypeError, binascii.Error) as problem:
        raise BadToken("ingest token is damaged") from problem
    if not STREAM_ID.fullmatch(claim.stream_id):
        raise BadToken("ingest token names no stream")
    return claim


def sign_playback(secret_key: str, stream_id: str, *, expires_at: int) -> str:
    """`<expiry>.<signature>`, a path segment: relative URIs inherit it and a proxy or CDN can check and cache it."""
    return f"{expires_at}.{_mac(secret_key, 'playback', f'{stream_id}.{expires_at}')[:27]}"


def playback_expiry(*, now: float, ttl_seconds: float) -> int:
    """End of a grant, rounded up to a window, so that all viewers of a stream share one address."""
    return math.ceil((now + ttl_seconds) / PLAYBACK_WINDOW_SECONDS) * PLAYBACK_WINDOW_SECONDS


def check_playback(secret_key: str, stream_id: str, token: str, *, now: float) -> None:
    """Raises BadToken unless the token is genuine, for this stream, and not over."""
    expiry, _, _signature = token.partition(".")
    if not re.fullmatch(r"[0-9]{1,12}", expiry):
        raise BadToken("playback token has no expiry")
    if not _same(token, sign_playback(secret_key, stream_id, expires_at=int(expiry))):
        raise BadToken("playback token is not ours")
    if int(expiry) < now:
        raise BadToken("playback token is over")


def sign_message(secret_key: str, purpose: str, message: bytes, *, now: float) -> str:
    """`t=<seconds>,v1=<signature>`: a header for calls between our own processes."""
    at = str(int(now))
    return f"t={at},v1={_mac(secret_key, purpose, at.encode() + b'.' + message)}"


def check_message(secret_key: str, purpose: str, message: bytes, header: str, *, now: float) -> None:
    """Raises BadToken unless `header` signs `message` and was made within five minutes of `now`."""
    found = re.fullmatch(r"t=([0-9]{1,12}),v1=([A-Za-z0-9_-]{43})", header)
    if not found:
        raise BadToken("there is no signature")
    at, signature = found.groups()
    if not _same(signature, _mac(secret_key, purpose, at.encode() + b"." + message)):
        raise BadToken("the signature is not ours")
    if abs(now - int(at)) > CLOCK_SKEW_SECONDS:
        raise BadToken("the signature is too old or from the future")


def call_message(method: str, path: str, body: bytes) -> bytes:
    """What a call to the live process signs: a signature for one call is no good for another."""
    return method.encode() + b" " + path.encode() + b"\n" + body


def _mac(secret_key: str, purpose: str, message: str | bytes) -> str:
    raw = message.encode() if isinstance(message, str) else message
    return _encode(hmac.new(derived_key(secret_key, purpose), raw, hashlib.sha256).digest())


def _same(shown: str, ours: str) -> bool:
    return hmac.compare_digest(shown.encode(), ours.encode())


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
