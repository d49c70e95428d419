"""Finishes recordings whose calls are over, one after the other: from the spool to own storage.

What is true stands in the rows: one that is due is taken with a lease, and due again when that ends, whatever became of
whoever held it. The taps are deleted only when the finished files were read back and the row says so.
"""

import asyncio
import errno
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from callflow.call import Media
from callflow.facts import AUTOMATION
from callflow.ids import RecordingId
from conversations.db.database import Database
from recording.catalogue import change_state
from recording.finisher import FINISH_LIMIT_S, Finisher
from recording.finishing import Facts, FileKind, Finished, UnsafeDiskError
from recording.shelf import hand_over
from recording.spool import Folder, look_into, remove
from recording.states import RecordingState
from recording.tables import RecordingRow
from recording.taps import was_closed
from recording.worker import WorkerError

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
LEASE: Final = timedelta(seconds=FINISH_LIMIT_S + 60)
CLOSING: Final = timedelta(seconds=10)
"""So long after a call's end its taps may still be open; then whoever wrote them is gone."""
SOON: Final = timedelta(milliseconds=500)
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=15)


class Keeper:
    """The driver. `folder` holds the finished files; `spool` the taps."""

    def __init__(
        self,
        database: Database,
        finisher: Finisher,
        folder: Path,
        spool: Path,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._clock = database.clock
        self._finisher = finisher
        self._folder = folder
        self._spool = spool
        self._pause = pause

    async def run(self) -> None:
        """Finish what is due until cancelled."""
        while True:
            try:
                while await self.finish_one():
                    pass
            except Exception:
                log.exception("Looking for recordings to finish failed; the next look comes by itself")
            await self._pause(LOOK_EVERY_S)

    def close(self) -> None:
        """End what runs: it is begun again by the next start."""
        self._finisher.close()

    async def finish_one(self) -> bool:
        """Finish one recording that is due; say whether there was one."""
        row = await self._take()
        if row is None:
            return False
        recording, ended = RecordingId(row.id), row.ended_at
        if ended is not None and self._clock.now() < ended + CLOSING and not await self._closed(recording):
            await self._later(recording, SOON, None)
            return True
        folder = f"{row.started_at:%Y}/{row.started_at:%m}/{recording}"
        seconds = (ended - row.started_at).total_seconds() if ended is not None else None
        facts = Facts(recording, None, seconds, row.media is Media.VIDEO)
        try:
            finished = await self._finisher.finish(self._spool / recording, self._folder / folder, facts)
        except (WorkerError, UnsafeDiskError, OSError) as error:
            log.error("recording %s could not be finished: %s", recording, error)
            wait = min(FIRST_WAIT * 2 ** min(row.attempts, 10), LONGEST_WAIT)
            await self._later(recording, wait, _why(error))
            return True
        await self._keep(recording, folder, finished)
        if not finished.unread:
            await asyncio.to_thread(self._forget, recording)
        return True

    async def _take(self) -> RecordingRow | None:
        """Take the recording that is due first, with a lease. One that was never ended is ended now."""
        async with self._database.write() as write:
            now = self._clock.now()
            due = select(RecordingRow).where(
                RecordingRow.deadline_at <= now,
                RecordingRow.state.in_((RecordingState.RECORDING, RecordingState.FINALIZING)),
            )
            row = await write.session.scalar(
                due.order_by(RecordingRow.deadline_at).limit(1).with_for_update(skip_locked=True)
            )
            if row is None:
                return None
            if row.state is RecordingState.RECORDING:
                row.ended_at = row.ended_at or now
                await change_state(write, row, RecordingState.FINALIZING, AUTOMATION)
            row.deadline_at = now + LEASE
            row.attempts += 1
            row.epoch += 1
            return row

    async def _later(self, recording: RecordingId, wait: timedelta, why: str | None) -> None:
        async with self._database.write() as write:
            row = await write.session.get_one(RecordingRow, recording, with_for_update=True)
            told = row.why != why and why is not None
            row.deadline_at, row.why = self._clock.now() + wait, why
            if why is None:
                row.attempts -= 1  # it was only too early
            if told:
                await change_state(write, row, row.state, AUTOMATION)

    async def _keep(self, recording: RecordingId, folder: str, finished: Finished) -> None:
        """Note that the finished files are safe, and put them on their way to the customer's server if there is one."""
        async with self._database.write() as write:
            row = await write.session.get_one(RecordingRow, recording, with_for_update=True)
            row.files = [_file(asdict(one)) for one in finished.files]
            row.folder, row.seconds = folder, finished.length_seconds
            row.size = sum(one.bytes for one in finished.files)
            row.partial, row.why = finished.partial, finished.why[0] if finished.why else None
            row.deadline_at, row.attempts = None, 0
            if not any(one.kind is FileKind.CUSTOMER for one in finished.files):
                row.media = Media.AUDIO if not any(one.kind is FileKind.AGENT for one in finished.files) else row.media
            await change_state(write, row, RecordingState.SPOOLED, AUTOMATION)
            await hand_over(write, row)

    async def _closed(self, recording: RecordingId) -> bool:
        return await asyncio.to_thread(_all_closed, self._spool / recording)

    def _forget(self, recording: RecordingId) -> None:
        try:
            remove(look_into(self._spool / recording)[0])
        except FileNotFoundError:
            pass
        except OSError:
            log.exception("the taps of %s could not be deleted; nothing needs them any more", recording)


def _all_closed(path: Path) -> bool:
    """Say whether the last tap of each leg was closed in order."""
    try:
        folder: Folder = look_into(path)[0]
    except FileNotFoundError:
        return True
    last = {tap.leg: tap.path for tap in folder.taps}
    return all(was_closed(tap) for tap in last.values())


def _why(error: Exception) -> str:
    match error:
        case WorkerError(code=code):
            return code
        case OSError(errno=errno.ENOSPC):
            return "disk_full"
        case UnsafeDiskError():
            return "unsafe_disk"
        case _:
            return "disk_failed"


def _file(kept: dict[str, Any]) -> dict[str, Any]:
    return {"size": kept.pop("bytes"), **kept}
