"""The statuses of a centre, as its agents see and choose them."""

import pytest
from playwright.async_api import expect

from callflow.agent import Group
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.people import Agent, eventually

pytestmark = pytest.mark.flow


async def test_a_new_status_is_there_at_once_rings_when_available_and_chosen_in_a_call_begins_afterwards(
    centre: Centre,
) -> None:
    """AST-01, AST-02, AST-04, AST-07, AP-02, CALL-03, PLUS-04: by its name, in its group; the last choice wins."""
    axe = Inspector(DESK, PHONE)
    boss = (await centre.user("admin")).actor
    sales = await centre.parley.statuses.create(boss, "Sales calls", Group.AVAILABLE)
    ana = await centre.visitor()
    await ana.signs_in(centre.url, "ana", centre.password("ana"))
    await ana.opens_menu()
    away = ana.page.get_by_role("group", name="Away")
    await expect(away.get_by_role("menuitemradio")).to_have_count(1)
    lunch = await centre.parley.statuses.create(boss, "Lunch", Group.AWAY)
    await expect(away.get_by_role("menuitemradio", name="Lunch")).to_be_visible()
    await axe.look(ana.page, "menu of statuses in groups")
    await ana.page.set_viewport_size(DESK)
    await ana.page.keyboard.press("Escape")

    await ana.chooses("Sales calls")
    assert await ana.page.evaluate("plays") == [{"loop": False}]
    assert (await centre.state_of("ana")).status == sales.status
    customer = await centre.answered(ana)
    await ana.opens_menu()
    await ana.reads("In a call: what you choose begins afterwards.")
    await ana.reads("Full capacity")
    await ana.page.keyboard.press("Escape")
    await ana.chooses("Lunch")
    await expect(ana.me).to_contain_text("then Lunch")
    await ana.opens_menu()
    await expect(ana.page.get_by_role("menuitemradio", name="Lunch, afterwards")).not_to_be_checked()
    await axe.look(ana.page, "menu with a status for afterwards")
    await ana.page.set_viewport_size(DESK)
    await ana.page.get_by_role("menuitem", name="Stay Sales calls").click()
    await expect(ana.me).not_to_contain_text("Lunch")
    await expect(ana.me).to_be_focused()
    await chooses_for_afterwards(ana, "Sales calls", "Lunch")
    await ana.chooses("Lunch")
    assert await ana.page.evaluate("plays.filter(({ loop }) => !loop).length") == 1  # none into the call

    await customer.press("Hang up")
    await expect(ana.wrap_up).to_be_visible()
    assert (await centre.state_of("ana")).status == sales.status
    await ana.reports()
    state = await eventually(lambda: centre.state_of("ana"), lambda state: state.status == lunch.status, "Lunch")
    assert state.then is None
    await expect(ana.me).not_to_contain_text("then")
    await expect(ana.me).to_contain_text("Lunch")
    assert axe.found == []


async def chooses_for_afterwards(agent: Agent, present: str, then: str) -> None:
    """Choose a status for afterwards, then the present one, which withdraws it."""
    await agent.chooses(then)
    await agent.chooses(present)
    await expect(agent.me).not_to_contain_text(then)
