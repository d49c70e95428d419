"""A call that is put on hold and handed over, heard by its tones: a customer and two agents."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.flow.conftest import Centre
from tests.flow.people import Agent, Customer, Person

pytestmark = pytest.mark.flow

BEN = 1000
"""Hz."""
RINGBACK = (440, 480)
"""The two tones that sound together, in Hz: either may be the louder one at a moment."""


async def hears_ringback(customer: Customer) -> None:
    """Wait until the pitch of ringback is heard: two seconds of every six."""
    await customer.feels(lambda got: any(abs(got["hertz"] - one) <= 0.02 * one for one in RINGBACK), "ringback")


async def hears_music(customer: Person, *voices: Person) -> None:
    """Wait until something is heard that is nobody's voice."""

    def music(got: dict[str, Any]) -> bool:
        pitch = got["hertz"]
        return pitch > 0 and all(abs(pitch - one.hertz) > 0.02 * one.hertz for one in voices)

    await customer.feels(music, "music")


async def test_hold_cuts_sound_and_pictures_both_ways_and_resume_brings_them_back(centre: Centre) -> None:
    """CALL-07, PLUS-21: the customer hears music, neither hears nor sees the other; a timer runs; the thread tells."""
    ana = await centre.active_agent("ana")
    carla = await centre.answered(ana, media="video")
    await carla.hears(ana)
    await ana.sees(carla)
    await ana.page.keyboard.press("h")
    await expect(ana.dock).to_contain_text("On hold")
    await expect(ana.dock.get_by_role("timer", name="Time on hold")).to_be_visible()
    await hears_music(carla, ana, carla)
    await ana.hears_nothing()
    await ana.press("Resume")
    await carla.hears(ana)
    await ana.hears(carla)
    await ana.sees(carla)
    await expect(ana.dock).to_contain_text("In call")


async def test_a_blind_transfer_rings_is_answered_and_the_first_agent_writes_meanwhile(centre: Centre) -> None:
    """CALL-06, XFER-01 to XFER-05: by the keyboard; ringback, never silence; the target sees the customer."""
    ana = await centre.active_agent("ana")
    carla = await centre.answered(ana)
    await carla.hears(ana)
    ben = await second_agent(centre)
    await ana.page.keyboard.press("t")
    await ana.page.get_by_role("combobox", name="Name of an agent").fill("ben")
    targets = ana.page.get_by_role("listbox", name="Agents of this queue").get_by_role("option")
    await expect(targets).to_have_text(re.compile("Ben Brook"))
    await ana.page.keyboard.press("Enter")
    await expect(ben.ring).to_contain_text("Ana Anić hands over a call from Carla Customer")
    await expect(ana.wrap_up).to_be_visible()
    await expect(ana.dock).to_be_hidden()
    await hears_ringback(carla)
    await ben.press("Answer")
    await carla.hears(ben)
    await ben.hears(carla)
    await expect(ben.dock).to_contain_text("Carla Customer")
    await ana.reports("Needs the paper about pensions.")
    await carla.press("Hang up")
    await expect(ben.wrap_up).to_be_visible()


async def second_agent(centre: Centre) -> Agent:
    """Ben, free, with a voice of his own."""
    ben = await centre.agent("ben", hertz=BEN)
    await ben.chooses("Active")
    return ben
