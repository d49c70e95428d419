"""A call's recordings follow it: rows are written in the transaction of the call itself, so none is forgotten."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import insert, update

from callflow.call import Call, Media
from callflow.facts import Fact, FactKind
from callflow.ids import AgentId, RecordingId, new_id
from callflow.limits import CALL_CAP
from conversations.db.database import Write
from conversations.db.locking import locked
from recording.rules import may_download
from recording.states import RecordingKind, RecordingState
from recording.tables import RecordingRow, SegmentRow

ORPHANED: Final = CALL_CAP + timedelta(minutes=5)
"""No call lasts so long: whatever is still said to be recorded then is looked at."""
CLOSED_BY: Final = timedelta(seconds=2)
"""After the end of a call, until its files are closed by the media process."""


async def follow_call(write: Write, fact: Fact, call: Call) -> None:
    """Begin, continue and end what is recorded of a call. A projection of the store of calls."""
    match fact.kind:
        case FactKind.RECORDING_STARTED if fact.agent is not None and call.recording is not None:
            await _begin_segment(write, fact.agent, call, call.recording.id)
        case FactKind.RECORDING_STOPPED if call.recording is not None:
            await _end_segments(write, call.recording.id, write.clock.now())
        case FactKind.CALL_ENDED if call.recording is not None:
            await end_recording(write, call.recording.id, write.clock.now())
        case FactKind.CALL_MESSAGE_BEGUN | FactKind.CALL_MESSAGE_CANCELLED | FactKind.CALL_MESSAGE_LEFT:
            await _follow_message(write, fact, call, RecordingId(str(fact.data["recording"])))
        case _:
            pass


async def _follow_message(write: Write, fact: Fact, call: Call, recording: RecordingId) -> None:
    now = write.clock.now()
    if fact.kind is FactKind.CALL_MESSAGE_BEGUN and call.message is not None:
        kind, since = RecordingKind.MESSAGE, call.message.since
        await _insert(write, call, recording, kind=kind, media=Media.AUDIO, download=True, started_at=since)
        return
    row = await locked(write.session, RecordingRow, recording)
    seconds = timedelta(seconds=float(fact.data.get("seconds") or 0))
    row.cancelled = fact.kind is FactKind.CALL_MESSAGE_CANCELLED
    row.state, row.ended_at = RecordingState.FINALIZING, row.started_at + seconds
    row.deadline_at = now + CLOSED_BY
    row.epoch += 1


async def _begin_segment(write: Write, agent: AgentId, call: Call, recording: RecordingId) -> None:
    now = write.clock.now()
    pictures = call.recording is not None and call.recording.pictures
    download = await may_download(write.session, agent)
    row = await write.session.get(RecordingRow, recording)
    if row is None:
        media = Media.VIDEO if pictures else Media.AUDIO
        await _insert(write, call, recording, kind=RecordingKind.CALL, media=media, download=download)
    else:
        row.media = Media.VIDEO if pictures else row.media
        row.download = row.download and download
        row.queue_id = call.queue
        row.epoch += 1
    await write.session.execute(
        insert(SegmentRow).values(id=new_id("seg"), recording_id=recording, agent_id=agent, began_at=now)
    )


async def _insert(write: Write, call: Call, recording: RecordingId, **about: object) -> None:
    now = write.clock.now()
    values: dict[str, object] = {
        "id": recording,
        "call_id": call.id,
        "conversation_id": call.conversation,
        "customer_id": call.customer,
        "queue_id": call.queue,
        "direction": call.direction,
        "state": RecordingState.RECORDING,
        "started_at": now,
        "files": [],
        "partial": False,
        "attempts": 0,
        "deadline_at": now + ORPHANED,
        "epoch": 0,
    }
    await write.session.execute(insert(RecordingRow).values(values | about))


async def _end_segments(write: Write, recording: RecordingId, at: datetime) -> None:
    open_ones = update(SegmentRow).where(SegmentRow.recording_id == recording, SegmentRow.ended_at.is_(None))
    await write.session.execute(open_ones.values(ended_at=at))


async def end_recording(write: Write, recording: RecordingId, at: datetime) -> None:
    """Its call was over at a moment: it is to be finished."""
    await _end_segments(write, recording, at)
    ended = update(RecordingRow).where(RecordingRow.id == recording, RecordingRow.state == RecordingState.RECORDING)
    await write.session.execute(
        ended.values(
            state=RecordingState.FINALIZING, ended_at=at, deadline_at=at + CLOSED_BY, epoch=RecordingRow.epoch + 1
        )
    )
