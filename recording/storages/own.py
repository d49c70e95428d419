"""The own storage: a folder on a disk of this machine. A recording may have no other place, so nothing is assumed.

A file is written as `.part`, flushed to the disk, read back, renamed, and the folder is flushed as well. Links are
never followed: each folder on the way is opened as a folder, by the descriptor of the one above it.
"""

import asyncio
import contextlib
import errno
import hashlib
import os
import secrets
import stat
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from recording.storages.base import Stored
from recording.storages.errors import Fault, StorageError, not_ours
from recording.storages.names import RemoteName, checked, probe_name

CHUNK: Final = 1 << 20
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_Result = TypeVar("_Result")
_Stop = threading.Event


class OwnStorage:
    """Keeps files below one folder, which is made when it is first needed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def check(self, folder: str = "") -> None:
        """Keep a few bytes, read them back and delete them."""
        name, content = probe_name(folder), secrets.token_bytes(64)
        await _in_thread(lambda _: self._check(name, content))

    async def store(self, source: Path, name: RemoteName, sha256: str, on_progress: Callable[[int], None]) -> Stored:
        """Copy the file; see `Storage.store`."""
        told = partial(asyncio.get_running_loop().call_soon_threadsafe, on_progress)
        return await _in_thread(lambda stop: self._store(source, name, sha256, told, stop))

    async def verify(self, name: RemoteName, size: int, sha256: str) -> bool:
        """Read the whole file; see `Storage.verify`."""
        return await _in_thread(lambda stop: self._verify(name, size, sha256, stop))

    async def delete(self, name: RemoteName, size: int) -> None:
        """Remove the file, and nothing that is no file; see `Storage.delete`."""
        await _in_thread(lambda _: self._delete(name, size))

    def _check(self, name: RemoteName, content: bytes) -> None:
        with self._folder(name, make=True) as (folder, last):
            part = f"{last}.part"
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part, dir_fd=folder)
            try:
                with _new_file(folder, part) as file:
                    file.write(content)
                    _flush(file)
                os.rename(part, last, src_dir_fd=folder, dst_dir_fd=folder)
                with _open(folder, last) as file:
                    kept = file.read(len(content) + 1) == content
                if not kept:
                    raise StorageError(Fault.CONTENTS_DIFFER, "The disk gave back other bytes than were written to it.")
            finally:
                for left in (part, last):
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(left, dir_fd=folder)

    def _store(
        self, source: Path, name: RemoteName, sha256: str, on_progress: Callable[[int], object], stop: _Stop
    ) -> Stored:
        with _source(source) as original, self._folder(name, make=True) as (folder, last):
            size = os.fstat(original.fileno()).st_size
            if _has(folder, last, size, sha256, stop):
                return Stored(name, size, sha256, found=True)
            part = f"{last}.part"
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part, dir_fd=folder)
            try:
                with _new_file(folder, part) as copy:
                    if _copy(original, copy, on_progress, stop) != sha256:
                        raise StorageError(
                            Fault.SOURCE_CHANGED,
                            "The recording's file is not the one that was finished: its sum differs.",
                        )
                    _flush(copy)
                if not _has(folder, part, size, sha256, stop):
                    raise StorageError(Fault.CONTENTS_DIFFER, "The disk gave back other bytes than were written to it.")
                os.rename(part, last, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(part, dir_fd=folder)
                raise
            os.fsync(folder)
            return Stored(name, size, sha256, found=False)

    def _verify(self, name: RemoteName, size: int, sha256: str, stop: _Stop) -> bool:
        try:
            with self._folder(name, make=False) as (folder, last):
                return _has(folder, last, size, sha256, stop)
        except FileNotFoundError:
            return False

    def _delete(self, name: RemoteName, size: int) -> None:
        with contextlib.suppress(FileNotFoundError), self._folder(name, make=False) as (folder, last):
            there = os.stat(last, dir_fd=folder, follow_symlinks=False).st_size
            if there != size:
                raise not_ours(there)
            os.unlink(last, dir_fd=folder)
            os.fsync(folder)

    @contextmanager
    def _folder(self, name: RemoteName, *, make: bool) -> Generator[tuple[int, str]]:
        """Open the folder that the file is in; what is given is its descriptor and the last part of the name."""
        *folders, last = checked(name).split("/")
        if make:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in folders:
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(part, 0o700, dir_fd=descriptor)
                        os.fsync(descriptor)
                inner = os.open(part, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor, last
        finally:
            os.close(descriptor)


async def _in_thread(work: Callable[[_Stop], _Result]) -> _Result:
    """Run blocking work in a thread and explain its errors. When cancelled the thread is stopped and waited for."""
    stop = _Stop()
    task = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait({task})
        raise
    except OSError as error:
        raise _explained(error) from error


def _explained(error: OSError) -> StorageError:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return StorageError(Fault.DISK_FULL, "The disk of the own storage is full.")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return StorageError(Fault.NO_RIGHTS, "Parley may not write to the folder of its own storage.")
        case errno.ELOOP | errno.ENOTDIR | errno.EISDIR:
            return StorageError(
                Fault.BAD_NAME, "In the own storage a link, or a thing of another kind, stands in the way."
            )
        case _:
            return StorageError(Fault.REFUSED, f"The own storage failed: {error.strerror or type(error).__name__}.")


@contextmanager
def _source(path: Path) -> Generator[BinaryIO]:
    """Open the file that is to be stored. Raises `StorageError` when it is gone, or not a file."""
    try:
        file = open_source(path)
    except OSError as error:
        raise StorageError(Fault.SOURCE_LOST, "The recording's file is not on the disk any more.") from error
    with file:
        yield file


def open_source(path: Path) -> BinaryIO:
    """Open a finished file for reading. A link, a folder or a pipe in its place is an `OSError`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, "not a file", str(path))
    return os.fdopen(descriptor, "rb")


def _new_file(folder: int, name: str) -> BinaryIO:
    return os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder), "wb")


def _open(folder: int, name: str) -> BinaryIO:
    return os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), "rb")


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _copy(source: BinaryIO, copy: BinaryIO, on_progress: Callable[[int], object], stop: _Stop) -> str:
    digest, done = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        _go_on(stop)
        copy.write(chunk)
        digest.update(chunk)
        done += len(chunk)
        on_progress(done)
    return digest.hexdigest()


def _has(folder: int, name: str, size: int, sha256: str, stop: _Stop) -> bool:
    """Say whether a file of this size and these contents lies there."""
    try:
        file = _open(folder, name)
    except FileNotFoundError:
        return False
    with file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode) or facts.st_size != size:
            return False
        digest = hashlib.sha256()
        while chunk := file.read(CHUNK):
            _go_on(stop)
            digest.update(chunk)
    return digest.hexdigest() == sha256


def _go_on(stop: _Stop) -> None:
    if stop.is_set():
        raise InterruptedError("nobody waits for this any more")
