"""Hang-ups on disk: what is read of them is not believed."""

import json
import os
import stat
from pathlib import Path

import pytest

from callflow.call import Role
from callflow.events import HungUp
from callflow.hangup_journal import LONGEST, NAME, HangupJournal, hangups_in, line_of
from callflow.ids import AgentId, CallId
from callflow.unended import Unended

pytestmark = pytest.mark.unit

CALL, AGENT = CallId("call_1"), AgentId("user_1")
BY_CUSTOMER, BY_AGENT = HungUp(Role.CUSTOMER), HungUp(Role.AGENT, AGENT)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        json.dumps({"call": CALL, "by": "customer"}).encode(),
        json.dumps({"call": CALL, "by": "customer", "agent": None, "more": 1}).encode(),
        json.dumps({"call": CALL, "by": "customer", "agent": AGENT}).encode(),
        json.dumps({"call": CALL, "by": "agent", "agent": None}).encode(),
        json.dumps({"call": CALL, "by": "supervisor", "agent": AGENT}).encode(),
        json.dumps({"call": "../call", "by": "customer", "agent": None}).encode(),
        json.dumps({"call": "c" * 41, "by": "customer", "agent": None}).encode(),
        json.dumps({"call": 1, "by": "customer", "agent": None}).encode(),
        line_of(CALL, BY_AGENT).strip()[:-1],
    ],
)
def test_a_line_that_is_no_hang_up_is_passed_over_and_harms_no_other(line: bytes) -> None:
    """S17: damaged, torn or made up."""
    content = line_of(CALL, BY_AGENT) + line + line_of(CALL, BY_CUSTOMER)
    assert list(hangups_in(content)) == [(CALL, BY_AGENT), (CALL, BY_CUSTOMER)]
    assert list(hangups_in(line)) == []


async def test_what_is_kept_is_on_disk_for_this_user_only_and_outlasts_a_torn_end(tmp_path: Path) -> None:
    """S17: what a power cut left half written spoils nothing that comes after it."""
    journal = HangupJournal(tmp_path)
    assert await journal.read() == []
    await journal.keep(CALL, BY_AGENT)
    path = tmp_path / NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(path.read_bytes()[:-9])
    await journal.keep(CALL, BY_CUSTOMER)
    assert await HangupJournal(tmp_path).read() == [(CALL, BY_CUSTOMER)]
    path.write_bytes(b"x" * LONGEST + line_of(CALL, BY_AGENT))
    assert await journal.read() == [], "a file that is too long is not read to its end"
    await journal.clear()
    await journal.clear()
    assert await journal.read() == []


async def test_each_hang_up_is_synchronised_before_it_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S17: file and folder at first, then the file."""
    synchronised: list[bool] = []
    real = os.fsync

    def fsync(file: int) -> None:
        synchronised.append(stat.S_ISDIR(os.fstat(file).st_mode))
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    journal = HangupJournal(tmp_path)
    await journal.keep(CALL, BY_AGENT)
    await journal.keep(CALL, BY_CUSTOMER)
    assert synchronised == [False, True, False]


async def test_a_disk_that_refuses_as_well_does_not_refuse_the_hang_up(tmp_path: Path) -> None:
    """S17: then it is kept in memory; a planted link is not followed."""
    (tmp_path / "elsewhere").touch()
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
    unended = Unended(HangupJournal(tmp_path))
    await unended.keep(CALL, BY_AGENT)
    assert unended.all() == [(CALL, BY_AGENT)]
    assert (tmp_path / "elsewhere").read_bytes() == b""
