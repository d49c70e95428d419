"""Makes the side-by-side files that are asked for: one at a time, behind everything else on the machine.

What is true stands in the rows, as with the keeper: one is taken with a lease that is renewed while it is made, each
change asks for the epoch of the lease, and whatever becomes of whoever held it, it is due again when that ends.
"""

import logging
from asyncio import sleep
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from callflow.facts import AUTOMATION
from conversations.db.database import Database, Write
from conversations.db.locking import locked
from recording.catalogue import changed_fact, file_facts
from recording.finisher import DISK, Finisher, why_not_made
from recording.finishing import FinishedFile
from recording.leases import LEASE, LeaseLostError, Pause, while_held
from recording.looking import work_off
from recording.moving import follow_files
from recording.preparations import UNDONE
from recording.shelf import hand_over_made
from recording.states import PreparationState
from recording.tables import PreparationRow, RecordingRow

log = logging.getLogger(__name__)

FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=15)
MOST_TRIES: Final = 3
"""Then a person has to ask again. A disk that is full or broken is tried for as long as it takes."""


class Preparer:
    """The driver. `folder` holds the finished files."""

    def __init__(self, database: Database, finisher: Finisher, folder: Path, pause: Pause = sleep) -> None:
        self._database = database
        self._clock = database.clock
        self._finisher = finisher
        self._folder = folder
        self._pause = pause

    async def run(self) -> None:
        """Make what is asked for until cancelled."""
        await work_off("video files to make", self.prepare_one, self._pause)

    async def prepare_one(self) -> bool:
        """Make the file that is due first; say whether there was one."""
        row = await self._take()
        if row is None:
            return False

        async def renew() -> None:
            async with self._database.write() as write:
                (await _leased(write, row)).deadline_at = self._clock.now() + LEASE

        try:
            try:
                work = self._finisher.side_by_side(self._folder / await self._place(row))
                made = await while_held(f"video file of {row.recording_id}", work, renew, self._pause)
            except LeaseLostError:
                raise
            except Exception as error:
                log.error("the video file of %s could not be made: %s", row.recording_id, error)
                await self._try_again(row, why_not_made(error))
            else:
                await self._keep(row, made)
        except LeaseLostError:
            log.warning("the video file of %s is made by somebody else, or nobody wants it now", row.recording_id)
        return True

    async def _take(self) -> PreparationRow | None:
        """Take the file that is due first, with a lease: those before whom people wait, then by the time of asking."""
        async with self._database.write() as write:
            now = self._clock.now()
            due = select(PreparationRow).where(PreparationRow.state.in_(UNDONE), PreparationRow.deadline_at <= now)
            row = await write.session.scalar(
                due.order_by(PreparationRow.awaited.desc(), PreparationRow.asked_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if row is None:
                return None
            row.state, row.deadline_at = PreparationState.PREPARING, now + LEASE
            row.attempts += 1
            row.epoch += 1
            write.fact(changed_fact(await write.session.get_one(RecordingRow, row.recording_id), AUTOMATION))
            return row

    async def _place(self, row: PreparationRow) -> str:
        async with self._database.read() as session:
            return (await session.get_one(RecordingRow, row.recording_id)).folder or ""

    async def _try_again(self, row: PreparationRow, why: str) -> None:
        async with self._database.write() as write:
            recording = await locked(write.session, RecordingRow, row.recording_id)
            leased = await _leased(write, row)
            leased.why = why
            leased.epoch += 1
            if leased.attempts >= MOST_TRIES and why not in DISK:
                leased.state, leased.deadline_at = PreparationState.FAILED, None
                if leased.deliver:
                    await follow_files(write, recording.id)
            else:
                wait = min(FIRST_WAIT * 2 ** min(leased.attempts - 1, 10), LONGEST_WAIT)
                leased.state, leased.deadline_at = PreparationState.WAITING, self._clock.now() + wait
            write.fact(changed_fact(recording, AUTOMATION))

    async def _keep(self, row: PreparationRow, made: FinishedFile) -> None:
        """Note that the file is there, and put it on its way if it is to be delivered."""
        async with self._database.write() as write:
            recording = await locked(write.session, RecordingRow, row.recording_id)
            leased = await _leased(write, row)
            leased.state, leased.why, leased.deadline_at = PreparationState.READY, None, None
            leased.epoch += 1
            recording.files = [*(file for file in recording.files if file["kind"] != made.kind), file_facts(made)]
            recording.size = sum(file["size"] for file in recording.files)
            if leased.deliver:
                await hand_over_made(write, recording, made.kind)
            write.fact(changed_fact(recording, AUTOMATION))


async def _leased(write: Write, row: PreparationRow) -> PreparationRow:
    """Return the row, locked, as long as nobody else has taken it. Raises `LeaseLostError`."""
    found = await write.session.get(
        PreparationRow, row.recording_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if found is None or found.epoch != row.epoch:
        raise LeaseLostError
    return found
