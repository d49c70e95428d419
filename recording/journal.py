"""Writes taps: what a leg sends is put into a file as it comes (`records.py` says how it looks).

A writer thread takes the records from a bounded queue and writes every 250 ms: a killed process loses no more than
that, and a slow disk costs records, never a call. When the disk refuses, the thread tries again every second with a
new segment: a file of its own that begins with the last START. A torn record at the end is ignored by `read_journal`.
"""

import errno
import itertools
import json
import logging
import math
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from io import FileIO
from pathlib import Path
from typing import Final

from callflow.ids import LegId, RecordingId
from callflow.roles import Role
from callflow.wiring import Stream, TapWhy
from recording.records import HEAD, MAGIC, NO_STREAM, STREAM_NUMBERS, Kind

log = logging.getLogger(__name__)

FLUSH_S: Final = 0.25
RETRY_S: Final = 1.0
"""How long after a failed write a tap tries again (S16: it heals within 10 s)."""
HEALED_BYTES: Final = 1 << 20
"""A full disk must have so much room again before a tap goes on, or it would fail and heal by turns."""
QUEUE_BYTES: Final = 8 << 20
"""Per tap: half a minute of video on a disk that stands still."""
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@cache
def boot_id() -> str:
    """Name this run of the machine; empty where the system does not tell it."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""


class Journal:
    """One tap. The media plane puts records in; the writer's thread takes them out and owns the file."""

    def __init__(self, leg: LegId, recording: RecordingId, path: Path, wake: threading.Event, role: Role) -> None:
        self.leg = leg
        self.recording = recording
        self.role = role
        self._wanted = path
        self.path = path
        """Where it is written: when the wanted file exists, with a segment's number at its end."""
        self.failed: str | None = None
        """Why nothing is written at present, set by the writer's thread; None again once the disk has healed."""
        self._full = False
        self._began = time.time()
        self._began_monotonic = time.monotonic()
        self._queue: deque[bytes] = deque()
        self._put_bytes = 0
        self._taken_bytes = 0
        self._refused = 0
        """Records that were not taken into the queue: the loop's count."""
        self._refused_untold = 0
        self._dropped = 0
        """Records that were taken and could not be written: the writer's count."""
        self._dropped_untold = 0
        self._last_start: bytes | None = None
        self._retry_at = 0.0
        self._file: FileIO | None = None
        self._wake = wake
        self._closed_at = math.inf
        self.closing = False

    @property
    def lost(self) -> int:
        """Records that did not fit into the queue or onto the disk."""
        return self._refused + self._dropped

    @property
    def trouble(self) -> TapWhy | None:
        """Why nothing is written at present, in a word."""
        if self.failed is None:
            return None
        return TapWhy.FULL if self._full else TapWhy.FAILED

    # -- the loop's side --------------------------------------------------------------------------------------------

    def start(self, transport: str, streams: dict[Stream, dict[str, object]]) -> None:
        """Describe the transport whose packets follow."""
        facts = {
            "leg": self.leg, "recording": self.recording, "role": self.role, "transport": transport,
            "began": self._began, "monotonic": self._began_monotonic, "boot": boot_id(), "streams": streams,
        }  # fmt: skip
        record = self._record(Kind.START, NO_STREAM, json.dumps(facts).encode(), time.monotonic())
        # Before it is queued: a tap that heals meanwhile begins its new segment with it.
        self._last_start = record
        if self.failed is None and not self.closing:
            self._append(record)

    def rtp(self, stream: Stream, packet: memoryview, now: float) -> None:
        """Record a decrypted RTP packet; the view is copied."""
        self._put(Kind.RTP, STREAM_NUMBERS[stream], packet, now)

    def rtcp(self, compound: bytes, now: float) -> None:
        """Record a decrypted RTCP packet."""
        self._put(Kind.RTCP, NO_STREAM, compound, now)

    def close(self) -> None:
        """Take no more; the writer's thread is woken to write the rest and close the file."""
        self._closed_at = time.monotonic()
        self.closing = True
        self._wake.set()

    def _put(self, kind: Kind, stream: int, body: bytes | memoryview, now: float) -> None:
        if self.closing:
            return
        if self.failed is None and self._refused_untold and self._has_room(64):
            self._append(self._told(self._refused_untold, now))
            self._refused_untold = 0
        if self.failed is None and self._has_room(len(body)):
            self._append(self._record(kind, stream, body, now))
        else:
            self._refused += 1
            self._refused_untold += 1

    def _record(self, kind: Kind, stream: int, body: bytes | memoryview, now: float) -> bytes:
        micros = max(0, int((now - self._began_monotonic) * 1e6))
        return HEAD.pack(kind, stream, len(body), micros) + body

    def _told(self, records: int, now: float) -> bytes:
        return self._record(Kind.LOST, NO_STREAM, json.dumps({"records": records}).encode(), now)

    def _has_room(self, size: int) -> bool:
        return self._put_bytes - self._taken_bytes + size <= QUEUE_BYTES

    def _append(self, record: bytes) -> None:
        self._put_bytes += len(record)
        self._queue.append(record)

    # -- the writer's side ------------------------------------------------------------------------------------------

    def write(self) -> bool:
        """Write what is queued; return whether the tap has failed or healed by it. For the writer's thread only."""
        batch: list[bytes] = []
        while self._queue:
            batch.append(self._queue.popleft())
        self._taken_bytes += sum(map(len, batch))
        if self.failed is None:
            return not self._write(batch)
        self._drop(len(batch))
        return time.monotonic() >= self._retry_at and self._heal()

    def _write(self, batch: list[bytes]) -> bool:
        try:
            if self._file is None:
                self._file = self._create()
                self._write_all(MAGIC)
            whole = b"".join(batch)
            if whole:
                self._write_all(whole)
        except OSError as exc:
            self._fail(exc, len(batch))
            return False
        return True

    def _heal(self) -> bool:
        """Try a new segment: the last START, and how much was lost before it. One that fails leaves no file."""
        start, dropped = self._last_start, self._dropped_untold
        first = [start] if start is not None else []
        if dropped:
            first.append(self._told(dropped, time.monotonic()))
        try:
            self._wanted.parent.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(self._wanted.parent).free < HEALED_BYTES:
                raise OSError(self.failed)
        except OSError:
            self._retry_at = time.monotonic() + RETRY_S
            return False
        if not self._write(first):
            with suppress(OSError):
                self.path.unlink()
            self._dropped -= len(first)
            self._dropped_untold = dropped
            return False
        log.warning("the tap of %s goes on in %s, after %d lost records", self.leg, self.path, self.lost)
        self._dropped_untold = 0
        self.failed = None
        if self._last_start is not start and self._last_start is not None:
            self._write([self._last_start])
        return True

    def _fail(self, exc: OSError, records: int) -> None:
        if self.failed is None:
            log.error("the tap of %s to %s stands still: %s", self.leg, self.path, exc)
        self._full = exc.errno in (errno.ENOSPC, errno.EDQUOT)
        self.failed = str(exc)
        self._retry_at = time.monotonic() + RETRY_S
        self._drop(records)
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
                if self.path.stat().st_size <= len(MAGIC):
                    self.path.unlink()
            self._file = None

    def _drop(self, records: int) -> None:
        self._dropped += records
        self._dropped_untold += records

    def _write_all(self, data: bytes) -> None:
        """Write past the short writes of a disk that is about to be full."""
        assert self._file is not None
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]

    def _create(self) -> FileIO:
        """Open a file of our own: what is there already is an earlier segment and is never written over."""
        self._wanted.parent.mkdir(parents=True, exist_ok=True)
        self.path = self._wanted
        for segment in itertools.count(2):
            try:
                # Not buffered: what a failed write leaves in a buffer would be written again later.
                return self.path.open("xb", buffering=0)
            except FileExistsError:
                self.path = self._wanted.with_name(f"{self._wanted.name}.{segment}")
        raise AssertionError

    def finish(self) -> None:
        """Write END and close the file. For the writer's thread only."""
        if self._file is not None:
            told = json.dumps({"lost": self.lost}).encode()
            self._write([self._record(Kind.END, NO_STREAM, told, min(self._closed_at, time.monotonic()))])
        file, self._file = self._file, None
        try:
            if file is not None:
                file.close()
        except OSError as exc:
            self._fail(exc, 0)


class JournalWriter:
    """The thread that writes all taps of a media plane. Implements `media.tap.Taps`.

    `changed` is called from that thread when a tap has failed or healed; the journal's `failed` says which.
    """

    def __init__(self, changed: Callable[[Journal], None] | None = None) -> None:
        self._changed = changed
        self._journals: list[Journal] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._round_at = 0.0

    def open(self, leg: LegId, recording: RecordingId, path: Path, role: Role) -> Journal:
        """Begin a journal; the first one starts the thread."""
        journal = Journal(leg, recording, path, self._wake, role)
        with self._lock:
            self._journals.append(journal)
        if self._thread is None:
            self._round_at = time.monotonic()
            self._thread = threading.Thread(target=self._run, name="media taps", daemon=True)
            self._thread.start()
        return journal

    @property
    def journals(self) -> tuple[Journal, ...]:
        """Those that are open."""
        with self._lock:
            return tuple(self._journals)

    @property
    def behind_s(self) -> float:
        """How long the thread has been in its present round: a disk that hangs raises nothing, it only takes long."""
        return max(0.0, time.monotonic() - self._round_at - FLUSH_S) if self._journals else 0.0

    def stop(self) -> None:
        """Write everything and end the thread. Blocks until it is done."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._wake.wait(FLUSH_S)
            self._wake.clear()
            self._round_at = time.monotonic()
            stopping = self._stopping
            with self._lock:
                journals = list(self._journals)
            for journal in journals:
                last = journal.closing or stopping
                if journal.write():
                    self._tell(journal)
                if last:
                    journal.finish()
                    with self._lock:
                        self._journals.remove(journal)
            if stopping:
                return

    def _tell(self, journal: Journal) -> None:
        if self._changed is None:
            return
        try:
            self._changed(journal)
        except Exception:  # all taps hang on this thread, whatever the listener does
            log.exception("telling of the tap of %s failed", journal.leg)
