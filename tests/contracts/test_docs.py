"""The reference says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from tools import reference

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_reference_page_is_what_the_code_says(app: Flask, name: str) -> None:
    """When this fails, run `python -m tools.reference` and read the diff."""
    assert (reference.DOCS / name).read_text(encoding="utf-8") == reference.written(app)[name]


def test_every_test_id_of_the_templates_is_documented() -> None:
    page = (reference.DOCS / "testids.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`([a-z0-9-]+)`", page))
    used = set()
    for source in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static" / "js").rglob("*.js")]:
        used |= set(re.findall(r'data-testid="([a-z0-9-]+)"', source.read_text(encoding="utf-8")))
        used |= set(re.findall(r'testid="([a-z0-9-]+)"', source.read_text(encoding="utf-8")))
    assert used <= documented, sorted(used - documented)


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_adr_titles_are_decisions_in_order() -> None:
    files = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert [file.name[:4] for file in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
