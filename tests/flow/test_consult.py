"""A colleague is asked before a call is handed over, heard by tones: a customer and two agents."""

import pytest
from playwright.async_api import Locator, expect

from conversations.directory.queue_service import QueueChange
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.people import Agent, Customer
from tests.flow.test_transfer import hears_music, second_agent

pytestmark = pytest.mark.flow


def spoken(customer: Customer) -> Locator:
    """What a screen reader says by itself on the customer's page."""
    return customer.page.locator(".frame > [role=status]")


async def asks_first(ana: Agent, ben: Agent, carla: Customer) -> None:
    """Ana asks Ben, whose panel rings, while the customer is on hold."""
    await ana.press("Transfer")
    await ana.press("Ask first")
    await expect(ben.ring).to_contain_text("Ana Anić asks you about a call from Carla Customer")
    await expect(ana.dock).to_contain_text("Ringing Ben Brook. The customer hears music.")
    await carla.reads("You are on hold and hear music. Ana Anić will be back with you.")
    await expect(carla.page.get_by_role("timer", name="Time on hold")).to_contain_text("On hold 0:0")
    await expect(spoken(carla)).to_have_text("You are on hold and hear music. Ana Anić will be back with you.")


async def talk_alone(ana: Agent, ben: Agent, carla: Customer) -> None:
    """Ben answers: the agents hear each other, the customer hears music."""
    await ben.press("Answer")
    await ana.hears(ben)
    await ben.hears(ana)
    await hears_music(carla, ana, ben, carla)


async def test_a_colleague_is_asked_first_and_the_call_comes_back_or_is_handed_over(centre: Centre) -> None:
    """XFER-01, XFER-03, XFER-04, PLUS-21: asked and returned, asked and completed; who hears whom at each step; axe."""
    axe = Inspector(PHONE, DESK)
    queue = (await centre.parley.queues.list())[0]
    actor = (await centre.user("admin")).actor
    await centre.parley.queues.change(actor, queue.id, queue.version, QueueChange(consult=True))
    ana = await centre.active_agent("ana")
    carla = await centre.answered(ana)
    ben = await second_agent(centre)
    await asks_first(ana, ben, carla)
    await axe.look(ben.page, "ring of a colleague who asks")
    await talk_alone(ana, ben, carla)
    await axe.look(carla.page, "customer on hold")
    await axe.look(ana.page, "asking a colleague")
    await axe.look(ben.page, "asked by a colleague")
    await ana.press("Return to the customer")
    await carla.hears(ana)
    await ana.hears(carla)
    await expect(ben.dock).to_be_hidden()
    await expect(carla.page.get_by_role("timer", name="Length of the call")).to_be_visible()
    await expect(spoken(carla)).to_have_text("Ana Anić is back with you.")

    await asks_first(ana, ben, carla)
    await talk_alone(ana, ben, carla)
    await ana.press("Complete transfer")
    await carla.hears(ben)
    await ben.hears(carla)
    await expect(ana.dock).to_be_hidden()
    await expect(carla.page.get_by_role("heading", name="Ben Brook")).to_be_visible()

    await ben.press("Transfer")
    search = ben.page.get_by_role("combobox", name="Name of an agent")
    await search.fill("ana")
    await ben.reads("Nobody by this name can take the call now.")
    await ana.reports("Ben knows the contract.")
    await expect(ben.button("Transfer to Ana Anić")).to_be_enabled()
    await expect(search).to_have_value("ana")  # what happens meanwhile takes nothing away
    await ben.press("Transfer to Ana Anić")
    await expect(ana.ring).to_contain_text("Ben Brook hands over a call from Carla Customer")
    await axe.look(ana.page, "ring of a call that a colleague hands over")
    await ana.press("Answer")
    await carla.hears(ana)
    await ben.reports("Ana knows it better.")
    await asks_first(ana, ben, carla)
    await talk_alone(ana, ben, carla)
    await carla.press("Hang up")
    await expect(ana.thread).to_contain_text("Ended by the customer")
    await expect(ana.thread.locator("summary")).to_have_count(4)  # the last of both agents and the customer
    assert axe.found == [], "\n".join(axe.found)
