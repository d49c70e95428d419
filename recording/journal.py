"""The tap's file: what one leg sent, packet by packet, as it was decrypted. The recording is made from it.

The file is valid at every moment and only ever grows. It begins with `MAGIC`; then come records, each a header of 12
bytes (network order) and its body::

    kind    u8    1 START, 2 RTP, 3 RTCP, 4 LOST
    stream  u8    0 voice, 1 camera, 2 screen; 255 where it does not apply
    length  u16   of the body
    time    u64   microseconds since the file was begun

- START: JSON, first in the file and again for each new transport of the leg: `leg`, `recording`, `role`, `transport`,
  `began` (the wall clock at time 0, seconds since 1970) and in `streams`, for each received stream, `payload_type`,
  `repair_payload_type` and `codec`. Between two STARTs the leg was away; SSRCs and numbering begin anew.
- RTP: one packet, media or retransmission (told apart by the payload type), before any rewriting.
- RTCP: a compound packet; its sender reports tie the RTP clocks of the streams together.
- LOST: JSON `{"records": n}`: so many records before this one did not fit into the queue.

A writer thread takes the records from a bounded queue and flushes every 250 ms: a killed process loses no more than
that, and a slow disk costs records, never a call. A torn record at the end is ignored by `read_journal`.
"""

import itertools
import json
import logging
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO, Final

from callflow.ids import LegId, RecordingId
from callflow.roles import Role
from callflow.wiring import Stream

log = logging.getLogger(__name__)

MAGIC: Final = b"parley tap 1\n"
FLUSH_S: Final = 0.25
QUEUE_BYTES: Final = 8 << 20
"""Per tap: half a minute of video on a disk that stands still."""
_HEAD: Final = struct.Struct("!BBHQ")
STREAM_NUMBERS: Final = {Stream.VOICE: 0, Stream.CAMERA: 1, Stream.SCREEN: 2}
NO_STREAM: Final = 255


class Kind(IntEnum):
    """What a record holds."""

    START = 1
    RTP = 2
    RTCP = 3
    LOST = 4


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it is read back."""

    kind: Kind
    stream: Stream | None
    seconds: float
    """Since the file was begun."""
    body: bytes


class Journal:
    """One tap. The media plane puts records in; the writer's thread takes them out and owns the file."""

    def __init__(self, leg: LegId, recording: RecordingId, role: Role, path: Path, wake: threading.Event) -> None:
        self.leg = leg
        self.recording = recording
        self.role = role
        self._wanted = path
        self.path = path
        """Where it is written: when the wanted file exists, with a segment's number at its end."""
        self.failed: str | None = None
        """Why nothing is written any more, set by the writer's thread."""
        self.lost = 0
        """Records that did not fit into the queue."""
        self._began = time.time()
        self._began_monotonic = time.monotonic()
        self._queue: deque[bytes] = deque()
        self._put_bytes = 0
        self._taken_bytes = 0
        self._lost_untold = 0
        self._file: BinaryIO | None = None
        self._wake = wake
        self.closing = False

    # -- the loop's side --------------------------------------------------------------------------------------------

    def start(self, transport: str, streams: dict[Stream, dict[str, object]]) -> None:
        """Describe the transport whose packets follow."""
        facts = {
            "leg": self.leg, "recording": self.recording, "role": self.role,
            "transport": transport, "began": self._began, "streams": streams,
        }  # fmt: skip
        self._put(Kind.START, NO_STREAM, json.dumps(facts).encode(), time.monotonic())

    def rtp(self, stream: Stream, packet: memoryview, now: float) -> None:
        """Record a decrypted RTP packet; the view is copied."""
        self._put(Kind.RTP, STREAM_NUMBERS[stream], packet, now)

    def rtcp(self, compound: bytes, now: float) -> None:
        """Record a decrypted RTCP packet."""
        self._put(Kind.RTCP, NO_STREAM, compound, now)

    def close(self) -> None:
        """Take no more; the writer's thread is woken to write the rest and close the file."""
        self.closing = True
        self._wake.set()

    def _put(self, kind: Kind, stream: int, body: bytes | memoryview, now: float) -> None:
        if self.failed is not None or self.closing:
            return
        micros = max(0, int((now - self._began_monotonic) * 1e6))
        if self._lost_untold and self._has_room(64):
            told = json.dumps({"records": self._lost_untold}).encode()
            self._lost_untold = 0
            self._append(_HEAD.pack(Kind.LOST, NO_STREAM, len(told), micros) + told)
        if self._has_room(len(body)):
            self._append(_HEAD.pack(kind, stream, len(body), micros) + body)
        else:
            self.lost += 1
            self._lost_untold += 1

    def _has_room(self, size: int) -> bool:
        return self._put_bytes - self._taken_bytes + size <= QUEUE_BYTES

    def _append(self, record: bytes) -> None:
        self._put_bytes += len(record)
        self._queue.append(record)

    # -- the writer's side ------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Write and flush what is queued. Called by the writer's thread only; an error ends the tap, not the thread."""
        if self.failed is not None:
            self._queue.clear()
            return
        batch: list[bytes] = []
        while self._queue:
            batch.append(self._queue.popleft())
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._create()
                self._file.write(MAGIC)
            self._file.write(b"".join(batch))
            self._file.flush()
        except OSError as exc:
            self.failed = str(exc)
            log.error("the tap of %s to %s ended: %s", self.leg, self.path, exc)
        self._taken_bytes += sum(map(len, batch))

    def _create(self) -> BinaryIO:
        """Open a file of our own: what is there already is an earlier segment and is never written over."""
        for segment in itertools.count(2):
            try:
                return self.path.open("xb")
            except FileExistsError:
                self.path = self._wanted.with_name(f"{self._wanted.name}.{segment}")
        raise AssertionError

    def finish(self) -> None:
        """Close the file. Called by the writer's thread only."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as exc:
                self.failed = str(exc)
                log.error("the tap of %s to %s was not closed: %s", self.leg, self.path, exc)
            self._file = None


class JournalWriter:
    """The thread that writes all taps of a media plane. Implements `media.tap.Taps`."""

    def __init__(self) -> None:
        self._journals: list[Journal] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def open(self, leg: LegId, recording: RecordingId, role: Role, path: Path) -> Journal:
        """Begin a journal; the first one starts the thread."""
        journal = Journal(leg, recording, role, path, self._wake)
        with self._lock:
            self._journals.append(journal)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="media taps", daemon=True)
            self._thread.start()
        return journal

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
            stopping = self._stopping
            with self._lock:
                journals = list(self._journals)
            for journal in journals:
                last = journal.closing or stopping
                journal.write()
                if last:
                    journal.finish()
                    with self._lock:
                        self._journals.remove(journal)
            if stopping:
                return


def read_journal(path: Path) -> Iterator[Record]:
    """Read a tap's file back, record by record, up to a torn end. Raises `ValueError` when it is no such file."""
    streams = {number: stream for stream, number in STREAM_NUMBERS.items()}
    with path.open("rb") as file:
        magic = file.read(len(MAGIC))
        if not MAGIC.startswith(magic):
            raise ValueError(f"{path} is not a tap's file")
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            kind, stream, length, micros = _HEAD.unpack(head)
            body = file.read(length)
            if len(body) < length:
                return
            yield Record(Kind(kind), streams.get(stream), micros / 1e6, body)
