"""The supervisor's pages about the team: who does what, what he changes about it, how time is spent."""

import re

import pytest
from playwright.async_api import expect

from callflow.agent import Group
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.people import Agent
from tests.flow.test_accessibility import takes_time_for_reports
from tests.flow.test_supervisor import goes, row

pytestmark = pytest.mark.flow


async def test_a_supervisor_ends_a_wrap_up_forces_a_status_and_sees_how_time_was_spent(centre: Centre) -> None:
    """PLUS-08, PLUS-20, AP-03, AST-04, AST-08: the draft is kept, the agent sees it at once, the time is added up."""
    axe = Inspector(DESK, PHONE)
    actor = (await centre.user("admin")).actor
    await centre.parley.statuses.create(actor, "Lunch", Group.AWAY)
    await takes_time_for_reports(centre)
    ana, boss = await centre.active_agent("ana"), await centre.agent("admin")
    await goes(boss, "Team")
    team = row(boss, "Ana Anić")
    await expect(team).to_contain_text("Under capacity")
    await expect(boss.page.get_by_role("list", name="People in each group").get_by_role("listitem").first).to_have_text(
        "1 Available"
    )
    customer = await centre.answered(ana)
    await expect(team).to_contain_text("Full capacity")
    await customer.press("Hang up")
    await ana.wrap_up.get_by_role("textbox").fill("Wants a refund.")
    await expect(ana.wrap_up).to_contain_text("Saved")

    await expect(team).to_contain_text(re.compile(r"In wrap-up\s*9:\d\d left"))
    await axe.look(boss.page, "team with a wrap-up")
    await boss.page.set_viewport_size(DESK)
    await boss.press("End wrap-up of Ana Anić")
    await boss.reads("The wrap-up of Ana Anić is over. What was written is kept.")
    await expect(team).not_to_contain_text("In wrap-up")
    status = boss.button("Active: change status of Ana Anić")
    await expect(status).to_be_focused()
    await expect(ana.wrap_up).to_be_hidden()
    await expect(ana.thread).to_contain_text("Wants a refund.")

    await boss.page.keyboard.press("Enter")
    await expect(boss.page.get_by_role("menuitemradio", name="Active")).to_be_focused()
    await axe.look(boss.page, "menu of an agent's status")
    await boss.page.set_viewport_size(DESK)
    await boss.page.get_by_role("menuitemradio", name="Lunch").press("Enter")
    await expect(ana.me).to_contain_text("Lunch")
    await boss.reads("The status of Ana Anić is Lunch now.")
    await expect(team).to_contain_text("Set by a supervisor")
    await expect(boss.button("Lunch: change status of Ana Anić")).to_be_focused()
    await sees_how_time_is_spent(boss, axe)
    for page in ("team", "wallboard"):
        await ana.page.goto(f"{centre.url}/agent/{page}")
        await ana.reads("Only for supervisors")
        await expect(ana.page.get_by_role("table")).to_have_count(0)
    await axe.look(ana.page, "a page for supervisors")
    await ana.page.get_by_role("link", name="Go to My Work").click()
    await expect(ana.my_work).to_be_visible()
    assert axe.found == []


async def sees_how_time_is_spent(boss: Agent, axe: Inspector) -> None:
    """Look at today, which goes on, and at yesterday, which was empty."""
    page = boss.page
    await page.get_by_role("link", name="How time is spent").click()
    table = page.get_by_role("table", name="How time is spent")
    for column in ("Active", "Lunch", "Offline", "In a call", "In wrap-up"):
        await expect(table.get_by_role("columnheader", name=column, exact=True)).to_be_visible()
    await expect(row(boss, "Ana Anić")).to_contain_text(re.compile(r"[1-9]\d? %"))
    await table.get_by_role("button", name="Utilisation").click()
    sorted_by = table.get_by_role("columnheader", name="Utilisation")
    await expect(sorted_by).to_have_attribute("aria-sort", "descending")
    await expect(table.get_by_role("rowheader").first).to_have_text("Ana Anić")
    await page.get_by_label("Period").select_option("Yesterday")
    await boss.reads("Nobody was signed in during this period.")
    await page.get_by_label("Period").select_option("Today")
    await page.get_by_label("Period").select_option("From day to day")
    await expect(table).to_be_visible()
    await axe.look(page, "how time is spent from day to day")
    await page.get_by_label("From day", exact=True).fill("2020-01-01")
    await boss.reads("Choose a period of at most 93 days that has begun.")
    await page.get_by_label("From day", exact=True).fill("")
    await boss.reads("Choose the first day.")
