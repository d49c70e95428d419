"""The pages of calls, of the wallboard and of the audit log, live, with two people at them."""

import re

import pytest
from playwright.async_api import expect

from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre

pytestmark = pytest.mark.flow


async def test_a_missed_call_is_on_top_live_and_one_of_two_people_marks_it(centre: Centre) -> None:
    """AP-03, EVT-04, PLUS-16, PLUS-20, SYS-08: nothing is loaded again; axe finds nothing on the three pages."""
    axe = Inspector(DESK, PHONE)
    admin, ana = await centre.agent("admin"), await centre.agent("ana")
    wall = await admin.new_tab()
    await wall.page.goto(f"{centre.url}/agent/wallboard")
    await wall.reads("Nobody waits")
    await admin.page.goto(f"{centre.url}/agent/calls")
    await admin.reads("Every caller was answered or has been seen to.")
    await ana.chooses("Busy")
    await expect(wall.page.get_by_role("list", name="Agents")).to_contain_text("1Busy")
    customer = await centre.caller("Carla Customer")
    await expect(wall.page.get_by_role("group", name="Callers waiting")).to_contain_text("1")
    await expect(wall.page.get_by_role("group", name="Longest wait")).to_contain_text(re.compile(r"0:0[2-9]"))
    await axe.look(wall.page, "wallboard")
    await customer.press("Leave")
    await expect(wall.page.get_by_role("group", name="Abandoned today")).to_contain_text("1")

    missed = admin.page.get_by_role("list", name=re.compile("Nobody answered yet"))
    await expect(missed).to_contain_text("Carla Customer")
    await expect(missed).to_contain_text("Abandoned")
    await ana.page.get_by_role("navigation", name="Main").get_by_role("link", name="Calls").click()
    await expect(ana.page.get_by_role("button", name="Mark handled Carla Customer")).to_be_visible()
    await axe.look(admin.page, "calls")
    await ana.press("Mark handled Carla Customer")
    for person in (ana, admin):
        await person.reads("Every caller was answered or has been seen to.")
    row = admin.page.get_by_role("row").filter(has=admin.page.get_by_role("rowheader", name="Carla Customer"))
    await expect(row).to_contain_text("Handled by Ana Anić")
    await admin.page.get_by_label("Outcome").select_option("Answered")
    await admin.reads("No call fits these filters.")
    await admin.press("Remove filter Answered")
    await row.get_by_role("link", name="Carla Customer").click()
    await expect(admin.thread).to_be_visible()

    await admin.page.goto(f"{centre.url}/agent/settings/audit")
    await expect(admin.page.get_by_role("list", name="Audit log")).to_contain_text("Ana Anić")
    await axe.look(admin.page, "audit log")
    assert axe.found == [], "\n".join(axe.found)
