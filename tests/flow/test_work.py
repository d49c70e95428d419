"""The agent's work: the list, the thread, messages to the call page, keys."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.flow.conftest import Centre
from tests.flow.people import Agent

pytestmark = pytest.mark.flow


async def test_messages_go_both_ways_and_notes_stay_inside(centre: Centre) -> None:
    """MW-03, MW-04, MW-05, MW-06, MW-10, MSG-02, MSG-03: beside a call, with another conversation in view."""
    agent = await centre.active_agent()
    customer = await centre.answered(agent)
    await agent.starts_conversation("Nora New")
    await expect(agent.my_work.get_by_role("listitem").first).to_contain_text("Nora New")

    await customer.page.get_by_label("Write a message").fill("My number is 4471")
    await customer.press("Send")
    carla = agent.item("Carla Customer")
    await expect(carla).to_contain_text("My number is 4471")
    await expect(carla).to_contain_text("1 unread")
    await expect(carla.get_by_role("time")).to_have_text(re.compile(r"\d:\d\d"))
    await expect(agent.my_work.get_by_role("listitem").first).to_contain_text("Carla Customer")
    await agent.page.reload()
    await expect(agent.my_work.get_by_role("listitem").first).to_contain_text("Carla Customer")
    await expect(carla).to_contain_text("1 unread")
    assert await weight(carla.locator(".name")) > await weight(agent.item("Nora New").locator(".name"))
    await expect(agent.page.get_by_role("link", name="My Work").first).to_contain_text("1 unread")

    await carla.click()
    await expect(agent.thread).to_contain_text("My number is 4471")
    await expect(carla).not_to_contain_text("unread")
    reply = agent.page.get_by_role("form", name="Reply")
    box = reply.get_by_role("textbox")
    await reply.get_by_text("Internal note").click()
    await box.fill("She sounds upset.")
    await box.press("Control+Enter")
    await expect(agent.thread.get_by_role("article").last).to_contain_text("She sounds upset.")
    await reply.get_by_text("Message").click()
    await box.fill("Thank you, I have it.")
    await agent.press("Send")
    await expect(customer.page.get_by_role("list", name="Messages")).to_contain_text("Thank you, I have it.")
    assert await left(agent, "My number is 4471") < await left(agent, "Thank you, I have it.")
    await expect(agent.thread).to_contain_text("Ana Anić (Me)")

    assert "upset" not in await customer.page.content()
    (call,) = await centre.parley.store.live_calls()
    shown = await (await customer.page.request.get(f"{centre.url}/api/v1/guest/calls/{call.id}")).text()
    assert "Thank you, I have it." in shown
    assert "upset" not in shown
    await customer.page.reload()
    await expect(customer.page.get_by_role("list", name="Messages").get_by_role("listitem")).to_have_count(2)


async def test_single_keys_act_only_where_one_reads_and_can_be_switched_off(centre: Centre) -> None:
    """CALL-06, MW-08: M mutes outside fields, is a letter inside them, and does nothing when it is not wanted."""
    agent = await centre.active_agent()
    await centre.answered(agent)
    keys = agent.page.keyboard
    await agent.thread.focus()
    await keys.press("m")
    await agent.may_press("Unmute")
    await keys.press("r")
    box = agent.page.get_by_role("form", name="Reply").get_by_role("textbox")
    await expect(box).to_be_focused()
    await keys.type("hmm?")
    await expect(box).to_have_value("hmm?")
    await expect(agent.button("Unmute")).to_be_visible()

    await agent.thread.focus()
    await keys.press("?")
    help = agent.page.get_by_role("dialog", name="Keys")
    await help.get_by_label("Single keys act").uncheck()
    await help.get_by_role("button", name="Close").click()
    await expect(agent.thread).to_be_focused()
    await keys.press("m")
    await keys.press("r")
    await expect(agent.thread).to_be_focused()
    await expect(agent.button("Unmute")).to_be_visible()
    await agent.page.reload()
    await agent.may_press("Unmute")
    await agent.thread.focus()
    await keys.press("?")
    await expect(help).to_be_hidden()


async def test_a_conversation_waits_is_solved_and_closed_by_its_agent(centre: Centre) -> None:
    """ST-01, ST-02, ST-04, MW-02, MW-07, MW-09: closed it leaves My Work and stays among the recent ones."""
    agent = await centre.agent()
    await agent.starts_conversation("Nora New")
    status = agent.page.get_by_label("Status", exact=True)
    for word in ("Waiting", "Solved"):
        await status.select_option(word)
        await expect(agent.item("Nora New")).to_contain_text(word)
    await agent.press("Mark as unread")
    await expect(agent.item("Nora New")).to_contain_text("unread")
    await status.select_option("Closed")
    await expect(agent.my_work.get_by_role("listitem")).to_have_count(0)
    await agent.page.get_by_role("link", name="Recent").click()
    recent = agent.page.get_by_role("list", name="Recent").get_by_role("listitem")
    await expect(recent).to_contain_text(["Nora New"])


async def weight(words: Locator) -> int:
    """How bold these words are."""
    return int(await words.evaluate("element => getComputedStyle(element).fontWeight"))


async def left(agent: Agent, text: str) -> float:
    """How far from the left this message stands."""
    box = await agent.thread.get_by_text(text).bounding_box()
    assert box is not None
    return box["x"]
