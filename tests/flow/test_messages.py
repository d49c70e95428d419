"""A customer who waits leaves a message instead, and an agent hears it in the conversation's thread."""

import re

import pytest
from playwright.async_api import expect

from tests.flow.conftest import Centre
from tests.flow.listening import listening
from tests.flow.test_recordings_page import EARS, on_the_ears
from tests.flow.test_supervisor import goes

pytestmark = pytest.mark.flow

TONE = 1000
"""After it one speaks."""


async def test_a_waiting_customer_leaves_a_message_that_an_agent_plays_from_the_thread(centre: Centre) -> None:
    """PLUS-12, EVT-04, REC-05: it counts among the calls to see to until somebody calls back."""
    ana = await centre.agent("ana")
    await ana.chooses("Busy")
    await ana.page.evaluate(EARS)
    await goes(ana, "Calls")
    carla = await centre.caller("Carla Customer")
    async with listening(carla) as heard:
        await carla.press("Leave a message")
        await carla.reads("Speak after the tone")
        await expect(carla.page.get_by_role("timer", name="Length of the message")).to_have_text("0:03")
    assert heard.heard({"the tone": TONE}) == ["the tone"]
    await carla.hears_nothing()
    await carla.press("Send the message")
    await carla.reads("Your message was sent")

    missed = ana.page.get_by_role("list", name=re.compile("Nobody answered yet")).get_by_role("listitem")
    await expect(missed).to_contain_text("Carla Customer")
    await missed.get_by_role("link", name=re.compile("Carla Customer")).click()
    await expect(ana.thread).to_contain_text("The customer left a message")
    await ana.thread.get_by_role("button", name=re.compile("^Message 0:0")).click()
    player = ana.page.get_by_role("region", name="Player")
    await player.get_by_role("button", name="Play", exact=True).click()
    await on_the_ears(ana.page, carla.hertz, carla.hertz)
