"""A call is recorded while two real browsers talk, and both voices are found in the file."""

import pytest

from callflow.ids import RecordingId
from conversations.directory.values import User
from recording.catalogue import KeptRecording, RecordingFilter
from recording.policy import AgentMode, AgentRecording, Kept
from recording.rules import OneAgent, SettingsChange
from recording.states import RecordingState
from tests.flow.conftest import Centre
from tests.flow.people import eventually
from tests.recording.talk import tones_of

pytestmark = pytest.mark.flow


async def switch_on(centre: Centre, agent: User, custom: Kept | None = None) -> None:
    """Record all calls of this agent."""
    rules, boss = centre.parley.recordings.rules, (await centre.user("admin")).actor
    await rules.change(boss, (await rules.settings()).version, SettingsChange(on=True))
    mode = AgentMode.CUSTOM if custom else AgentMode.ON
    await rules.change_agent(boss, 0, OneAgent(agent.id, AgentRecording(mode, custom or Kept()), 0))


async def finished(centre: Centre) -> KeptRecording:
    """Wait until the only recording lies whole on own storage."""

    async def look() -> KeptRecording | None:
        items, _ = await centre.parley.recordings.catalogue.page(RecordingFilter())
        return next(iter(items), None)

    def whole(found: KeptRecording | None) -> bool:
        return found is not None and found.state is RecordingState.SPOOLED

    return await eventually(look, whole, "finished recording")


async def test_an_audio_call_is_recorded_with_the_customer_left_and_the_agent_right(centre: Centre) -> None:
    """REC-02, PLUS-09: from the answer to the end of the call; the thread and the panel say so."""
    ana = await centre.active_agent("ana")
    await switch_on(centre, await centre.user("ana"))
    carla = await centre.answered(ana)
    await carla.hears(ana)
    await ana.hears(carla)
    await ana.page.wait_for_timeout(2000)
    await carla.press("Hang up")
    kept = await finished(centre)
    assert kept.id == RecordingId(f"rec_{kept.call.removeprefix('call_')}")
    assert not kept.partial
    assert [part.agent.name for part in kept.segments] == ["Ana Anić"]
    left, right = tones_of(centre.parley.recordings.folder / (kept.folder or "") / kept.file("voice").name)
    assert any(hertz and abs(hertz - carla.hertz) <= 0.02 * carla.hertz for hertz in left)
    assert any(hertz and abs(hertz - ana.hertz) <= 0.02 * ana.hertz for hertz in right)
    assert not any(hertz and abs(hertz - ana.hertz) <= 0.02 * ana.hertz for hertz in left), "nobody is heard twice"
