"""A call is recorded while two real browsers talk, and both voices are found in the file."""

import asyncio
import time
from pathlib import Path

import pytest
from playwright.async_api import expect

from callflow.ids import RecordingId
from conversations.directory.values import User
from conversations.waiting.values import Part
from recording.catalogue import KeptRecording, RecordingFilter
from recording.policy import AgentMode, AgentRecording, Kept
from recording.rules import OneAgent, SettingsChange
from recording.states import RecordingState
from signaling.recording_work import SPOOL
from tests.disks import mounted
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.people import Agent, eventually
from tests.flow.test_supervisor import goes
from tests.flow.test_waiting_strategies import plays
from tests.media.parties import write_tone
from tests.recording.talk import tones_of

pytestmark = pytest.mark.flow
TOLD_S = 5.0
TOLD_HZ = 1000


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


async def consents_by(boss: Agent, folder: Path, seconds: float) -> None:
    """A supervisor uploads what customers hear before they are recorded, and listens to it."""
    await asyncio.to_thread(write_tone, folder / "told.wav", TOLD_HZ, seconds)
    page = boss.page
    await goes(boss, "Settings", "Recording")
    await page.get_by_role("switch", name="Spoken consent on").click()
    await expect(page.get_by_label("Text of Spoken consent")).to_have_value("This call is recorded.")
    consent = page.get_by_role("region", name="Spoken consent")
    await consent.get_by_label("A sound file").check()
    await consent.get_by_label("Upload a file for Spoken consent").set_input_files(folder / "told.wav")
    await expect(consent.get_by_label("Sound", exact=True)).to_contain_text("told")
    await boss.press("Play Spoken consent")
    await plays(page)
    axe = Inspector(DESK, PHONE)
    await axe.look(page, "spoken consent")
    assert axe.found == [], "\n".join(axe.found)
    await boss.press("Save")
    await boss.reads("Everything is saved.")


async def test_an_audio_call_is_recorded_with_the_customer_left_and_the_agent_right(
    centre: Centre, tmp_path: Path
) -> None:
    """REC-02, PLUS-09: from the answer to the end of the call; the thread and the panel say so.

    PLUS-10: the customer hears a tone that a supervisor uploaded for it, then the agent, and nothing before is kept.
    S16, in a second call: the disk is full, who is recorded and who leads see a banner that goes by itself, and the
    call goes on.
    """
    ana, boss = await centre.active_agent("ana"), await centre.agent("admin")
    await switch_on(centre, await centre.user("ana"))
    await consents_by(boss, tmp_path, 8)
    carla = await centre.caller()
    await carla.feels(lambda got: abs(got["hertz"] - TOLD_HZ) <= 0.02 * TOLD_HZ, "that calls are recorded")
    await ana.rings()
    await ana.press("Answer")
    await ana.reads("The customer hears that the call is recorded.")
    await carla.hears(ana)
    await ana.hears(carla)
    await ana.page.wait_for_timeout(2000)
    await carla.press("Hang up")
    await ana.reads("The customer was told that calls are recorded")
    kept = await finished(centre)
    assert kept.id == RecordingId(f"rec_{kept.call.removeprefix('call_')}")
    assert not kept.partial
    assert [part.agent.name for part in kept.segments] == ["Ana Anić"]
    left, right = tones_of(centre.parley.recordings.folder / (kept.folder or "") / kept.file("voice").name)
    assert any(hertz and abs(hertz - carla.hertz) <= 0.02 * carla.hertz for hertz in left)
    assert any(hertz and abs(hertz - ana.hertz) <= 0.02 * ana.hertz for hertz in right)
    assert not any(hertz and abs(hertz - ana.hertz) <= 0.02 * ana.hertz for hertz in left), "nobody is heard twice"

    assert (left[0], right[0]) == (None, None), "nobody is recorded before it was said"
    rules = centre.parley.recordings.rules
    await rules.change(
        (await centre.user("admin")).actor, (await rules.settings()).version, SettingsChange(spoken=Part())
    )
    await ana.press("Finish")
    await carla.context.close()
    with mounted(centre.parley.recordings.folder / SPOOL, 2000) as disk:
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
