"""The uploader's shelf in memory: it outlives uploaders, as a database does."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from recording.delivery import Delivery, Policy, Released, State, late, step
from recording.leases import LeaseLostError
from recording.uploader import Job, JobId, Notice, Target, TargetId

LEASE: Final = timedelta(seconds=60)


class FastClock:
    """Runs so many times as fast as the real one."""

    def __init__(self, times: float) -> None:
        self._times = times
        self._began = asyncio.get_running_loop().time()

    def now(self) -> datetime:
        passed = asyncio.get_running_loop().time() - self._began
        return datetime(2026, 11, 22, 12, 0, tzinfo=UTC) + timedelta(seconds=passed * self._times)


class MemoryShelf:
    """Keeps jobs; what it is asked for is what the database would answer."""

    def __init__(self, clock: FastClock, targets: Sequence[Target] = ()) -> None:
        self.clock = clock
        self.jobs: dict[JobId, Job] = {}
        self.on = list(targets)
        self.notices: list[Notice] = []
        self.most_at_once = 0
        self.states: dict[JobId, list[State]] = {}
        self.after_write: Callable[[Job], None] = lambda _: None
        self._leases: dict[JobId, datetime] = {}

    def add(self, job: Job) -> None:
        """Put a finished file there."""
        self.jobs[job.id] = job
        self.states[job.id] = [job.delivery.state]

    def all(self, *states: State) -> bool:
        """Say whether every job is in one of the states."""
        return all(job.delivery.state in states for job in self.jobs.values())

    async def targets(self) -> Sequence[Target]:
        return self.on

    async def due(self, target: TargetId, now: datetime, most: int) -> Sequence[Job]:
        ready = [job for job in self.jobs.values() if job.target == target and (due := job.delivery.due) and due <= now]
        return sorted(ready, key=lambda job: job.delivery.due or now)[:most]

    async def late(self, target: TargetId, policy: Policy, now: datetime, most: int) -> Sequence[Job]:
        jobs = [job for job in self.jobs.values() if job.target == target and late(job.delivery, policy, now)]
        return jobs[:most]

    async def abandoned(self, now: datetime, most: int) -> Sequence[Job]:
        over = [id for id, until in self._leases.items() if until <= now]
        return [self.jobs[id] for id in over][:most]

    async def begin(self, job: Job, delivery: Delivery) -> Job | None:
        if not self._put(job, delivery):
            return None
        self._leases[job.id] = self.clock.now() + LEASE
        self.most_at_once = max(self.most_at_once, len(self._leases))
        return self.jobs[job.id]

    async def renew(self, job: Job) -> None:
        if self.jobs[job.id].epoch != job.epoch:
            raise LeaseLostError
        self._leases[job.id] = self.clock.now() + LEASE

    async def write(self, job: Job, delivery: Delivery) -> None:
        if self._put(job, delivery):
            self._leases.pop(job.id, None)

    async def release(self, target: TargetId, now: datetime) -> None:
        for job in list(self.jobs.values()):
            if job.target == target and job.delivery.due is not None:
                self._put(job, step(job.delivery, Released(), now))

    async def tell(self, target: TargetId, notice: Notice) -> None:
        self.notices.append(notice)

    def _put(self, job: Job, delivery: Delivery) -> bool:
        if self.jobs[job.id].epoch != job.epoch:
            return False
        written = replace(job, delivery=delivery, epoch=job.epoch + 1)
        self.jobs[job.id] = written
        if delivery.state is not self.states[job.id][-1]:
            self.states[job.id].append(delivery.state)
        self.after_write(written)
        return True
