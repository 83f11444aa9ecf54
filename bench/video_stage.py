"""The pages of the latency benchmark, with the live process behind the same address as in the shop.

gunicorn -k gevent -w 1 bench.video_stage:app      SECRET_KEY, LIVE_ADDRESS and STREAM_ID from the environment
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from shop.core import runtime

runtime.patch("gevent")

from werkzeug.middleware.shared_data import SharedDataMiddleware  # noqa: E402
from werkzeug.wrappers import Request, Response  # noqa: E402

from livestream.video.provider import IngestKind, LiveStream  # noqa: E402
from livestream.video.providers.embedded.engine import EmbeddedEngine  # noqa: E402
from shop.core.front import Front  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
ENGINE = EmbeddedEngine(secret_key=os.environ["SECRET_KEY"], address=os.environ["LIVE_ADDRESS"])
STREAM = LiveStream(stream_id=os.environ["STREAM_ID"], brand_id="bench")


@Request.application
def grants(request: Request) -> Response:
    if request.path == "/grants/ingest":
        made = ENGINE.ingest_grant(STREAM, host="bench", kind=IngestKind.CHUNKS, ttl=timedelta(seconds=60))
        return _json({"kind": made.kind.value, "url": made.url, "token": made.token})
    if request.path == "/grants/playback":
        ways = ENGINE.playback_grant(STREAM.stream_id, viewer=None, ttl=timedelta(minutes=15))
        return _json([{"kind": w.kind.value, "url": w.url, "expires_at": w.expires_at.timestamp()} for w in ways])
    return Response(status=404)


def _json(data: Any) -> Response:
    return Response(json.dumps(data), mimetype="application/json", headers={"Cache-Control": "no-store"})


pages = SharedDataMiddleware(grants, {"/static": str(ROOT / "static"), "/video": str(ROOT / "bench" / "video")})
_front = Front(pages, {"/media-live": os.environ["LIVE_ADDRESS"]})


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return _front(environ, start_response)
