"""The first call, from the link to the thread, with real browsers on both sides."""

import re
from collections.abc import Mapping

import pytest
from playwright.async_api import expect

from callflow.ids import LegId
from callflow.wiring import Stream
from media.figures import StreamFigures
from tests.flow.conftest import Centre
from tests.flow.people import LIMIT, Agent, Customer, eventually

pytestmark = pytest.mark.flow

Counters = Mapping[LegId, Mapping[Stream, StreamFigures]]


async def talk(centre: Centre, media: str = "video") -> tuple[Customer, Agent]:
    """Bring a customer and an agent into a call."""
    agent = await centre.active_agent()
    customer = await centre.customer()
    await customer.opens(centre.link)
    await customer.calls(media, "Carla Customer")
    await agent.rings()
    await expect(agent.ring).to_contain_text("Carla Customer")
    await agent.press("Answer")
    await customer.hears(agent)
    await agent.hears(customer)
    return customer, agent


async def test_a_customer_and_an_agent_talk_and_everything_is_kept(centre: Centre) -> None:
    """CALL-01, CALL-05, CALL-06, CALL-07, EVT-01, EVT-02, EVT-04, MW-02, WRAP-01, WRAP-03, WRAP-04, WRAP-05, PLUS-01,
    PLUS-02: link, ring, answer, two voices and faces, mute, reload of either page, hang-up, wrap-up, thread."""
    customer, agent = await talk(centre)
    await customer.sees(agent)
    await agent.sees(customer)
    await everything_was_sent_on(centre, customer, agent)
    await the_lines_are_told(agent)

    await customer.press("Mute")
    await agent.hears_nothing()
    await customer.press("Unmute")
    await agent.hears(customer)
    await agent.press("Mute")
    await customer.hears_nothing()
    await agent.press("Unmute")
    await customer.hears(agent)

    for person, other in ((customer, agent), (agent, customer)):
        await person.page.reload()
        await person.hears(other)
        await other.hears(person)
        await person.sees(other)
        await other.sees(person)

    await customer.press("Hang up")
    await expect(agent.wrap_up).to_be_visible(timeout=LIMIT * 1000)
    before = await seconds_left(agent)
    await agent.press("+10 s")
    await eventually(lambda: seconds_left(agent), lambda left: left > before + 5, "more time")
    await agent.wrap_up.get_by_role("textbox").fill("Wants a refund.")
    await agent.press("Finish")
    await expect(agent.wrap_up).to_be_hidden(timeout=LIMIT * 1000)

    thread = agent.thread
    for words in ("Incoming video call", "answered after", "Wants a refund."):
        await expect(thread).to_contain_text(words, timeout=LIMIT * 1000)
    await expect(thread).to_contain_text(re.compile(r"ended|hung up", re.I))
    await expect(thread).to_contain_text(re.compile("Good line|line was"), timeout=LIMIT * 1000)
    # One reload each, and a hang-up is no loss.
    await expect(thread.get_by_text("connection was lost")).to_have_count(2)
    assert customer.errors == []
    assert agent.errors == []


async def test_a_call_that_the_agent_ends_is_over_for_the_customer_too(centre: Centre) -> None:
    """CALL-06, EVT-04: an audio call, hung up by the agent."""
    customer, agent = await talk(centre, "audio")
    await agent.press("Hang up")
    await expect(customer.button("Hang up")).to_be_hidden(timeout=LIMIT * 1000)
    await customer.reads(re.compile("call.*(over|ended)|ended the call", re.I))
    await expect(agent.wrap_up).to_be_visible(timeout=LIMIT * 1000)


async def everything_was_sent_on(centre: Centre, customer: Customer, agent: Agent) -> None:
    """The bridge forwards, and neither decodes nor drops: what came in while both were wired went out."""
    before = await centre.media.counters()
    await customer.page.wait_for_timeout(2000)
    after = await centre.media.counters()
    received = figures(after, "received") - figures(before, "received")
    forwarded = figures(after, "forwarded") - figures(before, "forwarded")
    sent = figures(after, "sent") - figures(before, "sent")
    assert received > 200
    assert received == forwarded == sent
    heard = [(await person.senses())["received"] for person in (customer, agent)]
    print(f"the bridge received {received} packets in 2 s and sent on {sent}; the browsers count {heard} in all")


async def the_lines_are_told(agent: Agent) -> None:
    """In words, and in figures for whoever asks, by keyboard."""
    line = agent.page.get_by_role("button", name=re.compile("Good line|line is"))
    await expect(line).to_be_visible(timeout=LIMIT * 1000)
    await line.press("Enter")
    figures = agent.page.get_by_role("dialog", name="Figures of both lines")
    await expect(figures.get_by_role("img", name=re.compile("yours .* customer's "))).to_be_visible()
    for name in ("Sound", "Loss, received", "Round trip", "Bit rate, sent"):
        row = figures.get_by_role("row", name=re.compile(name))
        await expect(row.get_by_role("cell")).to_have_count(2)
        await expect(row).to_contain_text(re.compile(r"\d.*\d"), timeout=LIMIT * 1000)
    await expect(figures.get_by_role("row", name="Picture sent")).to_contain_text(re.compile(r"\d+ . \d+"))
    await agent.page.keyboard.press("Escape")
    await expect(figures).to_be_hidden()


def figures(counters: Counters, what: str) -> int:
    return sum(getattr(count, what) for streams in counters.values() for count in streams.values())


async def seconds_left(agent: Agent) -> int:
    found = re.search(r"(?:(\d+):)?(\d+)", await agent.wrap_up.get_by_role("timer").inner_text())
    assert found is not None
    return int(found[1] or 0) * 60 + int(found[2])
