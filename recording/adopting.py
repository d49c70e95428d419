"""Looking through the spool: nothing that was recorded is forgotten there, and nothing is left there for ever (I7).

A row is written with its call, so a folder without one comes from another time: the database was put back from a
backup, perhaps. When its call is known, the recording is taken up again; else it is left, counted, and a person asked.
"""

import asyncio
import logging
from collections.abc import Collection
from pathlib import Path
from typing import Final

from sqlalchemy import select

from callflow import messages
from callflow.call import Call, Ended, Media
from callflow.facts import AUTOMATION
from callflow.ids import RecordingId, new_id
from callflow.recorded import call_of
from conversations.calls.reading import call_by_id
from conversations.db.database import Database, Write
from recording.catalogue import changed_fact
from recording.finishing import MANIFEST, made_of, read_manifest, sizes_of
from recording.spool import QUARANTINE, Folder, look_into, look_through, names_in, remove
from recording.states import RecordingKind, RecordingState
from recording.tables import RecordingRow, SegmentRow

log = logging.getLogger(__name__)

WRITTEN: Final = (RecordingState.RECORDING, RecordingState.FINALIZING)


class _Written:
    """The recordings that the spool's look leaves alone: live ones, and all that came after its beginning."""

    def __init__(self, live: Collection[str], seen: Collection[str]) -> None:
        self._live = frozenset(live)
        self._seen = frozenset(seen)

    def __contains__(self, recording: object) -> bool:
        return recording in self._live or recording not in self._seen


async def sweep(database: Database, spool: Path, finished: Path) -> int:
    """Take up what was forgotten, delete what is safe elsewhere, and return how much belongs to no call."""
    seen = await asyncio.to_thread(names_in, spool)
    async with database.read() as session:
        live = (await session.scalars(select(RecordingRow.id).where(RecordingRow.state.in_(WRITTEN)))).all()
    found = await asyncio.to_thread(look_through, spool, _Written(live, seen))
    for odd in found.quarantined:
        log.error("%s does not belong into the spool (%s): it was moved to %s", odd.was, odd.why, odd.now)
    orphans = len(await asyncio.to_thread(names_in, spool / QUARANTINE))
    for folder in found.folders:
        orphans += not await _settle(database, folder, finished)
    return orphans


def unchanged(taps: Path, into: Path) -> bool:
    """Say whether the taps are still those that a result was made of: a process that hung may have written on."""
    try:
        return sizes_of(look_into(taps)[0]) in ([], made_of(into))
    except FileNotFoundError:
        return True


def forget(taps: Path, into: Path) -> bool:
    """Delete the taps that a result was made of, and no others; say whether nothing is left."""
    try:
        folder = look_into(taps)[0]
        result = read_manifest(into / MANIFEST)
        made = made_of(into) or []
        if result is None or result.unread:
            return not folder.taps
        safe = tuple(tap for tap, size in zip(folder.taps, sizes_of(folder), strict=True) if size in made)
        remove(Folder(folder.recording, folder.path, safe))
        return len(safe) == len(folder.taps)
    except FileNotFoundError:
        return True
    except OSError:
        log.exception("the taps in %s could not be deleted; nothing needs them any more", taps)
        return True


async def _settle(database: Database, folder: Folder, finished: Path) -> bool:
    """Do what a folder needs; say whether somebody knows of it."""
    async with database.read() as session:
        row = await session.get(RecordingRow, folder.recording)
    if row is None:
        return await _adopt(database, folder)
    if row.deleted_at is not None:
        await asyncio.to_thread(remove, folder)
        return True
    if row.folder is None:
        return True  # it failed, and what was written is kept
    known = await asyncio.to_thread(forget, folder.path, finished / row.folder)
    if not known and row.state is not RecordingState.FAILED:
        log.error("%s holds what is not in the finished recording", folder.path)
        return False
    return True


async def _adopt(database: Database, folder: Folder) -> bool:
    """Write the row of a recording whose call is over; say whether the call is known."""
    async with database.write() as write:
        is_message = messages.call_of(folder.recording) is not None
        call = await call_by_id(write.session, call_of(folder.recording))
        if call is None or (is_message and not _left(call, folder.recording)):
            log.error("%s was recorded of no call that is known here: it is left as it is", folder.path)
            return False
        if isinstance(call.phase, Ended) and await write.session.get(RecordingRow, folder.recording) is None:
            await _write_row(write, folder.recording, call, call.phase, is_message)
            log.warning("%s had been forgotten, and is finished now", folder.path)
    return True


def _left(call: Call, recording: RecordingId) -> bool:
    """Say whether a message may be taken up: it was left, or is being spoken. One that was thrown away is not."""
    return call.message is not None and call.message.recording == recording


async def _write_row(write: Write, recording: RecordingId, call: Call, over: Ended, is_message: bool) -> None:
    began = call.answered_at or call.started_at
    if is_message and call.message is not None:
        began = call.message.since
    row = RecordingRow(
        id=recording,
        call_id=call.id,
        conversation_id=call.conversation,
        customer_id=call.customer,
        queue_id=call.queue,
        kind=RecordingKind.MESSAGE if is_message else RecordingKind.CALL,
        direction=call.direction,
        media=Media.AUDIO if is_message else call.media,
        download=is_message or call.media is Media.AUDIO,
        state=RecordingState.FINALIZING,
        started_at=began,
        ended_at=over.at,
        files=[],
        partial=True,
        attempts=0,
        deadline_at=write.clock.now(),
        epoch=0,
    )
    write.session.add(row)
    await write.session.flush()
    if over.agent is not None and not is_message:
        segment = SegmentRow(
            id=new_id("seg"), recording_id=recording, agent_id=over.agent, began_at=began, ended_at=over.at
        )
        write.session.add(segment)
    write.fact(changed_fact(row, AUTOMATION))
