"""A call that is put on hold and handed over, heard by its tones: a customer and two agents."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from callflow.call import Waiting
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


async def test_a_transfer_that_is_declined_puts_the_caller_at_the_head_of_the_queue(centre: Centre) -> None:
    """XFER-03, XFER-05: music again, never silence; who transferred it is in wrap-up all the while."""
    ana = await centre.active_agent("ana")
    carla = await centre.answered(ana)
    ben = await second_agent(centre)
    await ana.press("Transfer")
    await ana.press("Transfer to Ben Brook")
    await hears_ringback(carla)
    await ben.press("Decline")
    await ben.stops_ringing()
    await hears_music(carla, ana, ben)
    [call] = await centre.parley.store.live_calls()
    assert call.returned
    assert isinstance(call.phase, Waiting)
    await expect(ana.wrap_up).to_be_visible()
    await carla.press("Leave")


async def test_a_supervisor_listens_then_whispers_then_joins(centre: Centre) -> None:
    """PLUS-20: who hears whom, by tones; the agent reads who whispers or has joined, and the thread tells all of it."""
    ana = await centre.active_agent("ana")
    carla = await centre.answered(ana)
    boss = await centre.agent("admin", hertz=BEN)
    await ana.press("Mute")
    await boss.page.get_by_role("link", name="Team").click()
    await boss.press("Listen to the call of Ana Anić")
    await expect(boss.dock).to_contain_text("Call of Ana Anić")
    await boss.hears(carla)
    await carla.hears_nothing()
    await expect(ana.thread).to_contain_text("listens to the call of Ana Anić")
    await expect(ana.dock).not_to_contain_text("whispers")
    await boss.page.get_by_text("Whisper", exact=True).click()
    await expect(ana.dock).to_contain_text("whispers to you")
    await carla.press("Mute")
    await ana.hears(boss)
    await carla.hears_nothing()
    await boss.page.get_by_text("Join", exact=True).click()
    await carla.hears(boss)
    await expect(ana.dock).to_contain_text("has joined the call")
    await boss.press("Leave")
    await expect(boss.dock).to_be_hidden()
    await carla.hears_nothing()
    await ana.press("Hang up")


async def second_agent(centre: Centre) -> Agent:
    """Ben, free, with a voice of his own."""
    ben = await centre.agent("ben", hertz=BEN)
    await ben.chooses("Active")
    return ben
