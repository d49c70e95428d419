"""A centre whose recordings go to a server, and a retention that deletes whatever may be deleted at once."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from callflow.ids import RecordingId
from recording.delivery import Policy, State, finished
from recording.storages.base import Storage
from recording.storages.names import DEFAULT_TEMPLATE, NameFacts, remote_name
from recording.uploader import Job, JobId, Target, TargetId
from tests.recording.shelf import FastClock, MemoryShelf
from tests.recording.test_uploader import until

TARGET: Final = TargetId("server")
SIZES: Final = (0, 1, 900, 20_000, 65_536, 65_537, 90_000)


class Centre:
    """Its files, where they are and where they go: into the folder `into` of the server, whose files are in `root`."""

    def __init__(
        self, folder: Path, storage: Storage, root: Path, policy: Policy, *, times: float, into: str = ""
    ) -> None:
        self.folder, self.own, self.root = folder, folder / "own", root
        self.clock = FastClock(times)
        self.shelf = MemoryShelf(self.clock, [Target(TARGET, 1, storage, into, policy)])
        self.shelf.after_write = self._retain
        self.contents: dict[str, bytes] = {}
        self.chance = random.Random(15)
        self.sizes: Sequence[int] = SIZES
        self._into = into
        self._template = f"{into}/{DEFAULT_TEMPLATE}" if into else DEFAULT_TEMPLATE

    def add(self, count: int) -> list[JobId]:
        """Finish so many recordings, of every awkward size."""
        return [self._add(len(self.contents)) for _ in range(count)]

    def _add(self, number: int) -> JobId:
        content = self.chance.randbytes(self.chance.choice(self.sizes))
        source = self.folder / f"{number}.webm"
        source.write_bytes(content)
        facts = NameFacts(
            RecordingId(f"rec_{number:020}"), self.clock.now(), f"call_{number}", "Sales", "Ann", "../Bob\r\n", "in"
        )
        name = remote_name(self._template, facts, "voice.webm")
        self.contents[name] = content
        sha256 = hashlib.sha256(content).hexdigest()
        job = Job(JobId(str(number)), TARGET, source, name, len(content), sha256, finished(self.clock.now()), 0)
        self.shelf.add(job)
        return job.id

    def _retain(self, job: Job) -> None:
        """Delete what may be deleted; that it is safe elsewhere is looked at here, with nobody's word for it."""
        copy, content = self.own / job.name, self.contents[job.name]
        if job.delivery.state is State.UPLOADED:
            assert (self.root / job.name).read_bytes() == content
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
        found = (path for path in (self.root / self._into).rglob("*") if path.is_file())
        ours = (path for path in found if not path.name.startswith("parley-test-"))
        return {str(path.relative_to(self.root)): path.read_bytes() for path in ours}
