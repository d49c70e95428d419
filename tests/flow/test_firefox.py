"""Calls between Firefox and Chromium, and a recording in Firefox, with the real pages."""

from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.flow.conftest import BLUE, RED, Centre
from tests.flow.firefox_people import in_firefox
from tests.flow.people import eventually
from tests.flow.playing import shows
from tests.flow.test_recording import finished, switch_on

pytestmark = pytest.mark.flow

PLAYED_S = "document.querySelector('audio[src]').currentTime"
TONES = """(async () => {
  const file = await fetch(document.querySelector("audio[src]").src);
  const sound = await new AudioContext().decodeAudioData(await file.arrayBuffer());
  return [0, 1].map((side) => {
    const second = sound.getChannelData(side).slice(-1.5 * sound.sampleRate, -0.5 * sound.sampleRate);
    return second.filter((now, at) => at > 0 && now >= 0 && second[at - 1] < 0).length;
  });
})()"""
"""How often both sides of the sound swing in a second near its end."""


async def test_a_customer_in_firefox_and_an_agent_in_chromium_hear_and_see_each_other(
    centre: Centre, tmp_path: Path
) -> None:
    """Issue 3, shown by 6; CALL-06."""
    async with in_firefox(tmp_path, 1500, RED) as customer:
        agent = await centre.active_agent()
        await customer.opens(centre.link)
        await customer.writes("Your name", "Carla Customer")
        await customer.press("Start video call")
        await customer.reads("Waiting for an agent")
        await agent.rings("Carla Customer")
        await agent.press("Answer")
        await customer.hears(agent)
        await agent.hears(customer)
        await customer.sees(agent)
        await agent.sees(customer)
        await customer.press("Hang up")
        await expect(agent.wrap_up).to_be_visible()


async def test_a_customer_in_chromium_and_an_agent_in_firefox_hear_and_see_each_other(
    centre: Centre, tmp_path: Path
) -> None:
    """Issue 3, shown by 6; CALL-06."""
    async with in_firefox(tmp_path, 700, BLUE) as agent:
        await agent.signs_in(centre.url, "ana", centre.password("ana"))
        await agent.press_text("Offline")
        await agent.press("Active", "menuitemradio")
        customer = await centre.caller(media="video")
        await agent.press("Answer")
        await customer.hears(agent)
        await agent.hears(customer)
        await customer.sees(agent)
        await agent.sees(customer)
        await agent.press("Hang up")
        await customer.reads("ended")


async def test_a_recorded_video_call_plays_in_firefox(centre: Centre, tmp_path: Path) -> None:
    """REC-05: both pictures, and the customer left and the agent right in the sound.

    Without a sound card no AudioContext of Firefox starts: the sound is decoded instead of heard, while it plays.
    """
    ana = await centre.active_agent("ana")
    await switch_on(centre, await centre.user("ana"))
    carla = await centre.answered(ana, media="video")
    await carla.sees(ana)
    await ana.sees(carla)
    await ana.page.wait_for_timeout(3000)  # so long it shall be seen
    await carla.press("Hang up")
    kept = await finished(centre)
    async with in_firefox(tmp_path, 700, BLUE) as boss:
        await boss.signs_in(centre.url, "admin", centre.password("admin"))
        await boss.reads("Offline")
        await boss.opens(f"{centre.url}/agent/recordings/{kept.id}")
        await boss.reads("Customer's camera")
        await boss.press("Play")
        await shows(boss.tells, "Customer's camera", carla.css)
        await shows(boss.tells, "Agent's camera", ana.css)
        await eventually(partial(boss.tells, PLAYED_S), lambda played: played > 1, "sound that plays")
        assert await boss.tells(TONES) == [
            pytest.approx(carla.hertz, rel=0.02),
            pytest.approx(ana.hertz, rel=0.02),
        ]
