"""Recordings: finding, hearing and annotating them. Every listening and download is in the audit log."""

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from aiohttp import web
from pydantic import AwareDatetime, Field

from callflow.call import Direction, Media
from callflow.ids import AgentId, ConversationId, QueueId, RecordingId
from recording.catalogue import Catalogue, KeptRecording, Note, RecordingFilter
from recording.preparations import Preparations, SideBySide
from recording.removing import Remover
from recording.states import RecordingKind, RecordingState
from recording.transcripts import Line, Transcripts
from signaling.http.api import Api
from signaling.http.problems import Problem
from signaling.http.rules import SIGNED_IN, SUPERVISOR, SignedIn
from signaling.models.common import Id
from signaling.models.recordings import (
    NewRecordingNote,
    NewTranscript,
    OneRecording,
    RecordingFile,
    RecordingItem,
    RecordingNote,
    RecordingPage,
    RecordingRemoval,
    RecordingSegment,
    SideBySideFile,
    TranscriptLine,
)
from signaling.views import ref

SAME_LISTENING_S: Final = 600.0
"""A player asks for a file in many pieces: they are one listening."""
CONTENT_TYPES: Final = {".webm": "video/webm", ".json": "application/json"}


class RecordingsApi:
    """Handlers of `/recordings`. `folder` holds all finished files."""

    def __init__(
        self,
        catalogue: Catalogue,
        preparations: Preparations,
        remover: Remover,
        transcripts: Transcripts,
        folder: Path,
    ) -> None:
        self._catalogue = catalogue
        self._preparations = preparations
        self._remover = remover
        self._transcripts = transcripts
        self._folder = folder
        self._heard: dict[tuple[str, str, str], float] = {}

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/recordings", self.list_recordings, rule=SUPERVISOR, tag="recordings")
        one = "/recordings/{recording_id}"
        api.get(one, self.get_recording, rule=SIGNED_IN, tag="recordings")
        api.get(f"{one}/files/{{kind}}", self.get_recording_file, rule=SIGNED_IN, tag="recordings")
        api.get(f"{one}/side-by-side", self.get_side_by_side, rule=SUPERVISOR, tag="recordings")
        api.post(f"{one}/side-by-side", self.prepare_side_by_side, rule=SUPERVISOR, status=202, tag="recordings")
        api.put(f"{one}/transcript", self.set_recording_transcript, rule=SUPERVISOR, tag="recordings")
        api.get(f"{one}/notes", self.list_recording_notes, rule=SIGNED_IN, tag="recordings")
        api.post(f"{one}/notes", self.add_recording_note, rule=SIGNED_IN, status=201, tag="recordings")
        api.get(
            "/conversations/{conversation_id}/voice-messages",
            self.list_voice_messages,
            rule=SIGNED_IN,
            tag="recordings",
        )
        api.delete(
            "/recordings/{recording_id}/notes/{note_id}", self.delete_recording_note, rule=SUPERVISOR, tag="recordings"
        )

    async def list_recordings(
        self,
        *,
        since: AwareDatetime | None = None,
        until: AwareDatetime | None = None,
        agent: Id | None = None,
        queue: Id | None = None,
        conversation: Id | None = None,
        direction: Direction | None = None,
        media: Media | None = None,
        kind: RecordingKind | None = None,
        state: RecordingState | None = None,
        longer_than: Annotated[float | None, Field(ge=0)] = None,
        shorter_than: Annotated[float | None, Field(ge=0)] = None,
        search: Annotated[str, Field(max_length=100)] = "",
        before: Id | None = None,
        limit: Annotated[int, Field(ge=1, le=200)] = 50,
    ) -> RecordingPage:
        """List recordings, latest first (REC-05)."""
        wanted = RecordingFilter(
            since=since,
            until=until,
            agent=AgentId(agent) if agent else None,
            queue=QueueId(queue) if queue else None,
            conversation=ConversationId(conversation) if conversation else None,
            direction=direction,
            media=media,
            kind=kind,
            state=state,
            longer_than=longer_than,
            shorter_than=shorter_than,
            search=search.strip(),
        )
        items, following = await self._catalogue.page(wanted, RecordingId(before) if before else None, limit)
        preparing = await self._preparations.backlog()
        return RecordingPage(items=[recording_item(one) for one in items], next=following, preparing=preparing)

    async def list_voice_messages(self, who: SignedIn, conversation_id: ConversationId) -> list[RecordingItem]:
        """List the messages that a customer left in a conversation, for who may answer it (PLUS-12)."""
        return [recording_item(one) for one in await self._catalogue.messages(who.user, conversation_id)]

    async def get_recording(self, who: SignedIn, recording_id: RecordingId) -> OneRecording:
        """Return one recording, also one that was deleted: then without files.

        Messages are for all who may answer the conversation, the others for who leads.
        """
        shown = recording_item(await self._catalogue.hearable(who.user, recording_id))
        gone = await self._remover.of(recording_id)
        removal = gone and RecordingRemoval(state=gone.state, server=gone.server, sentence=gone.sentence)
        said = await self._transcripts.of(recording_id)
        lines = [TranscriptLine(at_seconds=one.at_seconds, who=one.who, text=one.text) for one in said or ()]
        return OneRecording(**shown.model_dump(), removal=removal, transcript=lines or None)

    async def set_recording_transcript(
        self, who: SignedIn, recording_id: RecordingId, transcript: NewTranscript
    ) -> OneRecording:
        """Write down what was said in a recording, in the place of what was there."""
        lines = [Line(line.at_seconds, line.who, line.text) for line in transcript.lines]
        await self._transcripts.set(who.user.actor, recording_id, lines)
        return await self.get_recording(who, recording_id)

    async def get_recording_file(
        self, who: SignedIn, recording_id: RecordingId, kind: Id, *, download: bool = False
    ) -> web.FileResponse:
        """Answer a finished file, a part of it when a part is asked for (RFC 9110, 14)."""
        found = await self._catalogue.hearable(who.user, recording_id)
        kept = found.file(kind)
        if download and not who.user.leads:
            raise Problem(403, "forbidden", "Your role does not allow this.")
        if download and found.media is Media.VIDEO and not found.download and kind != "voice":
            raise Problem(403, "no_download", "Downloading video is switched off in the settings of recording.")
        path = self._folder / (found.folder or "") / kept.name
        if not path.is_file():
            raise Problem(404, "not_found", "This file is not on this server any more.")
        await self._note_use(who, recording_id, kind, "downloaded" if download else "listened")
        headers = {"Content-Type": CONTENT_TYPES.get(path.suffix, "application/octet-stream")}
        if download:
            headers["Content-Disposition"] = f'attachment; filename="{_file_name(found, kept.name)}"'
        return web.FileResponse(path, headers=headers)

    async def get_side_by_side(self, recording_id: RecordingId) -> SideBySideFile:
        """Say how far the file with both pictures is."""
        return _side_by_side(await self._preparations.one(recording_id))

    async def prepare_side_by_side(self, who: SignedIn, recording_id: RecordingId) -> SideBySideFile:
        """Have the file with both pictures made, for a download (REC-03); again where that failed."""
        return _side_by_side(await self._preparations.ask(who.user.actor, recording_id))

    async def list_recording_notes(self, who: SignedIn, recording_id: RecordingId) -> list[RecordingNote]:
        """List the notes of a recording, by their moments."""
        await self._catalogue.hearable(who.user, recording_id)
        return [_note(one) for one in await self._catalogue.notes(recording_id)]

    async def add_recording_note(
        self, who: SignedIn, recording_id: RecordingId, new: NewRecordingNote
    ) -> RecordingNote:
        """Write a note at a moment of a recording."""
        user = who.user
        await self._catalogue.hearable(user, recording_id)
        return _note(await self._catalogue.add_note(user.actor, user.id, recording_id, new.at_seconds, new.text))

    async def delete_recording_note(self, who: SignedIn, recording_id: RecordingId, note_id: Id) -> None:
        """Delete a note."""
        await self._catalogue.delete_note(who.user.actor, recording_id, note_id)

    async def _note_use(self, who: SignedIn, recording: RecordingId, kind: str, what: str) -> None:
        """Log a use; the pieces of one listening are one."""
        if kind == "waveform":
            return
        now = time.monotonic()
        self._heard = {use: until for use, until in self._heard.items() if until > now}
        use = (who.user.id, recording, what)
        if use not in self._heard:
            await self._catalogue.note_use(who.user.actor, recording, what)
        self._heard[use] = now + SAME_LISTENING_S


def _file_name(found: KeptRecording, name: str) -> str:
    """Return a name for a downloaded file that nobody outside has chosen."""
    at: datetime = found.started_at
    return f"{at:%Y-%m-%d-%H%M}-{found.id}-{name}"


def recording_item(one: KeptRecording) -> RecordingItem:
    """Return a recording as it is shown."""
    return RecordingItem(
        id=one.id,
        call_id=one.call,
        conversation_id=one.conversation,
        customer=ref(one.customer),
        queue=ref(one.queue),
        direction=one.direction,
        kind=one.kind,
        media=one.media,
        state=one.state,
        started_at=one.started_at,
        seconds=one.seconds,
        size=one.size,
        partial=one.partial,
        why=one.why,
        legal_hold=one.legal_hold,
        deleted_at=one.deleted_at,
        download=one.download or one.media is Media.AUDIO,
        preparation=one.preparation,
        segments=[
            RecordingSegment(agent=ref(part.agent), began_at=part.began_at, ended_at=part.ended_at)
            for part in one.segments
        ],
        files=[
            RecordingFile(kind=kept.kind, size=kept.size, seconds=kept.seconds)
            for kept in one.files
            if one.deleted_at is None
        ],
    )


def _side_by_side(one: SideBySide) -> SideBySideFile:
    return SideBySideFile(state=one.state, share=one.share, before=one.before, why=one.why)


def _note(one: Note) -> RecordingNote:
    return RecordingNote(
        id=one.id, at_seconds=one.at_seconds, text=one.text, author=ref(one.author), created_at=one.created_at
    )
