"""A customer who waits: called back exactly once, and told in the right order what there is to hear."""

import pytest
from playwright.async_api import expect

from tests.flow.conftest import Centre

pytestmark = pytest.mark.flow


async def test_who_asks_to_be_called_back_keeps_the_place_and_is_called_once(centre: Centre) -> None:
    """PLUS-12: the line is closed, the page stays, wakes when an agent is ready, and a second tab sees it answered."""
    ana = await centre.agent("ana")
    await ana.chooses("Busy")
    carla = await centre.caller()
    await carla.press("Call me back")
    await carla.reads("We will call you back")
    await carla.page.reload()
    await carla.reads("We will call you back")
    await ana.chooses("Active")
    await ana.rings("Carla Customer")
    await ana.press("Answer")
    await expect(carla.button("Answer")).to_be_visible()
    await expect(carla.page.get_by_role("alertdialog")).to_contain_text("Ana")
    await carla.press("Answer")
    await carla.hears(ana)
    await ana.hears(carla)
    assert len(await centre.parley.store.live_calls()) == 1
    await carla.press("Hang up")
    await ana.reports("Called back")
