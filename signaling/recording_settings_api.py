"""What is recorded: the system's settings, each agent's, and an agent's pause in a call (REC-01 to REC-04)."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from callflow.engine import Engine
from callflow.events import RecordingPauseAsked, RecordingResumeAsked
from callflow.ids import AgentId, CallId
from conversations.calls.store import CallTransaction
from conversations.waiting.checking import checked_part
from conversations.waiting.values import Source
from recording.policy import AgentRecording as AgentValue
from recording.policy import Kept
from recording.rules import OneAgent, RecordingRules, SettingsChange
from recording.rules import RecordingSettings as SettingsValue
from signaling.http.api import Api
from signaling.http.problems import showing_stale
from signaling.http.rules import AGENT, SUPERVISOR, SignedIn
from signaling.models.recordings import (
    AgentRecording,
    AgentRecordingChange,
    RecordingSettings,
    RecordingSettingsChange,
)
from signaling.models.waiting import part_of


class RecordingSettingsApi:
    """Handlers of `/recording-settings`, and of the agent's pause."""

    def __init__(
        self, rules: RecordingRules, engine: Engine[CallTransaction], say: Callable[[Source], Awaitable[None]]
    ) -> None:
        self._say = say
        self._rules = rules
        self._engine = engine

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/recording-settings", self.get_recording_settings, rule=SUPERVISOR, tag="recordings")
        api.patch("/recording-settings", self.change_recording_settings, rule=SUPERVISOR, tag="recordings")
        api.get("/recording-settings/agents", self.list_agent_recordings, rule=SUPERVISOR, tag="recordings")
        api.put("/recording-settings/agents/{agent_id}", self.set_agent_recording, rule=SUPERVISOR, tag="recordings")
        api.post("/calls/{call_id}/recording/pause", self.pause_recording, rule=AGENT, tag="calls")
        api.post("/calls/{call_id}/recording/resume", self.resume_recording, rule=AGENT, tag="calls")

    async def get_recording_settings(self) -> RecordingSettings:
        """Return what is recorded."""
        return _settings(await self._rules.settings())

    async def change_recording_settings(self, who: SignedIn, change: RecordingSettingsChange) -> RecordingSettings:
        """Change what is recorded, from the next talk on; what customers hear of it is spoken first."""
        spoken = checked_part("spoken", change.spoken.value()) if change.spoken is not None else None
        if spoken is not None and spoken.source is not None:
            await self._say(spoken.source)
        wanted = SettingsChange(
            change.on, change.directions, change.pictures, change.download, change.consent_text, spoken
        )
        with showing_stale(_settings):
            return _settings(await self._rules.change(who.user.actor, change.version, wanted))

    async def list_agent_recordings(self) -> list[AgentRecording]:
        """List the settings of agents who have one; the others are not recorded."""
        return [_agent(one) for one in await self._rules.agents()]

    async def set_agent_recording(
        self, who: SignedIn, agent_id: AgentId, change: AgentRecordingChange
    ) -> AgentRecording:
        """Say whether an agent's talks are recorded."""
        custom = Kept(change.directions, change.pictures, change.download)
        wanted = OneAgent(agent_id, AgentValue(change.mode, custom), change.version)
        with showing_stale(_agent):
            return _agent(await self._rules.change_agent(who.user.actor, change.version, wanted))

    async def pause_recording(self, who: SignedIn, call_id: CallId) -> None:
        """Write nothing until the recording is let go on."""
        await self._engine.ask(call_id, RecordingPauseAsked(who.user.id))

    async def resume_recording(self, who: SignedIn, call_id: CallId) -> None:
        """Let the recording go on."""
        await self._engine.ask(call_id, RecordingResumeAsked(who.user.id))


def _settings(value: SettingsValue) -> RecordingSettings:
    return RecordingSettings(
        on=value.on,
        consent_text=value.consent_text,
        spoken=part_of(value.spoken),
        version=value.version,
        **asdict(value.kept),
    )


def _agent(one: OneAgent) -> AgentRecording:
    return AgentRecording(
        agent_id=one.agent, mode=one.recording.mode, version=one.version, **asdict(one.recording.custom)
    )
