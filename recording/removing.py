"""Removes at the customer's server what somebody wanted gone here: recordings that were erased on request (PLUS-10).

Asked for in the transaction that deletes the recording here, and tried until it is done, with the back-off and the
breaker of uploads. Who deletes by age does not ask: to have them there is what they were delivered for.
"""

import random
from asyncio import sleep
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import AUTOMATION
from callflow.ids import RecordingId
from conversations.db.audit import audit
from conversations.db.database import Database, Write
from conversations.db.locking import locked
from conversations.threads.customers import names_of_customers
from recording.catalogue import changed_fact
from recording.delivery import LOGIN_WAIT, Breaker, State, backoff, failed
from recording.leases import Pause
from recording.looking import work_off
from recording.shelf import DatabaseShelf
from recording.storages.errors import NEEDS_A_PERSON, Fault, StorageError
from recording.storages.names import RemoteName
from recording.tables import RecordingRow
from recording.target_tables import DeliveryRow, RemovalRow


class RemovalState(StrEnum):
    """Where the removal of a recording at the customer's server is."""

    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"
    """A person is needed; what may heal is tried all the same."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What became of a recording's files at the server."""

    state: RemovalState
    server: str
    sentence: str
    """Of the last failure."""


@dataclass(frozen=True, slots=True)
class RemovalBacklog:
    """How many files are still to be removed there, and of how many that needs a person."""

    pending: int
    refused: int


async def want_removed(write: Write, recording: str) -> int:
    """Have all files of a recording removed that may lie at the server; return how many those are."""
    sent = select(DeliveryRow).where(DeliveryRow.recording_id == recording, DeliveryRow.tries > 0)
    asked = select(RemovalRow.delivery_id)
    rows = (await write.session.scalars(sent.where(DeliveryRow.id.not_in(asked)))).all()
    now = write.clock.now()
    write.session.add_all(
        RemovalRow(delivery_id=row.id, asked_at=now, due_at=now, tries=0, sentence="", epoch=0) for row in rows
    )
    return len(rows)


async def wanted_of(session: AsyncSession, recordings: Collection[str]) -> int:
    """Count the files of recordings that are to be removed at the server."""
    files = select(func.count()).select_from(RemovalRow).join(DeliveryRow, DeliveryRow.id == RemovalRow.delivery_id)
    return await session.scalar(files.where(DeliveryRow.recording_id.in_(recordings))) or 0


async def removals_of(session: AsyncSession, recordings: Collection[str]) -> Mapping[str, Removal]:
    """Return what became of the files of recordings at the server; those without any are left out."""
    if not recordings:
        return {}
    rows = await session.execute(
        select(DeliveryRow, RemovalRow)
        .join(RemovalRow, RemovalRow.delivery_id == DeliveryRow.id)
        .where(DeliveryRow.recording_id.in_(recordings))
    )
    found: dict[str, list[tuple[DeliveryRow, RemovalRow]]] = {}
    for delivery, removal in rows:
        found.setdefault(delivery.recording_id, []).append((delivery, removal))
    return {recording: _removal(files) for recording, files in found.items()}


def _removal(files: list[tuple[DeliveryRow, RemovalRow]]) -> Removal:
    """The file that is worst off stands for all."""
    order = (RemovalState.REFUSED, RemovalState.PENDING, RemovalState.DONE)
    delivery, removal = min(files, key=lambda file: order.index(_state(file[1])))
    return Removal(_state(removal), delivery.account or "", removal.sentence)


def _state(row: RemovalRow) -> RemovalState:
    if row.done_at is not None:
        return RemovalState.DONE
    return RemovalState.REFUSED if row.fault in NEEDS_A_PERSON else RemovalState.PENDING


class Remover:
    """The driver."""

    def __init__(
        self,
        database: Database,
        shelf: DatabaseShelf,
        chance: Callable[[], float] = random.random,
        pause: Pause = sleep,
    ) -> None:
        self._database = database
        self._clock = database.clock
        self._shelf = shelf
        self._chance = chance
        self._pause = pause
        self._breaker: tuple[int, Breaker] = (0, Breaker())

    async def run(self) -> None:
        """Remove what is to go until cancelled."""
        await work_off("files to remove", self.remove_one, self._pause)

    async def remove_one(self) -> bool:
        """Try to remove the file that is due first; say whether there was one."""
        now = self._clock.now()
        server = await self._shelf.server()
        version = server.version if server is not None else 0
        if self._breaker[0] != version:
            self._breaker = version, Breaker()
        breaker = self._breaker[1]
        if not breaker.closed and not breaker.probe_due(now):
            return False
        async with self._database.read() as session:
            found = (await session.execute(_due().where(RemovalRow.due_at <= now).limit(1))).first()
        if found is None:
            return False
        delivery, removal = found
        error: StorageError | None = None
        try:
            if server is None:
                raise StorageError(Fault.OTHER_ACCOUNT, "No server is set up now that could be asked.")
            if delivery.account not in (None, server.account):
                raise StorageError(
                    Fault.OTHER_ACCOUNT, "It was brought to another server or account than the one that is set up now."
                )
            await server.storage.delete(RemoteName(delivery.name), delivery.size)
            self._breaker = version, Breaker()
        except StorageError as failure:
            error = failure
            self._breaker = version, failed(breaker, failure, self._clock.now())
        await self._note(delivery.recording_id, removal, error)
        return True

    async def of(self, recording: RecordingId) -> Removal | None:
        """Return what became of a recording's files at the server; None where nobody wanted them removed."""
        async with self._database.read() as session:
            return (await removals_of(session, [recording])).get(recording)

    async def backlog(self) -> RemovalBacklog:
        """Count what is not removed yet."""
        undone = select(func.count()).select_from(RemovalRow).where(RemovalRow.done_at.is_(None))
        refused = undone.where(RemovalRow.fault.in_(NEEDS_A_PERSON))
        async with self._database.read() as session:
            whole, stuck = await session.scalar(undone) or 0, await session.scalar(refused) or 0
        return RemovalBacklog(whole - stuck, stuck)

    async def _note(self, recording: str, removal: RemovalRow, error: StorageError | None) -> None:
        async with self._database.write() as write:
            kept = await locked(write.session, RecordingRow, recording)
            row = await locked(write.session, RemovalRow, removal.delivery_id)
            if row.epoch != removal.epoch:
                return
            before = (await removals_of(write.session, [recording]))[recording]
            now = self._clock.now()
            row.tries += 1
            row.epoch += 1
            row.fault, row.sentence = (None, "") if error is None else (error.fault, error.sentence)
            if error is None:
                row.done_at, row.due_at = now, None
            else:
                # What is not ours stays so: only another server's settings could change that.
                final = error.fault is Fault.NOT_OURS
                row.due_at = None if final else now + _wait(error, row.tries, self._chance())
            await write.session.flush()
            after = (await removals_of(write.session, [recording]))[recording]
            if (before.state, before.sentence) == (after.state, after.sentence):
                return
            write.fact(changed_fact(kept, AUTOMATION))
            if after.state is not RemovalState.PENDING:
                name = (await names_of_customers(write.session, [kept.customer_id])).get(kept.customer_id, "")
                told = {"at_server": after.state} | ({"at_server_why": after.sentence} if after.sentence else {})
                await audit(write, AUTOMATION, "recording", recording, name, {"at_server": before.state}, told)


def _wait(error: StorageError, tries: int, chance: float) -> timedelta:
    return LOGIN_WAIT if error.auth else backoff(tries, chance)


def _due() -> Select[DeliveryRow, RemovalRow]:
    """Select what is to be removed and is not being uploaded at this moment, the oldest first."""
    return (
        select(DeliveryRow, RemovalRow)
        .join(RemovalRow, RemovalRow.delivery_id == DeliveryRow.id)
        .where(RemovalRow.done_at.is_(None), DeliveryRow.state != State.UPLOADING)
        .order_by(RemovalRow.due_at)
    )
