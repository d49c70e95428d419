"""A call that is put on hold and handed over, heard by its tones: a customer and two agents."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import expect

from callflow.call import Waiting
from tests.flow.conftest import Centre
from tests.flow.listening import listening
from tests.flow.people import Agent, Customer, Person

pytestmark = pytest.mark.flow

BEN = 1000
"""Hz."""
RINGBACK = (440, 480)
"""The two tones that sound together, in Hz: either may be the louder one at a moment."""
PAUSE = 4.0
"""Seconds of silence between two tones of ringback."""


async def hears_ringback(customer: Customer) -> None:
    """Wait until the pitch of ringback is heard: two seconds of every six."""
    await customer.feels(lambda got: is_one_of(got["hertz"], *RINGBACK), "ringback")


async def hears_music(customer: Person, *voices: Person) -> None:
    """Wait until something is heard that is nobody's voice and no ringback."""
    others = (*RINGBACK, *(one.hertz for one in voices))
    await customer.feels(lambda got: got["hertz"] > 0 and not is_one_of(got["hertz"], *others), "music")


def is_one_of(pitch: float, *tones: float) -> bool:
    """Whether a pitch is one of these, in Hz."""
    return any(abs(pitch - tone) <= 0.02 * tone for tone in tones)


@asynccontextmanager
async def never_silence(customer: Person) -> AsyncGenerator[None]:
    """Fail if the customer hears nothing for longer than a pause of ringback while the block runs."""
    async with listening(customer) as heard:
        yield
    assert heard.moments
    assert heard.longest_silence < PAUSE + 1, heard.moments


async def test_hold_cuts_sound_and_pictures_both_ways_and_resume_brings_them_back(centre: Centre) -> None:
    """CALL-07, EVT-03, PLUS-21: the customer hears music, neither hears nor sees the other; timer, thread, page."""
    ana = await centre.active_agent("ana")
    carla = await centre.answered(ana, media="video")
    await carla.hears(ana)
    await ana.sees(carla)
    await carla.sees(ana)
    await ana.page.keyboard.press("h")
    await expect(ana.dock).to_contain_text("On hold")
    await expect(ana.dock.get_by_role("timer", name="Time on hold")).to_be_visible()
    video = ana.page.get_by_role("region", name="Video of Carla Customer")
    await expect(video).to_contain_text("Carla Customer is on hold")
    await hears_music(carla, ana, carla)
    await ana.hears_nothing()
    await carla.gets_no_pictures()
    await ana.gets_no_pictures()
    await carla.reads("You are on hold and hear music. Ana Anić will be back with you.")
    await expect(ana.thread).to_contain_text("Ana Anić put the customer on hold")
    await ana.press("Resume")
    await carla.hears(ana)
    await ana.hears(carla)
    await carla.sees_movement()
    await ana.sees_movement()
    await ana.sees(carla)
    await expect(ana.dock).to_contain_text("In call")
    await expect(ana.thread).to_contain_text(re.compile(r"Ana Anić took the customer back after \d+ sec on hold"))
    await expect(carla.page.get_by_text("You are on hold")).to_be_hidden()


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
    async with never_silence(carla):
        await ana.page.keyboard.press("Enter")
        await expect(ben.ring).to_contain_text("Ana Anić hands over a call from Carla Customer")
        await expect(ana.wrap_up).to_be_visible()
        await expect(ana.dock).to_be_hidden()
        await hears_ringback(carla)
        await carla.reads("We are connecting you to a colleague")
        await ben.press("Answer")
        await carla.hears(ben)
    await ben.hears(carla)
    await expect(ben.thread).to_contain_text(re.compile(r"Ana Anić transferred the call to Ben Brook after .+ of talk"))
    await expect(ben.dock).to_contain_text("Carla Customer")
    await ana.reports("Needs the paper about pensions.")
    await carla.press("Hang up")
    await expect(ben.wrap_up).to_be_visible()


async def test_a_transfer_that_is_declined_puts_the_caller_at_the_head_of_the_queue(centre: Centre) -> None:
    """XFER-03, XFER-05: music again, never silence; who transferred it is in wrap-up all the while."""
    ana = await centre.active_agent("ana")
    carla = await centre.answered(ana)
    await carla.hears(ana)
    ben = await second_agent(centre)
    async with never_silence(carla):
        await ana.press("Transfer")
        await ana.press("Transfer to Ben Brook")
        await hears_ringback(carla)
        await carla.hears_nothing()
        await hears_ringback(carla)
        await ben.press("Decline")
        await ben.stops_ringing()
        await hears_music(carla, ana, ben)
    [call] = await centre.parley.store.live_calls()
    assert call.returned
    assert isinstance(call.phase, Waiting)
    await expect(ana.wrap_up).to_be_visible()
    await carla.press("Leave")


async def test_a_customer_who_hangs_up_while_the_target_rings_leaves_nobody_rung(centre: Centre) -> None:
    """CALL-05, XFER-04, PLUS-15: the target is free again, and who transferred it writes on."""
    ana = await centre.active_agent("ana")
    carla = await centre.answered(ana)
    ben = await second_agent(centre)
    await ana.press("Transfer")
    await ana.press("Transfer to Ben Brook")
    await ben.rings("Carla Customer")
    report = ana.wrap_up.get_by_role("textbox")
    await report.fill("Needs the paper about pensions.")
    await carla.press("Hang up")
    await ben.stops_ringing()
    await carla.reads("You have hung up")
    await expect(report).to_have_value("Needs the paper about pensions.")
    assert await centre.parley.store.live_calls() == []
    assert (await centre.state_of("ben")).available, "the target is stuck, or blamed"
    await ana.reports("Needs the paper about pensions.")
    assert (await centre.state_of("ana")).available
    await expect(ben.wrap_up).to_be_hidden()


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
    await expect(ana.thread).to_contain_text("whispers to Ana Anić")
    await carla.press("Mute")
    await ana.hears(boss)
    await carla.hears_nothing()
    await boss.page.get_by_text("Join", exact=True).click()
    await carla.hears(boss)
    await expect(ana.dock).to_contain_text("has joined the call")
    await expect(ana.thread).to_contain_text("joined the call of Ana Anić")
    await boss.press("Leave")
    await expect(boss.dock).to_be_hidden()
    await carla.hears_nothing()
    await expect(ana.thread).to_contain_text("left the call of Ana Anić")
    await ana.press("Hang up")


async def second_agent(centre: Centre) -> Agent:
    """Ben, free, with a voice of his own."""
    ben = await centre.agent("ben", hertz=BEN)
    await ben.chooses("Active")
    return ben
