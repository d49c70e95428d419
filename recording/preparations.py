"""Asking for the side-by-side file of a recording, and how far it is (REC-03, FTP-02). `preparer.py` makes it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.errors import RefusedError
from callflow.facts import Actor
from callflow.ids import RecordingId
from conversations.db.audit import audit
from conversations.db.database import Database, Write
from conversations.db.locking import locked
from conversations.errors import NotFoundError
from conversations.threads.customers import names_of_customers
from recording.catalogue import changed_fact
from recording.finishing import PICTURES
from recording.moving import follow_files
from recording.side_by_side import read_progress
from recording.states import PreparationState
from recording.tables import PreparationRow, RecordingRow

UNDONE: Final = (PreparationState.WAITING, PreparationState.PREPARING)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The file as whoever waits for it sees it."""

    state: PreparationState | None
    """None: nobody has asked for it."""
    share: float | None = None
    """How much of it is made, from 0 to 1."""
    before: int = 0
    """How many files are made first."""
    why: str | None = None


class Preparations:
    """Takes wishes for the file. `folder` holds the finished files."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def one(self, recording: RecordingId) -> SideBySide:
        """Say how far the file of a recording is. Raises NotFoundError."""
        async with self._database.read() as session:
            kept = await session.get(RecordingRow, recording)
            if kept is None or kept.deleted_at is not None:
                raise _not_there()
            row = await session.get(PreparationRow, recording)
            if row is None:
                return SideBySide(None)
            before = await _before(session, row)
        share = None
        if row.state is PreparationState.PREPARING and kept.folder is not None:
            share = await asyncio.to_thread(read_progress, self._folder / kept.folder)
        return SideBySide(row.state, share, before, row.why)

    async def ask(self, actor: Actor, recording: RecordingId) -> SideBySide:
        """Have the file made, once, for somebody who waits; one that failed is tried again.

        Raises NotFoundError, RefusedError ``no_download`` or ``no_pictures``.
        """
        async with self._database.write() as write:
            kept = await locked(write.session, RecordingRow, recording)
            if kept.deleted_at is not None:
                raise _not_there()
            if not has_pictures(kept):
                raise RefusedError("no_pictures", "There are no pictures of this call, or they are not finished yet.")
            if not kept.download:
                raise RefusedError("no_download", "Downloading video is switched off in the settings of recording.")
            if await want(write, kept, awaited=True):
                await write.session.flush()
                await _follow_delivery(write, recording)
                names = await names_of_customers(write.session, [kept.customer_id])
                used = {"used": "prepared"}
                await audit(write, actor, "recording", recording, names.get(kept.customer_id, ""), {}, used)
                write.fact(changed_fact(kept, actor))
        return await self.one(recording)

    async def backlog(self) -> int:
        """Count the files that are asked for and not made."""
        undone = select(func.count()).select_from(PreparationRow).where(PreparationRow.state.in_(UNDONE))
        async with self._database.read() as session:
            return await session.scalar(undone) or 0


async def _follow_delivery(write: Write, recording: RecordingId) -> None:
    """A file that is to be delivered and had failed holds the recording back no more than others that wait."""
    if (await write.session.get_one(PreparationRow, recording)).deliver:
        await follow_files(write, recording)


def has_pictures(recording: RecordingRow) -> bool:
    """Say whether there is anything to make the file of."""
    return any(file["kind"] in PICTURES.values() for file in recording.files)


async def want(write: Write, recording: RecordingRow, *, awaited: bool = False, deliver: bool = False) -> bool:
    """Have the file of a locked recording made; say whether anything changed by it."""
    now = write.clock.now()
    row = await write.session.get(PreparationRow, recording.id, with_for_update=True, populate_existing=True)
    if row is None:
        row = PreparationRow(
            recording_id=recording.id, state=PreparationState.WAITING, awaited=awaited, deliver=deliver, asked_at=now,
            attempts=0, deadline_at=now, epoch=0,
        )  # fmt: skip
        write.session.add(row)
        return True
    if row.state is PreparationState.FAILED:
        row.state, row.why, row.attempts = PreparationState.WAITING, None, 0
        row.deadline_at, row.asked_at, row.awaited = now, now, awaited
        row.epoch += 1
        return True
    if row.state is PreparationState.WAITING and awaited and not row.awaited:
        row.awaited, row.asked_at, row.deadline_at = True, now, now
        row.epoch += 1
        return True
    return False


async def _before(session: AsyncSession, row: PreparationRow) -> int:
    """Count what is made first: what is being made, and of those that wait who asked earlier, people first."""
    if row.state is not PreparationState.WAITING:
        return 0
    earlier = and_(PreparationRow.awaited.is_(row.awaited), PreparationRow.asked_at < row.asked_at)
    ahead = earlier if row.awaited else or_(PreparationRow.awaited.is_(True), earlier)
    waiting = and_(PreparationRow.state == PreparationState.WAITING, ahead)
    counted = select(func.count()).select_from(PreparationRow)
    return await session.scalar(counted.where(or_(PreparationRow.state == PreparationState.PREPARING, waiting))) or 0


def _not_there() -> NotFoundError:
    return NotFoundError("There is no such recording.")
