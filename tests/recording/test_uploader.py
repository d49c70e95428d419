"""The driver, with a storage that does what the test says: who is served, what survives a restart, who is told."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from callflow.errors import StoreAwayError
from recording import leases
from recording.delivery import Policy, State, finished
from recording.leases import LeaseLostError
from recording.storages.base import Stored
from recording.storages.errors import Fault, StorageError
from recording.storages.names import RemoteName, checked
from recording.storages.own import OwnStorage
from recording.uploader import Job, JobId, Shelf, Target, TargetId, Uploader
from tests.recording.shelf import FastClock, MemoryShelf

pytestmark = pytest.mark.loop

FULL = StorageError(Fault.DISK_FULL, "The disk is full.")
PASSWORD = StorageError(Fault.WRONG_PASSWORD, "Wrong password.")


class PuppetStorage:
    """Fails with `error` while there is one, and waits at the gate while that is closed."""

    def __init__(self) -> None:
        self.error: StorageError | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.has: list[RemoteName] = []
        self.calls = 0

    async def check(self, folder: str = "") -> None:
        if self.error:
            raise self.error

    async def store(self, source: Path, name: RemoteName, sha256: str, on_progress: Callable[[int], None]) -> Stored:
        self.calls += 1
        on_progress(1)
        await self.gate.wait()
        if self.error:
            raise self.error
        self.has.append(name)
        return Stored(name, 1, sha256, found=False)

    async def verify(self, name: RemoteName, size: int, sha256: str) -> bool:
        return name in self.has

    async def delete(self, name: RemoteName, size: int) -> None:
        self.has.remove(name)


async def until(holds: Callable[[], bool], limit: float = 20) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(limit):
        while not holds():  # noqa: ASYNC110 (what is waited for is a state, not a signal)
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(shelf: MemoryShelf, own: Path) -> AsyncGenerator[Uploader]:
    """Run an uploader; leaving is like a kill: whatever it does is cut off."""
    typed: Shelf = shelf
    uploader = Uploader(typed, OwnStorage(own), shelf.clock, look_every=0.02)
    task = asyncio.create_task(uploader.run())
    try:
        yield uploader
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def job(number: int, folder: Path, clock: FastClock, target: str = "ftp") -> Job:
    source = folder / f"{number}.webm"
    source.write_bytes(f"recording {number}".encode())
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    name = checked(f"2026/rec_{number}.voice.webm")
    size = source.stat().st_size
    return Job(JobId(f"{target}{number}"), TargetId(target), source, name, size, sha256, finished(clock.now()), 0)


def target(storage: PuppetStorage, *, failover: bool, id: str = "ftp") -> Target:
    return Target(TargetId(id), 1, storage, "", Policy(failover, tries=4, patience=timedelta(minutes=10)))


async def test_two_are_uploaded_at_once_and_each_target_gets_its_share(tmp_path: Path) -> None:
    """A target that hangs holds one of the two places, not both, while another one has files waiting."""
    slow, fast = PuppetStorage(), PuppetStorage()
    slow.gate.clear()
    clock = FastClock(100)
    shelf = MemoryShelf(clock, [target(slow, failover=False, id="slow"), target(fast, failover=False, id="fast")])
    for number in range(6):
        shelf.add(job(number, tmp_path, clock, "slow"))
        shelf.add(job(number, tmp_path, clock, "fast"))
    async with running(shelf, tmp_path / "own") as uploader:
        await until(lambda: len(fast.has) == 6 and slow.calls == 2)
        assert dict.fromkeys(uploader.progress.values()) == {1: None}
        slow.gate.set()
        await until(lambda: shelf.all(State.UPLOADED))
    assert shelf.most_at_once == 2
    assert sorted(slow.has) == sorted(fast.has)


async def test_a_restart_in_the_middle_of_an_upload_loses_nothing_and_sends_nothing_twice_at_once(
    tmp_path: Path,
) -> None:
    """The lease of the one who was killed ends, and another one goes on."""
    storage, clock = PuppetStorage(), FastClock(200)
    storage.gate.clear()
    shelf = MemoryShelf(clock, [target(storage, failover=False)])
    shelf.add(job(1, tmp_path, clock))
    async with running(shelf, tmp_path / "own"):
        await until(lambda: storage.calls == 1)
    assert shelf.all(State.UPLOADING)
    storage.gate.set()
    async with running(shelf, tmp_path / "own"):
        await until(lambda: shelf.all(State.UPLOADED))
    assert shelf.states[JobId("ftp1")] == [
        State.SPOOLED,
        State.UPLOADING,
        State.SPOOLED,
        State.UPLOADING,
        State.UPLOADED,
    ]
    assert storage.has == ["2026/rec_1.voice.webm"]


@pytest.mark.parametrize("lost", [False, True])
async def test_an_upload_outlasts_a_lease_that_was_not_renewed_once_and_is_cut_off_by_one_that_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    """PLUS-09, S15: a database that is away for a moment sends no file again; two never send the same one."""
    monkeypatch.setattr(leases, "RENEW_EVERY_S", 0.01)
    storage, clock = PuppetStorage(), FastClock(1)
    storage.gate.clear()
    shelf = MemoryShelf(clock, [target(storage, failover=False)])
    shelf.add(job(1, tmp_path, clock))
    asked: list[None] = []

    async def renew(_: Job) -> None:
        asked.append(None)
        if lost:
            raise LeaseLostError
        raise StoreAwayError

    monkeypatch.setattr(shelf, "renew", renew)
    async with running(shelf, tmp_path / "own") as uploader:
        if lost:
            await until(lambda: bool(asked) and not uploader.progress)
        else:
            await until(lambda: len(asked) > 2)
            assert uploader.progress
        storage.gate.set()
        if not lost:
            await until(lambda: shelf.all(State.UPLOADED))
    assert (storage.calls, len(storage.has)) == ((1, 0) if lost else (1, 1))
    assert shelf.all(State.UPLOADING if lost else State.UPLOADED)


async def test_with_failover_files_get_to_the_own_storage_and_to_the_target_when_it_is_back(tmp_path: Path) -> None:
    """FTP-03: people are told once that it fails, and once that it works again."""
    storage, clock, own = PuppetStorage(), FastClock(500), tmp_path / "own"
    storage.error = FULL
    shelf = MemoryShelf(clock, [target(storage, failover=True)])
    for number in range(5):
        shelf.add(job(number, tmp_path, clock))
    async with running(shelf, own):
        await until(lambda: shelf.all(State.FAILED_OVER))
        assert all((own / each.name).read_bytes() == each.source.read_bytes() for each in shelf.jobs.values())
        assert all(each.delivery.deletable and not each.delivery.kept_deletable for each in shelf.jobs.values())
        storage.error = None
        await until(lambda: shelf.all(State.UPLOADED))
    assert len(storage.has) == len(set(storage.has)) == 5
    assert [notice.fault for notice in shelf.notices] == [Fault.DISK_FULL, None]


async def test_without_failover_a_file_is_marked_as_failed_kept_and_delivered_at_last(tmp_path: Path) -> None:
    """FTP-04: never deleted."""
    storage, clock = PuppetStorage(), FastClock(500)
    storage.error = FULL
    shelf = MemoryShelf(clock, [target(storage, failover=False)])
    shelf.add(job(1, tmp_path, clock))
    async with running(shelf, tmp_path / "own"):
        await until(lambda: shelf.all(State.FAILED))
        assert not shelf.jobs[JobId("ftp1")].delivery.deletable
        storage.error = None
        await until(lambda: shelf.all(State.UPLOADED))
    assert not (tmp_path / "own").exists()


async def test_a_refused_login_is_told_at_once_and_not_tried_again_for_15_minutes(tmp_path: Path) -> None:
    """An account is not locked; new settings are tried at once."""
    storage, clock = PuppetStorage(), FastClock(600)
    storage.error = PASSWORD
    before = target(storage, failover=False)
    shelf = MemoryShelf(clock, [before])
    shelf.add(job(1, tmp_path, clock))
    shelf.add(job(2, tmp_path, clock))
    async with running(shelf, tmp_path / "own"):
        began = clock.now()
        await until(lambda: clock.now() - began > timedelta(minutes=14))
        assert storage.calls <= 2, "two were on their way when the first was refused"
        assert [notice.fault for notice in shelf.notices] == [Fault.WRONG_PASSWORD]
        storage.error = None
        shelf.on = [Target(before.id, 2, storage, "", before.policy)]
        await shelf.release(before.id, clock.now())
        await until(lambda: shelf.all(State.UPLOADED))


async def test_a_target_that_is_switched_off_gets_nothing(tmp_path: Path) -> None:
    """FTP-04: upload starts only after it is switched on."""
    storage, clock = PuppetStorage(), FastClock(500)
    shelf = MemoryShelf(clock)
    shelf.add(job(1, tmp_path, clock))
    async with running(shelf, tmp_path / "own"):
        began = clock.now()
        await until(lambda: clock.now() - began > timedelta(minutes=5))
        assert (storage.calls, shelf.all(State.SPOOLED)) == (0, True)
        shelf.on = [target(storage, failover=False)]
        await until(lambda: shelf.all(State.UPLOADED))
