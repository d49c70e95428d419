"""A customer's page says that its connection is relayed, and the agent's panel hears of it."""

import pytest

from callflow.call import Role
from tests.signaling.desk import Desk
from tests.signaling.house import House
from tests.signaling.panels import panel

pytestmark = pytest.mark.wire


async def test_a_panel_hears_that_the_customers_connection_is_relayed_and_that_it_no_longer_is(house: House) -> None:
    """Issue 3, shown by 5; old snapshot and changes are the same as a fresh snapshot."""
    desk = await Desk.open(house, "ana", "ben")
    ana, ben, mira = await house.signed_in("ana"), await house.signed_in("ben"), await house.browser()
    await ana.ask("PUT", "/agent/status", {"status": "active"})
    async with panel(ana) as page, panel(ben) as other:
        call = await desk.call(mira, await desk.link())
        await page.until(lambda: page.state["call"] is not None)
        assert not page.state["call"]["theirs_relayed"]
        untouched = len(other.changes)
        async with mira.client.ws_connect(f"/api/v1/guest/calls/{call}/events") as events:
            for relayed in (True, False, True):
                await events.send_json({"type": "heartbeat", "relayed": relayed})
                await page.until(lambda wanted=relayed: page.state["call"]["theirs_relayed"] is wanted)
            told = len(page.changes)
            await events.send_json({"type": "heartbeat", "relayed": True})
            async with panel(ana) as fresh:
                assert fresh.state["call"]["theirs_relayed"]
                assert page.state["call"] == fresh.state["call"]
            await desk.lose(call, Role.CUSTOMER)
            await page.until(lambda: len(page.changes) > told)
            assert page.state["call"]["theirs_relayed"]
        assert len(other.changes) == untouched
