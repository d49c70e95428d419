"""Small things about values that people send: cleaning text, and telling "empty" from "not sent"."""

import re
from enum import Enum

from conversations.errors import InvalidError

# C0 controls (but line feed and tab), DEL, and C1: invisible, and harmful in terminals, exports and logs.
# Lone surrogates, which JSON can carry, are no characters: no database takes them.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "unset"


UNSET = Unset.UNSET
"""The default of a change to a field for which None is a value."""


def storable(value: str) -> str:
    """Return text without what cannot be stored or seen."""
    return _CONTROLS.sub("", value)


def clean_text(field: str, value: str, limit: int, *, least: int = 1) -> str:
    """Return text of several lines without control characters and outer white space.

    Raises InvalidError unless `least` to `limit` characters remain.
    """
    text = storable(value.replace("\r\n", "\n")).strip()
    if not least <= len(text) <= limit:
        raise InvalidError(field, f"This needs {least} to {limit} characters.")
    return text


def clean_line(field: str, value: str, limit: int, *, least: int = 1) -> str:
    """Return one line of text: runs of white space become one space. Raises InvalidError like `clean_text`."""
    return clean_text(field, " ".join(value.split()), limit, least=least)
