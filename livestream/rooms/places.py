"""Places in a show as cards of messages name them.

`evening-walk` is the stream, `evening-walk@83` a second of its recording, `evening-walk@show83` a second of the show,
counted from its beginning: what somebody knows who asks while it is on air. The replay finds the same picture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WRITTEN = re.compile(r"(?P<slug>[^@]*)(?:@(?P<show>show)?(?P<second>[0-9]{1,6}))?")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A stream, perhaps at a second; `of_show` says what is counted."""

    slug: str
    second: int | None = None
    of_show: bool = False


def read_ref(ref: str) -> Place:
    """What does not read as a second counts as none."""
    found = _WRITTEN.fullmatch(ref)
    if found is None:
        return Place(slug=ref.partition("@")[0])
    second = found["second"]
    return Place(slug=found["slug"], second=int(second) if second else None, of_show=bool(found["show"]))


def show_ref(slug: str, second: int) -> str:
    """A second of the show."""
    return f"{slug}@show{second}"
