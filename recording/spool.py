"""The spool: one folder for each recording, the taps of its legs in it.

It is read after a crash, when nothing is known of what lies there. What does not belong is moved to `quarantine`
inside the spool, and reported: it is neither deleted nor followed anywhere.
"""

import itertools
import os
import re
import stat
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from callflow.ids import LegId, RecordingId
from recording.records import MAGIC

QUARANTINE: Final = "quarantine"
MAX_TAP_BYTES: Final = 16 << 30
"""Four hours, the longest call, at 8 Mbit/s: more than a leg can send."""
MAX_TAPS: Final = 10_000
"""In one folder. A tap begins a segment at most once a second, and only on a disk that is full."""
MAX_NAME: Final = 100
_ID: Final = re.compile(r"[a-z]{1,16}_[0-9A-Za-z]{1,40}", re.ASCII)
_TAP: Final = re.compile(rf"({_ID.pattern})\.tap(?:\.([1-9]\d{{0,5}}))?", re.ASCII)
_ODD: Final = re.compile(r"[^0-9A-Za-z._-]")


class Odd(StrEnum):
    """Why something was put into quarantine."""

    NAME = "name"
    """Its name is none that Parley gives."""
    KIND = "kind"
    """A link, a folder where a file belongs, or the other way round, or a device."""
    EMPTY = "empty"
    FOREIGN = "foreign"
    """It does not begin as a tap does."""
    HUGE = "huge"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class TapFile:
    """What one leg sent, or one segment of it."""

    leg: LegId
    segment: int
    path: Path


@dataclass(frozen=True, slots=True)
class Folder:
    """A recording as it lies in the spool; the taps stand in the order of legs and segments."""

    recording: RecordingId
    path: Path
    taps: tuple[TapFile, ...]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Something that does not belong into the spool: where it was, where it is now."""

    was: Path
    now: Path
    why: Odd


@dataclass(frozen=True, slots=True)
class Found:
    """All that lies in a spool."""

    folders: tuple[Folder, ...]
    quarantined: tuple[Quarantined, ...]


def look_through(root: Path, written: Container[RecordingId] = ()) -> Found:
    """List the spool's recordings, without those that are being `written`, and move away what does not belong."""
    folders: list[Folder] = []
    moved = _clear_quarantine(root)
    with suppress(FileNotFoundError):
        for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
            if entry.name == QUARANTINE and entry.is_dir(follow_symlinks=False):
                continue
            recording, path = RecordingId(entry.name), root / entry.name
            if not _ID.fullmatch(entry.name):
                moved.append(_quarantine(root, path, Odd.NAME))
            elif not entry.is_dir(follow_symlinks=False):
                moved.append(_quarantine(root, path, Odd.KIND))
            elif recording not in written:
                folder, odd = look_into(path)
                moved += [_quarantine(root, path, why) for path, why in odd]
                folders.append(folder)
    return Found(tuple(folders), tuple(moved))


def look_into(path: Path) -> tuple[Folder, list[tuple[Path, Odd]]]:
    """Read one recording's folder: its taps, and what does not belong there. Raises `FileNotFoundError`."""
    taps: list[TapFile] = []
    odd: list[tuple[Path, Odd]] = []
    for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
        matched = _TAP.fullmatch(entry.name)
        why = Odd.NAME if matched is None else _oddness(path / entry.name)
        if why is None and len(taps) >= MAX_TAPS:
            why = Odd.TOO_MANY
        if matched is None or why is not None:
            odd.append((path / entry.name, why or Odd.NAME))
        else:
            taps.append(TapFile(LegId(matched[1]), int(matched[2] or 1), path / entry.name))
    taps.sort(key=lambda tap: (tap.leg, tap.segment))
    return Folder(RecordingId(path.name), path, tuple(taps)), odd


def names_in(folder: Path) -> list[str]:
    """Return what lies in a folder; nothing when it is not there."""
    with suppress(FileNotFoundError):
        return os.listdir(folder)
    return []


def remove(folder: Folder) -> None:
    """Delete a recording's taps, once its finished files are safe; the folder too, unless something else is in it."""
    for tap in folder.taps:
        tap.path.unlink(missing_ok=True)
    with suppress(OSError):
        folder.path.rmdir()


def _oddness(path: Path) -> Odd | None:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        return Odd.KIND
    if not status.st_size:
        return Odd.EMPTY
    if status.st_size > MAX_TAP_BYTES:
        return Odd.HUGE
    with path.open("rb") as file:
        return None if MAGIC.startswith(file.read(len(MAGIC))) else Odd.FOREIGN


def _clear_quarantine(root: Path) -> list[Quarantined]:
    """Make way for the folder where something else has its name."""
    here = root / QUARANTINE
    if not os.path.lexists(here) or (here.is_dir() and not here.is_symlink()):
        return []
    aside = root / f".{QUARANTINE}.aside"
    os.rename(here, aside)
    return [_quarantine(root, aside, Odd.KIND)]


def _quarantine(root: Path, path: Path, why: Odd) -> Quarantined:
    """Move something, whatever it is, under a name that nothing has yet."""
    here = root / QUARANTINE
    with suppress(FileExistsError):
        here.mkdir()
    for name in _names(path.relative_to(root)):
        target = here / name
        if not os.path.lexists(target):
            os.rename(path, target)  # a link is moved, not what it points to
            return Quarantined(path, target, why)
    raise AssertionError


def _names(path: Path) -> Iterator[str]:
    plain = _ODD.sub("_", "-".join(path.parts))[:MAX_NAME].lstrip(".") or "_"
    yield plain
    for number in itertools.count(2):
        yield f"{plain}.{number}"
