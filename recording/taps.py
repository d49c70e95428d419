"""The taps of one recording, read back: the streams of both sides on one clock, and what is wrong with them."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self, cast

from callflow.roles import Role
from callflow.wiring import Stream
from recording.columns import Columns, payload_type
from recording.records import Kind, Record, facts_of, is_end, read_journal
from recording.spool import TapFile

HERTZ: Final = {Stream.VOICE: 48_000, Stream.CAMERA: 90_000, Stream.SCREEN: 90_000}
CODECS: Final = {Stream.VOICE: "opus", Stream.CAMERA: "VP8", Stream.SCREEN: "VP8"}
MAX_SECONDS: Final = 12 * 3600.0
"""Longer than any call. What claims to lie farther from the recording's beginning is not placed."""
MAX_OPEN: Final = 64
"""Files that are read at once."""
TAIL_BYTES: Final = 64
"""More than an END takes."""
SIDES: Final = (Role.CUSTOMER, Role.AGENT)


class Flaw(StrEnum):
    """Why a recording is only partial."""

    CUT_OFF = "cut_off"
    """The process that wrote it died; up to half a second before that is missing."""
    RECORDS_LOST = "records_lost"
    """The disk was full or too slow."""
    UNREADABLE = "unreadable"
    """A tap was damaged so much that nobody can say whose it is."""
    EMPTY = "empty"
    """No packet was found at all."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a START says, checked."""

    role: Role
    began: float
    monotonic: float
    boot: str
    media: dict[Stream, int]
    """Payload type of each stream."""
    repairs: dict[Stream, int]


@dataclass(slots=True)
class Taps:
    """What was read: both sides' streams."""

    sides: dict[Role, dict[Stream, Columns]]
    flaws: set[Flaw] = field(default_factory=set[Flaw])
    unread: list[Path] = field(default_factory=list[Path])
    end: float = 0.0
    """When the last record was written, in seconds of the recording."""


def read_taps(files: Sequence[TapFile], began: float | None) -> Taps:
    """Read all taps. The recording's time 0 is `began`, a wall clock's time; without it, that of the earliest tap."""
    taps = Taps({side: {stream: Columns(hertz) for stream, hertz in HERTZ.items()} for side in SIDES})
    starts = {number: start for number, tap in enumerate(files) if (start := _first_start(tap.path))}
    zeros = _zeros(starts, began)
    ended: defaultdict[str, bool] = defaultdict(bool)
    for number, tap in enumerate(files):
        if number in starts:
            ended[tap.leg] = _read(taps, number, tap.path, starts[number].role, zeros[number])
        else:
            taps.unread.append(tap.path)
            taps.flaws.add(Flaw.UNREADABLE)
    if not all(ended.values()):
        taps.flaws.add(Flaw.CUT_OFF)
    if not any(len(columns) for streams in taps.sides.values() for columns in streams.values()):
        taps.flaws.add(Flaw.EMPTY)
    return taps


def was_closed(path: Path) -> bool:
    """Say whether a tap ends with END: whether nothing more will be written to it. Reads only its last bytes."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        tail = file.read(TAIL_BYTES)
    return is_end(tail)


def _first_start(path: Path) -> Start | None:
    try:
        for record in read_journal(path):
            if record.kind is Kind.START and (start := parse_start(record)):
                return start
    except ValueError:
        return None
    return None


def _zeros(starts: dict[int, Start], began: float | None) -> dict[int, float]:
    """Return each tap's time 0 on the recording's clock.

    Taps of one run of the machine stand to each other as its monotonic clock says, whatever was done to the wall clock
    meanwhile; the earliest of them stands to all others by the wall clock.
    """
    first: dict[str, Start] = {}
    for start in starts.values():
        if start.boot not in first or start.monotonic < first[start.boot].monotonic:
            first[start.boot] = start
    zero = min((start.began for start in first.values()), default=0.0) if began is None else began
    return {
        number: first[start.boot].began - zero + start.monotonic - first[start.boot].monotonic
        for number, start in starts.items()
    }


def _read(taps: Taps, number: int, path: Path, role: Role, zero: float) -> bool:
    """Put one tap's packets into the columns of its side; return whether the file was closed in order."""
    streams = taps.sides[role]
    start: Start | None = None
    ended = False
    for record in read_journal(path):
        arrival = zero + record.seconds
        if not 0 <= record.seconds <= MAX_SECONDS or abs(arrival) > MAX_SECONDS:
            continue
        taps.end = max(taps.end, arrival)
        match record.kind:
            case Kind.START:
                start = parse_start(record) or start
                for columns in streams.values():
                    columns.begin()
            case Kind.RTP if start is not None and record.stream is not None:
                _add(streams[record.stream], start, record.stream, number, record, arrival)
            case Kind.LOST:
                taps.flaws.add(Flaw.RECORDS_LOST)
            case Kind.END:
                ended = True
                if facts_of(record).get("lost"):
                    taps.flaws.add(Flaw.RECORDS_LOST)
            case _:
                pass
    return ended


def _add(columns: Columns, start: Start, stream: Stream, tap: int, record: Record, arrival: float) -> None:
    kind = payload_type(record.body)
    if kind == start.media.get(stream):
        columns.add(tap, record.position, record.body, arrival)
    elif kind == start.repairs.get(stream):
        columns.add_repair(tap, record.position, record.body, arrival)


def parse_start(record: Record) -> Start | None:
    """Read a START; None when it does not say whose packets follow, and when."""
    facts = facts_of(record)
    role, boot, streams = facts.get("role"), facts.get("boot"), facts.get("streams")
    began, monotonic = _number(facts.get("began")), _number(facts.get("monotonic"))
    if role not in SIDES or began is None or monotonic is None or not isinstance(streams, dict):
        return None
    media: dict[Stream, int] = {}
    repairs: dict[Stream, int] = {}
    for stream in Stream:
        described = cast("dict[str, Any]", streams).get(stream)
        if not isinstance(described, dict):
            continue
        said = cast("dict[str, Any]", described)
        if said.get("codec", CODECS[stream]) == CODECS[stream] and isinstance(said.get("payload_type"), int):
            media[stream] = said["payload_type"]
            if isinstance(said.get("repair_payload_type"), int):
                repairs[stream] = said["repair_payload_type"]
    return Start(Role(role), began, monotonic, str(boot), media, repairs)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


class Payloads:
    """The payloads that columns point to, read from the taps as they are asked for."""

    def __init__(self, files: Sequence[TapFile]) -> None:
        self._paths = [tap.path for tap in files]
        self._open: dict[int, BinaryIO] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        for file in self._open.values():
            file.close()
        self._open = {}

    def read(self, columns: Columns, row: int) -> bytes:
        """Return the payload of a row."""
        tap = columns.tap[row]
        file = self._open.get(tap)
        if file is None:
            if len(self._open) >= MAX_OPEN:
                self.__exit__(None, None, None)
            file = self._open[tap] = self._paths[tap].open("rb")
        file.seek(columns.position[row])
        return file.read(columns.size[row])
