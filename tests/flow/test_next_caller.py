"""A queue that hands out nothing by itself: its agents take the next caller."""

import re

import pytest
from playwright.async_api import expect

from conversations.directory.queue_service import QueueChange
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.test_supervisor import goes

pytestmark = pytest.mark.flow


async def test_an_agent_takes_the_next_caller_of_a_queue_that_hands_out_nothing(centre: Centre) -> None:
    """SYS-03, CALL-03: offered live while somebody waits, in My Work and on the Calls page; not to who is not free."""
    axe = Inspector(PHONE, DESK)
    queue = (await centre.parley.queues.list())[0]
    ana = await centre.agent("ana")
    actor = (await centre.user("admin")).actor
    await centre.parley.queues.change(actor, queue.id, queue.version, QueueChange(auto_assign=False))
    await ana.chooses("Busy")
    carla = await centre.caller("Carla Customer")
    one = ana.page.get_by_role("button", name=f"Next caller: {queue.name} (1 waiting)")
    await expect(one).to_be_disabled()
    await expect(one).to_have_accessible_description("You get callers only while you are Available.")
    dan = await centre.caller("Dan Dialer")
    two = ana.page.get_by_role("button", name=f"Next caller: {queue.name} (2 waiting)")
    await expect(two).to_be_disabled()
    await axe.look(ana.page, "callers to take, in My Work")
    await ana.chooses("Active")
    await goes(ana, "Calls")
    await expect(two).to_be_enabled()
    await axe.look(ana.page, "callers to take, on the Calls page")
    await ana.stops_ringing()
    await two.click()
    await ana.rings("Carla Customer")
    await ana.press("Answer")
    await carla.hears(ana)
    await expect(one).to_be_disabled()
    await expect(one).to_have_accessible_description(re.compile("You are in a call"))
    for customer, last in ((carla, "Hang up"), (dan, "Leave")):
        await customer.press(last)
    await expect(one).to_have_count(0)
    assert axe.found == [], "\n".join(axe.found)
