"""Nobody can pretend to be a brand, the staff or another person."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from shop.accounts.confusables import skeleton
from shop.accounts.errors import NameRefused
from shop.accounts.names import clean_display_name, clean_handle
from shop.accounts.service import create_account
from shop.brands.service import create_brand
from shop.core.errors import InvalidInput

PASSWORD = "una frase lunga"

IMPERSONATIONS = [
    "Passo Volante",
    "passo volante",
    "PASSO VOLANTE",
    "PassoVolante",
    "Passo-Volante",
    "Passo_Volante",
    "Passo.Volante",
    "Pass0 Volante",
    "Passo Vo1ante",
    "Passo VoIante",
    "P4sso Vol4nte",
    "Pa55o Volante",
    "Pássó Vòlànte",
    "Ｐａｓｓｏ Ｖｏｌａｎｔｅ",
    "𝐏𝐚𝐬𝐬𝐨 𝐕𝐨𝐥𝐚𝐧𝐭𝐞",
    "Ⓟⓐⓢⓢⓞ Ⓥⓞⓛⓐⓝⓣⓔ",
    "Pаsso Volante",  # Cyrillic а
    "Раѕѕо Volante",  # a word wholly in Cyrillic
    "Passo Vοlante",  # Greek ο
    "Passo\u200bVolante",  # zero width space
    "Passo\u00adVolante",  # soft hyphen
    "Passo\u2060Volante",  # word joiner
    "\u202eetnaloV ossaP",  # right-to-left override
    "\u2066Passo Volante\u2069",  # isolate
    "Passo\u3164Volante",  # Hangul filler, looks like a space
    "Passo\u2800Volante",  # Braille blank
    "Passo\tVolante",
    "Passo\nVolante",
    "Passo\x00Volante",
    "Passo\ud800Volante",
    "Passo Volante ✓",
    "Passo Volante Official",
    "Official Passo Volante",
    "The real Passo Volante",
    "Passo Volante Support",
    "Vetrina",
    "Vetrina Team",
    "Vetr1na",
    "Vеtrinа",  # Cyrillic е, а
    "VETRlNA",
    "Official",
    "Off1cial",
    "0fficial shop",
    "Ufficiale",
    "Admin",
    "4dmin",
    "admin 2",
    "Moderator",
    "Support",
    "Assistenza clienti",
    "Staff",
    "Z̷̢̛̮̈́a̸̡̛͎l̴g̵o",
    "P̈̈̈̈asso",
    "✓✓✓",
    "™",
    "   ",
    "\u200b\u200b\u200b",
    "🙂🙂",
    "x" * 41,
    "x" * 100_000,
    "Аnnа",  # Latin nn between Cyrillic letters
    "\ue000Anna",  # private use
]

GOOD_NAMES = [
    "Anna",
    "Giulia Neri",
    "Nicolò D'Angelo",
    "Jean-Luc",
    "Zoë",
    "Łukasz",
    "Мария",
    "Мария Petrova",  # one script per word, two in the name
    "Ελένη",
    "田中さくら",
    "김민수",
    "نور",
    "Nguyễn Thị",
    "Anna 38",
    "Marco_R",
    "Stafford",
    "Ada Minetti",
]


@pytest.fixture
def brand(session: Session) -> None:
    owner = create_account(session, email="marta@example.test", password=PASSWORD, display_name="Marta", confirmed=True)
    create_brand(session, slug="passo-volante", name="Passo Volante", owner_id=owner.id)


@pytest.mark.parametrize("name", IMPERSONATIONS)
def test_impersonation_is_refused(session: Session, brand: None, name: str) -> None:
    with pytest.raises(NameRefused) as refusal:
        clean_display_name(session, name)
    assert list(refusal.value.fields) == ["display_name"]


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_names_of_the_world_are_welcome(session: Session, brand: None, name: str) -> None:
    assert clean_display_name(session, name)


@pytest.mark.parametrize(
    "handle",
    ["an", "a" * 31, "anna!", "an na", ".anna", "anna.", "an..na", "12345", "passovolante", "passo_volante", "vetrina.it",
     "official", "admin", "support1", "аnna", "pa\u200bsso", "😀😀😀", ""],
)  # fmt: skip
def test_bad_handles_are_refused(session: Session, brand: None, handle: str) -> None:
    with pytest.raises(NameRefused):
        clean_handle(session, handle)


@pytest.mark.parametrize(
    ("typed", "kept"), [("@Anna", "anna"), ("giulia.neri", "giulia.neri"), ("marco_r38", "marco_r38")]
)
def test_good_handles_are_kept(session: Session, brand: None, typed: str, kept: str) -> None:
    assert clean_handle(session, typed) == kept


def test_look_alike_of_a_handle_is_taken(session: Session) -> None:
    create_account(session, email="g@example.test", password=PASSWORD, display_name="Giulia", handle="giulia")
    with pytest.raises(InvalidInput) as refusal:
        create_account(session, email="h@example.test", password=PASSWORD, display_name="Other", handle="giu1ia")
    assert list(refusal.value.fields) == ["handle"]


def test_second_anna_gets_another_handle(session: Session) -> None:
    first = create_account(session, email="a@example.test", password=PASSWORD, display_name="Anna")
    second = create_account(session, email="b@example.test", password=PASSWORD, display_name="Anna")
    assert first.handle == "anna"
    assert second.handle.startswith("anna") and second.handle != "anna"
    assert second.display_name == "Anna"


def test_brands_do_not_look_like_each_other(session: Session, brand: None) -> None:
    zed = create_account(session, email="z@example.test", password=PASSWORD, display_name="Zed")
    for name in ("PASSO VOLANTE", "Pass0 Volante", "Раѕѕо Vоlаntе", "Vetrina Official"):
        with pytest.raises(NameRefused):
            create_brand(session, slug="another", name=name, owner_id=zed.id)


def test_skeleton_folds_what_looks_the_same() -> None:
    assert skeleton("Раѕѕо Vоlаntе") == skeleton("passo-volante") == skeleton("PASSO VOIANTE")
    assert skeleton("Terralume") == skeleton("Terra1ume")
    assert skeleton("modern") == skeleton("modem")
    assert skeleton("anna") != skeleton("anne")
