"""The tap's file: what one leg sent, packet by packet, as it was decrypted. The recording is made from it.

The file is valid at every moment and only ever grows. It begins with `MAGIC`; then come records, each a header of 12
bytes (network order) and its body::

    kind    u8    1 START, 2 RTP, 3 RTCP, 4 LOST, 5 END
    stream  u8    0 voice, 1 camera, 2 screen; 255 where it does not apply
    length  u16   of the body
    time    u64   microseconds since the file was begun

- START: JSON, first in the file and again for each new transport of the leg: `leg`, `recording`, `role` (customer or
  agent), `transport`, `began` (the wall clock at time 0, seconds since 1970), `monotonic` (the same moment on the
  machine's monotonic clock) with `boot` (which run of the machine that clock belongs to), and in `streams`, for each
  received stream, `payload_type`, `repair_payload_type` and `codec`. Between two STARTs the leg was away; SSRCs and
  numbering begin anew.
- RTP: one packet, media or retransmission (told apart by the payload type), before any rewriting.
- RTCP: a compound packet; its sender reports tie the RTP clocks of the streams together.
- LOST: JSON `{"records": n}`: so many records before this one did not fit into the queue or onto the disk.
- END: JSON `{"lost": n}`, the last record of a file that was closed in order. Without it the process died.

A torn record at the end is ignored.
"""

import json
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, cast

from callflow.wiring import Stream

MAGIC: Final = b"parley tap 1\n"
HEAD: Final = struct.Struct("!BBHQ")
STREAM_NUMBERS: Final = {Stream.VOICE: 0, Stream.CAMERA: 1, Stream.SCREEN: 2}
NO_STREAM: Final = 255


class Kind(IntEnum):
    """What a record holds."""

    START = 1
    RTP = 2
    RTCP = 3
    LOST = 4
    END = 5


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it is read back."""

    kind: Kind
    stream: Stream | None
    seconds: float
    """Since the file was begun."""
    body: bytes
    position: int = 0
    """Where in the file the body begins."""


def read_journal(path: Path) -> Iterator[Record]:
    """Read a tap's file back, record by record, up to a torn end; records that cannot be are left out.

    Nothing in the file can raise or take more memory than one record. Raises `ValueError` when it is no such file.
    """
    streams = {number: stream for stream, number in STREAM_NUMBERS.items()}
    kinds = {kind.value: kind for kind in Kind}
    with open(path, "rb", opener=_open_plainly) as file:
        if not MAGIC.startswith(file.read(len(MAGIC))):
            raise ValueError(f"{path} is not a tap's file")
        position = len(MAGIC)
        while len(head := file.read(HEAD.size)) == HEAD.size:
            position += HEAD.size
            number, stream, length, micros = HEAD.unpack(head)
            body = file.read(length)
            if len(body) < length:
                return
            if kind := kinds.get(number):
                yield Record(kind, streams.get(stream), micros / 1e6, body, position)
            position += length


def _open_plainly(path: str, flags: int) -> int:
    """Open a file that may be anything: no link is followed and no pipe waited for."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise ValueError(f"{path} is not a tap's file")
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def facts_of(record: Record) -> dict[str, Any]:
    """Return the JSON of a record; nothing when it is damaged."""
    try:
        facts = json.loads(record.body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", facts) if isinstance(facts, dict) else {}


def is_end(tail: bytes) -> bool:
    """Say whether the last bytes of a file are an END."""
    body = tail.rfind(b"{")
    head = tail[max(0, body - HEAD.size) : body]
    return len(head) == HEAD.size and HEAD.unpack(head)[:3] == (Kind.END, NO_STREAM, len(tail) - body)
