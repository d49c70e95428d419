"""Names from templates and from what customers call themselves."""

import random
import string
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.ids import RecordingId
from recording.storages.errors import Fault, StorageError
from recording.storages.names import (
    DEFAULT_TEMPLATE,
    NameFacts,
    TemplateError,
    check_template,
    checked,
    cleaned,
    fixed_folder,
    probe_name,
    remote_name,
)

pytestmark = pytest.mark.unit

ALLOWED = set(string.ascii_letters + string.digits + "._-")
BEGAN = datetime(2026, 11, 22, 9, 5, 7, tzinfo=UTC)
HOSTILE = [
    "", " ", ".", "..", "../../etc/passwd", "/etc/passwd", "C:\\Windows\\x", "\\\\host\\share", "a/b/c",
    "....//....//x",
    "a\x00b", "a\r\nDELE x", "\r\n", "%2e%2e%2f", "~root", "-rf", "--help", "$(reboot)", "`id`", "|cat", "; rm -rf /",
    "'; DROP TABLE x; --", "<script>", "{recording}", "{0.__class__}", "con", "NUL", "com1.txt", "aux.", "x.part",
    ".htaccess",
    "Zoë", "Ωμέγα", "名前", "🎧🎧", "a\u202egpj.exe", "a\u0300" * 200, "x" * 5000, "." * 300, "-" * 300, "_" * 300,
    "\ufeffname", "a b\tc", "*?\"<>|:", "name\x7f", "ﬁle", "\uff21\uff0f\uff22", "‥", "a..b", "a...b",
]  # fmt: skip


def facts(text: str, recording: str = "rec_0123456789abcdef0123") -> NameFacts:
    return NameFacts(RecordingId(recording), BEGAN, f"call_{text}", text, text, text, text)


def hostile_names() -> list[str]:
    """Return 200 of them: those above, and random ones of the same makings."""
    chance = random.Random(27)
    pieces = [*HOSTILE, "/", "..", "\\", "\x00", "\r\n", "~", ":", " "]
    return HOSTILE + ["".join(chance.choices(pieces, k=4)) for _ in range(200 - len(HOSTILE))]


@pytest.mark.parametrize(
    "template", [DEFAULT_TEMPLATE, "{customer}/{agent}/{customer}", "{customer}.{queue}", "x/{call}"]
)
def test_of_200_hostile_names_none_leaves_its_folder_and_no_two_meet(template: str) -> None:
    """S27, FTP-01."""
    names: set[str] = set()
    for number, text in enumerate(hostile_names()):
        name = remote_name(template, facts(text, f"rec_{number:020}"), "voice.webm")
        for part in name.split("/"):
            assert set(part) <= ALLOWED
            assert part[0] not in ".-"
            assert ".." not in part
            assert 0 < len(part) <= 160
            assert part.partition(".")[0].lower() not in ("con", "nul", "aux", "com1")
        assert not PurePosixPath(name).is_absolute()
        assert name.endswith(f"rec_{number:020}.voice.webm")
        assert checked(name) == name
        names.add(name.lower())
    assert len(names) == 200


@given(st.text(), st.text())
def test_any_text_becomes_a_name(customer: str, agent: str) -> None:
    """Never empty, never more than a part of a path."""
    given_facts = NameFacts(RecordingId("rec_1"), BEGAN, customer, customer, agent, customer, agent)
    name = remote_name("{customer}/{agent}-{call}", given_facts, "voice.webm")
    assert set(name) <= ALLOWED | {"/"}
    assert name.count("/") == 1
    assert set(cleaned(customer)) <= ALLOWED


def test_a_template_says_where_files_lie_and_the_recordings_id_is_always_in_the_name() -> None:
    """FTP-01: the path template."""
    one = NameFacts(RecordingId("rec_1"), BEGAN, "call_7", "Sales & Co", "Ann Lee", "Zoë Müller", "inbound")
    assert remote_name(DEFAULT_TEMPLATE, one, "voice.webm") == (
        "2026/11/22/call_7-Sales_Co-Ann_Lee-Zoe_Muller-rec_1.voice.webm"
    )
    assert remote_name("a/{recording}", one, "manifest.json") == "a/rec_1.manifest.json"
    assert remote_name("{hour}{minute}{second}-{recording}", one, "voice.webm") == "090507-rec_1.voice.webm"
    assert fixed_folder("upload/parley/{year}/{call}") == "upload/parley"
    assert fixed_folder("{call}") == ""
    assert checked(probe_name("upload/parley")).startswith("upload/parley/parley-test-")


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("", "1 to 200 characters"),
        ("x" * 201, "1 to 200 characters"),
        ("/abs/{call}", "cannot start"),
        ("a/{call}/", "cannot end"),
        ("a//{call}", "side by side"),
        ("../{call}", "two dots"),
        ("a/.hidden", "begins with"),
        ("-x", "begins with"),
        ("a./{call}", "ends in"),
        ("a b/{call}", "Latin letters"),
        ("a\\{call}", "Latin letters"),
        ("ü{call}", "Latin letters"),
        ("{call}\r\nDELE x", "Latin letters"),
        ("{caller}", "no field"),
        ("{}", "no field"),
        ("{call!r}", "no field"),
        ("{call:>9}", "no field"),
        ("{call.__class__}", "no field"),
        ("{call", "needs its"),
        ("call}", "needs its"),
        ("a/b/c/d/e/f/g/h/{call}", "at most 8"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_with_a_sentence(template: str, sentence: str) -> None:
    """FTP-01."""
    with pytest.raises(TemplateError, match=sentence):
        check_template(template)


@pytest.mark.parametrize(
    "name", ["", "/x", "a//b", "../x", "a/../b", "a\nb", "a b", ".x", "x.", "-x", "x" * 161, "é", "x\n"]
)
def test_a_storage_takes_no_name_that_was_not_made_here(name: str) -> None:
    """S27."""
    with pytest.raises(StorageError) as error:
        checked(name)
    assert error.value.fault is Fault.BAD_NAME
