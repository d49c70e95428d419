"""Deletes recordings whose time is over, or that somebody wants gone. The row stays, and says when and by whom.

The files go under another name first, then the row says that they are gone, then they are deleted: whatever stops this
in between, the next look sees it through or puts the files back.
"""

import asyncio
import logging
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.errors import RefusedError
from callflow.facts import AUTOMATION, Actor, ActorKind, Fact, FactKind
from callflow.ids import CustomerId, QueueId, RecordingId
from conversations.db.audit import audit
from conversations.db.database import Database, Write
from conversations.directory.queues import queue_by_id
from conversations.errors import InvalidError, NotFoundError
from conversations.threads.customers import names_of_customers
from recording.catalogue import changed_fact
from recording.removing import RemovalState, want_removed, wanted_of
from recording.retention import MAY_BE_ERASED, MOST_DAYS, Candidate, may_go
from recording.spool import names_in
from recording.tables import NoteRow, PreparationRow, RecordingRow, RetentionRow, TranscriptRow

log = logging.getLogger(__name__)

TRASH: Final = "trash"
LOOK_EVERY_S: Final = 60.0
NIGHT: Final = timedelta(hours=2)
"""After midnight UTC, when few call."""
Delivered = Callable[[AsyncSession], Awaitable[bool]]
"""Says whether recordings are to be brought to the customer's server."""


@dataclass(frozen=True, slots=True)
class Erasing:
    """What became of a wish to delete all of a customer."""

    deleted: int
    later: int
    """Not finished yet: they go as soon as they are."""
    held: int
    at_server: int
    """Files at the customer's server that are to be removed there too."""


async def never_delivered(_: AsyncSession) -> bool:
    """Nothing is delivered anywhere."""
    return False


class Retention:
    """The rules of how long recordings are kept, and the driver. `folder` holds the finished files."""

    def __init__(self, database: Database, folder: Path, spool: Path, delivered: Delivered = never_delivered) -> None:
        self._database = database
        self._clock = database.clock
        self._folder = folder
        self._spool = spool
        self._delivered = delivered

    async def run(self) -> None:
        """Delete what is to go: each night by age, each minute what somebody wants gone. Until cancelled."""
        night_at, mended = next_night(self._clock.now()), False
        while True:
            try:
                if not mended:
                    await self.mend()
                    mended = True
                now = self._clock.now()
                await self.delete_due(now, asked_only=now < night_at)
                if now >= night_at:
                    night_at = next_night(now)
            except Exception:
                log.exception("Deleting old recordings failed; the next look comes by itself")
            await asyncio.sleep(LOOK_EVERY_S)

    async def due(self, at: datetime, *, asked_only: bool = False) -> list[Candidate]:
        """Return what would go at a moment, the oldest first."""
        async with self._database.read() as session:
            days = await _days(session)
            delivered = await self._delivered(session)
            found = select(RecordingRow).where(RecordingRow.deleted_at.is_(None), RecordingRow.legal_hold.is_(False))
            if asked_only:
                found = found.where(RecordingRow.erase_asked_at.is_not(None))
            rows = await session.scalars(found.order_by(RecordingRow.started_at))
            candidates = [_candidate(row) for row in rows]
        return [one for one in candidates if may_go(one, days, at, delivered=delivered)]

    async def tonight(self) -> list[Candidate]:
        """Return what would go in the coming night: the dry run."""
        return await self.due(next_night(self._clock.now()))

    async def delete_due(self, at: datetime, *, asked_only: bool = False) -> int:
        """Delete what is due, and return how many went."""
        gone = 0
        for one in await self.due(at, asked_only=asked_only):
            gone += await self._delete(one.id, None, at)
        return gone

    async def days(self) -> dict[QueueId, int | None]:
        """Return the days of the queues that do not have the default."""
        async with self._database.read() as session:
            return await _days(session)

    async def set_days(self, actor: Actor, queue: QueueId, days: int | None) -> None:
        """Keep the recordings of a queue for so many days, None is for ever. Raises NotFoundError, InvalidError."""
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise InvalidError("days", f"Recordings are kept from 1 to {MOST_DAYS} days, or for ever.")
        async with self._database.write() as write:
            found = await queue_by_id(write.session, queue)
            if found is None:
                raise NotFoundError("There is no such queue.")
            before = await _days(write.session)
            await write.session.merge(RetentionRow(queue_id=queue, days=days))
            was = {"recording_days": before[queue]} if queue in before else {}
            await audit(write, actor, "queue", queue, found.name, was, {"recording_days": days or "for ever"})
            write.fact(Fact(FactKind.SETTINGS_CHANGED, actor, queue=queue))

    async def hold(self, actor: Actor, recording: RecordingId, on: bool) -> None:
        """Let nobody delete a recording, or let them again. Raises NotFoundError."""
        async with self._database.write() as write:
            row = await _row(write, recording)
            before, row.legal_hold = row.legal_hold, on
            name = await _name(write, row)
            await audit(write, actor, "recording", recording, name, {"legal_hold": before}, {"legal_hold": on})
            write.fact(changed_fact(row, actor))

    async def delete(self, actor: Actor, recording: RecordingId) -> None:
        """Delete a recording now. Raises NotFoundError, RefusedError ``legal_hold`` or ``not_finished``."""
        await self._delete(recording, actor, self._clock.now())

    async def erase(self, actor: Actor, customer: CustomerId) -> Erasing:
        """Delete all recordings of a customer, and those that are not finished once they are. Raises NotFoundError."""
        async with self._database.write() as write:
            if not await names_of_customers(write.session, [customer]):
                raise NotFoundError("There is no such customer.")
            theirs = (RecordingRow.customer_id == customer, RecordingRow.deleted_at.is_(None))
            held = (await write.session.scalars(select(RecordingRow.id).where(*theirs, RecordingRow.legal_hold))).all()
            wanted = update(RecordingRow).where(*theirs, RecordingRow.legal_hold.is_(False))
            now = self._clock.now()
            await write.session.execute(wanted.values(erase_asked_at=now, erase_asked_by=actor.id))
            asked = select(RecordingRow.id).where(*theirs, RecordingRow.legal_hold.is_(False))
            ids = (await write.session.scalars(asked)).all()
            names = await names_of_customers(write.session, [customer])
            after = {"recordings_erased": len(ids), "recordings_held": len(held)}
            await audit(write, actor, "customer", customer, names[customer], {}, after)
            at_server = await _remove_of_old(write, actor, customer)
        deleted = sum([await self._delete(RecordingId(one), None, now) for one in ids])
        async with self._database.read() as session:
            at_server += await wanted_of(session, ids)
        return Erasing(deleted, len(ids) - deleted, len(held), at_server)

    async def mend(self) -> None:
        """See through what was begun: what is in the trash goes when its row says so, and is put back otherwise."""
        for name in await asyncio.to_thread(names_in, self._folder / TRASH):
            async with self._database.read() as session:
                row = await session.get(RecordingRow, RecordingId(name))
            if row is None or row.deleted_at is not None:
                await asyncio.to_thread(self._empty, RecordingId(name))
            elif row.folder is not None:
                await asyncio.to_thread(self._put_back, RecordingId(name), row.folder)

    async def _delete(self, recording: RecordingId, actor: Actor | None, at: datetime) -> bool:
        """Delete one; without an actor only if it still may go, which may have changed since it was listed."""
        moved: str | None = None
        try:
            async with self._database.write() as write:
                row = await _row(write, recording)
                if actor is None:
                    delivered, days = await self._delivered(write.session), await _days(write.session)
                    if not may_go(_candidate(row), days, at, delivered=delivered):
                        return False
                else:
                    _refuse(row)
                if row.folder is not None and await asyncio.to_thread(self._move, recording, row.folder):
                    moved = row.folder
                await _note(write, row, actor or _asker(row))
        except BaseException:
            if moved is not None:
                self._put_back(recording, moved)
            raise
        await asyncio.to_thread(self._empty, recording)
        return True

    def _move(self, recording: RecordingId, folder: str) -> bool:
        (self._folder / TRASH).mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            os.rename(self._folder / folder, self._folder / TRASH / recording)
            return True
        return False

    def _put_back(self, recording: RecordingId, folder: str) -> None:
        with suppress(FileNotFoundError):
            os.rename(self._folder / TRASH / recording, self._folder / folder)

    def _empty(self, recording: RecordingId) -> None:
        """Delete the files; what a disk refuses is tried again at the next start."""
        for folder in (self._folder / TRASH / recording, self._spool / recording):
            try:
                shutil.rmtree(folder)
            except FileNotFoundError:
                pass
            except OSError:
                log.exception("%s could not be deleted", folder)


def next_night(now: datetime) -> datetime:
    """Return when old recordings are deleted next."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + NIGHT
    return today if today > now else today + timedelta(days=1)


async def _row(write: Write, recording: RecordingId) -> RecordingRow:
    row = await write.session.get(RecordingRow, recording, with_for_update={"key_share": True})
    if row is None or row.deleted_at is not None:
        raise NotFoundError("There is no such recording.")
    return row


def _refuse(row: RecordingRow) -> None:
    if row.legal_hold:
        raise RefusedError("legal_hold", "This recording is under legal hold: nobody can delete it.")
    if row.state not in MAY_BE_ERASED:
        raise RefusedError("not_finished", "This recording is still being made or delivered. Delete it afterwards.")


def _asker(row: RecordingRow) -> Actor:
    return Actor(ActorKind.SUPERVISOR, row.erase_asked_by) if row.erase_asked_by else AUTOMATION


async def _note(write: Write, row: RecordingRow, actor: Actor) -> None:
    """Say in the row that the recording is gone; what was written about it goes with it."""
    now = row.deleted_at = write.clock.now()
    row.deadline_at = None
    row.epoch += 1
    await write.session.execute(delete(NoteRow).where(NoteRow.recording_id == row.id))
    await write.session.execute(delete(TranscriptRow).where(TranscriptRow.recording_id == row.id))
    await write.session.execute(delete(PreparationRow).where(PreparationRow.recording_id == row.id))
    after: dict[str, Any] = {"deleted_at": now.isoformat()}
    # Who deletes by age leaves what was delivered: it is there to stay.
    if (actor != AUTOMATION or row.erase_asked_at is not None) and await want_removed(write, row.id):
        after["at_server"] = RemovalState.PENDING
    await audit(write, actor, "recording", row.id, await _name(write, row), {}, after)
    write.fact(changed_fact(row, actor))


async def _remove_of_old(write: Write, actor: Actor, customer: CustomerId) -> int:
    """Have that removed at the server which was deleted here by its age; return how many files that is."""
    gone = select(RecordingRow).where(RecordingRow.customer_id == customer, RecordingRow.deleted_at.is_not(None))
    files = 0
    for row in (await write.session.scalars(gone)).all():
        if wanted := await want_removed(write, row.id):
            files += wanted
            after = {"at_server": RemovalState.PENDING}
            await audit(write, actor, "recording", row.id, await _name(write, row), {}, after)
            write.fact(changed_fact(row, actor))
    return files


async def _name(write: Write, row: RecordingRow) -> str:
    return (await names_of_customers(write.session, [row.customer_id])).get(row.customer_id, "")


async def _days(session: AsyncSession) -> dict[QueueId, int | None]:
    rows: Sequence[RetentionRow] = (await session.scalars(select(RetentionRow))).all()
    return {QueueId(row.queue_id): row.days for row in rows}


def _candidate(row: RecordingRow) -> Candidate:
    return Candidate(
        id=RecordingId(row.id),
        queue=QueueId(row.queue_id),
        state=row.state,
        ended_at=row.ended_at,
        size=row.size or 0,
        legal_hold=row.legal_hold,
        erase_asked=row.erase_asked_at is not None,
        deleted=row.deleted_at is not None,
    )
