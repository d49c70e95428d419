"""The settings of recording: the system's and each agent's, changed by supervisors, each change audited."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.call import Call, Direction, Media
from callflow.events import RecordingPolicy
from callflow.facts import Actor, Fact, FactKind
from callflow.ids import AgentId, PromptId
from conversations.db.audit import audit
from conversations.db.database import Database, Write
from conversations.db.locking import locked
from conversations.directory.people import names_of_users
from conversations.errors import NotFoundError, RefusedError, StaleError
from conversations.values import clean_text
from conversations.waiting.checking import described_part
from conversations.waiting.values import Part, Source
from recording.consent import keep_spoken_consent, prompt_of, spoken_consent
from recording.policy import AgentMode, AgentRecording, Directions, Kept, decide
from recording.tables import AgentRecordingRow, RecordingSettingsRow

TEXT_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """The system's settings."""

    on: bool
    kept: Kept
    consent_text: str
    spoken: Part
    """The consent as customers hear it before they are recorded (PLUS-10)."""
    version: int


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """What to change; None leaves a setting as it is."""

    on: bool | None = None
    directions: Directions | None = None
    pictures: bool | None = None
    download: bool | None = None
    consent_text: str | None = None
    spoken: Part | None = None


@dataclass(frozen=True, slots=True)
class OneAgent:
    """An agent's setting with its version; 0 while there is none."""

    agent: AgentId
    recording: AgentRecording
    version: int


class RecordingRules:
    """Reads and changes what is recorded."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settings(self) -> RecordingSettings:
        """Return the system's settings."""
        async with self._database.read() as session:
            return await _settings(session)

    async def spoken_source(self) -> Source | None:
        """Return what is said before a recording, switched on or not."""
        return (await self.settings()).spoken.source

    async def agents(self) -> list[OneAgent]:
        """Return the settings of those agents who have one."""
        async with self._database.read() as session:
            return [_agent(row) for row in await session.scalars(select(AgentRecordingRow))]

    async def change(self, actor: Actor, version: int, change: SettingsChange) -> RecordingSettings:
        """Change the system's settings. Raises StaleError, RefusedError ``recording_is_on`` (REC-01), InvalidError."""
        async with self._database.write() as write:
            row = await locked(write.session, RecordingSettingsRow, 1)
            before = await _settings(write.session)
            if before.version != version:
                raise StaleError(before)
            if before.on and change.directions not in (None, before.kept.directions):
                raise RefusedError("recording_is_on", "Switch recording off first: then which calls can be changed.")
            for name in ("on", "directions", "pictures", "download"):
                if getattr(change, name) is not None:
                    setattr(row, name, getattr(change, name))
            if change.consent_text is not None:
                row.consent_text = clean_text("consent_text", change.consent_text, TEXT_LIMIT)
            if change.spoken is not None:
                await keep_spoken_consent(write, change.spoken)
            row.version += 1
            after = await _settings(write.session)
            await audit(write, actor, "recording_settings", "1", "", _audited(before), _audited(after))
            write.fact(Fact(FactKind.SETTINGS_CHANGED, actor))
            return after

    async def change_agent(self, actor: Actor, version: int, one: OneAgent) -> OneAgent:
        """Set what holds for an agent, from the next talk on. Raises StaleError, NotFoundError."""
        async with self._database.write() as write:
            name = (await names_of_users(write.session, [one.agent])).get(one.agent)
            if name is None:
                raise NotFoundError("There is no such agent.")
            # The one row of the system's settings stands for the lock: an agent's may not be there yet.
            await locked(write.session, RecordingSettingsRow, 1)
            row = await write.session.get(AgentRecordingRow, one.agent)
            before = _agent(row) if row is not None else OneAgent(one.agent, AgentRecording(), 0)
            if before.version != version:
                raise StaleError(before)
            after = replace(one, version=version + 1)
            await write.session.merge(_agent_row(after))
            old, new = _audited_agent(before), _audited_agent(after)
            await audit(write, actor, "user", one.agent, name, old, new)
            write.fact(Fact(FactKind.USER_CHANGED, actor, agent=one.agent))
            return after


async def policy_for(write: Write, agent: AgentId, call: Call) -> RecordingPolicy:
    """Say whether this agent's talk is recorded: the rule that the store of calls asks."""
    settings = await _settings(write.session)
    row = await write.session.get(AgentRecordingRow, agent)
    own = _agent(row).recording if row is not None else AgentRecording()
    return decide(settings.on, settings.kept, own, call.direction, call.media)


async def consent_text(session: AsyncSession) -> str | None:
    """Return what customers are told of being recorded (PLUS-10); None while recording is off or nothing is written."""
    settings = await _settings(session)
    return (settings.consent_text or None) if settings.on else None


async def consent_prompt(session: AsyncSession, direction: Direction, media: Media) -> PromptId | None:
    """Return what a customer hears who may be recorded: whoever answers, so long as anybody's talks are (PLUS-10)."""
    settings = await _settings(session)
    prompt = prompt_of(settings.spoken)
    if prompt is None:
        return None
    agents = [_agent(row).recording for row in await session.scalars(select(AgentRecordingRow))]
    recorded = any(decide(settings.on, settings.kept, one, direction, media).record for one in agents)
    return prompt if recorded else None


async def may_download(session: AsyncSession, agent: AgentId) -> bool:
    """Say whether pictures of this agent's talks may be downloaded (REC-03)."""
    row = await session.get(AgentRecordingRow, agent)
    if row is not None and row.mode is AgentMode.CUSTOM:
        return row.download
    return (await session.get_one(RecordingSettingsRow, 1)).download


async def _settings(session: AsyncSession) -> RecordingSettings:
    row = await session.get_one(RecordingSettingsRow, 1)
    kept = Kept(row.directions, row.pictures, row.download)
    return RecordingSettings(row.on, kept, row.consent_text, await spoken_consent(session), row.version)


def _agent(row: AgentRecordingRow) -> OneAgent:
    custom = Kept(row.directions, row.pictures, row.download)
    return OneAgent(AgentId(row.agent_id), AgentRecording(row.mode, custom), row.version)


def _agent_row(one: OneAgent) -> AgentRecordingRow:
    return AgentRecordingRow(
        agent_id=one.agent, mode=one.recording.mode, version=one.version, **asdict(one.recording.custom)
    )


def _audited(settings: RecordingSettings) -> dict[str, Any]:
    spoken = {"spoken": described_part(settings.spoken)}
    return {"on": settings.on, "consent_text": settings.consent_text, **asdict(settings.kept), **spoken}


def _audited_agent(one: OneAgent) -> dict[str, Any]:
    custom = asdict(one.recording.custom) if one.recording.mode is AgentMode.CUSTOM else {}
    return {f"recording_{name}": value for name, value in {"mode": one.recording.mode, **custom}.items()}
