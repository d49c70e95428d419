import errno
import json
import os
import threading
import time
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from random import Random

import pytest

from callflow.ids import LegId, RecordingId
from callflow.roles import Role
from callflow.wiring import Stream
from recording import journal as module
from recording.journal import Journal, JournalWriter, boot_id
from recording.records import Kind, Record, facts_of, read_journal
from recording.taps import was_closed

pytestmark = pytest.mark.unit


LEG, RECORDING = LegId("leg_1"), RecordingId("recording_1")


def a_journal(path: Path) -> Journal:
    return Journal(LEG, RECORDING, path, threading.Event(), Role.AGENT)


def packets_of(path: Path) -> list[Record]:
    return [record for record in read_journal(path) if record.kind is not Kind.END]


def soon(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_was_put_in_is_read_back(tmp_path: Path) -> None:
    writer = JournalWriter()
    journal = writer.open(LEG, RECORDING, tmp_path / "deep" / "a.tap", Role.AGENT)
    now = time.monotonic()
    journal.start("transport_1", {Stream.VOICE: {"payload_type": 111}})
    journal.rtp(Stream.VOICE, memoryview(b"voice packet"), now + 0.1)
    journal.rtp(Stream.SCREEN, memoryview(b"screen packet"), now + 0.2)
    journal.rtcp(b"report", now + 0.3)
    writer.stop()

    start, voice, screen, report, end = read_journal(journal.path)
    facts = facts_of(start)
    assert (facts["streams"], facts["role"]) == ({"voice": {"payload_type": 111}}, "agent")
    assert facts["boot"] == boot_id()
    assert facts["monotonic"] + start.seconds == pytest.approx(now, abs=0.05)
    assert facts["began"] == pytest.approx(time.time(), abs=5)
    assert (end.kind, facts_of(end)) == (Kind.END, {"lost": 0})
    assert (voice.kind, voice.stream, voice.body) == (Kind.RTP, Stream.VOICE, b"voice packet")
    assert (screen.stream, report.kind, report.body) == (Stream.SCREEN, Kind.RTCP, b"report")
    assert screen.seconds - voice.seconds == pytest.approx(0.1, abs=1e-5)


def test_the_file_is_flushed_while_the_call_goes_on_and_a_torn_end_is_ignored(tmp_path: Path) -> None:
    """L9, S4: a killed process loses half a second at most."""
    writer = JournalWriter()
    journal = writer.open(LEG, RECORDING, tmp_path / "a.tap", Role.AGENT)
    journal.rtcp(b"one", time.monotonic())
    soon(lambda: journal.path.exists() and len(list(read_journal(journal.path))) == 1)
    journal.rtcp(b"two", time.monotonic())
    soon(lambda: len(list(read_journal(journal.path))) == 2)
    journal.close()
    writer.stop()
    *records, end = read_journal(journal.path)
    assert (end.kind, len(records), was_closed(journal.path)) == (Kind.END, 2, True)
    whole = journal.path.read_bytes()[: -12 - len(end.body)]
    for cut in range(1, 14):
        (tmp_path / "torn.tap").write_bytes(whole[:-cut])
        assert not was_closed(tmp_path / "torn.tap")
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

    *packets, lost, after = packets_of(journal.path)
    assert lost.kind is Kind.LOST
    assert json.loads(lost.body) == {"records": 50 - len(packets)}
    assert journal.lost == 50 - len(packets) > 0
    assert after.body == b"after"


def test_a_second_life_of_the_process_writes_a_segment_of_its_own(tmp_path: Path) -> None:
    wanted = tmp_path / "a.tap"
    for life in (b"one", b"two", b"three"):
        writer = JournalWriter()
        writer.open(LEG, RECORDING, wanted, Role.AGENT).rtcp(life, time.monotonic())
        writer.stop()
    segments = [wanted, tmp_path / "a.tap.2", tmp_path / "a.tap.3"]
    assert [[record.body for record in packets_of(path)] for path in segments] == [[b"one"], [b"two"], [b"three"]]


def test_a_path_that_cannot_be_written_ends_one_tap_and_the_error_is_kept(tmp_path: Path) -> None:
    """L10: a failing disk is noticed, not found out at the end."""
    (tmp_path / "a").write_bytes(b"no folder")
    writer = JournalWriter()
    journal = writer.open(LEG, RECORDING, tmp_path / "a" / "a.tap", Role.AGENT)
    other = writer.open(LEG, RECORDING, tmp_path / "b.tap", Role.AGENT)
    soon(lambda: journal.failed is not None)
    other.rtcp(b"goes on", time.monotonic())
    writer.stop()
    assert (tmp_path / "a").read_bytes() == b"no folder"
    assert [record.body for record in packets_of(other.path)] == [b"goes on"]


class Disk:
    """A disk with so much room: writes are cut short at its end, and then refused."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self.room = room
        disk = self

        class File(FileIO):
            def write(self, data: memoryview, /) -> int:  # pyright: ignore
                if not disk.room:
                    raise OSError(errno.ENOSPC, "No space left on device")
                written = super().write(data[: disk.room])
                disk.room -= written
                return written

        monkeypatch.setattr(Path, "open", lambda path, mode, buffering: File(path, mode))  # pyright: ignore
        monkeypatch.setattr(module, "RETRY_S", 0.0)


def test_a_tap_on_a_full_disk_goes_on_in_a_new_segment_and_says_what_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S16: at every size of the room that is left, what was written before and after is read back."""
    for room in (0, 7, 13, 100, 300, 400):
        disk = Disk(monkeypatch, room)
        journal = a_journal(tmp_path / f"{room}.tap")
        journal.start("transport_1", {Stream.VOICE: {"payload_type": 111}})
        for number in range(10):
            journal.rtp(Stream.VOICE, memoryview(b"%07d" % number), time.monotonic())
        assert journal.write()
        assert journal.failed is not None
        assert "No space" in journal.failed
        journal.rtcp(b"not even queued", time.monotonic())
        journal.start("transport_2", {Stream.VOICE: {"payload_type": 96}})
        assert not journal.write()
        disk.room = 1 << 20
        assert journal.write()
        assert journal.failed is None
        journal.rtcp(b"after", time.monotonic())
        journal.write()
        journal.close()
        journal.finish()

        begun = room > len(module.MAGIC)
        segment = tmp_path / (f"{room}.tap.2" if begun else f"{room}.tap")
        assert journal.path == segment
        start, dropped, refused, after, end = read_journal(segment)
        assert facts_of(start)["streams"] == {"voice": {"payload_type": 96}}
        assert (facts_of(dropped), facts_of(refused)) == ({"records": 11}, {"records": 1})
        assert (after.body, facts_of(end)) == (b"after", {"lost": 12})
        if begun:
            assert all(record.kind in (Kind.START, Kind.RTP) for record in read_journal(tmp_path / f"{room}.tap"))
        assert len(list(tmp_path.glob(f"{room}.tap*"))) == (2 if begun else 1)


def test_a_disk_that_hangs_is_told_by_how_long_the_thread_has_been_at_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S16: no error is raised there."""
    goes_on = threading.Event()
    real_open = Path.open

    def hang(path: Path, mode: str, buffering: int) -> object:
        goes_on.wait(10)
        return real_open(path, mode, buffering)

    writer = JournalWriter()
    assert writer.behind_s == 0
    monkeypatch.setattr(Path, "open", hang)
    writer.open(LEG, RECORDING, tmp_path / "a.tap", Role.AGENT).rtcp(b"late", time.monotonic())
    soon(lambda: writer.behind_s > 0.5)
    goes_on.set()
    soon(lambda: writer.behind_s == 0)
    writer.stop()
    assert [record.body for record in packets_of(tmp_path / "a.tap")] == [b"late"]


def test_who_listens_hears_of_a_full_disk_and_of_its_healing_within_seconds(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S16."""
    monkeypatch.setattr(module, "RETRY_S", 0.1)
    heard: list[str | None] = []
    writer = JournalWriter(lambda journal: heard.append(journal.failed))
    journal = writer.open(LEG, RECORDING, small_disk / "a.tap", Role.CUSTOMER)
    journal.start("transport_1", {})
    journal.rtcp(b"before", time.monotonic())
    soon(lambda: journal.path.exists() and len(packets_of(journal.path)) == 2)
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space"):
        ballast.write_bytes(bytes(8 << 20))
    full_at = time.monotonic()
    while not heard:
        journal.rtp(Stream.VOICE, memoryview(bytes(1000)), time.monotonic())
        time.sleep(0.005)
        assert time.monotonic() < full_at + 5
    assert "No space" in (heard[0] or "")
    assert writer.behind_s < 1
    ballast.unlink()
    soon(lambda: heard[1:] == [None])
    journal.rtcp(b"after", time.monotonic())
    journal.close()
    writer.stop()
    first, second = small_disk / "a.tap", small_disk / "a.tap.2"
    assert [record.kind for record in read_journal(first)][:2] == [Kind.START, Kind.RTCP]
    kinds = [record.kind for record in read_journal(second)]
    assert (kinds[0], kinds[-1]) == (Kind.START, Kind.END)
    assert Kind.LOST in kinds


def test_a_listener_that_fails_does_not_end_the_thread(tmp_path: Path) -> None:
    def fail(_: Journal) -> None:
        raise RuntimeError

    (tmp_path / "a").write_bytes(b"no folder")
    writer = JournalWriter(fail)
    journal = writer.open(LEG, RECORDING, tmp_path / "a" / "a.tap", Role.AGENT)
    soon(lambda: journal.failed is not None)
    other = writer.open(LEG, RECORDING, tmp_path / "b.tap", Role.AGENT)
    other.rtcp(b"goes on", time.monotonic())
    writer.stop()
    assert [record.body for record in packets_of(other.path)] == [b"goes on"]


@pytest.mark.parametrize("size", [0, 5])
def test_a_file_that_was_only_just_begun_holds_nothing_yet(tmp_path: Path, size: int) -> None:
    (tmp_path / "a.tap").write_bytes(module.MAGIC[:size])
    assert not was_closed(tmp_path / "a.tap")
    assert list(read_journal(tmp_path / "a.tap")) == []


def test_another_file_is_not_read_as_a_tap(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"something else")
    with pytest.raises(ValueError, match="not a tap"):
        next(read_journal(tmp_path / "x"))


def test_nothing_behind_the_first_bytes_of_a_tap_raises(tmp_path: Path) -> None:
    """Bits that were turned over, foreign bytes, JSON of any depth: what can be read is read."""
    random = Random(5)
    writer = JournalWriter()
    journal = writer.open(LEG, RECORDING, tmp_path / "a.tap", Role.AGENT)
    journal.start("transport_1", {Stream.VOICE: {"payload_type": 111}})
    for number in range(50):
        journal.rtp(Stream.VOICE, memoryview(bytes([number] * 60)), time.monotonic())
    writer.stop()
    whole = journal.path.read_bytes()
    path = tmp_path / "b.tap"
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(random.randrange(1, 20)):
            damaged[random.randrange(len(module.MAGIC), len(damaged))] = random.randrange(256)
        path.write_bytes(damaged)
        for record in read_journal(path):
            facts_of(record)
        path.write_bytes(module.MAGIC + random.randbytes(2000))
        list(read_journal(path))
    for bomb in (b"[" * 60_000, b'{"a":' * 10_000, b"9" * 60_000, b"\xff", b"", b"[]", b"null"):
        assert facts_of(Record(Kind.START, None, 0.0, bomb)) == {}


@pytest.mark.parametrize("kind", ["folder", "pipe", "link", "link into nothing"])
def test_what_is_no_plain_file_is_not_read_as_a_tap(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.tap"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        (tmp_path / "target").write_bytes(module.MAGIC)
        path.symlink_to(tmp_path / "target" if kind == "link" else "nowhere")
    with pytest.raises(ValueError, match="not a tap"):
        next(read_journal(path))
