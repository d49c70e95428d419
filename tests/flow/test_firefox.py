"""A call between Firefox and Chromium, with the real pages."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.flow.conftest import BLUE, RED, Centre
from tests.flow.firefox_people import in_firefox

pytestmark = pytest.mark.flow


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
        await agent.opens(f"{centre.url}/agent")
        await agent.writes("Login", "ana")
        await agent.writes("Password", centre.password("ana"))
        await agent.press("Sign in")
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
