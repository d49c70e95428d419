"""The name of a file in a storage, from a template that a supervisor writes and facts that a customer may have chosen.

Nothing of the facts but ``A-Z a-z 0-9 . _ -`` survives, so no name leaves its folder, whatever a customer is called.
The last part always ends in the recording's id and the file's own name: no two files get the same name.
"""

import re
import string
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Final, NewType

from callflow.ids import RecordingId
from recording.storages.errors import Fault, StorageError

RemoteName = NewType("RemoteName", str)
"""Relative, parts split by ``/``; every part as `checked` wants it."""

DEFAULT_TEMPLATE: Final = "{year}/{month}/{day}/{call}-{queue}-{agent}-{customer}"
FIELDS: Final = frozenset(
    {"year", "month", "day", "hour", "minute", "second", "recording", "call", "queue", "agent", "customer", "direction"}
)
LONGEST_FIELD: Final = 40
LONGEST_PART: Final = 120
"""Servers stop at 255 bytes or earlier; `.part` and the file's own name come on top."""
DEEPEST: Final = 8
LONGEST_TEMPLATE: Final = 200
_FOREIGN: Final = re.compile(r"[^A-Za-z0-9._-]+")
_PART: Final = re.compile(r"(?=.{1,160}\Z)[A-Za-z0-9_][A-Za-z0-9._-]*(?<!\.)\Z")
_LITERAL: Final = re.compile(r"[A-Za-z0-9._/-]*\Z")
_DEVICES: Final = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\Z)")
"""Windows takes these for devices, in every folder and with any ending."""


class TemplateError(ValueError):
    """A template cannot be used; the message is a sentence for who wrote it."""


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What a name may tell of a recording. Texts are taken as they are, hostile or empty."""

    recording: RecordingId
    began: datetime
    """In the time zone that the names are to show."""
    call: str
    queue: str
    agent: str
    customer: str
    direction: str


def check_template(template: str) -> None:
    """Raise `TemplateError` unless every recording gets a usable name by it."""
    if not template or len(template) > LONGEST_TEMPLATE:
        raise TemplateError(f"The path has 1 to {LONGEST_TEMPLATE} characters.")
    if template.startswith("/"):
        raise TemplateError("The path begins in the user's own folder on the server, so it cannot start with “/”.")
    parts = template.split("/")
    if "" in parts:
        raise TemplateError("The path cannot end in “/” or have two “/” side by side.")
    if len(parts) > DEEPEST:
        raise TemplateError(f"The path has at most {DEEPEST} parts.")
    for part in parts:
        for literal in _literals(part):
            if not _LITERAL.match(literal):
                raise TemplateError("Beside the fields in braces a path has Latin letters, digits, and “. _ - /” only.")
        if part.startswith((".", "-")) or ".." in part or part.endswith("."):
            raise TemplateError(
                "No part of the path begins with “.” or “-”, ends in “.”, or has two dots side by side."
            )


def fixed_folder(template: str) -> str:
    """Return the folder that all names of a template lie in, "" for the user's own: where a test upload goes."""
    return "/".join(takewhile(lambda part: "{" not in part, template.split("/")[:-1]))


def probe_name(folder: str) -> RemoteName:
    """Return the name for a test upload, as long as that of a recording may be.

    It is always the same, so that tests that were cut off in the middle leave one file behind and not thousands.
    """
    name = "parley-test-".ljust(LONGEST_PART, "x")
    return checked(f"{folder}/{name}" if folder else name)


def _literals(part: str) -> list[str]:
    """Return what stands between the fields. Raises `TemplateError` for fields that are not ours."""
    try:
        pieces = list(string.Formatter().parse(part))
    except ValueError:
        raise TemplateError(
            "Each “{” in the path needs its “}”, and braces stand around a field's name only."
        ) from None
    for _, field, form, conversion in pieces:
        if field is not None and (field not in FIELDS or form or conversion):
            known = ", ".join(f"{{{each}}}" for each in sorted(FIELDS))
            raise TemplateError(f"“{{{field}}}” is no field of a path. There are {known}.")
    return [literal for literal, *_ in pieces]


def remote_name(template: str, facts: NameFacts, file: str) -> RemoteName:
    """Return the name of one file of a recording, for example its ``voice.webm``.

    Raises `TemplateError`, and `StorageError` where the id or the file's name is none of ours.
    """
    check_template(template)
    if not _PART.match(facts.recording) or not _PART.match(file):
        raise StorageError(Fault.BAD_NAME, "The recording's own name holds characters that no name has.")
    values = _values(facts)
    *folders, last = [_part(part, values) for part in template.split("/")]
    stem = last.removesuffix(facts.recording).rstrip("-")[: LONGEST_PART - len(facts.recording) - 1].rstrip(".-")
    own = f"{stem}-{facts.recording}" if stem else facts.recording
    return checked("/".join([*folders, f"{own}.{file}"]))


def _values(facts: NameFacts) -> Mapping[str, str]:
    began = facts.began
    texts = {
        "call": facts.call,
        "queue": facts.queue,
        "agent": facts.agent,
        "customer": facts.customer,
        "direction": facts.direction,
    }
    numbers = {
        "year": f"{began:%Y}",
        "month": f"{began:%m}",
        "day": f"{began:%d}",
        "hour": f"{began:%H}",
        "minute": f"{began:%M}",
        "second": f"{began:%S}",
        "recording": facts.recording,
    }
    return numbers | {field: cleaned(text) for field, text in texts.items()}


def cleaned(text: str) -> str:
    """Return what a name may keep of a text, `unknown` if that is nothing: é becomes e, others an underscore."""
    plain = unicodedata.normalize("NFKD", text[: LONGEST_FIELD * 4]).encode("ascii", "ignore").decode("ascii")
    kept = re.sub(r"\.{2,}", ".", _FOREIGN.sub("_", plain)).strip("._-")[:LONGEST_FIELD].rstrip("._-")
    return kept or "unknown"


def _part(template: str, values: Mapping[str, str]) -> str:
    part = template.format_map(values)[:LONGEST_PART].rstrip(".-")
    return f"_{part}" if _DEVICES.match(part) else part


def checked(name: str) -> RemoteName:
    """Return the name if it can go to a storage. Raises `StorageError`."""
    parts = name.split("/")
    if len(parts) > DEEPEST or not all(_PART.match(part) and ".." not in part for part in parts):
        raise StorageError(Fault.BAD_NAME, "A file's name holds characters that no name has.")
    return RemoteName(name)
