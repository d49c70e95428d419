"""S15: whatever a server does, each file ends on it or in the own storage, whole, once, and under its own name."""

import asyncio
import hashlib
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from callflow.ids import RecordingId
from recording.delivery import Policy, State, finished
from recording.storages.base import Limits
from recording.storages.ftp import FtpStorage, FtpTarget, TlsTrust
from recording.storages.names import DEFAULT_TEMPLATE, NameFacts, remote_name
from recording.uploader import Job, JobId, Target, TargetId
from signaling.settings import Settings
from signaling.tls import self_signed, server_context
from tests.recording.shelf import FastClock, MemoryShelf
from tests.recording.storages.hostile_ftp import PASSWORD, HostileFtp, Trouble
from tests.recording.test_uploader import running, until

pytestmark = pytest.mark.wire

LIMITS: Final = Limits(connect=0.5, command=0.5, stall=0.5, finish=0.5, session=20)
TARGET: Final = TargetId("ftp")
POLICY: Final = Policy(failover=True, tries=4, patience=timedelta(minutes=1))


class Centre:
    """Files, a server that misbehaves, and a retention that deletes whatever may be deleted at once."""

    def __init__(self, folder: Path, times: float, policy: Policy, *, tls: bool) -> None:
        self.folder, self.own = folder, folder / "own"
        trust = good = bad = None
        if tls:
            ours, other = (Settings(data=folder / each, tls_self_signed=True) for each in ("ours", "other"))
            good, bad = server_context(ours), server_context(other)
            trust = TlsTrust(authorities=self_signed(ours)[0].read_text())
        (folder / "root").mkdir()
        self.server = HostileFtp(folder / "root", good, bad)
        storage = FtpStorage(FtpTarget("127.0.0.1", self.server.port, "me", PASSWORD, trust), LIMITS)
        self.clock = FastClock(times)
        self.shelf = MemoryShelf(self.clock, [Target(TARGET, 1, storage, "", policy)])
        self.shelf.after_write = self._retain
        self.contents: dict[str, bytes] = {}
        self.chance = random.Random(15)

    def add(self, count: int) -> list[JobId]:
        """Finish so many recordings, of every awkward size."""
        return [self._add(len(self.contents)) for _ in range(count)]

    def _add(self, number: int) -> JobId:
        content = self.chance.randbytes(self.chance.choice((0, 1, 900, 20_000, 65_536, 65_537, 90_000)))
        source = self.folder / f"{number}.webm"
        source.write_bytes(content)
        facts = NameFacts(
            RecordingId(f"rec_{number:020}"), self.clock.now(), f"call_{number}", "Sales", "Ann", "../Bob\r\n", "in"
        )
        name = remote_name(DEFAULT_TEMPLATE, facts, "voice.webm")
        self.contents[name] = content
        sha256 = hashlib.sha256(content).hexdigest()
        job = Job(JobId(str(number)), TARGET, source, name, len(content), sha256, finished(self.clock.now()), 0)
        self.shelf.add(job)
        return job.id

    def _retain(self, job: Job) -> None:
        """Delete what may be deleted; that it is safe elsewhere is looked at here, with nobody's word for it."""
        copy, content = self.own / job.name, self.contents[job.name]
        if job.delivery.state is State.UPLOADED:
            assert (self.server.root / job.name).read_bytes() == content
            job.source.unlink(missing_ok=True)
            copy.unlink(missing_ok=True)
        elif job.delivery.deletable and job.source != copy:
            assert copy.read_bytes() == content
            job.source.unlink()
            self.shelf.jobs[job.id] = replace(job, source=copy)

    def settled(self, jobs: list[JobId]) -> bool:
        """Say whether each is on the server or in the own storage."""
        return all(self.shelf.jobs[job].delivery.state in (State.UPLOADED, State.FAILED_OVER) for job in jobs)

    async def all_uploaded(self) -> None:
        """Wait until the server has everything."""
        try:
            await until(lambda: self.shelf.all(State.UPLOADED), 60)
        except TimeoutError:
            left = [job.delivery for job in self.shelf.jobs.values() if job.delivery.state is not State.UPLOADED]
            pytest.fail(f"at {self.clock.now()} there were left: {left}")

    def sources(self) -> list[Path]:
        """Return what retention has not deleted."""
        return [*self.folder.glob("*.webm")]

    def on_server(self) -> dict[str, bytes]:
        """Return all that lies there but the probe's own file."""
        root = self.server.root
        found = (path for path in root.rglob("*") if path.is_file() and not path.name.startswith("parley-test-"))
        return {str(path.relative_to(root)): path.read_bytes() for path in found}


async def test_every_file_ends_whole_and_once_whatever_the_server_does(tmp_path: Path, long: bool) -> None:
    """S15: 500 files over all faults, one after the other and then mixed; FTP-03."""
    each, mixed = (25, 100) if long else (1, 6)
    centre = Centre(tmp_path, 600, POLICY, tls=True)
    server, shelf = centre.server, centre.shelf
    await server.start()
    try:
        async with running(shelf, centre.own), asyncio.timeout(1200 if long else 100):
            for trouble in Trouble:
                await server.suffer(trouble)
                jobs = centre.add(each)
                await until(lambda jobs=jobs: centre.settled(jobs))
                await server.suffer(None)
                await centre.all_uploaded()
            troubles = [None, None, *(trouble for trouble in Trouble if trouble is not Trouble.DOWN)]
            server.draw = lambda: centre.chance.choice(troubles)
            jobs = centre.add(mixed)
            await until(lambda: centre.settled(jobs), 120)
            await server.suffer(None)
            await centre.all_uploaded()
    finally:
        await server.stop()
    assert centre.on_server() == centre.contents
    assert len(centre.contents) == each * len(Trouble) + mixed
    assert shelf.most_at_once <= 2
    assert not centre.sources(), "what was verified elsewhere was deleted here"


async def test_a_backlog_is_cleared_within_a_minute_of_the_targets_return(tmp_path: Path, long: bool) -> None:
    """S15: 100 files wait while the server is down, with back-offs of many minutes; a probe finds it back."""
    count, times = (100, 1) if long else (20, 10)
    policy = Policy(failover=True, tries=4, patience=timedelta(seconds=20))
    centre = Centre(tmp_path, times, policy, tls=False)
    try:
        async with running(centre.shelf, centre.own):
            jobs = centre.add(count)
            await until(lambda: centre.settled(jobs), 120)
            back = centre.clock.now()
            await centre.server.start()
            await centre.all_uploaded()
            assert centre.clock.now() - back <= timedelta(seconds=60)
    finally:
        await centre.server.stop()
    assert centre.on_server() == centre.contents
    assert [notice.fault is None for notice in centre.shelf.notices] == [False, True]
