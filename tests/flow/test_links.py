"""What a call link is worth to whom, seen by those who hold it."""

from datetime import timedelta

import aiohttp
import pytest
from playwright.async_api import Page, expect

from callflow.clock import SystemClock
from callink.values import LinkKind
from conversations.directory.queue_service import QueueChange
from conversations.directory.settings import SettingsChange
from tests.flow.conftest import Centre
from tests.flow.people import Agent, Customer, eventually

pytestmark = pytest.mark.flow


async def test_a_one_time_link_is_used_up_by_an_answer_and_by_nothing_else(centre: Centre) -> None:
    """LNK-03, LNK-05, LNK-11, PLUS-18: a preview looks at it, one waits and leaves, the next one is answered."""
    agent = await centre.agent()
    await agent.chooses("Away")
    _, url = await centre.new_link(LinkKind.ONE_TIME)
    await previewed(url)

    first = await centre.customer()
    await first.opens(url)
    await first.calls("audio", "First Caller")
    second = await centre.customer(1100)
    await second.opens(url)
    await second.reads("This link is in use")
    await first.press("Leave")
    await first.reads("You left before anybody answered")
    await eventually(centre.parley.store.live_calls, lambda calls: not calls, "end of the call")
    await second.press("Try again")

    await second.calls("audio", "Second Caller")
    await agent.chooses("Active")
    await agent.rings("Second Caller")
    await agent.press("Answer")
    await second.hears(agent)
    await first.press("Call again")
    await first.reads("This link is in use")
    await second.page.reload()
    await second.hears(agent)
    await agent.press("Hang up")
    await second.reads("This link was for one call.")
    assert await opened(second.page, url) == 410
    await second.reads("This link has been used")
    await first.press("Try again")
    await first.reads("This link has been used")


async def test_a_link_outside_its_time_says_so_in_the_words_of_the_centre(centre: Centre) -> None:
    """LNK-03, LNK-05: before its time frame, in it, and after it."""
    await somebody_is_here(centre)
    await centre.parley.settings.change(
        (await centre.user("admin")).actor,
        (await centre.parley.settings.get()).version,
        SettingsChange(
            welcome_text="Good to see you.", not_yet_text="We open on Monday.", expired_text="The fair is over."
        ),
    )
    now = SystemClock().now()
    visitor = await centre.customer()
    hour, second = timedelta(hours=1), timedelta(seconds=1)
    _, early = await centre.new_link(LinkKind.TIME_FRAME, starts_at=now + hour, ends_at=now + 2 * hour)
    assert await opened(visitor.page, early) == 200
    await visitor.reads("It is not time yet")
    await visitor.reads("We open on Monday. You can call from")
    _, running = await centre.new_link(LinkKind.TIME_FRAME, starts_at=now - hour, ends_at=now + hour)
    await visitor.opens(running)
    await visitor.may_press("Start video call")
    await visitor.reads("Good to see you.")
    _, late = await centre.new_link(LinkKind.TIME_FRAME, starts_at=now - hour, ends_at=SystemClock().now() + second)
    await eventually(lambda: opened(visitor.page, late), lambda status: status == 410, "end of the time frame")
    await visitor.reads("This link has expired")
    await visitor.reads("The fair is over.")


async def test_a_page_opened_too_early_opens_by_itself_at_its_time(centre: Centre) -> None:
    """LNK-03: nobody has to reload."""
    await somebody_is_here(centre)
    start = SystemClock().now() + timedelta(seconds=2)
    _, url = await centre.new_link(LinkKind.TIME_FRAME, starts_at=start, ends_at=start + timedelta(hours=1))
    visitor = await centre.customer()
    await visitor.page.clock.install()
    await visitor.opens(url)
    await visitor.reads("It is not time yet")
    await looks_until(visitor, "Start video call")


async def test_revoked_and_unknown_links_lead_nowhere(centre: Centre) -> None:
    """LNK-05, LNK-11: a holder hears that it was revoked; all unknown tokens get one page."""
    await somebody_is_here(centre)
    link, url = await centre.new_link(LinkKind.EXPIRY)
    visitor = await centre.customer()
    await visitor.opens(url)
    await visitor.may_press("Start audio call")
    await centre.parley.links.revoke(await centre.user("admin"), link)
    await visitor.page.get_by_label("Your name").fill("Late Larry")
    await visitor.press("Start audio call")
    await visitor.reads("This link no longer works")
    assert await opened(visitor.page, url) == 410
    await visitor.reads("This link no longer works")

    pages: set[str] = set()
    for token in ("short", "x" * 32, "y" * 60):
        assert await opened(visitor.page, f"{centre.url}/c/{token}") == 404
        await visitor.reads("There is nothing here")
        pages.add(await visitor.page.content())
    assert len(pages) == 1


async def test_a_link_with_an_identity_names_the_caller(centre: Centre) -> None:
    """LNK-09, CALL-05: nobody is asked; two links for one phone number, in two spellings, lead to one thread."""
    agent = await centre.active_agent()
    customer = await called_by(centre, "Ida Identity")
    await agent.rings("Ida Identity")
    await customer.press("Leave")
    await agent.stops_ringing()
    for identity in ("+1 555 010 4471", "001 (555) 010-4471"):
        await is_answered(agent, await called_by(centre, identity), "+1 555 010 4471")
    await expect(agent.my_work.get_by_role("listitem")).to_have_count(1)
    await expect(agent.thread.get_by_text("Incoming voice call")).to_have_count(2)


async def test_each_browser_on_an_open_link_is_its_own_customer(centre: Centre) -> None:
    """LNK-03, CALL-01, ST-04: two browsers, two threads; the same browser joins its thread until that is closed."""
    agent = await centre.active_agent()
    carla, dario = await centre.customer(), await centre.customer(1100)
    for customer, name in ((carla, "Carla Customer"), (dario, "Dario Dialler")):
        await customer.opens(centre.link)
        await customer.calls("audio", name)
    await is_answered(agent, carla, "Carla Customer")
    await is_answered(agent, dario, "Dario Dialler")
    await expect(agent.my_work.get_by_role("listitem")).to_have_count(2)

    await carla.press("Call again")
    await carla.calls("audio")  # it knows her by now
    await is_answered(agent, carla, "Carla Customer", close=True)
    await expect(agent.thread.get_by_text("Incoming voice call")).to_have_count(2)
    await expect(agent.my_work.get_by_role("listitem")).to_have_count(1)

    await carla.press("Call again")
    await carla.calls("audio")
    await is_answered(agent, carla, "Carla Customer")
    await expect(agent.thread.get_by_text("Incoming voice call")).to_have_count(1)
    await expect(agent.my_work.get_by_role("listitem")).to_have_count(2)


async def test_a_page_without_anybody_to_call_says_so_and_opens_by_itself(centre: Centre) -> None:
    """CALL-03, LNK-05: nobody signed in; then somebody; then the queue is closed."""
    visitor = await centre.customer()
    await visitor.page.clock.install()
    await visitor.opens(centre.link)
    await visitor.reads("Nobody can take your call right now")
    agent = await centre.agent()
    await agent.chooses("Busy")
    await looks_until(visitor, "Start audio call")

    queue = (await centre.parley.queues.list())[0]
    admin = await centre.user("admin")
    queue = await centre.parley.queues.change(admin.actor, queue.id, queue.version, QueueChange(open=False))
    await visitor.page.get_by_label("Your name").fill("Carla Customer")
    await visitor.press("Start audio call")
    await visitor.reads("We are closed at the moment")
    await centre.parley.queues.change(admin.actor, queue.id, queue.version, QueueChange(open=True))
    await looks_until(visitor, "Start audio call")
    assert await centre.parley.store.live_calls() == []


async def previewed(url: str) -> None:
    """Look at a link as a messenger does that shows a preview."""
    async with aiohttp.ClientSession(headers={"User-Agent": "WhatsApp/2.24 A"}) as session:
        for method in ("HEAD", "GET", "GET"):
            async with session.request(method, url) as response:
                assert response.status == 200
                assert "Set-Cookie" not in response.headers


async def opened(page: Page, url: str) -> int:
    """Open a link and return the status of the page."""
    response = await page.goto(url)
    assert response is not None
    return response.status


async def somebody_is_here(centre: Centre) -> None:
    """Let somebody be signed in who takes no calls now."""
    agent = await centre.agent()
    await agent.chooses("Busy")


async def looks_until(visitor: Customer, button: str) -> None:
    """Let the half minutes pass after which the page looks again, until it has this button."""

    async def looks() -> bool:
        await visitor.page.clock.fast_forward(30_000)
        return await visitor.button(button).is_visible()

    await eventually(looks, bool, button)


async def called_by(centre: Centre, identity: str) -> Customer:
    """Let a browser that was never here call by a link with an identity."""
    _, url = await centre.new_link(LinkKind.ONE_TIME, identity=identity)
    customer = await centre.customer()
    await customer.opens(url)
    await customer.may_press("Start audio call")
    await expect(customer.page.get_by_label("Your name")).to_be_hidden()
    await customer.calls("audio")
    return customer


async def is_answered(agent: Agent, customer: Customer, name: str, close: bool = False) -> None:
    """Let this caller's call be answered and ended, and the thread be closed if so wanted."""
    await agent.rings(name)
    await agent.press("Answer")
    await customer.press("Hang up")
    if close:
        await agent.wrap_up.get_by_label("Conversation status").select_option("Closed")
    await agent.reports()
