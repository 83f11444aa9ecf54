"""Translations: each feature keeps its part, one catalogue is made of them.

`python -m tools.i18n` collects the strings of code and templates, says which Italian ones are missing and compiles;
`python -m tools.i18n compile` only compiles (what `make run` needs).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
TRANSLATIONS = ROOT / "shop" / "core" / "translations"
METHODS = [("templates/**", "jinja2"), ("**.html", "jinja2"), ("**.txt", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "N_": None}
OPTIONS = {"templates/**": {"trimmed": "true", "silent": "false"}, "**.html": {"trimmed": "true", "silent": "false"}}
SOURCES = ("shop", "livestream", "templates", "demo")


def parts() -> Iterator[tuple[str, Message]]:
    """Every entry of every part, with the part's name."""
    for part in sorted((TRANSLATIONS / "parts").glob("*.it.po")):
        with part.open("rb") as file:
            for message in read_po(file, locale="it"):
                if message.id and message.string:
                    yield part.name, message


def merged() -> Catalog:
    """All parts as one Italian catalogue."""
    catalog = Catalog(locale="it", charset="utf-8")
    for _part, message in parts():
        catalog.add(message.id, message.string, flags=message.flags)
    return catalog


def disagreements() -> list[str]:
    """The same English text with two Italian ones: a reader would meet both."""
    known: dict[object, tuple[object, str]] = {}
    found = []
    for part, message in parts():
        first = known.setdefault(message.id, (message.string, part))
        if first[0] != message.string:
            found.append(f"{message.id!r}: {first[1]} says {first[0]!r}, {part} says {message.string!r}")
    return found


def compile_catalog(catalog: Catalog) -> None:
    target = TRANSLATIONS / "it" / "LC_MESSAGES" / "messages.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        write_mo(file, catalog)


def collected() -> set[str | tuple[str, ...]]:
    """Every message id in code and templates."""
    found: set[str | tuple[str, ...]] = set()
    for source in SOURCES:
        rows = extract_from_dir(
            str(ROOT / source), METHODS, OPTIONS, KEYWORDS, comment_tags=(), strip_comment_tags=True
        )
        found.update(message for _file, _line, message, _comments, _context in rows if message)
    return found


def missing(catalog: Catalog) -> list[str]:
    """Ids without an Italian text."""
    gaps = []
    for message in sorted(collected(), key=str):
        key = message[0] if isinstance(message, tuple) else message
        entry = catalog.get(key)
        texts = entry.string if entry is not None else ""
        if not texts or (isinstance(texts, tuple) and not all(texts)):
            gaps.append(key)
    return gaps


def wrong_placeholders(catalog: Catalog) -> list[str]:
    """Translations that name other placeholders than their source."""
    names = re.compile(r"%\((\w+)\)|\{(\w+)\}")
    faults = []
    for message in catalog:
        if not message.id:
            continue
        sources = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
        texts = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        wanted = set(names.findall(str(sources[-1])))
        if any(set(names.findall(str(text))) - wanted for text in texts):
            faults.append(str(sources[0]))
    return faults


def main() -> int:
    catalog = merged()
    compile_catalog(catalog)
    if sys.argv[1:] == ["compile"]:
        return 0
    gaps = missing(catalog)
    for gap in gaps:
        sys.stdout.write(f"missing: {gap!r}\n")
    sys.stdout.write(f"{len(catalog)} translated, {len(gaps)} missing\n")
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())
