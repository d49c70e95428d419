"""Finding recordings again: lists with filters, one with all of it, notes, and who listened (REC-05)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.call import Direction, Media
from callflow.facts import Actor, Fact, FactKind
from callflow.ids import AgentId, CallId, ConversationId, QueueId, RecordingId, new_id
from conversations.db.audit import audit
from conversations.db.database import Database, Write
from conversations.db.locking import locked
from conversations.directory.people import names_of_users
from conversations.directory.queues import names_of_queues
from conversations.directory.values import Named, User
from conversations.errors import InvalidError, NotFoundError
from conversations.threads.customers import customers_named, names_of_customers
from conversations.threads.lists import visible
from conversations.threads.values import viewer
from conversations.values import clean_text
from recording.finishing import FinishedFile
from recording.states import PreparationState, RecordingKind, RecordingState
from recording.tables import NoteRow, PreparationRow, RecordingRow, SegmentRow

PAGE = 50
MESSAGES = 200
"""More than anybody leaves in one conversation."""
NOTE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One finished file of a recording."""

    kind: str
    """voice, customer, agent, waveform, …"""
    name: str
    size: int
    seconds: float
    sha256: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One agent's talk in a recording."""

    agent: Named
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote at a moment of a recording."""

    id: str
    at_seconds: float
    text: str
    author: Named
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RecordingFilter:
    """Which recordings are wanted; what is left out restricts nothing."""

    since: datetime | None = None
    until: datetime | None = None
    agent: AgentId | None = None
    queue: QueueId | None = None
    conversation: ConversationId | None = None
    direction: Direction | None = None
    media: Media | None = None
    kind: RecordingKind | None = None
    state: RecordingState | None = None
    longer_than: float | None = None
    shorter_than: float | None = None
    search: str = ""
    """A part of the customer's name or address."""


@dataclass(frozen=True, slots=True)
class KeptRecording:
    """A recording, with the names of all that it mentions."""

    id: RecordingId
    call: CallId
    conversation: ConversationId
    customer: Named
    queue: Named
    kind: RecordingKind
    direction: Direction
    media: Media
    download: bool
    state: RecordingState
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None
    size: int | None
    files: tuple[KeptFile, ...]
    folder: str | None
    partial: bool
    why: str | None
    deleted_at: datetime | None
    legal_hold: bool
    segments: tuple[Segment, ...]
    preparation: PreparationState | None
    """Of the file with both pictures; None while nobody has asked for it."""

    def file(self, kind: str) -> KeptFile:
        """Return a finished file. Raises NotFoundError."""
        found = next((one for one in self.files if one.kind == kind), None)
        if found is None or self.deleted_at is not None:
            raise NotFoundError("There is no such file of this recording.")
        return found


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is shown with recordings and stands in other rows, by ids."""

    customers: Mapping[str, str] = field(default_factory=dict[str, str])
    queues: Mapping[str, str] = field(default_factory=dict[str, str])
    users: Mapping[str, str] = field(default_factory=dict[str, str])
    preparations: Mapping[str, PreparationState] = field(default_factory=dict[str, PreparationState])


class Catalogue:
    """The recordings of the centre, for those who may hear them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, wanted: RecordingFilter, before: RecordingId | None = None, limit: int = PAGE
    ) -> tuple[list[KeptRecording], RecordingId | None]:
        """Return the latest recordings that fit, or those before one, and the `before` of the next page."""
        async with self._database.read() as session:
            there = RecordingRow.deleted_at.is_(None), RecordingRow.cancelled.is_(False)
            found = select(RecordingRow).where(*there, *_conditions(wanted))
            if before is not None:
                mark = await session.get(RecordingRow, before)
                if mark is None:
                    raise NotFoundError
                found = found.where(tuple_(RecordingRow.started_at, RecordingRow.id) < (mark.started_at, mark.id))
            ordered = found.order_by(RecordingRow.started_at.desc(), RecordingRow.id.desc()).limit(limit + 1)
            rows = (await session.scalars(ordered)).all()
            items = await _shown(session, rows[:limit])
        return items, items[-1].id if len(rows) > limit else None

    async def one(self, recording: RecordingId) -> KeptRecording:
        """Return a recording. Raises NotFoundError."""
        async with self._database.read() as session:
            row = await session.get(RecordingRow, recording)
            if row is None or row.cancelled:
                raise NotFoundError("There is no such recording.")
            return (await _shown(session, [row]))[0]

    async def some(self, recordings: Sequence[RecordingId]) -> list[KeptRecording]:
        """Return recordings in this order; those that are not there are left out."""
        async with self._database.read() as session:
            rows = (await session.scalars(select(RecordingRow).where(RecordingRow.id.in_(recordings)))).all()
            return await _shown(session, sorted(rows, key=lambda row: recordings.index(RecordingId(row.id))))

    async def hearable(self, user: User, recording: RecordingId) -> KeptRecording:
        """Return a recording that this person may hear. Raises NotFoundError.

        Those who lead may hear all; others the messages of conversations that they may answer.
        """
        found = await self.one(recording)
        if not user.leads:
            if found.kind is not RecordingKind.MESSAGE:
                raise NotFoundError("There is no such recording.")
            async with self._database.read() as session:
                await visible(session, await viewer(session, user), found.conversation)
        return found

    async def messages(self, user: User, conversation: ConversationId) -> list[KeptRecording]:
        """Return the messages that were left in a conversation, latest first. Raises NotFoundError."""
        async with self._database.read() as session:
            await visible(session, await viewer(session, user), conversation)
        wanted = RecordingFilter(conversation=conversation, kind=RecordingKind.MESSAGE)
        return (await self.page(wanted, limit=MESSAGES))[0]

    async def notes(self, recording: RecordingId) -> list[Note]:
        """Return the notes of a recording, by their moments."""
        async with self._database.read() as session:
            return await _notes(session, recording)

    async def add_note(self, actor: Actor, author: AgentId, recording: RecordingId, at: float, text: str) -> Note:
        """Write a note at a moment. Raises NotFoundError, InvalidError."""
        words = clean_text("text", text, NOTE_LIMIT)
        if not words:
            raise InvalidError("text", "Write something.")
        async with self._database.write() as write:
            row = await locked(write.session, RecordingRow, recording)
            if not 0 <= at <= (row.seconds or 0):
                raise InvalidError("at_seconds", "This moment is not in the recording.")
            made = NoteRow(
                id=new_id("note"), recording_id=recording, at_seconds=at, text=words, author_id=author,
                created_at=write.clock.now(),
            )  # fmt: skip
            write.session.add(made)
            write.fact(changed_fact(row, actor))
            await write.session.flush()
            return next(note for note in await _notes(write.session, recording) if note.id == made.id)

    async def delete_note(self, actor: Actor, recording: RecordingId, note: str) -> None:
        """Delete a note. Raises NotFoundError."""
        async with self._database.write() as write:
            found = await write.session.get(NoteRow, note)
            if found is None or found.recording_id != recording:
                raise NotFoundError("There is no such note.")
            await write.session.delete(found)
            write.fact(changed_fact(await locked(write.session, RecordingRow, recording), actor))

    async def note_use(self, actor: Actor, recording: RecordingId, what: str) -> None:
        """Write into the audit log that somebody listened, or downloaded a file."""
        async with self._database.write() as write:
            row = await locked(write.session, RecordingRow, recording)
            names = await names_of_customers(write.session, [row.customer_id])
            await audit(write, actor, "recording", recording, names.get(row.customer_id, ""), {}, {"used": what})


def changed_fact(row: RecordingRow, actor: Actor) -> Fact:
    """Return the fact that tells of a recording's present state."""
    return Fact(
        FactKind.RECORDING_CHANGED,
        actor,
        conversation=ConversationId(row.conversation_id),
        call=CallId(row.call_id),
        queue=QueueId(row.queue_id),
        data={"recording": row.id, "state": row.state, "why": row.why},
    )


async def change_state(write: Write, row: RecordingRow, state: RecordingState, actor: Actor) -> None:
    """Move a locked row to another state, and tell of it."""
    row.state = state
    row.epoch += 1
    write.fact(changed_fact(row, actor))


def _conditions(wanted: RecordingFilter) -> list[ColumnElement[bool]]:
    agent = select(SegmentRow.recording_id).where(SegmentRow.agent_id == wanted.agent)
    conditions: list[ColumnElement[bool] | None] = [
        None if wanted.since is None else RecordingRow.started_at >= wanted.since,
        None if wanted.until is None else RecordingRow.started_at < wanted.until,
        None if wanted.agent is None else RecordingRow.id.in_(agent),
        None if wanted.queue is None else RecordingRow.queue_id == wanted.queue,
        None if wanted.conversation is None else RecordingRow.conversation_id == wanted.conversation,
        None if wanted.direction is None else RecordingRow.direction == wanted.direction,
        None if wanted.media is None else RecordingRow.media == wanted.media,
        None if wanted.kind is None else RecordingRow.kind == wanted.kind,
        None if wanted.state is None else RecordingRow.state == wanted.state,
        None if wanted.longer_than is None else RecordingRow.seconds >= wanted.longer_than,
        None if wanted.shorter_than is None else RecordingRow.seconds <= wanted.shorter_than,
        RecordingRow.customer_id.in_(customers_named(wanted.search)) if wanted.search else None,
    ]
    return [condition for condition in conditions if condition is not None]


async def _shown(session: AsyncSession, rows: Sequence[RecordingRow]) -> list[KeptRecording]:
    ids = [row.id for row in rows]
    found = select(SegmentRow).where(SegmentRow.recording_id.in_(ids)).order_by(SegmentRow.began_at)
    segments = (await session.scalars(found)).all()
    prepared = (await session.scalars(select(PreparationRow).where(PreparationRow.recording_id.in_(ids)))).all()
    beside = _Beside(
        await names_of_customers(session, {row.customer_id for row in rows}),
        await names_of_queues(session, {row.queue_id for row in rows}),
        await names_of_users(session, {row.agent_id for row in segments}),
        {row.recording_id: row.state for row in prepared},
    )
    return [_recording(row, [one for one in segments if one.recording_id == row.id], beside) for row in rows]


def _recording(row: RecordingRow, segments: Collection[SegmentRow], beside: _Beside) -> KeptRecording:
    return KeptRecording(
        id=RecordingId(row.id),
        call=CallId(row.call_id),
        conversation=ConversationId(row.conversation_id),
        customer=Named(row.customer_id, beside.customers[row.customer_id]),
        queue=Named(row.queue_id, beside.queues[row.queue_id]),
        kind=row.kind,
        direction=row.direction,
        media=row.media,
        download=row.download,
        state=row.state,
        started_at=row.started_at,
        ended_at=row.ended_at,
        seconds=row.seconds,
        size=row.size,
        files=tuple(_file(one) for one in row.files),
        folder=row.folder,
        partial=row.partial,
        why=row.why,
        deleted_at=row.deleted_at,
        legal_hold=row.legal_hold,
        segments=tuple(
            Segment(Named(one.agent_id, beside.users[one.agent_id]), one.began_at, one.ended_at) for one in segments
        ),
        preparation=beside.preparations.get(row.id),
    )


def file_facts(file: FinishedFile) -> dict[str, Any]:
    """Return what a row keeps of a finished file; `_file` reads it."""
    kept = asdict(file)
    return {"size": kept.pop("bytes"), **kept}


def _file(kept: Mapping[str, Any]) -> KeptFile:
    return KeptFile(
        kind=cast("str", kept["kind"]),
        name=cast("str", kept["name"]),
        size=cast("int", kept["size"]),
        seconds=cast("float", kept["seconds"]),
        sha256=cast("str", kept["sha256"]),
    )


async def _notes(session: AsyncSession, recording: RecordingId) -> list[Note]:
    found = select(NoteRow).where(NoteRow.recording_id == recording).order_by(NoteRow.at_seconds, NoteRow.created_at)
    rows = (await session.scalars(found)).all()
    names = await names_of_users(session, {row.author_id for row in rows})
    return [
        Note(row.id, row.at_seconds, row.text, Named(row.author_id, names[row.author_id]), row.created_at)
        for row in rows
    ]
