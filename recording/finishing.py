"""From taps to the files that are played, stored and delivered. A pure function of the folder: run it again, and again
the same bytes are there, whatever it was killed in.

Each file is written as `.part`, brought to the disk, renamed and read back; the manifest comes last. The taps are left
for whoever has taken note of the result (`spool.remove`).
"""

import hashlib
import json
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, cast

from callflow.ids import RecordingId
from callflow.roles import Role
from callflow.wiring import Stream
from recording.pictures import pictures_of, write_pictures
from recording.spool import Folder, look_into
from recording.taps import MAX_SECONDS, SIDES, Flaw, Payloads, Taps, read_taps
from recording.voices import SLOT_S, Voice, slots_in, voice_of, write_mixed, write_voices
from recording.waveform import waveform_of

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
PART: Final = ".part"
CHUNK: Final = 1 << 20


class FileKind(StrEnum):
    """What a finished file holds."""

    VOICE = "voice"
    """Both voices: left the customer, right the agent."""
    MIXED = "mixed"
    """The same, encoded anew for players that cannot play the other."""
    CUSTOMER = "customer"
    AGENT = "agent"
    CUSTOMER_SCREEN = "customer_screen"
    AGENT_SCREEN = "agent_screen"
    """The pictures of one side."""
    SIDE_BY_SIDE = "side_by_side"
    WAVEFORM = "waveform"


NAMES: Final = {kind: f"{kind}.webm" for kind in FileKind} | {FileKind.WAVEFORM: "waveform.json"}
PICTURES: Final = {
    (Role.CUSTOMER, Stream.CAMERA): FileKind.CUSTOMER,
    (Role.AGENT, Stream.CAMERA): FileKind.AGENT,
    (Role.CUSTOMER, Stream.SCREEN): FileKind.CUSTOMER_SCREEN,
    (Role.AGENT, Stream.SCREEN): FileKind.AGENT_SCREEN,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a recording beside its taps."""

    recording: RecordingId
    began: float | None = None
    """The wall clock at the recording's time 0; without it, when the earliest tap was begun."""
    seconds: float | None = None
    """Its length; without it, until the last record."""
    pictures: bool = True
    alone: bool = False
    """It is a message: the customer's voice alone, which is heard on both sides."""
    mixed: bool = False
    """Whether the file for players without multistream is wanted too."""
    about: Mapping[str, str] = field(default_factory=dict[str, str])
    """What else the manifest shall say, for whoever finds the files alone."""


@dataclass(frozen=True, slots=True)
class FinishedFile:
    """One file, as it was read back."""

    kind: FileKind
    name: str
    bytes: int
    seconds: float
    sha256: str


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a recording."""

    recording: RecordingId
    length_seconds: float
    why: tuple[Flaw, ...]
    """Why it is partial; empty when it is whole."""
    unread: tuple[str, ...]
    """Names of taps that nobody could read: they are to be kept."""
    files: tuple[FinishedFile, ...]

    @property
    def partial(self) -> bool:
        """Whether something of the call is missing."""
        return bool(self.why)


class UnsafeDiskError(Exception):
    """A file was not read back as it was written."""


def _go_on(_: str) -> None:
    """Do nothing between the steps."""


def finish(folder: Path, into: Path, facts: Facts, step: Callable[[str], None] = _go_on) -> Finished:
    """Make the files of the recording in `folder`. Blocks for long; `step` is told what comes next.

    Raises `UnsafeDiskError`, and `OSError` when the disk is full.
    """
    found = _folder(folder)
    if before := _finished_before(into, found, facts):
        return before
    into.mkdir(parents=True, exist_ok=True)
    with nothing_half(into, f"*{PART}"):
        return _finish(found, into, facts, step)


def _finish(found: Folder, into: Path, facts: Facts, step: Callable[[str], None]) -> Finished:
    taps = read_taps(found.taps, facts.began)
    asked = taps.end if facts.seconds is None else facts.seconds
    sides = (Role.CUSTOMER, Role.CUSTOMER) if facts.alone else SIDES
    work = _Work(taps, found, into, slots_in(min(max(asked, 0.0), MAX_SECONDS)), sides, step)
    finished = Finished(
        facts.recording,
        work.seconds,
        tuple(sorted(taps.flaws)),
        tuple(sorted(path.name for path in taps.unread)),
        tuple(work.files(facts)),
    )
    work.write_json(MANIFEST, _manifest(finished, found, facts))
    step("done")
    return finished


class _Work:
    """The making of one recording's files."""

    def __init__(
        self,
        taps: Taps,
        found: Folder,
        into: Path,
        slots: int,
        sides: tuple[Role, Role],
        step: Callable[[str], None],
    ) -> None:
        self._taps = taps
        self._found = found
        self._into = into
        self._slots = slots
        self._sides = sides
        """Who is heard left, and right."""
        self._step = step
        self.seconds = round(slots * SLOT_S, 3)

    def files(self, facts: Facts) -> list[FinishedFile]:
        """Make all of them."""
        files = [self._voices(FileKind.VOICE)]
        if facts.mixed:
            files.append(self._voices(FileKind.MIXED))
        if facts.pictures:
            files += [file for key, kind in PICTURES.items() if (file := self._pictures(*key, kind))]
        peaks = waveform_of(self._into / NAMES[FileKind.VOICE], self.seconds)
        size, digest = self.write_json(NAMES[FileKind.WAVEFORM], peaks)
        files.append(FinishedFile(FileKind.WAVEFORM, NAMES[FileKind.WAVEFORM], size, self.seconds, digest))
        return files

    def _voices(self, kind: FileKind) -> FinishedFile:
        write = write_voices if kind is FileKind.VOICE else write_mixed
        with Payloads(self._found.taps) as payloads:
            left, right = (self._voice(side, payloads) for side in self._sides)
            write(self._part(NAMES[kind]), left, right)
        return self._place(kind)

    def _voice(self, side: Role, payloads: Payloads) -> Voice:
        return voice_of(self._taps.sides[side][Stream.VOICE], payloads, self._slots)

    def _pictures(self, side: Role, stream: Stream, kind: FileKind) -> FinishedFile | None:
        with Payloads(self._found.taps) as payloads:
            pictures = pictures_of(self._taps.sides[side][stream], payloads)
            if not write_pictures(self._part(NAMES[kind]), pictures, self.seconds):
                return None
        return self._place(kind)

    def write_json(self, name: str, value: object) -> tuple[int, str]:
        """Write a small file; return its size and sum."""
        self._part(name).write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", "utf-8")
        return keep(self._into / name, self._step)

    def _part(self, name: str) -> Path:
        self._step(f"{name}: write")
        return self._into / f"{name}{PART}"

    def _place(self, kind: FileKind) -> FinishedFile:
        size, digest = keep(self._into / NAMES[kind], self._step)
        return FinishedFile(kind, NAMES[kind], size, self.seconds, digest)


@contextmanager
def nothing_half(folder: Path, pattern: str) -> Generator[None]:
    """Delete what an earlier try has left, and on a disk that is full what this one leaves: it needs the room."""
    _clear(folder, pattern)
    try:
        yield
    except OSError as exc:
        _clear(folder, pattern)
        # PyAV has an error of its own for each number, which cannot be handed from one process to another.
        raise OSError(exc.errno, exc.strerror) from exc


def _clear(folder: Path, pattern: str) -> None:
    for left in folder.glob(pattern):
        left.unlink(missing_ok=True)


def keep(path: Path, step: Callable[[str], None] = _go_on) -> tuple[int, str]:
    """Bring a written `.part` to the disk under its name; return its size and sum as it was read back from there."""
    part = path.with_name(f"{path.name}{PART}")
    step(f"{path.name}: sync")
    written = sum_of(part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
        if hasattr(os, "posix_fadvise"):  # or it would be read from memory, and not from the disk
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    step(f"{path.name}: rename")
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    step(f"{path.name}: read back")
    if sum_of(path) != written:
        raise UnsafeDiskError(f"{path.name} was not read back as it was written")
    return written


def sum_of(path: Path) -> tuple[int, str]:
    """Return a file's size and SHA-256."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def _folder(path: Path) -> Folder:
    try:
        return look_into(path)[0]
    except FileNotFoundError:
        return Folder(RecordingId(path.name), path, ())


# -- the manifest ----------------------------------------------------------------------------------------------------


def sizes_of(found: Folder) -> list[list[object]]:
    """Return each tap's name and size."""
    return [[tap.path.name, tap.path.stat().st_size] for tap in found.taps]


def made_of(into: Path) -> list[list[object]] | None:
    """Return the names of the taps that a result was made of, with their sizes then; None when there is no result."""
    try:
        taps: list[list[object]] = json.loads((into / MANIFEST).read_text("utf-8"))["taps"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return taps


def _manifest(finished: Finished, found: Folder, facts: Facts) -> dict[str, object]:
    return {
        "format": FORMAT,
        "facts": asdict(facts),
        "taps": sizes_of(found),
        "partial": finished.partial,
        **asdict(finished),
    }


def read_manifest(path: Path) -> Finished | None:
    """Return what a manifest says; None when there is none that can be read."""
    try:
        said = cast("dict[str, Any]", json.loads(path.read_text("utf-8")))
        files = tuple(
            FinishedFile(FileKind(file["kind"]), file["name"], file["bytes"], file["seconds"], file["sha256"])
            for file in said["files"]
        )
        why = tuple(Flaw(flaw) for flaw in said["why"])
        return Finished(
            RecordingId(said["recording"]), float(said["length_seconds"]), why, tuple(said["unread"]), files
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _finished_before(into: Path, found: Folder, facts: Facts) -> Finished | None:
    """Return an earlier result, if it was made of the same taps and all its files are as they were.

    When the taps are gone they were deleted because of it.
    """
    finished = read_manifest(into / MANIFEST)
    if finished is None or finished.recording != facts.recording:
        return None
    same = json.loads((into / MANIFEST).read_text("utf-8"))
    made = _manifest(finished, found, facts)
    if found.taps and (same.get("taps"), same.get("facts")) != (made["taps"], made["facts"]):
        return None
    for file in finished.files:
        with suppress(OSError):
            if sum_of(into / file.name) == (file.bytes, file.sha256):
                continue
        return None
    return finished
