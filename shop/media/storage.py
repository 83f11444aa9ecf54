"""Where cleaned pictures lie: `DATA_DIR/media/<id>/<width>.webp`, names made by us alone."""

from __future__ import annotations

from pathlib import Path

from shop.core import ids

_root: Path | None = None


def install(root: Path) -> None:
    """Use this folder (one per process, like the database)."""
    global _root
    _root = root


def path_of(image_id: str, width: int) -> Path:
    """The file's place; a malformed id raises NotFound, so no outside text ever becomes a path."""
    if _root is None:
        raise RuntimeError("no media folder is installed")
    return _root / ids.encode("img", ids.decode("img", image_id)) / f"{int(width)}.webp"


def write(image_id: str, width: int, data: bytes) -> None:
    """Whole or not at all: a reader never sees half a file."""
    path = path_of(image_id, width)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_bytes(data)
    partial.replace(path)


def nearest(image_id: str, width: int) -> Path | None:
    """The file of this width, else of the next larger one, else the largest; None without any."""
    exact = path_of(image_id, min(width, 100_000))
    if exact.is_file():
        return exact
    widths = sorted(int(file.stem) for file in exact.parent.glob("*.webp"))
    if not widths:
        return None
    return path_of(image_id, next((step for step in widths if step >= width), widths[-1]))
