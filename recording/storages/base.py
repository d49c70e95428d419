"""What every storage can do."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from recording.storages.names import RemoteName


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a storage waits. In seconds; every step has one."""

    connect: float = 10
    command: float = 20
    """From a command to its reply."""
    stall: float = 20
    """Of a transfer in which not one byte moves."""
    finish: float = 60
    """From the last byte to the server's word that it has the file: it may write it to a slow disk first."""
    session: float = 120
    """A whole session, beside the time of the bytes themselves."""
    bytes_per_s: float = 500
    """A transfer that is slower than this is given up, so that it does not keep others waiting for ever."""

    def whole(self, size: int) -> float:
        """Return how long it may take to store `size` bytes."""
        return self.session + size / self.bytes_per_s


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies in a storage under its final name, seen there with its size and contents."""

    name: RemoteName
    size: int
    sha256: str
    found: bool
    """It lay there already from an earlier attempt; nothing was sent."""


class Storage(Protocol):
    """A place for finished files. Every method raises `StorageError` and nothing else, and ends in bounded time."""

    async def check(self, folder: str = "") -> None:
        """Upload a few bytes for real, see their size, rename, read back, delete. Raises what failed first.

        `folder` is where that is done: `fixed_folder` of the template, since a user may not write everywhere.
        """
        ...

    async def store(self, source: Path, name: RemoteName, sha256: str, on_progress: Callable[[int], None]) -> Stored:
        """Put `source` there, whole and under its name, or raise; `sha256` is what it must be.

        May be called again after any failure, also one whose outcome is unknown: what is there already is
        looked at first, and no second copy ever comes about. `on_progress` is told how many bytes were sent.
        """
        ...

    async def verify(self, name: RemoteName, size: int, sha256: str) -> bool:
        """Say whether the file is there with this size and these contents, read back as a whole."""
        ...

    async def delete(self, name: RemoteName, size: int) -> None:
        """Remove the file of this size, and what a cut off upload of it left; what is not there is removed already.

        A file of another size is not ours, whatever it is called: it stays, and `Fault.NOT_OURS` is raised.
        """
        ...


def nobody(_: int) -> None:
    """Hear of progress and do nothing."""
