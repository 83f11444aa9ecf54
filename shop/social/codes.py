"""The picture of a code for the other phone's camera."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup


def qr_svg(address: str, label: str) -> Markup:
    """The address as a QR code, dark on white in both themes because cameras want it so. No inline style (CSP)."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", border=2, dark="#1E1815", light="#ffffff", xmldecl=False, svgns=True, omitsize=True,
        svgclass="friend-code__qr", lineclass=None, title=label,
    )  # fmt: skip
    return Markup(drawn.getvalue().decode())  # segno escapes the title; the rest are numbers
