"""Both languages are complete, and translations fit their placeholders."""

from __future__ import annotations

from tools import i18n


def test_every_string_has_an_italian_text() -> None:
    assert i18n.missing(i18n.merged()) == []


def test_translations_name_the_placeholders_of_their_source() -> None:
    assert i18n.wrong_placeholders(i18n.merged()) == []


def test_parts_agree_with_each_other() -> None:
    assert i18n.disagreements() == []
