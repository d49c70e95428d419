"""How much room the disk for recordings has (reliability 3, "Local disk full").

Below one mark supervisors are warned; below another no new recording is begun, so that those that run, and the database
beside them, have what is left. Calls go on in any case.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

LOW_BYTES: Final = 1 << 30
LEAST_BYTES: Final = 256 << 20
BACK_BYTES: Final = 32 << 20
"""So much more than a mark must be free again, or a disk at the mark would be told of and withdrawn by turns."""
LOOK_EVERY_S: Final = 1.0


class Space(StrEnum):
    """What the room that is left allows."""

    ENOUGH = "enough"
    LOW = "low"
    NONE = "none"
    """No new recording is begun."""


def space_after(before: Space, free: int) -> Space:
    """Say what so many free bytes allow, with a little more asked for the way back."""
    if free < LEAST_BYTES + (BACK_BYTES if before is Space.NONE else 0):
        return Space.NONE
    if free < LOW_BYTES + (0 if before is Space.ENOUGH else BACK_BYTES):
        return Space.LOW
    return Space.ENOUGH


def free_bytes(folder: Path) -> int:
    """Return what is free where a folder is, or will be once it is made. Raises `OSError`."""
    return shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists())).free


class SpaceWatch:
    """Looks every second, off the loop: a disk may hang."""

    def __init__(self, folder: Path, free: Callable[[Path], int] = free_bytes) -> None:
        self.space = Space.ENOUGH
        self._folder = folder
        self._free = free

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                free = await asyncio.to_thread(self._free, self._folder)
            except OSError:
                log.exception("nobody knows how much room is left in %s", self._folder)
            else:
                self._note(space_after(self.space, free), free)
            await asyncio.sleep(LOOK_EVERY_S)

    def _note(self, space: Space, free: int) -> None:
        if space is not self.space:
            log.warning("the disk for recordings has %d MiB left: %s", free >> 20, space)
        self.space = space
