"""A call is recorded while two real browsers talk, and both voices are found in the file."""

import time

import pytest
from playwright.async_api import expect

from callflow.ids import RecordingId
from conversations.directory.values import User
from recording.catalogue import KeptRecording, RecordingFilter
from recording.policy import AgentMode, AgentRecording, Kept
from recording.rules import OneAgent, SettingsChange
from recording.states import RecordingState
from signaling.recording_work import SPOOL
from tests.disks import mounted
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.people import eventually
from tests.recording.talk import tones_of

pytestmark = pytest.mark.flow
TOLD_S = 5.0


async def switch_on(centre: Centre, agent: User, custom: Kept | None = None) -> None:
    """Record all calls of this agent."""
    rules, boss = centre.parley.recordings.rules, (await centre.user("admin")).actor
    await rules.change(boss, (await rules.settings()).version, SettingsChange(on=True))
    mode = AgentMode.CUSTOM if custom else AgentMode.ON
    await rules.change_agent(boss, 0, OneAgent(agent.id, AgentRecording(mode, custom or Kept()), 0))


async def finished(centre: Centre, customer: str = "") -> KeptRecording:
    """Wait until the only recording, or that of a customer, lies whole on own storage."""

    async def look() -> KeptRecording | None:
        items, _ = await centre.parley.recordings.catalogue.page(RecordingFilter(search=customer))
        return next(iter(items), None)

    def whole(found: KeptRecording | None) -> bool:
        return found is not None and found.state is RecordingState.SPOOLED

    return await eventually(look, whole, "finished recording")


async def test_an_audio_call_is_recorded_with_the_customer_left_and_the_agent_right(centre: Centre) -> None:
    """REC-02, PLUS-09: from the answer to the end of the call; the thread and the panel say so.

    S16, in a second call: the disk is full, who is recorded and who leads see a banner that goes by itself, and the
    call goes on.
    """
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

    await ana.press("Finish")
    await carla.context.close()
    with mounted(centre.parley.recordings.folder / SPOOL, 2000) as disk:
        boss = await centre.agent("admin")
        dora = await centre.answered(ana, "Dora")
        await dora.hears(ana)
        disk.leave(0)
        since = time.monotonic()
        for person, words in ((ana, "This call is not being recorded"), (boss, "calls go on, recording has stopped")):
            await expect(person.page.get_by_text(words)).to_be_visible()
        assert time.monotonic() - since < TOLD_S
        axe = Inspector(DESK, PHONE)
        await axe.look(boss.page, "the disk for recordings is full")
        assert axe.found == [], "\n".join(axe.found)
        await dora.hears(ana)
        await ana.hears(dora)
        disk.leave(2000)
        for person in (ana, boss):
            await expect(person.page.locator(".banner")).to_have_count(0)
        await dora.press("Hang up")
        assert (await finished(centre, "Dora")).partial
