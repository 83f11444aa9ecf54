"""Where films lie: `DATA_DIR/clips/<id>/film.mp4` and `poster.jpg`, names made by us alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from shop.core import ids

_root: Path | None = None


def install(root: Path) -> None:
    """Use this folder (one per process, like the database)."""
    global _root
    _root = root


def folder_of(clip_id: str) -> Path:
    """A malformed id raises NotFound, so no outside text ever becomes a path."""
    if _root is None:
        raise RuntimeError("no folder of clips is installed")
    return _root / ids.encode("clip", ids.decode("clip", clip_id))


def film(clip_id: str) -> Path:
    return folder_of(clip_id) / "film.mp4"


def poster(clip_id: str) -> Path:
    return folder_of(clip_id) / "poster.jpg"


def drop(clip_id: str) -> None:
    """Delete the files. Harmless when repeated."""
    shutil.rmtree(folder_of(clip_id), ignore_errors=True)
