"""`kill -9` of the server at every stage of a call: on restart nobody is stuck and nobody loses the place."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.flow.people import LIMIT, Agent, Customer, Person, arrive, eventually
from tests.flow.server import Server

pytestmark = [pytest.mark.flow, pytest.mark.timeout(180)]

BACK = 4 * LIMIT * 1000
"""Milliseconds for a page to be back: pages try again after 7 s at the latest."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path / "data")
    await server.start()
    yield server
    await server.kill()


async def an_agent(server: Server, browser: Browser, login: str = "ana", hertz: int = 700) -> Agent:
    agent: Agent = await arrive(browser, Agent, hertz, "#2020c0", viewport={"width": 1440, "height": 900})
    password = next(one["password"] for one in server.demo["accounts"] if one["login"] == login)
    await agent.signs_in(server.url, login, password)
    return agent


async def a_caller(server: Server, browser: Browser, name: str, hertz: int = 1500) -> Customer:
    customer: Customer = await arrive(browser, Customer, hertz, "#c02020", viewport={"width": 390, "height": 844})
    await customer.opens(server.demo["call_link"])
    await customer.calls("audio", name)
    return customer


async def power_cut(server: Server, *people: Person) -> None:
    """Kill the server, start it again, and wait until each of these pages has a new connection."""
    before = [(await person.senses())["connections"] for person in people]
    await server.kill()
    await server.start()
    for person, count in zip(people, before, strict=True):
        await person.feels(lambda got, count=count: got["connected"] and got["connections"] > count, "new connection")


async def test_waiting_callers_keep_their_order(server: Server, browser: Browser) -> None:
    """PLUS-01, PLUS-13, PLUS-15: killed while two wait; the first one is offered first."""
    agent = await an_agent(server, browser)
    await agent.chooses("Away")
    first = await a_caller(server, browser, "First Caller")
    second = await a_caller(server, browser, "Second Caller", 1100)
    await power_cut(server, first, second)
    await agent.chooses("Active")
    await expect(agent.ring).to_contain_text("First Caller", timeout=BACK)
    await agent.press("Answer")
    await agent.hears(first)


async def test_a_ring_is_taken_back_and_comes_again(server: Server, browser: Browser) -> None:
    """PLUS-08, PLUS-15: killed while it rings."""
    agent = await an_agent(server, browser)
    await agent.chooses("Active")
    customer = await a_caller(server, browser, "Carla Customer")
    await agent.rings()
    await power_cut(server, customer, agent)
    await expect(agent.ring).to_contain_text("Carla Customer", timeout=BACK)
    await agent.press("Answer")
    await agent.hears(customer)
    await customer.hears(agent)


async def test_a_call_goes_on_when_both_come_back(server: Server, browser: Browser) -> None:
    """PLUS-01: killed while they talk."""
    agent = await an_agent(server, browser)
    await agent.chooses("Active")
    customer = await a_caller(server, browser, "Carla Customer")
    await agent.rings()
    await agent.press("Answer")
    await agent.hears(customer)
    await power_cut(server, customer, agent)
    await agent.hears(customer)
    await customer.hears(agent)
    await customer.press("Hang up")
    await expect(agent.wrap_up).to_be_visible(timeout=BACK)


async def test_a_hold_stays_and_who_was_being_transferred_is_at_the_head_of_the_queue(
    server: Server, browser: Browser
) -> None:
    """PLUS-01, PLUS-15, PLUS-21, XFER-05: killed on hold, and again while the target of a transfer rings."""
    ana = await an_agent(server, browser)
    await ana.chooses("Active")
    customer = await a_caller(server, browser, "Carla Customer")
    await ana.rings()
    await ana.press("Answer")
    await ana.hears(customer)
    await ana.press("Hold")
    await customer.reads("You are on hold")
    await power_cut(server, customer, ana)
    await expect(ana.dock).to_contain_text("On hold", timeout=BACK)
    await ana.hears_nothing()
    await customer.reads("You are on hold")
    await customer.feels(lambda got: got["hertz"] > 0 and abs(got["hertz"] - ana.hertz) > 20, "music")
    await ana.press("Resume")
    await customer.hears(ana)
    await ana.hears(customer)

    ben = await an_agent(server, browser, "ben", 1000)
    await ben.chooses("Active")
    await ana.press("Transfer")
    await ana.press("Transfer to Ben Brook")
    await expect(ben.ring).to_contain_text("hands over")
    await power_cut(server, customer)
    await customer.reads("You are next in the queue.")
    await expect(ana.wrap_up).to_be_visible(timeout=BACK)
    await expect(ben.ring).to_contain_text("Carla Customer", timeout=BACK)
    await expect(ben.ring).not_to_contain_text("hands over")
    await ben.press("Answer")
    await customer.hears(ben)
    await ben.hears(customer)


async def test_a_wrap_up_keeps_its_deadline(server: Server, browser: Browser) -> None:
    """PLUS-08, WRAP-03: killed in the wrap-up."""
    agent = await an_agent(server, browser)
    await agent.chooses("Active")
    customer = await a_caller(server, browser, "Carla Customer")
    await agent.rings()
    await agent.press("Answer")
    await agent.hears(customer)
    await customer.press("Hang up")
    await agent.wrap_up.get_by_role("textbox").fill("Half a sentence")
    first = await deadline(agent)
    for _ in range(6):
        await agent.press("+10 s")
    before = await eventually(lambda: deadline(agent), lambda now: (now - first).total_seconds() == 60, "more time")
    await power_cut(server)
    await agent.page.reload()
    await expect(agent.wrap_up).to_be_visible(timeout=BACK)
    assert await deadline(agent) == before
    await expect(agent.wrap_up.get_by_role("textbox")).to_have_value("Half a sentence")
    await agent.press("Finish")
    await expect(agent.thread).to_contain_text("Half a sentence", timeout=BACK)


async def deadline(agent: Agent) -> datetime:
    """Ask the server, through the panel's own WebSocket, until when the wrap-up runs."""
    until: str = await agent.page.evaluate(
        """() => new Promise((resolve, reject) => {
            const socket = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/panel`);
            const hello = { type: "hello", tab: "probe", resume: null, sound: "off" };
            socket.onopen = () => socket.send(JSON.stringify(hello));
            socket.onmessage = ({ data }) => {
                const { state } = JSON.parse(data);
                socket.close();
                if (state.wrap_up) resolve(state.wrap_up.until);
                else reject(new Error("no wrap-up runs"));
            };
        })"""
    )
    return datetime.fromisoformat(until)
