"""Who was not answered is called back from the Calls page, and the page that stayed open rings."""

import re

import pytest
from playwright.async_api import expect

from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.test_supervisor import goes

pytestmark = pytest.mark.flow


async def test_an_agent_calls_back_who_was_not_answered_and_sees_before_whose_page_cannot_ring(
    centre: Centre,
) -> None:
    """PLUS-12, EVT-04: Busy is no hindrance, a call is; both hear each other; the line on top is gone after it."""
    axe = Inspector(PHONE, DESK)
    ana = await centre.agent("ana")
    await ana.chooses("Busy")
    await goes(ana, "Calls")
    carla, dan = await centre.caller("Carla Customer"), await centre.caller("Dan Dialer", hertz=1900)
    missed = ana.page.get_by_role("list", name=re.compile("Nobody answered yet")).get_by_role("listitem")
    for customer in (carla, dan):
        await customer.press("Leave")
        await customer.reads("Keep this page open and we may call you back.")
    closed = "The page is closed: it cannot ring now."
    await expect(missed).to_have_count(2)
    await expect(missed.filter(has_text=closed)).to_have_count(0)
    await dan.page.close()
    await expect(missed.filter(has_text=closed)).to_contain_text("Dan Dialer")
    await axe.look(ana.page, "calls to call back")

    await ana.press("Call back Dan Dialer")
    await expect(ana.dock).to_contain_text("The page is closed: nobody may hear it ring.")
    await expect(ana.dock.get_by_role("timer", name="Time left to answer")).to_have_text(re.compile(r"0:\d\d"))
    await expect(ana.page).to_have_title("Calling back: Dan Dialer")
    await axe.look(ana.page, "calling back to a closed page")
    await goes(ana, "Calls")
    await expect(ana.button("Call back Carla Customer")).to_be_disabled()
    await expect(ana.button("Call back Carla Customer")).to_have_accessible_description(re.compile("You are in a call"))
    await ana.press("Hang up")
    await ana.reports("Nobody there")
    await ana.press("Mark handled Dan Dialer")

    await ana.press("Call back Carla Customer")
    await expect(ana.dock).to_contain_text("Calling back. The customer's page rings.")
    await expect(carla.page.get_by_role("alertdialog")).to_contain_text("Ana Anić is calling you back")
    await carla.press("Answer")
    await carla.hears(ana)
    await ana.hears(carla)
    await goes(ana, "Calls")
    await ana.reads("Every caller was answered or has been seen to.")
    await carla.press("Hang up")
    await ana.reports("Called back")
    assert axe.found == [], "\n".join(axe.found)
