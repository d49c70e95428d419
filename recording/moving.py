"""A file's delivery as its row keeps it, and the recording that follows its files."""

from typing import Final

from sqlalchemy import select

from callflow.facts import AUTOMATION
from conversations.db.database import Write
from conversations.db.locking import locked
from recording.catalogue import change_state
from recording.delivery import Delivery, Released, Retargeted, State, step
from recording.states import PreparationState, RecordingState
from recording.tables import PreparationRow, RecordingRow
from recording.target_tables import DeliveryRow

NO_VIDEO_FILE: Final = "no_video_file"
"""The file that was to be delivered could not be made."""
_WORST_FIRST = (State.FAILED, State.UPLOADING, State.SPOOLED, State.FAILED_OVER, State.UPLOADED)


def delivery_of(row: DeliveryRow) -> Delivery:
    """Return where the file of a row stands."""
    return Delivery(row.state, row.since, row.due_at, row.tries, row.kept, row.fault, row.sentence)


async def put(write: Write, row: DeliveryRow, delivery: Delivery) -> None:
    """Write where a file stands into its locked row, end its lease, and let the recording follow."""
    moved = row.state is not delivery.state
    row.state, row.since, row.due_at = delivery.state, delivery.since, delivery.due
    row.tries, row.kept, row.fault, row.sentence = delivery.tries, delivery.kept, delivery.fault, delivery.sentence
    row.lease_until = None
    row.epoch += 1
    if moved:
        await write.session.flush()
        await follow_files(write, row.recording_id)


async def happen_to_all(write: Write, event: Released | Retargeted) -> None:
    """Let something happen to all files that wait. The target's row is locked already; recordings are, by their ids."""
    waiting = select(DeliveryRow).where(DeliveryRow.state.not_in((State.UPLOADING, State.UPLOADED)))
    mine = waiting.with_only_columns(DeliveryRow.recording_id)
    recordings = select(RecordingRow.id).where(RecordingRow.id.in_(mine)).order_by(RecordingRow.id)
    await write.session.execute(recordings.with_for_update(key_share=True))
    for row in (await write.session.scalars(waiting.with_for_update())).all():
        await put(write, row, step(delivery_of(row), event, write.clock.now()))


async def follow_files(write: Write, recording: str) -> None:
    """Put the recording into the state of the file that is worst off; one that is still to be made counts too."""
    row = await locked(write.session, RecordingRow, recording)
    files = (await write.session.scalars(select(DeliveryRow).where(DeliveryRow.recording_id == recording))).all()
    standing: list[tuple[State, str | None]] = [(file.state, file.fault) for file in files]
    made = await write.session.get(PreparationRow, recording)
    if made is not None and made.deliver and made.state is not PreparationState.READY:
        lost = made.state is PreparationState.FAILED
        standing.append((State.FAILED, NO_VIDEO_FILE) if lost else (State.SPOOLED, None))
    worst, why = min(standing, key=lambda file: _WORST_FIRST.index(file[0]))
    state = RecordingState(worst.value)
    if not row.partial and state is not RecordingState.UPLOADING:
        row.why = why
    if row.state is not state:
        await change_state(write, row, state, AUTOMATION)
