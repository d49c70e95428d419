"""Finishes recordings whose calls are over, one after the other: from the spool to own storage.

What is true stands in the rows: one that is due is taken with a lease, which is renewed while it is worked on, and due
again when that ends, whatever became of whoever held it. Each change asks for the epoch of the lease, so that who lost
it changes nothing. The taps are deleted only when the finished files were read back and the row says so.
"""

import asyncio
import logging
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from callflow.call import Ended, Media
from callflow.facts import AUTOMATION
from callflow.ids import CallId, RecordingId
from conversations.calls.reading import call_by_id
from conversations.db.database import Database, Write
from conversations.db.locking import locked
from recording.adopting import forget, sweep, unchanged
from recording.catalogue import change_state, changed_fact, file_facts
from recording.finisher import DISK, Finisher, why_not_made
from recording.finishing import Facts, FileKind, Finished
from recording.following import ORPHANED, end_recording
from recording.leases import LEASE, LeaseLostError, Pause, while_held
from recording.looking import work_off
from recording.shelf import hand_over
from recording.spool import Folder, look_into
from recording.states import RecordingKind, RecordingState
from recording.tables import RecordingRow
from recording.taps import Flaw, was_closed

log = logging.getLogger(__name__)

SWEEP_EVERY: Final = timedelta(hours=1)
CLOSING: Final = timedelta(seconds=10)
"""So long after a call's end its taps may still be open; then whoever wrote them is gone."""
SOON: Final = timedelta(milliseconds=500)
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=15)
MOST_TRIES: Final = 12
"""Then it has failed: two hours of tries. A disk that is full or broken is tried for as long as it takes."""
UNFINISHED: Final = (RecordingState.RECORDING, RecordingState.FINALIZING)


class Keeper:
    """The driver. `folder` holds the finished files; `spool` the taps."""

    def __init__(
        self,
        database: Database,
        finisher: Finisher,
        folder: Path,
        spool: Path,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._database = database
        self._clock = database.clock
        self._finisher = finisher
        self._folder = folder
        self._spool = spool
        self._pause = pause
        self._swept_at: datetime | None = None
        self.orphans = 0
        """What lies in the spool and belongs to no call: somebody must look at it."""

    async def run(self) -> None:
        """Finish what is due until cancelled."""
        await work_off("recordings to finish", self._look, self._pause)

    def close(self) -> None:
        """End what runs: it is begun again by the next start."""
        self._finisher.close()

    async def _look(self) -> bool:
        await self.sweep()
        return await self.finish_one()

    async def sweep(self) -> None:
        """Look through the spool, at the start and then each hour."""
        now = self._clock.now()
        if self._swept_at is None or not timedelta() <= now - self._swept_at < SWEEP_EVERY:
            self.orphans = await sweep(self._database, self._spool, self._folder)
            self._swept_at = now

    async def finish_one(self) -> bool:
        """Finish one recording that is due; say whether there was one."""
        row = await self._take()
        if row is None:
            return False
        try:
            await self._finish(row)
        except LeaseLostError:
            log.warning("recording %s is finished by somebody else", row.id)
        return True

    async def _finish(self, row: RecordingRow) -> None:
        taps, ended = self._spool / row.id, row.ended_at or self._clock.now()
        if self._clock.now() < ended + CLOSING and not await asyncio.to_thread(_all_closed, taps):
            await self._later(row, SOON)
            return
        if row.cancelled:
            await self._throw_away(row, taps)
            return
        folder = f"{row.started_at:%Y}/{row.started_at:%m}/{row.id}"
        seconds = (ended - row.started_at).total_seconds()
        alone = row.kind is RecordingKind.MESSAGE
        facts = Facts(RecordingId(row.id), None, seconds, row.media is Media.VIDEO, alone)
        try:
            finished = await self._made(row, taps, self._folder / folder, facts)
        except LeaseLostError:
            raise
        except Exception as error:
            log.error("recording %s could not be finished: %s", row.id, error)
            await self._try_again(row, why_not_made(error))
            return
        if not await asyncio.to_thread(unchanged, taps, self._folder / folder):
            await self._later(row, SOON)
            return
        await self._keep(row, folder, finished)
        if not finished.unread:
            await asyncio.to_thread(forget, taps, self._folder / folder)

    async def _throw_away(self, row: RecordingRow, taps: Path) -> None:
        """Its customer did not send it: nothing is left, of the file first."""
        await asyncio.to_thread(shutil.rmtree, taps, ignore_errors=True)
        async with self._database.write() as write:
            await write.session.delete(await _leased(write, row))

    async def _made(self, row: RecordingRow, taps: Path, into: Path, facts: Facts) -> Finished:
        """Make the files while the lease is renewed. Raises `LeaseLostError`, and what finishing raises."""

        async def renew() -> None:
            async with self._database.write() as write:
                (await _leased(write, row)).deadline_at = self._clock.now() + LEASE

        return await while_held(f"finishing {row.id}", self._finisher.finish(taps, into, facts), renew, self._pause)

    async def _take(self) -> RecordingRow | None:
        """Take the recording that is due first, with a lease. One that was never ended is ended now."""
        async with self._database.write() as write:
            now = self._clock.now()
            due = select(RecordingRow).where(RecordingRow.deadline_at <= now, RecordingRow.state.in_(UNFINISHED))
            row = await write.session.scalar(
                due.order_by(RecordingRow.deadline_at).limit(1).with_for_update(skip_locked=True)
            )
            if row is None:
                return None
            if row.state is RecordingState.RECORDING:
                call = await call_by_id(write.session, CallId(row.call_id))
                if call is None or not isinstance(call.phase, Ended):
                    # The clock was set, or the call would be over.
                    row.deadline_at = now + ORPHANED
                    return None
                await end_recording(write, RecordingId(row.id), call.phase.at)
                await write.session.refresh(row)
                write.fact(changed_fact(row, AUTOMATION))
            row.deadline_at = now + LEASE
            row.attempts += 1
            row.epoch += 1
            return row

    async def _later(self, row: RecordingRow, wait: timedelta) -> None:
        """It was only too early."""
        async with self._database.write() as write:
            leased = await _leased(write, row)
            leased.deadline_at = self._clock.now() + wait
            leased.attempts -= 1

    async def _try_again(self, row: RecordingRow, why: str) -> None:
        async with self._database.write() as write:
            leased = await _leased(write, row)
            told, leased.why = leased.why != why, why
            if leased.attempts >= MOST_TRIES and why not in DISK:
                leased.deadline_at = None
                await change_state(write, leased, RecordingState.FAILED, AUTOMATION)
                return
            wait = FIRST_WAIT * 2 ** (leased.attempts - 1)
            if why in DISK:  # which says nothing of the recording
                leased.attempts = min(leased.attempts, MOST_TRIES - 3)
            leased.deadline_at = self._clock.now() + min(wait, LONGEST_WAIT)
            if told:
                write.fact(changed_fact(leased, AUTOMATION))

    async def _keep(self, row: RecordingRow, folder: str, finished: Finished) -> None:
        """Note that the finished files are safe, or that there was nothing to make them of."""
        async with self._database.write() as write:
            leased = await _leased(write, row)
            nothing = Flaw.EMPTY in finished.why
            leased.files = [] if nothing else [file_facts(one) for one in finished.files]
            leased.folder, leased.seconds = folder, finished.length_seconds
            leased.size = sum(one.bytes for one in finished.files)
            leased.partial, leased.why = finished.partial, _flaw(finished)
            leased.deadline_at, leased.attempts = None, 0
            if not {one.kind for one in finished.files} & {FileKind.CUSTOMER, FileKind.AGENT}:
                leased.media = Media.AUDIO
            state = RecordingState.FAILED if nothing else RecordingState.SPOOLED
            await change_state(write, leased, state, AUTOMATION)
            if not nothing:
                await hand_over(write, leased)


async def _leased(write: Write, row: RecordingRow) -> RecordingRow:
    """Return the row, locked, as long as nobody else has taken it. Raises `LeaseLostError`."""
    found = await locked(write.session, RecordingRow, row.id)
    if found.epoch != row.epoch or found.state not in UNFINISHED:
        raise LeaseLostError
    return found


def _all_closed(path: Path) -> bool:
    """Say whether the last tap of each leg was closed in order."""
    try:
        folder: Folder = look_into(path)[0]
    except FileNotFoundError:
        return True
    last = {tap.leg: tap.path for tap in folder.taps}
    return all(was_closed(tap) for tap in last.values())


def _flaw(finished: Finished) -> str | None:
    """Say in one word what is wrong: with nothing to hear, whether there is nothing or nothing that can be read."""
    for flaw in (Flaw.UNREADABLE, Flaw.EMPTY):
        if flaw in finished.why and Flaw.EMPTY in finished.why:
            return flaw
    return finished.why[0] if finished.why else None
