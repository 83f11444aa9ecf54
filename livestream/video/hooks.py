"""Reports of the video engine."""

from __future__ import annotations

from flask import Blueprint, Response, request

from livestream.video import engines, service
from livestream.video.provider import EventRefused, RawEvent
from shop.core.errors import InvalidInput
from shop.core.i18n import N_
from shop.core.policy import MACHINE, policy
from shop.core.web import csrf

bp = Blueprint("video_hooks", __name__)


class ReportRefused(InvalidInput):
    """The report is not signed by our engine, or too old."""

    code = "report_refused"
    http_status = 400
    message = N_("We could not read that request.")


@bp.post("/hooks/live")
@csrf.exempt  # type: ignore[untyped-decorator]  # flask-wtf ships no types
@policy(MACHINE)
def receive() -> Response:
    """The engine verifies the untouched body; what it says then is applied once by the report's id."""
    raw = RawEvent(body=request.get_data(cache=False), headers=dict(request.headers))
    try:
        events = engines.engine().parse_event(raw)
    except EventRefused:
        raise ReportRefused from None
    service.take_events(events)
    return Response(status=204)
