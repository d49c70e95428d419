"""Where deliveries stand: the uploader's `Shelf` over the database, and what puts finished files there.

Two files of one recording may be written at once. Whoever writes locks the target, then the recording, then its file,
so that the recording's state is that of both. The own storage is the folder of finished recordings itself: failing over
is to read the file back where it lies, and to say that this is its place until the server is back. Nothing is copied,
and nothing may be deleted that is not uploaded.
"""

import logging
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Select, func, or_, select

from callflow.call import Media
from callflow.facts import AUTOMATION, Fact, FactKind
from callflow.ids import RecordingId, new_id
from conversations.db.database import Database, Write
from conversations.db.locking import locked
from conversations.directory.people import names_of_users
from conversations.directory.queues import names_of_queues
from conversations.threads.customers import names_of_customers
from recording.delivery import Delivery, Policy, Released, State, finished, late
from recording.finishing import PICTURES, FileKind
from recording.leases import LeaseLostError
from recording.moving import delivery_of, follow_files, happen_to_all, put
from recording.preparations import UNDONE, has_pictures, want
from recording.secrets import SecretError
from recording.server import name_by, storage_of
from recording.storages.base import Storage, Stored
from recording.storages.errors import Fault
from recording.storages.names import NameFacts, RemoteName, checked, fixed_folder
from recording.storages.own import OwnStorage
from recording.tables import PreparationRow, RecordingRow, SegmentRow
from recording.target_tables import THE_TARGET, DeliveryRow, TargetRow
from recording.targets import SEAL, SecretKeys, server_of
from recording.uploader import Job, JobId, Notice, Target, TargetId

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
SERVER: Final = TargetId("server")


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many files are on their way, by where they stand."""

    preparing: int
    """Of video that is to be sent: not made yet."""
    waiting: int
    uploading: int
    failed_over: int
    failed: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted of all recordings."""

    states: dict[str, int]
    failing: int
    """Files that the server did not take when it was last tried."""


@dataclass(frozen=True, slots=True)
class OpenServer:
    """The customer's server with its secret."""

    account: str
    version: int
    storage: Storage


class KeptInPlace(OwnStorage):
    """The folder of finished recordings as own storage: a file that lies there is stored once it was read back."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._place = root

    async def store(self, source: Path, name: RemoteName, sha256: str, on_progress: Callable[[int], None]) -> Stored:
        """Read the file back where it lies."""
        place = checked(source.relative_to(self._place).as_posix())
        return replace(await super().store(source, place, sha256, on_progress), name=name)


class DatabaseShelf:
    """The `Shelf`. `policy` says how long the server is waited for; whether it fails over is the target's own."""

    def __init__(self, database: Database, keys: SecretKeys, folder: Path) -> None:
        self.policy = Policy(failover=True)
        self._database = database
        self._clock = database.clock
        self._keys = keys
        self._folder = folder

    async def targets(self) -> Sequence[Target]:
        """Return the customer's server while upload is on."""
        async with self._database.read() as session:
            row = await session.get_one(TargetRow, THE_TARGET)
        opened = await self._opened(row) if row.upload else None
        if opened is None:
            return ()
        policy = replace(self.policy, failover=row.failover)
        return (Target(SERVER, row.version, opened.storage, fixed_folder(row.template), policy),)

    async def server(self) -> OpenServer | None:
        """Return the customer's server, also while upload is off; None where none is set up that can be used."""
        async with self._database.read() as session:
            return await self._opened(await session.get_one(TargetRow, THE_TARGET))

    async def _opened(self, row: TargetRow) -> OpenServer | None:
        if row.secret is None:
            return None
        try:
            secret = (await self._keys.get()).open(SEAL, row.secret)
        except SecretError as error:
            if row.trouble is not Fault.SECRET_LOST:
                await self.tell(SERVER, Notice(Fault.SECRET_LOST, str(error)))
            return None
        server = server_of(row)
        return OpenServer(server.place, row.version, storage_of(server, secret))

    async def due(self, target: TargetId, now: datetime, most: int) -> Sequence[Job]:
        """Return jobs whose `due` has come."""
        ready = _waiting().where(DeliveryRow.due_at <= now).order_by(DeliveryRow.due_at)
        return await self._jobs(ready.limit(most))

    async def late(self, target: TargetId, policy: Policy, now: datetime, most: int) -> Sequence[Job]:
        """Return jobs for which `delivery.late` holds."""
        tired = or_(DeliveryRow.tries >= policy.tries, DeliveryRow.since <= now - policy.patience)
        ready = or_(DeliveryRow.state != State.FAILED, DeliveryRow.due_at <= now)
        found = _waiting().where(DeliveryRow.kept.is_(False), tired, ready).order_by(DeliveryRow.since)
        if not policy.failover:
            found = found.where(DeliveryRow.state != State.FAILED)
        return [job for job in await self._jobs(found.limit(100)) if late(job.delivery, policy, now)][:most]

    async def abandoned(self, now: datetime, most: int) -> Sequence[Job]:
        """Return jobs that are being uploaded by somebody whose lease is over."""
        over = select(DeliveryRow).where(DeliveryRow.state == State.UPLOADING, DeliveryRow.lease_until <= now)
        return await self._jobs(over.order_by(DeliveryRow.lease_until).limit(most))

    async def begin(self, job: Job, delivery: Delivery) -> Job | None:
        """Write the delivery and take the lease. None: somebody else was first."""
        async with self._database.write() as write:
            row = await _taken(write, job)
            if row is None:
                return None
            await put(write, row, delivery)
            row.account = server_of(await write.session.get_one(TargetRow, THE_TARGET)).place
            row.lease_until = self._clock.now() + LEASE
            return self._job(row)

    async def renew(self, job: Job) -> None:
        """Prolong the lease. Raises `LeaseLostError`: it is somebody else's by now."""
        async with self._database.write() as write:
            row = await _taken(write, job)
            if row is None:
                raise LeaseLostError
            row.lease_until = self._clock.now() + LEASE

    async def write(self, job: Job, delivery: Delivery) -> None:
        """Write the outcome and its fact, and end the lease."""
        async with self._database.write() as write:
            target = await locked(write.session, TargetRow, THE_TARGET)
            row = await _taken(write, job)
            if row is None:
                return
            await put(write, row, delivery)
            if delivery.state is State.UPLOADED:
                target.succeeded_at = self._clock.now()
                _healed(write, target)

    async def release(self, target: TargetId, now: datetime) -> None:
        """Make all waiting jobs due; the server has just shown that it works."""
        async with self._database.write() as write:
            row = await locked(write.session, TargetRow, THE_TARGET)
            await happen_to_all(write, Released())
            _healed(write, row)

    async def tell(self, target: TargetId, notice: Notice) -> None:
        """Keep what is wrong with the server where its page shows it."""
        async with self._database.write() as write:
            row = await locked(write.session, TargetRow, THE_TARGET)
            if notice.fault is None:
                _healed(write, row)
                return
            if row.trouble is None:
                row.trouble_since = self._clock.now()
            row.trouble, row.trouble_sentence = notice.fault, notice.sentence
            write.fact(Fact(FactKind.RECORDING_TARGET_CHANGED, AUTOMATION))

    async def backlog(self) -> Backlog:
        """Count what is not delivered yet."""
        counted = select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state)
        unmade = select(func.count()).where(PreparationRow.deliver, PreparationRow.state.in_(UNDONE))
        async with self._database.read() as session:
            found = {row[0]: row[1] for row in await session.execute(counted)}
            preparing = await session.scalar(unmade) or 0
        ways = (State.SPOOLED, State.UPLOADING, State.FAILED_OVER, State.FAILED)
        return Backlog(preparing, *(found.get(state, 0) for state in ways))

    async def figures(self) -> Figures:
        """Count recordings by state, and files that the server did not take."""
        kept = select(RecordingRow.state, func.count()).where(RecordingRow.deleted_at.is_(None))
        failing = select(func.count()).where(DeliveryRow.fault.is_not(None), DeliveryRow.state != State.UPLOADED)
        async with self._database.read() as session:
            states = {row[0].value: row[1] for row in await session.execute(kept.group_by(RecordingRow.state))}
            return Figures(states, await session.scalar(failing) or 0)

    async def _jobs(self, found: Select[DeliveryRow]) -> Sequence[Job]:
        async with self._database.read() as session:
            return [self._job(row) for row in await session.scalars(found)]

    def _job(self, row: DeliveryRow) -> Job:
        source, name = self._folder / row.path, RemoteName(row.name)
        return Job(JobId(row.id), SERVER, source, name, row.size, row.sha256, delivery_of(row), row.epoch)


async def hand_over(write: Write, recording: RecordingRow) -> None:
    """Put the finished files of a recording on their way, if upload is on: in the transaction that finished them.

    Of video, where its download is allowed (FTP-02), the sound and each side's pictures go at once, as they are kept,
    and the one file with both follows when it is made; where it is not, the sound goes alone. What was handed over
    once is not again.
    """
    target = await write.session.get_one(TargetRow, THE_TARGET)
    known = select(DeliveryRow.id).where(DeliveryRow.recording_id == recording.id).limit(1)
    if not target.upload or await write.session.scalar(known) is not None:
        return
    pictures = recording.media is Media.VIDEO and recording.download and has_pictures(recording)
    kinds = {FileKind.VOICE, *PICTURES.values()} if pictures else {FileKind.VOICE}
    await _put_on_way(write, target, recording, kinds)
    if pictures:
        await want(write, recording, deliver=True)


async def hand_over_made(write: Write, recording: RecordingRow, kind: FileKind) -> None:
    """Put a file on its way that was made after the others."""
    await _put_on_way(write, await write.session.get_one(TargetRow, THE_TARGET), recording, {kind})
    await write.session.flush()
    await follow_files(write, recording.id)


async def _put_on_way(write: Write, target: TargetRow, recording: RecordingRow, kinds: Set[FileKind]) -> None:
    facts = await _facts(write, recording)
    for file in recording.files:
        if file["kind"] not in kinds:
            continue
        delivery = finished(write.clock.now())
        write.session.add(
            DeliveryRow(
                id=new_id("dlv"),
                recording_id=recording.id,
                path=f"{recording.folder}/{file['name']}",
                name=name_by(target.template, facts, file["name"]),
                size=file["size"],
                sha256=file["sha256"],
                state=delivery.state,
                since=delivery.since,
                due_at=delivery.due,
                tries=0,
                kept=False,
                sentence="",
                epoch=0,
            )
        )


async def _facts(write: Write, recording: RecordingRow) -> NameFacts:
    """Return what a name may tell; the agent is the one who talked first, and times are UTC."""
    talks = select(SegmentRow.agent_id).where(SegmentRow.recording_id == recording.id).order_by(SegmentRow.began_at)
    agent = await write.session.scalar(talks.limit(1))
    agents = await names_of_users(write.session, [agent] if agent else [])
    queues = await names_of_queues(write.session, [recording.queue_id])
    customers = await names_of_customers(write.session, [recording.customer_id])
    return NameFacts(
        recording=RecordingId(recording.id),
        began=recording.started_at,
        call=recording.call_id,
        queue=queues.get(recording.queue_id, ""),
        agent=next(iter(agents.values()), ""),
        customer=customers.get(recording.customer_id, ""),
        direction=recording.direction,
    )


def _waiting() -> Select[DeliveryRow]:
    """Select what waits and is not deleted."""
    return (
        select(DeliveryRow)
        .join(RecordingRow, RecordingRow.id == DeliveryRow.recording_id)
        .where(DeliveryRow.state.not_in((State.UPLOADING, State.UPLOADED)), RecordingRow.deleted_at.is_(None))
    )


async def _taken(write: Write, job: Job) -> DeliveryRow | None:
    """Lock a job's recording and the job; None when it was written in the meantime."""
    recording = await write.session.scalar(select(DeliveryRow.recording_id).where(DeliveryRow.id == job.id))
    if recording is None:
        return None
    await locked(write.session, RecordingRow, recording)
    row = await locked(write.session, DeliveryRow, job.id)
    return row if row.epoch == job.epoch else None


def _healed(write: Write, row: TargetRow) -> None:
    if row.trouble is None:
        return
    row.trouble, row.trouble_sentence, row.trouble_since = None, "", None
    write.fact(Fact(FactKind.RECORDING_TARGET_CHANGED, AUTOMATION))
