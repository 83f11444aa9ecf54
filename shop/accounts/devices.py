"""A browser's name for its owner: enough to recognise it in a list."""

from __future__ import annotations

from shop.core.i18n import gettext

# Order matters: Edge and Opera also say Chrome, and Chrome also says Safari.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)  # fmt: skip


def device_name(user_agent: str) -> str:
    """`Firefox, Windows`; the first words of anything else."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    known = ", ".join(part for part in (browser, system) if part)
    return known or user_agent[:40] or str(gettext("Unknown browser"))
