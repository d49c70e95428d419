"""What people type is cleaned and compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.errors import InvalidError
from conversations.threads.addresses import normalise
from conversations.tokens import token_hash
from conversations.values import clean_line, clean_text

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("+385 (91) 234-5678", "+385912345678"),
        ("00385 91 234 5678", "+385912345678"),
        ("091 234 5678", "0912345678"),
        (" Ada.Lovelace@Example.ORG ", "ada.lovelace@example.org"),
        ("Ada", None),
        ("12345", None),
        ("+1234567890123456", None),
        ("ada@home", None),
        ("<ada@example.org>", None),
        ("Room 101, 2nd floor", None),
    ],
)
def test_one_address_has_one_spelling(typed: str, address: str | None) -> None:
    """PLUS-11, LNK-09."""
    assert normalise(typed) == address


@given(st.text(max_size=60))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    """PLUS-11."""
    once = normalise(text)
    assert once is None or normalise(once) == once


@given(st.text(max_size=200))
def test_cleaned_text_has_no_controls_but_line_feeds_and_tabs(text: str) -> None:
    try:
        cleaned = clean_text("text", text, 100)
    except InvalidError:
        return
    assert 1 <= len(cleaned) <= 100
    assert not any((ord(char) < 32 and char not in "\n\t") or 127 <= ord(char) < 160 for char in cleaned)


def test_what_no_database_takes_is_taken_out() -> None:
    """JSON can carry a lone surrogate and a NUL; neither may reach a driver."""
    assert clean_text("text", "a\x00b\ud800c", 20) == "abc"
    assert len(token_hash("\udcff")) == 64


def test_a_line_has_single_spaces_and_a_text_keeps_its_lines() -> None:
    assert clean_line("name", "  Ada \t\n Lovelace\x00 ", 20) == "Ada Lovelace"
    assert clean_text("text", "one\r\ntwo\x1b\n", 20) == "one\ntwo"
    with pytest.raises(InvalidError) as invalid:
        clean_line("name", "x" * 21, 20)
    assert (invalid.value.code, invalid.value.field) == ("invalid", "name")
