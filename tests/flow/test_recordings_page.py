"""The Recordings page, the player and all that people see of being recorded, with real browsers and real calls."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.people import eventually
from tests.flow.test_recording import finished, switch_on
from tests.flow.test_supervisor import goes, row

pytestmark = pytest.mark.flow

EARS = Path(__file__).with_name("ears.js").read_text()
"""Listens to what a page plays itself: `hears()` is the loudest tone on each ear, 0 for silence."""


async def plays(page: Page) -> Locator:
    """Play what is open."""
    player = page.get_by_role("region", name="Player")
    await player.get_by_role("button", name="Play", exact=True).click()
    await expect(player.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    return player


async def on_the_ears(page: Page, left: int, right: int) -> None:
    """Wait until these tones are heard on the two ears, within 2 %; 0 is silence."""

    async def hears() -> list[float]:
        return await page.evaluate("ears()")

    def right_ones(heard: list[float]) -> bool:
        return all(abs(one - wanted) <= 0.02 * wanted for one, wanted in zip(heard, (left, right), strict=True))

    await eventually(hears, right_ones, f"{left} Hz on the left and {right} Hz on the right")


async def test_a_recorded_call_is_heard_from_the_recordings_page(centre: Centre) -> None:
    """REC-05, PLUS-10: both voices apart, seeking, notes and the audit log; pauses are seen; nobody loads a page again."""
    axe = Inspector(DESK, PHONE)
    boss, ana = await centre.agent("admin"), await centre.active_agent("ana")
    await boss.page.evaluate(EARS)
    await goes(boss, "Recordings")
    await boss.reads("Nothing has been recorded yet.")
    await switch_on(centre, await centre.user("ana"))
    carla = await centre.answered(ana)
    line = row(boss, "Carla Customer")
    await expect(line).to_contain_text("Being recorded")
    await carla.hears(ana)
    await ana.hears(carla)
    await ana.page.wait_for_timeout(2500)
    await carla.press("Hang up")
    kept = await finished(centre)
    await expect(line).to_contain_text("Ready")
    await line.get_by_role("link", name="Carla Customer").click()
    player = boss.page.get_by_role("region", name="Player")
    await expect(player.get_by_role("button", name="Play", exact=True)).to_be_focused()
    await plays(boss.page)
    await on_the_ears(boss.page, carla.hertz, ana.hertz)
