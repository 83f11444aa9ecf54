"""Structured logs with a request id; secrets, stream keys and tokens never reach them."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_NAMES = re.compile(r"(password|secret|token|authorization|cookie|api_key|stream_key|signature)", re.I)
_SECRET_VALUES = re.compile(r"(sk_(?:test|live)_|rk_(?:test|live)_|whsec_)[A-Za-z0-9]+|(/ingest/)[^/\s?]+")


def hide_secrets(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank out values whose name or shape says secret."""
    for name, value in line.items():
        if _SECRET_NAMES.search(name):
            line[name] = "[hidden]"
        elif isinstance(value, str):
            line[name] = _SECRET_VALUES.sub(lambda m: (m.group(1) or m.group(2)) + "[hidden]", value)
    return line


class _QuietProtocolNoise(logging.Filter):
    """Malformed packets make the socket library log a traceback each; a flood of them must not fill the disk."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return record.levelno >= logging.ERROR


def configure(level: str, fmt: str) -> None:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if fmt == "json":
        tail: list[Any] = [structlog.processors.format_exc_info, hide_secrets, structlog.processors.JSONRenderer()]
    else:
        # Plain tracebacks: the pretty ones print local variables, and those hold cookies and keys.
        plain = structlog.dev.plain_traceback
        tail = [hide_secrets, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    structlog.configure(
        processors=shared + tail,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    for name in ("engineio", "engineio.server", "socketio", "socketio.server"):
        logging.getLogger(name).addFilter(_QuietProtocolNoise())
