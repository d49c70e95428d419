"""The place of a transcript: what was said in a recording, with its moments. Programs of others write it (PLUS-10)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

from callflow.facts import Actor
from callflow.ids import RecordingId
from conversations.db.audit import audit
from conversations.db.database import Database
from conversations.db.locking import locked
from conversations.errors import InvalidError, NotFoundError
from conversations.threads.customers import names_of_customers
from conversations.values import clean_text
from recording.catalogue import changed_fact
from recording.tables import RecordingRow, TranscriptRow

MOST_LINES: Final = 5000
LINE_LIMIT: Final = 1000
Speaker = Literal["customer", "agent"]


@dataclass(frozen=True, slots=True)
class Line:
    """What one side said at a moment."""

    at_seconds: float
    who: Speaker
    text: str


class Transcripts:
    """The transcripts of recordings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, recording: RecordingId) -> tuple[Line, ...] | None:
        """Return the transcript of a recording, by its moments; None where there is none."""
        async with self._database.read() as session:
            row = await session.get(TranscriptRow, recording)
        return None if row is None else tuple(_line(one) for one in row.lines)

    async def set(self, actor: Actor, recording: RecordingId, lines: Sequence[Line]) -> None:
        """Put a transcript in the place of the one before; no lines are none. Raises NotFoundError, InvalidError."""
        if len(lines) > MOST_LINES:
            raise InvalidError("lines", f"A transcript has {MOST_LINES} lines at most.")
        clean = [replace(line, text=clean_text("text", line.text, LINE_LIMIT)) for line in lines]
        async with self._database.write() as write:
            row = await locked(write.session, RecordingRow, recording)
            if row.deleted_at is not None or row.cancelled:
                raise NotFoundError("There is no such recording.")
            if not all(0 <= line.at_seconds <= (row.seconds or 0) for line in clean):
                raise InvalidError("at_seconds", "This moment is not in the recording.")
            before = await write.session.get(TranscriptRow, recording)
            if clean:
                kept = [asdict(line) for line in sorted(clean, key=lambda line: line.at_seconds)]
                await write.session.merge(TranscriptRow(recording_id=recording, lines=kept))
            elif before is not None:
                await write.session.delete(before)
            name = (await names_of_customers(write.session, [row.customer_id])).get(row.customer_id, "")
            # As many lines as before may say something else: that somebody wrote it is logged each time.
            was, now = ({}, {"transcript_lines": len(clean)}) if clean else (_lines(before), {})
            await audit(write, actor, "recording", recording, name, was, now)
            write.fact(changed_fact(row, actor))


def _lines(before: TranscriptRow | None) -> dict[str, Any]:
    return {} if before is None else {"transcript_lines": len(before.lines)}


def _line(kept: dict[str, Any]) -> Line:
    return Line(kept["at_seconds"], kept["who"], kept["text"])
