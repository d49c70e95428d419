import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from callflow.ids import LegId, RecordingId
from callflow.roles import Role
from callflow.wiring import Stream
from recording import journal as module
from recording.journal import Journal, JournalWriter, Kind, read_journal

pytestmark = pytest.mark.unit


LEG, RECORDING = LegId("leg_1"), RecordingId("recording_1")


def a_journal(path: Path) -> Journal:
    return Journal(LEG, RECORDING, Role.AGENT, path, threading.Event())


def soon(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_was_put_in_is_read_back(tmp_path: Path) -> None:
    writer = JournalWriter()
    journal = writer.open(LEG, RECORDING, Role.AGENT, tmp_path / "deep" / "a.tap")
    now = time.monotonic()
    journal.start("transport_1", {Stream.VOICE: {"payload_type": 111}})
    journal.rtp(Stream.VOICE, memoryview(b"voice packet"), now + 0.1)
    journal.rtp(Stream.SCREEN, memoryview(b"screen packet"), now + 0.2)
    journal.rtcp(b"report", now + 0.3)
    writer.stop()

    start, voice, screen, report = read_journal(journal.path)
    assert json.loads(start.body)["streams"] == {"voice": {"payload_type": 111}}
    assert (voice.kind, voice.stream, voice.body) == (Kind.RTP, Stream.VOICE, b"voice packet")
    assert (screen.stream, report.kind, report.body) == (Stream.SCREEN, Kind.RTCP, b"report")
    assert screen.seconds - voice.seconds == pytest.approx(0.1, abs=1e-5)


def test_the_file_is_flushed_while_the_call_goes_on_and_a_torn_end_is_ignored(tmp_path: Path) -> None:
    """L9, S4: a killed process loses half a second at most."""
    writer = JournalWriter()
    journal = writer.open(LEG, RECORDING, Role.AGENT, tmp_path / "a.tap")
    journal.rtcp(b"one", time.monotonic())
    soon(lambda: journal.path.exists() and len(list(read_journal(journal.path))) == 1)
    journal.rtcp(b"two", time.monotonic())
    soon(lambda: len(list(read_journal(journal.path))) == 2)
    journal.close()
    writer.stop()
    whole = journal.path.read_bytes()
    for cut in range(1, 14):
        (tmp_path / "torn.tap").write_bytes(whole[:-cut])
        assert [record.body for record in read_journal(tmp_path / "torn.tap")] == [b"one"]


def test_a_disk_that_stands_still_costs_records_and_says_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUEUE_BYTES", 1000)
    journal = a_journal(tmp_path / "a.tap")
    for _ in range(50):
        journal.rtp(Stream.VOICE, memoryview(bytes(100)), time.monotonic())
    journal.write()
    journal.rtcp(b"after", time.monotonic())
    journal.write()
    journal.finish()

    *packets, lost, after = read_journal(journal.path)
    assert lost.kind is Kind.LOST
    assert json.loads(lost.body) == {"records": 50 - len(packets)}
    assert journal.lost == 50 - len(packets) > 0
    assert after.body == b"after"


def test_a_second_life_of_the_process_writes_a_segment_of_its_own(tmp_path: Path) -> None:
    wanted = tmp_path / "a.tap"
    for life in (b"one", b"two", b"three"):
        writer = JournalWriter()
        writer.open(LEG, RECORDING, Role.AGENT, wanted).rtcp(life, time.monotonic())
        writer.stop()
    segments = [wanted, tmp_path / "a.tap.2", tmp_path / "a.tap.3"]
    assert [[record.body for record in read_journal(path)] for path in segments] == [[b"one"], [b"two"], [b"three"]]


def test_a_path_that_cannot_be_written_ends_one_tap_and_the_error_is_kept(tmp_path: Path) -> None:
    """L10: a failing disk is noticed, not found out at the end."""
    (tmp_path / "a").write_bytes(b"no folder")
    writer = JournalWriter()
    journal = writer.open(LEG, RECORDING, Role.AGENT, tmp_path / "a" / "a.tap")
    other = writer.open(LEG, RECORDING, Role.AGENT, tmp_path / "b.tap")
    soon(lambda: journal.failed is not None)
    other.rtcp(b"goes on", time.monotonic())
    writer.stop()
    assert (tmp_path / "a").read_bytes() == b"no folder"
    assert [record.body for record in read_journal(other.path)] == [b"goes on"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_ends_the_tap_and_not_the_thread(tmp_path: Path) -> None:
    """S16."""
    journal = a_journal(tmp_path / "a.tap")
    journal.write()
    journal._file = os.fdopen(os.open("/dev/full", os.O_WRONLY), "wb")  # pyright: ignore
    journal.rtcp(b"lost", time.monotonic())
    journal.write()
    assert journal.failed is not None
    journal.rtcp(b"not even queued", time.monotonic())
    journal.write()
    journal.finish()


@pytest.mark.parametrize("size", [0, 5])
def test_a_file_that_was_only_just_begun_holds_nothing_yet(tmp_path: Path, size: int) -> None:
    (tmp_path / "a.tap").write_bytes(module.MAGIC[:size])
    assert list(read_journal(tmp_path / "a.tap")) == []


def test_another_file_is_not_read_as_a_tap(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"something else")
    with pytest.raises(ValueError, match="not a tap"):
        next(read_journal(tmp_path / "x"))
