"""Hang-ups that the database could not take, on disk: they outlast the process (reliability S17).

One line of JSON for each, appended and synchronised before the hang-up is answered. The file is emptied when no
hang-up waits any more. What is read from it is not believed: a line that is not exactly a hang-up is passed over.
"""

import asyncio
import json
import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, cast

from callflow.call import Role
from callflow.events import HungUp
from callflow.ids import AgentId, CallId

log = logging.getLogger(__name__)

NAME: Final = "hangups.jsonl"
LONGEST: Final = 1 << 20
"""Bytes that are read of it: thousands of hang-ups."""
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")


class HangupJournal:
    """The file in a data folder. One at a time works on it, in a thread."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._turn = asyncio.Lock()

    async def keep(self, call: CallId, event: HungUp) -> None:
        """Write a hang-up down for good. Raises OSError."""
        async with self._turn:
            await asyncio.to_thread(_append, self._path, line_of(call, event))

    async def read(self) -> list[tuple[CallId, HungUp]]:
        """Return what was kept, in its order. Raises OSError."""
        async with self._turn:
            return list(hangups_in(await asyncio.to_thread(_read, self._path)))

    async def clear(self) -> None:
        """Forget everything. Raises OSError."""
        async with self._turn:
            await asyncio.to_thread(self._path.unlink, missing_ok=True)


def line_of(call: CallId, event: HungUp) -> bytes:
    """Return a hang-up as a line. It begins with the end of the one before, which may be torn."""
    fields = {"call": call, "by": event.by, "agent": event.agent}
    return f"\n{json.dumps(fields)}\n".encode()


def hangups_in(content: bytes) -> Iterable[tuple[CallId, HungUp]]:
    """Read hang-ups from a file's content, whatever that is."""
    for line in content.split(b"\n"):
        if line.strip():
            found = _hangup(line)
            if found is None:
                log.warning("a line of %s is no hang-up and is passed over", NAME)
            else:
                yield found


def _hangup(line: bytes) -> tuple[CallId, HungUp] | None:
    try:
        read: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, dict):
        return None
    fields = cast("dict[str, object]", read)
    match fields:
        case {"call": str(call), "by": Role.CUSTOMER.value, "agent": None} if len(fields) == 3 and _is_id(call):
            return CallId(call), HungUp(Role.CUSTOMER)
        case {"call": str(call), "by": Role.AGENT.value, "agent": str(agent)} if (
            len(fields) == 3 and _is_id(call) and _is_id(agent)
        ):
            return CallId(call), HungUp(Role.AGENT, AgentId(agent))
        case _:
            return None


def _is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def _append(path: Path, line: bytes) -> None:
    is_new = not path.exists()
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        if os.write(file, line) != len(line):
            raise OSError(f"{path.name} could be written in part only")
        os.fsync(file)
    finally:
        os.close(file)
    if is_new:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST)
    except FileNotFoundError:
        return b""
