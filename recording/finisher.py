"""Finishing beside the running server: recordings in one process, what takes minutes in another."""

import errno
from pathlib import Path
from typing import Final

from recording.finishing import Facts, Finished, FinishedFile, UnsafeDiskError, finish
from recording.side_by_side import make_side_by_side
from recording.worker import Worker, WorkerError

FINISH_LIMIT_S: Final = 1800.0
"""The longest call with pictures takes a minute or two of a free core."""
SIDE_BY_SIDE_LIMIT_S: Final = 6 * 3600.0

DISK: Final = frozenset({"disk_full", "unsafe_disk", "disk_failed"})
"""Reasons that say nothing of the recording: it is tried for as long as it takes."""


class Finisher:
    """Two workers: a recording that has just ended does not wait until the pictures of another are encoded."""

    def __init__(self) -> None:
        self._finishing = Worker()
        self._pictures = Worker(last=True)

    async def finish(self, folder: Path, into: Path, facts: Facts) -> Finished:
        """`finishing.finish` in its process. Raises what that raises, and `WorkerError`."""
        return await self._finishing.run(FINISH_LIMIT_S, finish, folder, into, facts)

    async def side_by_side(self, folder: Path) -> FinishedFile:
        """`side_by_side.make_side_by_side` in its process. Raises what that raises, and `WorkerError`."""
        return await self._pictures.run(SIDE_BY_SIDE_LIMIT_S, make_side_by_side, folder)

    def close(self) -> None:
        """End both; what they were doing is begun again by the next start."""
        for worker in (self._finishing, self._pictures):
            worker.close()


def why_not_made(error: Exception) -> str:
    """Return the stable word for what a `Finisher` raised."""
    match error:
        case WorkerError(code=code):
            return code
        case OSError(errno=errno.ENOSPC):
            return "disk_full"
        case UnsafeDiskError():
            return "unsafe_disk"
        case OSError():
            return "disk_failed"
        case _:
            return "not_finished"
