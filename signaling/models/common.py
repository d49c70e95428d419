"""What the models of several subjects share: bounded texts, moments, references."""

import unicodedata
from datetime import UTC
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


class Model(BaseModel):
    """A value on the wire. It cannot be changed, and refuses members that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


def _without_controls(text: str) -> str:
    """Drop control characters except line feed, which no database or export takes well, and outer blanks."""
    kept = (c for c in text.replace("\r\n", "\n").replace("\t", " ") if c == "\n" or unicodedata.category(c) != "Cc")
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


Line = Annotated[str, Field(max_length=200), AfterValidator(_without_controls), AfterValidator(_one_line)]
"""One line of text, which may be empty."""
Name = Annotated[Line, Field(max_length=100), AfterValidator(_not_empty)]
"""One line of text with something in it."""
Text = Annotated[str, Field(max_length=1000), AfterValidator(_without_controls)]
"""Some lines, which may be empty."""
MessageText = Annotated[str, Field(max_length=4000), AfterValidator(_without_controls), AfterValidator(_not_empty)]
"""What somebody writes to somebody."""
Secret = Annotated[str, Field(min_length=1, max_length=256)]
"""A password: taken as it is, never shown."""
Key = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
"""A random string that a page makes up, so that a repeat is known as one."""
Moment = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]
"""A time with a zone, shown in UTC."""
Id = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
"""The name of a thing, as the server made it up: nothing that a database or a log could stumble over."""
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]
Seconds = Annotated[int, Field(ge=0, le=2**31 - 1)]
Recorded = Literal["recording", "paused", "announcing"]
"""What becomes of a talk that is recorded; first of all the customer may have to hear so."""


class Ref(Model):
    """Something by its id, with the name to show."""

    id: str
    name: str
