"""How a file gets to a customer's server, the same for FTP and SFTP: one step after the other, and none believed.

`.part` is written; its size, its name in the listing and its contents are looked at; it is renamed; size and name are
looked at again. Only then the file counts as stored. Whoever was cut off somewhere in between begins anew, and `store`
first looks at what there is: a file that lies there whole is not sent twice, and a half one is replaced.

What the steps guard against was measured on real servers: a client or server killed in mid-STOR leaves a short file
under the name it was sent to; a control line cut before the 226 left 73,728 of 80,000 bytes; a full disk is a plain
reset of the connection (reliability L11).
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from recording.storages.base import Stored
from recording.storages.errors import Fault, StorageError, not_ours
from recording.storages.names import RemoteName, checked, probe_name
from recording.storages.own import open_source

CHUNK: Final = 64 << 10
TAIL: Final = 64 << 10
"""So much of the end is read back where the server cannot say a sum."""
MOST_LISTED: Final = 20_000
"""Names in one folder that are looked through."""
WHOLE_ONE_IN: Final = 20
"""One file in so many is read back as a whole, chosen by its sum."""


class CheckStep(StrEnum):
    """What a check does, in this order. The words stand in the API: never renamed."""

    LOGIN = "login"
    UPLOAD = "upload"
    RENAME = "rename"
    READ = "read"
    DELETE = "delete"


class Session(Protocol):
    """One login at a server. Every method raises `StorageError`, and each ends in bounded time."""

    async def size(self, path: str) -> int | None:
        """Return the size that the server says the file has; None if there is none."""
        ...

    async def listed(self, path: str) -> bool:
        """Say whether exactly this name stands in the listing of its folder."""
        ...

    async def sum_of(self, path: str) -> str | None:
        """Return the SHA-256 of the file in hexadecimal; None if the server cannot say it."""
        ...

    async def write(self, path: str, chunks: AsyncGenerator[bytes]) -> None:
        """Write a file from its beginning, in the place of what is there."""
        ...

    def read(self, path: str, offset: int) -> AsyncGenerator[bytes]:
        """Read a file from `offset` to its end."""
        ...

    async def rename(self, old: str, new: str) -> None:
        """Give a file another name that no file has."""
        ...

    async def remove(self, path: str) -> None:
        """Remove a file; one that is not there is removed already."""
        ...

    async def make_folders(self, path: str) -> None:
        """Make the folders that the file is to be in, those that are missing."""
        ...


async def size_of(source: Path) -> int:
    """Return how many bytes are to be sent. Raises `StorageError` when the file is gone."""
    return (await asyncio.to_thread(_facts, source)).st_size


def _facts(source: Path) -> os.stat_result:
    try:
        return source.stat(follow_symlinks=False)
    except OSError as error:
        raise _lost() from error


async def store(
    session: Session, source: Path, name: RemoteName, sha256: str, on_progress: Callable[[int], None]
) -> Stored:
    """Take the steps; see `Storage.store`."""
    try:
        file = await asyncio.to_thread(open_source, source)
    except OSError as error:
        raise _lost() from error
    with file:
        original = _Original(file, await asyncio.to_thread(_length, file), sha256)
        return await _store(session, original, checked(name), on_progress)


async def _store(
    session: Session, original: "_Original", name: RemoteName, on_progress: Callable[[int], None]
) -> Stored:
    part = f"{name}.part"
    if await _is_there(session, name, original):
        return Stored(name, original.size, original.sha256, found=True)
    sent = not await _is_there(session, part, original)
    if sent:
        await session.make_folders(name)
        async with _removed_on_failure(session, part):
            await session.write(part, original.chunks(on_progress))
            original.expect_whole()
            await _expect(session, part, original)
    if await session.size(name) is not None:
        # Ours, since the recording's id is in the name, but not whole: `.part` is, and takes its place.
        await session.remove(name)
    await session.rename(part, name)
    await _expect(session, name, original, renamed=True)
    return Stored(name, original.size, original.sha256, found=not sent)


async def verify(session: Session, name: RemoteName, size: int, sha256: str) -> bool:
    """Read the whole file back; see `Storage.verify`."""
    if await session.size(name) != size:
        return False
    return (await session.sum_of(name) or await _sum(session, name, size)) == sha256


async def delete(session: Session, name: RemoteName, size: int) -> None:
    """Remove a file that is ours, and look whether it is gone; see `Storage.delete`."""
    part = f"{checked(name)}.part"
    left = await session.size(part)
    if left is not None and left <= size:
        await session.remove(part)
    there = await session.size(name)
    if there is not None and there != size:
        raise not_ours(there)
    if there is not None:
        await session.remove(name)
    if await session.listed(name):
        raise StorageError(
            Fault.NO_RIGHTS, "The file is still there: the server does not let it be looked at or deleted."
        )


async def check(session: Session, folder: str, passed: Callable[[CheckStep], object]) -> None:
    """Upload a few bytes for real; see `Storage.check`. Each step that went well is told."""
    passed(CheckStep.LOGIN)
    name, content = probe_name(folder), secrets.token_bytes(64)
    part = f"{name}.part"
    await session.make_folders(name)
    async with _removed_on_failure(session, part), _removed_on_failure(session, name):
        await session.write(part, _once(content))
        _expect_size(await session.size(part), len(content))
        await _expect_name(session, part)
        passed(CheckStep.UPLOAD)
        if await session.size(name) is not None:
            await session.remove(name)
        await session.rename(part, name)
        _expect_size(await session.size(name), len(content), renamed=True)
        await _expect_name(session, name)
        passed(CheckStep.RENAME)
        if await _bytes(session, name, 0, len(content)) != content:
            raise _other_contents()
        passed(CheckStep.READ)
    await session.remove(name)
    passed(CheckStep.DELETE)


@asynccontextmanager
async def _removed_on_failure(session: Session, path: str) -> AsyncGenerator[None]:
    """Leave nothing half behind, if the server still listens: it may be its last bytes of space."""
    try:
        yield
    except StorageError:
        with suppress(StorageError):
            await session.remove(path)
        raise


class _Original:
    """The file on our disk. Its sum is taken while it is sent."""

    def __init__(self, file: BinaryIO, size: int, sha256: str) -> None:
        self._file = file
        self.size = size
        self.sha256 = sha256
        self._seen = ""

    async def chunks(self, on_progress: Callable[[int], None]) -> AsyncGenerator[bytes]:
        """Give the whole file, and remember its sum."""
        digest, done = hashlib.sha256(), 0
        await asyncio.to_thread(self._file.seek, 0)
        while chunk := await asyncio.to_thread(self._file.read, CHUNK):
            digest.update(chunk)
            yield chunk
            done += len(chunk)
            on_progress(done)
        self._seen = digest.hexdigest()

    def expect_whole(self) -> None:
        """Raise unless what was sent is what was finished: a damaged file is not delivered as if it were whole."""
        if self._seen != self.sha256:
            raise StorageError(
                Fault.SOURCE_CHANGED, "The recording's file is not the one that was finished: its sum differs."
            )

    async def tail(self) -> bytes:
        """Give the end of the file."""
        return await asyncio.to_thread(self._tail)

    def _tail(self) -> bytes:
        self._file.seek(max(0, self.size - TAIL))
        return self._file.read(TAIL)


async def _is_there(session: Session, path: str, original: _Original) -> bool:
    """Say whether an earlier attempt left the whole file there."""
    if await session.size(path) != original.size:
        return False
    return await session.listed(path) and await _same(session, path, original)


async def _expect(session: Session, path: str, original: _Original, *, renamed: bool = False) -> None:
    _expect_size(await session.size(path), original.size, renamed=renamed)
    await _expect_name(session, path)
    if not renamed and not await _same(session, path, original):
        raise _other_contents()


def _expect_size(size: int | None, wanted: int, *, renamed: bool = False) -> None:
    if size is None and renamed:
        raise StorageError(Fault.RENAME_REFUSED, "The server said that it renamed the file, but it is not there.")
    if size is None:
        raise StorageError(Fault.NOT_KEPT, "The server said that it has the file, but it kept nothing.")
    if size != wanted:
        raise StorageError(
            Fault.SIZE_LIES, f"{wanted} bytes were sent, but the server says that the file has {size} bytes."
        )


async def _expect_name(session: Session, path: str) -> None:
    if not await session.listed(path):
        raise StorageError(
            Fault.NAME_CHANGED, "The server keeps files under other names than it is told, probably shorter ones."
        )


async def _same(session: Session, path: str, original: _Original) -> bool:
    """Compare contents: by the server's own sum, else by the end of the file, and for some by the whole of it."""
    if (said := await session.sum_of(path)) is not None:
        return said == original.sha256
    if int(original.sha256[:8], 16) % WHOLE_ONE_IN == 0:
        return await _sum(session, path, original.size) == original.sha256
    return await _bytes(session, path, max(0, original.size - TAIL), TAIL) == await original.tail()


async def _sum(session: Session, path: str, size: int) -> str:
    """Read a file back and return its sum; what comes after `size` bytes is not waited for, and makes it another."""
    digest, left = hashlib.sha256(), size
    async with aclosing(session.read(path, 0)) as chunks:
        async for chunk in chunks:
            digest.update(chunk)
            left -= len(chunk)
            if left < 0:
                return ""
    return digest.hexdigest()


async def _bytes(session: Session, path: str, offset: int, most: int) -> bytes:
    content = bytearray()
    async with aclosing(session.read(path, offset)) as chunks:
        async for chunk in chunks:
            content += chunk
            if len(content) > most:
                break
    return bytes(content)


async def _once(content: bytes) -> AsyncGenerator[bytes]:
    yield content


def _lost() -> StorageError:
    return StorageError(Fault.SOURCE_LOST, "The recording's file is not on the disk any more.")


def folder_too_full() -> StorageError:
    """Return what is wrong with a folder of more than `MOST_LISTED` names."""
    return StorageError(
        Fault.FOLDER_TOO_FULL, "There are too many files in the folder to find ours: have a day of its own in the path."
    )


def _other_contents() -> StorageError:
    return StorageError(Fault.CONTENTS_DIFFER, "The server gives back other bytes than it was sent.")


def _length(file: BinaryIO) -> int:
    return file.seek(0, 2)
