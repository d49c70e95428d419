"""What every real server is asked to show."""

import hashlib
import os
from pathlib import Path
from typing import Final

import pytest

from recording.storages.base import Storage, nobody
from recording.storages.errors import Fault, StorageError
from recording.storages.names import checked
from tests.ftp_servers import FOLDER

SIZE: Final = 700_000


def recording(folder: Path, size: int) -> tuple[Path, str]:
    """Make a finished file; also its sum."""
    source = folder / "voice.webm"
    source.write_bytes(os.urandom(size))
    return source, hashlib.sha256(source.read_bytes()).hexdigest()


async def delivered_once_found_again_verified_and_deleted(storage: Storage, root: Path, folder: Path) -> None:
    """Try all that a storage does on a server whose user has `root`."""
    source, sha256 = recording(folder, SIZE)
    name = checked(f"{FOLDER}/2026/11/22/call_1-sales-ann-rec_1.voice.webm")
    await storage.check(FOLDER)
    assert os.listdir(root / FOLDER) == []
    seen: list[int] = []
    stored = await storage.store(source, name, sha256, seen.append)
    assert (stored.size, stored.found, seen[-1]) == (SIZE, False, SIZE)
    assert (root / name).read_bytes() == source.read_bytes()
    assert os.listdir((root / name).parent) == [Path(name).name]
    assert (await storage.store(source, name, sha256, nobody)).found
    assert await storage.verify(name, SIZE, sha256)
    assert not await storage.verify(name, SIZE, "0" * 64)
    part = root / f"{name}.part"
    part.write_bytes(b"half")  # of an upload that was cut off
    part.chmod(0o666)
    with pytest.raises(StorageError) as foreign:
        await storage.delete(name, SIZE - 1)
    assert (foreign.value.fault, (root / name).exists()) == (Fault.NOT_OURS, True)
    await storage.delete(name, SIZE)
    await storage.delete(name, SIZE)
    assert os.listdir((root / name).parent) == []
    assert not await storage.verify(name, SIZE, sha256)
