"""Who may touch the controls: people and programs on this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import Request


def comes_from_here(request: Request) -> bool:
    """True when every hop is a loopback address.

    A proxy adds the address it saw to X-Forwarded-For; a caller can add lies to that list but cannot take itself out.
    """
    hops = [request.remote_addr or "", *_forwarded(request)]
    return all(is_loopback(hop) for hop in hops)


def is_direct(request: Request) -> bool:
    """Straight to the sandbox's own port and by a loopback name, so that no web page can rebind a name to it."""
    host = urlsplit(f"//{request.host}").hostname or ""
    named = host == "localhost" or is_loopback(host)
    return named and comes_from_here(request) and "X-Forwarded-For" not in request.headers


def _forwarded(request: Request) -> list[str]:
    found = ",".join(request.headers.getlist("X-Forwarded-For"))
    return [hop.strip() for hop in found.split(",") if hop.strip()]


def is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False
