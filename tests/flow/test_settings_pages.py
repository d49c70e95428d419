"""What supervisors keep for agents: statuses, dispositions, what each agent gets, and the rules of the centre."""

import pytest
from playwright.async_api import Locator, expect

from callflow.agent import Status
from callflow.agent_machine import StatusChosen
from callflow.capacity import TEXTS
from conversations.directory.values import DispositionMode, UserRole
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.people import Agent, eventually
from tests.flow.test_supervisor import goes, row

pytestmark = pytest.mark.flow


async def administrator(centre: Centre) -> Agent:
    """Somebody else at a page, who is an administrator and no supervisor."""
    users, actor = centre.parley.users, (await centre.user("admin")).actor
    made = await users.create(actor, "lea", "Lea Leads", frozenset({UserRole.ADMIN}))
    await users.change_password(made.user.id, made.password, "a horse on the roof", "")
    lea = await centre.visitor()
    await lea.signs_in(centre.url, "lea", "a horse on the roof")
    return lea


def items(agent: Agent, name: str) -> Locator:
    """The entries of a list."""
    return agent.page.get_by_role("list", name=name, exact=True).get_by_role("listitem")


async def test_statuses_are_kept_in_their_groups_and_others_see_it_at_once(centre: Centre) -> None:
    """AST-01, AST-02, SYS-01: by an administrator too; focus returns; what was changed meanwhile is shown."""
    axe = Inspector(PHONE, DESK)
    boss, lea = await centre.agent("admin"), await administrator(centre)
    for supervisor in (boss, lea):
        await goes(supervisor, "Settings", "Statuses")
    page = boss.page
    await boss.press("New status")
    form = page.get_by_role("form", name="New status")
    await expect(form.get_by_label("Name")).to_be_focused()
    await form.get_by_label("Name").fill("away")
    await form.get_by_label("Group").select_option("Away")
    await expect(form).to_contain_text("no new work, but colleagues can transfer")
    await boss.press("Add")
    await expect(form.get_by_label("Name")).to_have_accessible_description("There is one of this name already.")
    await axe.look(page, "new status")
    await form.get_by_label("Name").fill("Lunch")
    await boss.press("Add")
    await expect(boss.button("New status")).to_be_focused()
    await expect(items(lea, "Away")).to_contain_text(["Away", "Lunch"])

    lunch = next(one for one in await centre.parley.statuses.list() if one.name == "Lunch").status
    await centre.parley.engine.agent((await centre.user("ana")).id, StatusChosen(lunch))
    await lea.press("Edit Lunch")
    await lea.page.get_by_label("Name").fill("Break")
    await boss.press("Move Lunch up")
    await expect(boss.button("Move Lunch down")).to_be_focused()
    await boss.press("Edit Lunch")
    await page.get_by_label("Group").select_option("Busy")
    await boss.reads("1 agent is in it now and moves to the other group with it.")
    await page.get_by_label("Group").select_option("Away")
    await page.get_by_label("Name").fill("Lunch break")
    await boss.press("Save")
    await expect(boss.button("Edit Lunch break")).to_be_focused()
    await lea.press("Save")
    await lea.reads("You see their version now; yours was not saved.")
    await expect(lea.page.get_by_label("Name")).to_have_value("Lunch break")
    await axe.look(lea.page, "edited status")
    await lea.press("Cancel")
    await expect(lea.button("Edit Lunch break")).to_be_focused()
    await expect(items(lea, "Away")).to_contain_text(["Lunch break", "Away"])

    await boss.press("Edit Away")
    await boss.reads("This one is built in")
    await expect(page.get_by_label("Group")).to_be_hidden()
    await boss.press("Cancel")
    await expect(boss.button("Delete Away")).to_be_hidden()
    await lea.press("Edit Lunch break")
    await page.get_by_role("button", name="Delete Lunch break").click()
    await boss.reads("1 agent is in “Lunch break” now and gets “Away” instead.")
    await axe.look(page, "status to delete")
    await page.get_by_role("group").get_by_role("button", name="Delete Lunch break").click()
    await boss.reads("Lunch break was deleted.")
    await expect(boss.button("New status")).to_be_focused()
    await lea.reads("Somebody else deleted this while you were editing it.")
    await expect(items(lea, "Away")).to_have_count(1)

    async def status() -> Status:
        return (await centre.state_of("ana")).status

    await eventually(status, lambda status: status.id == "away", "status in place of the deleted one")
    assert axe.found == []


async def test_what_agents_are_asked_and_get_is_kept_and_logged(centre: Centre) -> None:
    """WRAP-02, PHONE-02, AST-04, SYS-08: dispositions, wrap-up, phone, missed calls; others see it at once."""
    axe = Inspector(PHONE, DESK)
    boss, lea, ana = await centre.agent("admin"), await administrator(centre), await centre.agent("ana")
    page = boss.page
    for supervisor in (boss, lea):
        await goes(supervisor, "Settings", "Dispositions")
    await page.get_by_label("Required").check()
    await boss.reads("The list is empty, so agents are asked nothing")
    await axe.look(page, "no dispositions")
    await boss.press("Save")
    await expect(page.get_by_label("Required")).to_be_focused()
    await expect(lea.page.get_by_label("Required")).to_be_checked()
    for name in ("Sold", "Complaint"):
        await boss.press("New disposition")
        await page.get_by_label("Name").fill(name)
        await page.get_by_label("Name").press("Enter")
        await expect(boss.button("New disposition")).to_be_focused()
    await boss.press("Move Complaint up")
    await expect(items(lea, "Dispositions")).to_contain_text(["Complaint", "Sold"])
    await boss.press("Edit Sold")
    await page.get_by_label("Name").fill("Sold it")
    await axe.look(page, "dispositions")
    await boss.press("Save")
    await page.get_by_role("button", name="Delete Complaint").click()
    await boss.reads("Calls that have it keep it.")
    await page.get_by_role("group").get_by_role("button", name="Delete Complaint").click()
    await expect(items(lea, "Dispositions")).to_contain_text(["Sold it"])
    await expect(lea.page.get_by_text("The list is empty")).to_be_hidden()
    assert (await centre.parley.settings.get()).disposition_mode is DispositionMode.REQUIRED

    for supervisor in (boss, lea):
        await goes(supervisor, "Settings", "Agents")
    await expect(row(lea, "Ana Anić")).to_contain_text("30 seconds, the centre's")
    await expect(row(lea, "Ana Anić")).to_contain_text(f"{TEXTS}, as usual")
    await boss.press("Edit Ana Anić")
    await page.get_by_label("Wrap-up, seconds").fill("45")
    await page.get_by_label("Phone number").fill("123")
    await boss.press("Save")
    phone = page.get_by_label("Phone number")
    refusal = "Write the number with its country, for example +420 123 456 789."
    await expect(phone).to_have_accessible_description(refusal)
    await expect(phone).to_be_focused()
    await axe.look(page, "agents")
    await phone.fill("+420 123 456 789")
    await boss.press("Save")
    await expect(boss.button("Edit Ana Anić")).to_be_focused()
    await expect(row(lea, "Ana Anić")).to_contain_text("45 seconds")
    await expect(row(lea, "Ana Anić")).to_contain_text("+420123456789")
    await expect(row(lea, "Ana Anić")).to_contain_text("Offline")
    await ana.chooses("Active")
    await expect(row(lea, "Ana Anić")).to_contain_text("Active")

    for supervisor in (boss, lea):
        await goes(supervisor, "Settings", "Centre")
    await lea.page.get_by_label("Days of an expiry link").fill("5")
    await page.get_by_label("Missed calls until Away").fill("3")
    await boss.press("Save")
    await boss.reads("Saved.")
    await lea.press("Save")
    await lea.reads("What you typed is still here")
    await lea.reads("Changed: Days of an expiry link")
    await lea.press("Save")
    await lea.reads("Everything is saved.")
    kept = await centre.parley.settings.get()
    assert (kept.misses_before_away, kept.link_days) == (3, 5), "nobody takes back what the other saved"

    await goes(boss, "Settings", "Audit log")
    log = items(boss, "Audit log")
    for what, old, new in (
        ("Missed calls until Away", "1", "3"),
        ("Phone number", "None", "+420123456789"),
        ("Wrap-up", "The centre's", "45 seconds"),
        ("Place", "2", "1"),
        ("Dispositions", "Not asked", "Required"),
    ):
        change = page.get_by_role("definition").filter(has=page.get_by_role("img", name="became")).filter(has_text=new)
        await expect(log.filter(has_text=what).filter(has=change).filter(has_text=old).first).to_be_visible()
    assert axe.found == []
