"""The place of a transcript: somebody's program writes it, and it is kept with its recording."""

from pathlib import Path

import pytest
from sqlalchemy import select

from callflow.ids import RecordingId
from conversations.db.audit import AuditRow
from conversations.db.database import Database
from conversations.errors import InvalidError, NotFoundError
from recording.erasing import Retention
from recording.tables import TranscriptRow
from recording.transcripts import LINE_LIMIT, MOST_LINES, Line, Transcripts
from tests.conversations.centre import Centre
from tests.recording.recorded import Archive
from tests.signaling.house import House

pytestmark = pytest.mark.wire


async def test_a_transcript_is_kept_clean_and_in_order_and_goes_with_its_recording(
    database: Database, tmp_path: Path
) -> None:
    """PLUS-10: another takes its place, an empty one removes it; what is not in the recording is refused."""
    archive = Archive(await Centre.make(database), tmp_path / "recordings")
    boss, transcripts = archive.centre.sam.actor, Transcripts(database)
    recording = await archive.kept()
    assert await transcripts.of(recording) is None
    greeting, question = Line(0.0, "agent", "Good day"), Line(0.5, "customer", "<b>Is it</b>\nyou?")
    await transcripts.set(boss, recording, [Line(0.5, "customer", " <b>Is it</b>\r\nyou?\x00\x1b "), greeting])
    assert await transcripts.of(recording) == (greeting, question)
    for wrong in (Line(99, "agent", "x"), Line(0, "agent", "\x00 "), Line(0, "agent", "x" * (LINE_LIMIT + 1))):
        with pytest.raises(InvalidError):
            await transcripts.set(boss, recording, [wrong])
    with pytest.raises(InvalidError):
        await transcripts.set(boss, recording, [greeting] * (MOST_LINES + 1))
    assert await transcripts.of(recording) == (greeting, question)
    await transcripts.set(boss, recording, [])
    assert await transcripts.of(recording) is None
    await transcripts.set(boss, recording, [greeting] * MOST_LINES)
    await transcripts.set(boss, recording, [question] * MOST_LINES)
    async with database.read() as session:
        logged = select(AuditRow.changes).where(AuditRow.subject_id == recording).order_by(AuditRow.number)
        changes = [one["transcript_lines"] for one in (await session.scalars(logged)).all()]
    assert changes == [[None, 2], [2, None], [None, MOST_LINES], [None, MOST_LINES]]

    await Retention(database, archive.folder, archive.spool).delete(boss, recording)
    async with database.read() as session:
        assert (await session.scalars(select(TranscriptRow))).all() == []
    for gone in (recording, RecordingId("rec_x")):
        with pytest.raises(NotFoundError):
            await transcripts.set(boss, gone, [greeting])


async def test_only_who_leads_writes_a_transcript_and_each_line_names_its_side(house: House) -> None:
    """PLUS-10, SYS-01."""
    ana, sue = await house.signed_in("ana"), await house.signed_in("sue")
    line = {"at_seconds": 1, "who": "agent", "text": "Good day"}
    path = "/recordings/rec_x/transcript"
    assert await ana.refused("PUT", path, {"lines": [line]}) == (403, "forbidden")
    assert await sue.refused("PUT", path, {"lines": [line]}) == (404, "not_found")
    for wrong in ([line | {"who": "supervisor"}], [line | {"at_seconds": -1}], [line] * (MOST_LINES + 1)):
        assert await sue.refused("PUT", path, {"lines": wrong}) == (422, "invalid")
