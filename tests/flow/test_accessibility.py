"""axe finds nothing on any page, in light and dark: WCAG 2.2, levels A and AA."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from callflow.clock import SystemClock
from callink.values import LinkKind
from conversations.directory.queue_service import QueueChange
from conversations.directory.settings import SettingsChange
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.people import eventually

pytestmark = pytest.mark.flow


async def test_axe_finds_what_is_wrong(browser: Browser) -> None:
    """The instrument itself: a button without a name, and words too pale for one of the two looks."""
    page = await browser.new_page()
    await page.set_content(
        "<html lang=en><title>Wrong</title><style>:root { color-scheme: light dark }"
        "body { background: light-dark(#fff, #111) }</style>"
        "<main><h1>Wrong</h1><button></button><p style='color: #bbb'>pale</p></main></html>"
    )
    axe = Inspector(PHONE)
    await axe.look(page, "wrong")
    assert sorted(one.partition(" <")[0] for one in axe.found) == [
        "wrong, dark, 390 px: button-name:",
        "wrong, light, 390 px: button-name:",
        "wrong, light, 390 px: color-contrast:",
    ]


async def test_axe_finds_nothing_on_the_panel_from_the_sign_in_to_the_report(centre: Centre) -> None:
    """CALL-05, CALL-06, CALL-07, WRAP-01, MW-06: every state of an agent's page."""
    await takes_time_for_reports(centre)
    axe = Inspector(DESK)
    agent = await centre.visitor()
    page = agent.page
    await page.goto(f"{centre.url}/agent")
    await expect(agent.button("Sign in")).to_be_visible()
    await axe.look(page, "sign-in")
    await page.get_by_label("Login").fill("ana")
    await page.get_by_label("Password").fill("wrong")
    await agent.press("Sign in")
    await agent.reads("do not belong together")
    await axe.look(page, "wrong password")
    await agent.signs_in(centre.url, "ana", centre.password("ana"))
    await axe.look(page, "empty panel")
    await agent.opens_menu()
    await axe.look(page, "status menu")
    await page.get_by_role("menuitemradio", name="Active").click()
    await expect(agent.me).to_contain_text("Active")  # else nobody is there yet for who calls

    customer = await centre.caller(media="video")
    await agent.rings()
    await axe.look(page, "ringing")
    await agent.press("Answer")
    await agent.sees(customer)
    await customer.page.get_by_label("Write a message").fill("My number is 4471")
    await customer.press("Send")
    await expect(agent.thread).to_contain_text("My number is 4471")
    reply = page.get_by_role("form", name="Reply")
    for kind, text in (("Internal note", "She sounds upset."), ("Message", "Thank you.")):
        await reply.get_by_text(kind).click()
        await reply.get_by_role("textbox").fill(text)
        await reply.get_by_role("textbox").press("Control+Enter")
        await expect(agent.thread).to_contain_text(text)
    await axe.look(page, "talking with pictures")
    tab = await agent.new_tab()
    await tab.page.goto(page.url)
    await tab.reads("This call is open in another tab")
    await expect(tab.page.get_by_role("heading", level=1)).to_be_visible()  # the thread, which may come later
    await axe.look(tab.page, "talking in another tab")
    await tab.page.close()
    await customer.press("Hang up")
    await agent.wrap_up.get_by_role("textbox").fill("Wants a refund.")
    await axe.look(page, "wrap-up")
    await agent.press("Finish")
    await expect(agent.thread).to_contain_text("Wants a refund.")
    await expect(page.get_by_role("complementary", name="Details")).to_be_visible()
    await axe.look(page, "thread and details")

    await customer.press("Call again")
    await customer.calls("audio")
    await agent.rings()
    await expect(agent.ring).to_contain_text("Wants a refund.")
    await axe.look(page, "ringing again")
    await agent.press("Answer")
    await expect(agent.dock).to_be_visible()
    await customer.hears(agent)
    await axe.look(page, "talking")
    await agent.press("Hang up")
    await agent.reports()
    await agent.press("New conversation")
    await page.get_by_role("dialog", name="New conversation").get_by_label("Customer").fill("Carla")
    await expect(page.get_by_role("list", name="Known customers")).to_be_visible()
    await axe.look(page, "new conversation")
    await page.keyboard.press("Escape")
    await page.get_by_role("link", name="Recent").click()
    await expect(page.get_by_role("list", name="Recent").get_by_role("listitem")).to_have_count(1)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    await axe.look(page, "help")
    assert axe.found == []


async def test_axe_finds_nothing_on_the_settings_and_the_team(centre: Centre) -> None:
    """AP-03, LNK-03, WRAP-02: each page, and its forms."""
    axe = Inspector(DESK)
    new = await centre.parley.users.create(
        (await centre.user("admin")).actor, "dora", "Dora Desk", (await centre.user("ana")).roles
    )
    dora = await centre.visitor()
    await dora.page.goto(f"{centre.url}/agent/setup#token")
    await dora.reads("You are the first here.")
    await axe.look(dora.page, "set-up")
    await dora.page.goto(f"{centre.url}/agent")
    await dora.page.get_by_label("Login").fill("dora")
    await dora.page.get_by_label("Password").fill(new.password)
    await dora.press("Sign in")
    await dora.reads("Choose your password")
    await axe.look(dora.page, "first password")

    await centre.active_agent()
    admin = await centre.agent("admin")
    page = admin.page
    await page.goto(f"{centre.url}/agent/team")
    await expect(page.get_by_role("row").filter(has_text="Ana Anić")).to_contain_text("Active")
    await axe.look(page, "team")
    for subject, heading in (("centre", "Centre"), ("devices", "My devices"), ("account", "My account")):
        await page.goto(f"{centre.url}/agent/settings/{subject}")
        await expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        await axe.look(page, subject)

    await page.goto(f"{centre.url}/agent/settings/users")
    await page.get_by_role("button", name="Reset password Ben Brook").click()
    await expect(page.get_by_label("One-time password")).to_be_visible()
    await page.get_by_role("button", name="Disable Dora Desk").click()
    await expect(page.get_by_role("button", name="Enable Dora Desk")).to_be_visible()
    await page.get_by_role("button", name="Edit Ana Anić").click()
    await admin.press("Add user")
    await axe.look(page, "users")
    await page.goto(f"{centre.url}/agent/settings/queues")
    await admin.press("New queue")
    await axe.look(page, "queues")
    await page.get_by_role("button", name="Edit Welcome desk").click()
    await page.get_by_label("By working hours").check()
    await page.get_by_role("button", name="Add a holiday").click()
    await admin.press("Delete this queue …")
    await expect(page.get_by_text("This queue is used by")).to_be_visible()
    await axe.look(page, "one queue")
    await page.goto(f"{centre.url}/agent/settings/rules")
    await admin.press("New rule")
    await page.get_by_label("Only at certain times").check()
    await admin.press("Add a condition")
    await axe.look(page, "routing rules")
    await page.goto(f"{centre.url}/agent/settings/waiting")
    await admin.press("New strategy")
    await page.get_by_role("switch", name="Announcements on").click()
    await page.get_by_label("Say the caller's place").check()
    await page.get_by_label("Name", exact=True).fill("Patience")
    await axe.look(page, "new waiting strategy")
    await admin.press("Save")
    await admin.reads("Patience was saved.")
    await admin.press("Waiting strategies")
    await expect(page.get_by_role("button", name="Edit Patience")).to_be_focused()
    await axe.look(page, "waiting strategies")

    await page.goto(f"{centre.url}/agent/settings/links")
    for kind in ("One-time", "Expiry", "Time frame"):
        await admin.press("New call link")
        await page.get_by_label(kind, exact=True).check()
        await axe.look(page, f"new link, {kind}")
        await admin.press("Cancel")
    await admin.press("New call link")
    await admin.press("Create link")
    await expect(page.get_by_label("Call link", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Revoke Trial link").click()
    await axe.look(page, "links")
    assert axe.found == []


async def test_axe_finds_nothing_on_the_call_page_from_the_welcome_to_the_end(centre: Centre) -> None:
    """LNK-05, LNK-11, CALL-01: before, waiting, talking and ended, on a phone and on a desk."""
    axe = Inspector(PHONE, DESK)
    agent = await centre.active_agent()
    await agent.chooses("Away")
    _, url = await centre.new_link(LinkKind.ONE_TIME)
    customer = await centre.customer()
    page = customer.page
    await customer.opens(url)
    await customer.may_press("Start video call")
    await axe.look(page, "before")
    await customer.press("Start video call")
    await customer.reads("Enter your name")
    await axe.look(page, "name missing")
    await customer.calls("video", "Carla Customer")
    await customer.reads("You are next in the queue.")
    await axe.look(page, "waiting")
    other = await centre.customer()
    await other.opens(url)
    await other.reads("This link is in use")
    await axe.look(other.page, "in use")

    await agent.chooses("Active")
    await agent.rings()
    await agent.press("Answer")
    await customer.sees(agent)
    await page.get_by_label("Write a message").fill("My number is 4471")
    await customer.press("Send")
    await expect(page.get_by_role("list", name="Messages")).to_contain_text("4471")
    await axe.look(page, "talking with pictures")
    await customer.press("Mute")
    await customer.press("Camera off")
    await axe.look(page, "talking, muted")
    await customer.press("Hang up")
    await customer.reads("You have hung up")
    await axe.look(page, "ended")
    await customer.opens(url)
    await customer.reads("This link has been used")
    await axe.look(page, "used")
    await agent.reports()

    await other.opens(centre.link)
    await other.calls("audio", "Dario Dialler")
    await agent.rings()
    await agent.press("Answer")
    await other.hears(agent)
    await axe.look(other.page, "talking")
    await agent.press("Hang up")
    await other.reads("Thank you for calling.")
    await axe.look(other.page, "ended by the agent")
    assert axe.found == []


async def test_axe_finds_nothing_on_the_pages_of_links_that_do_not_work_now(centre: Centre) -> None:
    """LNK-05, CALL-03: unknown, nobody, closed, not yet, expired, revoked."""
    axe = Inspector(PHONE, DESK)
    visitor = await centre.customer()
    page = visitor.page
    admin = await centre.user("admin")
    now = SystemClock().now()
    second, hour = timedelta(seconds=1), timedelta(hours=1)
    _, late = await centre.new_link(LinkKind.TIME_FRAME, starts_at=now - hour, ends_at=now + second)
    _, early = await centre.new_link(LinkKind.TIME_FRAME, starts_at=now + hour, ends_at=now + 2 * hour)
    revoked, over = await centre.new_link(LinkKind.EXPIRY)
    await centre.parley.links.revoke(admin, revoked)

    for url, words in (
        (f"{centre.url}/c/unknown", "There is nothing here"),
        (centre.link, "Nobody can take your call right now"),
        (early, "It is not time yet"),
        (over, "This link no longer works"),
    ):
        await visitor.opens(url)
        await visitor.reads(words)
        await axe.look(page, words)

    async def status() -> int:
        response = await page.goto(late)
        assert response is not None
        return response.status

    await eventually(status, lambda status: status == 410, "end of the time frame")
    await axe.look(page, "expired")
    queue = (await centre.parley.queues.list())[0]
    await centre.parley.queues.change(admin.actor, queue.id, queue.version, QueueChange(open=False))
    await visitor.opens(centre.link)
    await visitor.reads("We are closed at the moment")
    await axe.look(page, "closed")
    assert axe.found == []


async def takes_time_for_reports(centre: Centre) -> None:
    """Let a wrap-up run for as long as this test looks at it."""
    settings = await centre.parley.settings.get()
    change = SettingsChange(wrap_up_seconds=600)
    await centre.parley.settings.change((await centre.user("admin")).actor, settings.version, change)


async def test_axe_finds_nothing_on_a_call_that_is_held_transferred_or_observed(centre: Centre) -> None:
    """CALL-07, XFER-02, PLUS-20: the bar in each of its states, and the choice of agents."""
    axe = Inspector(DESK, PHONE)
    ana = await centre.active_agent("ana")
    await centre.answered(ana)
    await centre.active_agent("ben")
    boss = await centre.agent("admin")
    await boss.page.get_by_role("link", name="Team").click()
    await boss.press("Listen to the call of Ana Anić")
    await expect(boss.dock).to_contain_text("Call of")
    await axe.look(boss.page, "observing")
    await boss.page.get_by_text("Whisper", exact=True).click()
    await expect(ana.dock).to_contain_text("whispers")
    await ana.press("Hold")
    await expect(ana.dock).to_contain_text("On hold")
    await axe.look(ana.page, "hold")
    await ana.page.set_viewport_size(DESK)
    await ana.press("Transfer")
    targets = ana.page.get_by_role("listbox", name="Agents of this queue").get_by_role("option")
    await expect(targets).to_have_count(1)
    await axe.look(ana.page, "transfer")
    assert axe.found == []
