"""Brings finished files to where they are to go: `delivery.py` says what is next, a storage does it, a row keeps it.

What is true stands on the `Shelf` (the database). A job is taken by compare-and-set with a lease that is renewed while
it runs; after a crash the lease ends, and the job is due again. So nothing is lost by a restart, and nothing is sent by
two. At most two files are uploaded at once, of different targets where there are several.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NewType, Protocol

from callflow.clock import Clock
from recording.delivery import (
    MOST_AT_ONCE,
    Began,
    Breaker,
    CutOff,
    Delivery,
    GaveUp,
    Kept,
    NotKept,
    Policy,
    Refused,
    Uploaded,
    failed,
    step,
)
from recording.leases import LeaseLostError, while_held
from recording.storages.base import Storage, nobody
from recording.storages.errors import Fault, StorageError
from recording.storages.names import RemoteName

log = logging.getLogger(__name__)

JobId = NewType("JobId", str)
"""One finished file on its way to one target."""
TargetId = NewType("TargetId", str)
LOOK_EVERY_S: Final = 1.0
"""Also without being woken."""


@dataclass(frozen=True, slots=True)
class Job:
    """A file and where it stands."""

    id: JobId
    target: TargetId
    source: Path
    """The finished file; where that was deleted after failover, the copy in the own storage."""
    name: RemoteName
    size: int
    sha256: str
    delivery: Delivery
    epoch: int
    """Grows with each write; a write with an old one changes nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server that files are to be brought to."""

    id: TargetId
    version: int
    """Grows when its settings are changed: what was known of it is forgotten."""
    storage: Storage
    folder: str
    """Where a probe may be uploaded: `names.fixed_folder` of the path's template."""
    policy: Policy


@dataclass(frozen=True, slots=True)
class Notice:
    """What a supervisor is told of a target: that it fails and why, or, without a fault, that it works again."""

    fault: Fault | None
    sentence: str


class Shelf(Protocol):
    """Where jobs stand. Each list is the oldest first; each write is a compare-and-set on the job's epoch."""

    async def targets(self) -> Sequence[Target]:
        """Return the targets that uploads are switched on for."""
        ...

    async def due(self, target: TargetId, now: datetime, most: int) -> Sequence[Job]:
        """Return jobs whose `due` has come."""
        ...

    async def late(self, target: TargetId, policy: Policy, now: datetime, most: int) -> Sequence[Job]:
        """Return jobs for which `delivery.late` holds."""
        ...

    async def abandoned(self, now: datetime, most: int) -> Sequence[Job]:
        """Return jobs that are being uploaded by somebody whose lease is over."""
        ...

    async def begin(self, job: Job, delivery: Delivery) -> Job | None:
        """Write the delivery and take the lease. None: somebody else was first."""
        ...

    async def renew(self, job: Job) -> None:
        """Prolong the lease. Raises `LeaseLostError`: it is somebody else's by now."""
        ...

    async def write(self, job: Job, delivery: Delivery) -> None:
        """Write the outcome and its fact, and end the lease."""
        ...

    async def release(self, target: TargetId, now: datetime) -> None:
        """Let `Released` happen to all waiting jobs of the target."""
        ...

    async def tell(self, target: TargetId, notice: Notice) -> None:
        """Tell supervisors."""
        ...


class Uploader:
    """The driver. `run` is its task; `wake` says that something may have become due."""

    def __init__(
        self,
        shelf: Shelf,
        own: Storage,
        clock: Clock,
        *,
        chance: Callable[[], float] = random.random,
        look_every: float = LOOK_EVERY_S,
    ) -> None:
        self._shelf = shelf
        self._own = own
        self._clock = clock
        self._chance = chance
        self._look_every = look_every
        self._woken = asyncio.Event()
        self._running: dict[JobId, TargetId] = {}
        self._keeping: set[JobId] = set()
        self._probing: set[TargetId] = set()
        self._sent: dict[JobId, int] = {}
        self._breakers: dict[TargetId, tuple[int, Breaker]] = {}
        self._told: dict[TargetId, tuple[int, Fault]] = {}

    @property
    def progress(self) -> Mapping[JobId, int]:
        """How many bytes of each running upload were sent."""
        return self._sent

    def wake(self) -> None:
        """Look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Upload until cancelled; what runs then is cut off, and due again for whoever comes next."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._woken.clear()
                try:
                    await self._look(tasks)
                except Exception:
                    log.exception("Looking for files to upload failed; the next look comes by itself")
                await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._look_every):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _look(self, tasks: asyncio.TaskGroup) -> None:
        now = self._clock.now()
        for job in await self._shelf.abandoned(now, MOST_AT_ONCE):
            if job.id not in self._running:
                await self._shelf.write(job, step(job.delivery, CutOff(), now))
        targets = await self._shelf.targets()
        for target in targets:
            await self._settle_late(target, now, tasks)
            if self._breaker(target).probe_due(now) and target.id not in self._probing:
                self._probing.add(target.id)
                tasks.create_task(self._probe(target), name=f"probe {target.id}")
        while len(self._running) < MOST_AT_ONCE and await self._begin_one(targets, now, tasks):
            pass

    async def _begin_one(self, targets: Sequence[Target], now: datetime, tasks: asyncio.TaskGroup) -> bool:
        """Begin one upload, for the target that has the fewest running. Says whether there was one."""
        busy = Counter(self._running.values())
        for target in sorted(targets, key=lambda each: busy[each.id]):
            if not self._breaker(target).closed:
                continue
            for job in await self._shelf.due(target.id, now, MOST_AT_ONCE + 1):
                if job.id in self._keeping:
                    continue
                taken = await self._shelf.begin(job, step(job.delivery, Began(), now))
                if taken is not None:
                    self._running[taken.id] = target.id
                    tasks.create_task(self._upload(target, taken), name=f"upload {taken.id}")
                    return True
        return False

    async def _settle_late(self, target: Target, now: datetime, tasks: asyncio.TaskGroup) -> None:
        """Copy what waited too long to the own storage, one at a time; or, without failover, say that it waits."""
        for job in await self._shelf.late(target.id, target.policy, now, 1 if target.policy.failover else 100):
            if not target.policy.failover:
                await self._shelf.write(job, step(job.delivery, GaveUp(), now))
            elif not self._keeping:
                self._keeping.add(job.id)
                tasks.create_task(self._keep(job), name=f"keep {job.id}")

    async def _upload(self, target: Target, job: Job) -> None:
        try:
            sent = self._hear(job)
            work = self._attempt(lambda: target.storage.store(job.source, job.name, job.sha256, sent))
            error = await while_held(f"the upload {job.id}", work, lambda: self._shelf.renew(job))
            event = Uploaded() if error is None else Refused(error, self._chance())
            await self._shelf.write(job, step(job.delivery, event, self._clock.now()))
            await self._learn(target, error)
        except LeaseLostError:
            log.warning("The lease of %s was lost in the middle of its upload; somebody else does it", job.id)
        except Exception:
            log.exception("The outcome of an upload could not be written; its lease ends by itself")
        finally:
            self._running.pop(job.id, None)
            self._sent.pop(job.id, None)
            self.wake()

    def _hear(self, job: Job) -> Callable[[int], None]:
        def sent(size: int) -> None:
            if job.id in self._running:
                self._sent[job.id] = size

        return sent

    async def _keep(self, job: Job) -> None:
        try:
            error = await self._attempt(lambda: self._own.store(job.source, job.name, job.sha256, nobody))
            event = Kept() if error is None else NotKept(error, self._chance())
            await self._shelf.write(job, step(job.delivery, event, self._clock.now()))
        except Exception:
            log.exception("The outcome of a failover could not be written; it is tried again")
        finally:
            self._keeping.discard(job.id)
            self.wake()

    async def _probe(self, target: Target) -> None:
        try:
            error = await self._attempt(lambda: target.storage.check(target.folder))
            await self._learn(target, error)
            if error is None:
                await self._shelf.release(target.id, self._clock.now())
        except Exception:
            log.exception("The outcome of a probe could not be written; the next one comes by itself")
        finally:
            self._probing.discard(target.id)
            self.wake()

    async def _attempt(self, work: Callable[[], Awaitable[object]]) -> StorageError | None:
        """Do something with a storage and return what went wrong."""
        try:
            await work()
        except StorageError as error:
            return error
        except Exception:
            log.exception("A storage failed in a way that it does not explain")
            return StorageError(Fault.REFUSED, "It failed for a reason that Parley does not know; its log has more.")
        return None

    def _breaker(self, target: Target) -> Breaker:
        version, breaker = self._breakers.get(target.id, (target.version, Breaker()))
        return breaker if version == target.version else Breaker()

    async def _learn(self, target: Target, error: StorageError | None) -> None:
        """Note how a target did. People are told once when it fails, and once when it works again."""
        if error is None:
            self._breakers[target.id] = target.version, Breaker()
            if self._told.pop(target.id, None) is not None:
                await self._shelf.tell(target.id, Notice(None, "The server takes recordings again."))
            return
        breaker = failed(self._breaker(target), error, self._clock.now())
        self._breakers[target.id] = target.version, breaker
        worth_telling = error.of_the_target and (not breaker.closed or not error.retryable)
        if worth_telling and self._told.get(target.id) != (target.version, error.fault):
            self._told[target.id] = target.version, error.fault
            await self._shelf.tell(target.id, Notice(error.fault, error.sentence))
