"""A customer's page says that its connection is relayed, and the agent's panel hears of it."""

import asyncio

import pytest

from callflow.call import Role
from callflow.ids import AgentId, CallId
from signaling.calls.page_flags import PageFlag
from tests.signaling.desk import Desk
from tests.signaling.house import House
from tests.signaling.panels import panel

pytestmark = pytest.mark.wire


async def test_a_panel_hears_that_the_customers_connection_is_relayed_and_that_it_no_longer_is(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 3, shown by 5; old snapshot and changes are the same as a fresh snapshot."""
    monkeypatch.setattr("signaling.calls.page_flags.TELL_EVERY", 0.05)
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
        await page.until(lambda: not page.state["call"]["theirs_relayed"])
        assert len(other.changes) == untouched


async def test_an_old_connection_that_ends_does_not_unsay_what_a_living_one_said(house: House) -> None:
    """A page that came back is there before its old connection is found to be dead."""
    desk = await Desk.open(house, "ana")
    ana, mira = await house.signed_in("ana"), await house.browser()
    await ana.ask("PUT", "/agent/status", {"status": "active"})
    async with panel(ana) as page:
        call = (await desk.now(await desk.call(mira, await desk.link()))).id
        await page.until(lambda: page.state["call"] is not None)
        url = f"/api/v1/guest/calls/{call}/events"
        async with mira.client.ws_connect(url) as living:
            async with mira.client.ws_connect(url) as old:
                for events in (old, living):
                    await events.send_json({"type": "heartbeat", "relayed": True})
                await page.until(lambda: len(pages_of(house.parley.relayed, call)) == 2)
                await page.until(lambda: page.state["call"]["theirs_relayed"])
            told = len(page.changes)
            await page.until(lambda: len(pages_of(house.parley.relayed, call)) == 1)
            assert call in house.parley.relayed
            assert len(page.changes) == told


async def test_a_page_that_changes_its_mind_all_the_time_is_told_of_now_and_then(house: House) -> None:
    """Reliability S23: what an agent's panel shows is read anew at most once in 2 s."""
    desk = await Desk.open(house, "ana")
    ana, mira = await house.signed_in("ana"), await house.browser()
    await ana.ask("PUT", "/agent/status", {"status": "active"})
    async with panel(ana) as page:
        call = await desk.call(mira, await desk.link())
        await page.until(lambda: page.state["call"] is not None)
        async with mira.client.ws_connect(f"/api/v1/guest/calls/{call}/events") as events:
            before = len(page.changes)
            for number in range(41):
                await events.send_json({"type": "heartbeat", "relayed": number % 2 == 0})
            await page.until(lambda: page.state["call"]["theirs_relayed"])
            assert len(page.changes) - before <= 2


async def test_a_panel_that_cannot_be_told_is_told_later_and_the_customers_page_stays(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reliability L13: a database in trouble costs no customer the connection."""
    monkeypatch.setattr("signaling.calls.page_flags.TELL_EVERY", 0.05)
    desk = await Desk.open(house, "ana")
    ana, mira = await house.signed_in("ana"), await house.browser()
    await ana.ask("PUT", "/agent/status", {"status": "active"})
    async with panel(ana) as page:
        call = (await desk.now(await desk.call(mira, await desk.link()))).id
        await page.until(lambda: page.state["call"] is not None)
        failures = 0

        async def fails_twice(agent: AgentId) -> None:
            nonlocal failures
            if failures < 2:
                failures += 1
                raise OSError("no database")
            await house.parley.hub.refresh(agent)

        relayed = PageFlag(house.parley.engine.live)
        monkeypatch.setattr(house.parley.guest_events, "_relayed", relayed)
        telling = asyncio.create_task(relayed.tell(fails_twice))
        async with mira.client.ws_connect(f"/api/v1/guest/calls/{call}/events") as events:
            told = len(page.changes)
            await events.send_json({"type": "heartbeat", "relayed": True})
            await page.until(lambda: failures == 2 and len(page.changes) > told)
            assert not events.closed
            assert call in relayed
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


def pages_of(relayed: PageFlag, call: CallId) -> set[object]:
    return relayed._pages.get(call, set())  # pyright: ignore
