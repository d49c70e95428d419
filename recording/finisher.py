"""Finishing beside the running server: recordings in one process, what takes minutes in another."""

from pathlib import Path
from typing import Final

from recording.finishing import Facts, Finished, FinishedFile, finish
from recording.side_by_side import make_side_by_side
from recording.worker import Worker

FINISH_LIMIT_S: Final = 1800.0
"""The longest call with pictures takes a minute or two of a free core."""
SIDE_BY_SIDE_LIMIT_S: Final = 6 * 3600.0


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
