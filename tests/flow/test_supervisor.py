"""The supervisor's pages: people, queues, links, the team, and what they change for the others."""

import re

import pytest
from playwright.async_api import Locator, expect

from callflow.agent import Idle
from tests.flow.conftest import Centre
from tests.flow.people import Agent

pytestmark = pytest.mark.flow


async def test_a_new_agent_signs_in_joins_a_queue_and_works_without_wrap_up(centre: Centre) -> None:
    """AP-03, CALL-03, WRAP-02: a first password is changed at once; 0 s of wrap-up means none; the team is live."""
    admin = await centre.agent("admin")
    await goes(admin, "Settings", "Users")
    await admin.press("Add user")
    form = admin.page.get_by_role("form", name="Add user")
    await form.get_by_label("Name").fill("Dora Desk")
    await form.get_by_label("Login").fill("dora")
    await form.get_by_role("button", name="Add user").click()
    first = await admin.page.get_by_label("One-time password").input_value()
    dora = await centre.visitor()
    await chooses_own_password(dora, centre.url, "dora", first)

    await goes(admin, "Settings", "Agents")
    await expect(row(admin, "Dora Desk")).to_contain_text("30 seconds, the centre's")
    await row(admin, "Dora Desk").get_by_role("button", name="Edit").click()
    await admin.page.get_by_label("Wrap-up, seconds").fill("0")
    await admin.press("Save")
    await expect(row(admin, "Dora Desk").get_by_role("cell").nth(1)).to_have_text("None")
    await goes(admin, "Settings", "Queues")
    await row(admin, "Welcome desk").get_by_role("button", name="Edit").click()
    await admin.page.get_by_role("checkbox", name="Dora Desk").check()
    await admin.press("Save")
    await admin.reads("Welcome desk was saved.")

    await goes(admin, "Team")
    team = row(admin, "Dora Desk")
    await expect(team).to_contain_text("Offline")
    await expect(team).to_contain_text("Welcome desk")
    await dora.chooses("Active")
    await expect(team).to_contain_text("Active")
    customer = await centre.caller()
    await expect(team).to_contain_text("Ringing")
    await dora.press("Answer")
    await expect(team).to_contain_text("In a call")
    await customer.hears(dora)
    await customer.press("Hang up")
    await expect(dora.thread).to_contain_text("Ended by the customer")
    await expect(dora.wrap_up).to_be_hidden()
    await expect(team).not_to_contain_text(re.compile("In a call|In wrap-up"))
    assert isinstance((await centre.state_of("dora")).activity, Idle)


async def test_the_team_page_follows_each_status_and_a_sign_out(centre: Centre) -> None:
    """AP-02, AP-03, AST-06: who, which status, since when; who signs out is Offline."""
    admin, ana = await centre.agent("admin"), await centre.agent("ana")
    await goes(admin, "Team")
    team = row(admin, "Ana Anić")
    for status in ("Active", "Busy", "Away", "Offline", "Active"):
        await ana.chooses(status)
        await expect(team.get_by_role("cell").first).to_have_text(status)
        await expect(team.get_by_role("time")).to_have_text(re.compile(r"^0:0\d"))
    await ana.opens_menu()
    await ana.page.get_by_role("menuitem", name="Sign out").click()
    await expect(ana.button("Sign in")).to_be_visible()
    await expect(team).to_contain_text("Offline")
    await expect(team).to_contain_text("Signed out")
    await ana.page.goto(f"{centre.url}/agent/work")
    await expect(ana.button("Sign in")).to_be_visible()


async def test_a_link_is_made_copied_used_and_revoked(centre: Centre) -> None:
    """LNK-03, LNK-08, LNK-11: its address is shown once; its state is live in the list; revoked it leads nowhere."""
    admin = await centre.agent("admin", permissions=["clipboard-read", "clipboard-write"])
    ana = await centre.agent("ana")
    await ana.chooses("Busy")
    await goes(admin, "Settings", "Call links")
    await admin.press("New call link")
    await admin.page.get_by_label("Label").fill("For the fair")
    await admin.press("Create link")
    await admin.press("Copy")
    url: str = await admin.page.evaluate("navigator.clipboard.readText()")
    assert url.startswith(f"{centre.url}/c/")
    await admin.press("Done")
    await expect(admin.page.get_by_label("Call link", exact=True)).to_be_hidden()

    link = row(admin, "For the fair")
    await expect(link).to_contain_text("One-time")
    await expect(link).to_contain_text("Active")
    customer = await centre.customer()
    await customer.opens(url)
    await customer.calls("audio", "Carla Customer")
    await expect(link).to_contain_text("In use")
    await customer.press("Leave")
    await expect(link).to_contain_text("Active")
    await link.get_by_role("button", name="Revoke").click()
    await link.get_by_role("button", name="Keep").click()
    await link.get_by_role("button", name="Revoke").click()
    await link.get_by_role("button", name="Revoke now").click()
    await expect(link).to_contain_text("Revoked")
    await expect(link.get_by_role("button")).to_have_count(0)
    await customer.opens(url)
    await customer.reads("This link no longer works")


async def test_a_disabled_user_is_out_at_once(centre: Centre) -> None:
    """AP-03: the page that was open shows the sign-in, and the password no longer opens it."""
    admin, ben = await centre.agent("admin"), await centre.active_agent("ben")
    await goes(admin, "Settings", "Users")
    await row(admin, "Ben Brook").get_by_role("button", name="Disable").click()
    await ben.reads("Your session is over.")
    await ben.page.get_by_label("Login").fill("ben")
    await ben.page.get_by_label("Password").fill(centre.password("ben"))
    await ben.press("Sign in")
    await ben.reads("Login and password do not belong together.")


async def goes(agent: Agent, place: str, page: str = "") -> None:
    """Go to a page by its links."""
    await agent.page.get_by_role("navigation", name="Main").get_by_role("link", name=place).click()
    if page:
        await agent.page.get_by_role("navigation", name="Settings").get_by_role("link", name=page, exact=True).click()
        await expect(agent.page.get_by_role("heading", name=page, level=1)).to_be_visible()


def row(agent: Agent, name: str) -> Locator:
    """The row of a table that is about this."""
    heading = agent.page.get_by_role("rowheader", name=name)
    return agent.page.get_by_role("row").filter(has=heading)


async def chooses_own_password(agent: Agent, url: str, login: str, first: str) -> None:
    """Sign in for the first time."""
    await agent.page.goto(f"{url}/agent")
    await agent.page.get_by_label("Login").fill(login)
    await agent.page.get_by_label("Password").fill(first)
    await agent.press("Sign in")
    await agent.reads("Choose your password")
    await expect(agent.page.get_by_role("navigation", name="Main")).to_be_hidden()
    await agent.page.get_by_label("Current password").fill(first)
    for field in ("New password", "New password again"):
        await agent.page.get_by_label(field, exact=True).fill("a horse on the roof")
    await agent.press("Change password")
    await expect(agent.page.get_by_role("navigation", name="Main")).to_be_visible()
