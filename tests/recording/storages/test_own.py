"""The own storage on disk."""

import asyncio
import os
from pathlib import Path

import pytest

from recording.storages.base import nobody
from recording.storages.errors import Fault, StorageError
from recording.storages.names import RemoteName, checked
from recording.storages.own import OwnStorage
from tests.recording.storages.delivered import recording

pytestmark = pytest.mark.wire

NAME = checked("2026/11/rec_1.voice.webm")


async def test_a_file_is_kept_once_found_again_verified_and_deleted(tmp_path: Path) -> None:
    """FTP-03."""
    source, sha256 = recording(tmp_path, 3_000_000)
    root = tmp_path / "own"
    storage = OwnStorage(root)
    await storage.check("2026")
    assert not [*(root / "2026").iterdir()]
    seen: list[int] = []
    stored = await storage.store(source, NAME, sha256, seen.append)
    await asyncio.sleep(0)
    assert (stored.size, stored.found, seen[-1]) == (3_000_000, False, 3_000_000)
    assert (root / NAME).read_bytes() == source.read_bytes()
    assert (root / NAME).stat().st_mode & 0o077 == 0
    assert (await storage.store(source, NAME, sha256, nobody)).found
    assert await storage.verify(NAME, 3_000_000, sha256)
    (root / NAME).write_bytes(b"damaged")
    assert not await storage.verify(NAME, 3_000_000, sha256)
    assert not (await storage.store(source, NAME, sha256, nobody)).found
    assert [path.name for path in (root / NAME).parent.iterdir()] == [Path(NAME).name]
    with pytest.raises(StorageError) as foreign:
        await storage.delete(NAME, 2_999_999)
    assert (foreign.value.fault, (root / NAME).exists()) == (Fault.NOT_OURS, True)
    await storage.delete(NAME, 3_000_000)
    await storage.delete(NAME, 3_000_000)
    assert not await storage.verify(NAME, 3_000_000, sha256)


async def test_links_and_foreign_names_are_not_followed(tmp_path: Path) -> None:
    """S27: 0 files outside."""
    source, sha256 = recording(tmp_path, 1000)
    outside, root = tmp_path / "outside", tmp_path / "own"
    outside.mkdir()
    (root / "2026").mkdir(parents=True)
    (root / "2026" / "11").symlink_to(outside)
    storage = OwnStorage(root)
    link = tmp_path / "link.webm"
    link.symlink_to(source)
    faults: list[Fault] = []
    for attempt in (
        storage.store(source, NAME, sha256, nobody),
        storage.store(source, RemoteName("../x"), sha256, nobody),
        storage.store(link, checked("x"), sha256, nobody),
        storage.store(tmp_path, checked("x"), sha256, nobody),
        storage.store(tmp_path / "gone", checked("x"), sha256, nobody),
        storage.store(source, checked("x"), "0" * 64, nobody),
    ):
        with pytest.raises(StorageError) as error:
            await attempt
        faults.append(error.value.fault)
    lost = [Fault.SOURCE_LOST] * 3
    assert faults == [Fault.BAD_NAME, Fault.BAD_NAME, *lost, Fault.SOURCE_CHANGED]
    assert not [*outside.iterdir()]
    assert [path.name for path in root.iterdir()] == ["2026"]


async def test_a_copy_that_is_cancelled_leaves_nothing_behind(tmp_path: Path) -> None:
    """Its thread is stopped and waited for: a later attempt meets nobody."""
    source, sha256 = recording(tmp_path, 40_000_000)
    storage, begun = OwnStorage(tmp_path / "own"), asyncio.Event()
    copying = asyncio.create_task(storage.store(source, NAME, sha256, lambda _: begun.set()))
    await begun.wait()
    copying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await copying
    assert not [path for path in (tmp_path / "own").rglob("*") if path.is_file()]
    assert not (await storage.store(source, NAME, sha256, nobody)).found


async def test_a_full_disk_is_told_in_a_sentence_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that was to be kept is untouched."""
    source, sha256 = recording(tmp_path, 1000)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        storage = OwnStorage(tmp_path)
        with pytest.raises(StorageError) as error:
            await storage.store(source, checked("x.webm"), sha256, nobody)
    assert (error.value.fault, error.value.sentence) == (Fault.DISK_FULL, "The disk of the own storage is full.")
    assert os.listdir(tmp_path) == ["voice.webm"]
