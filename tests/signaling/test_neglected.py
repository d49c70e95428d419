"""A caller whom nobody answers: the word to those who lead."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from conversations.directory.values import UserRole
from tests.signaling.desk import Desk
from tests.signaling.house import Browser, House
from tests.signaling.panels import PanelPage, State, connected, panel

pytestmark = pytest.mark.wire


@asynccontextmanager
async def three_agents(house: House) -> AsyncGenerator[tuple[Desk, list[tuple[Browser, PanelPage]]]]:
    """A queue of three who are Active."""
    await house.add_person("cleo", frozenset({UserRole.AGENT}))
    desk = await Desk.open(house, "ana", "ben", "cleo")
    async with AsyncExitStack() as stack:
        crew: list[tuple[Browser, PanelPage]] = []
        for login in ("ana", "ben", "cleo"):
            browser = await house.signed_in(login)
            page = await stack.enter_async_context(panel(browser))
            await page.until(lambda page=page: page.state["me"]["reachable"])
            await browser.ask("PUT", "/agent/status", {"status": "active"})
            crew.append((browser, page))
        yield desk, crew


async def all_decline(crew: list[tuple[Browser, PanelPage]]) -> None:
    """Whoever is rung declines, until all have."""
    left = list(crew)
    while left:
        await left[0][1].until(lambda: any(page.state["call"] for _, page in left))
        rung = next(one for one in left if one[1].state["call"])
        browser, page = rung
        await browser.post(f"/reservations/{page.state['call']['reservation']['id']}/decline")
        left.remove(rung)


def neglected(page: PanelPage) -> list[State]:
    return page.state["neglected"]


async def test_those_who_lead_are_told_of_a_caller_whom_nobody_answers_until_he_leaves(house: House) -> None:
    """PLUS-07, PLUS-15: at once, in a fresh panel and after a cut; agents are not told."""
    async with three_agents(house) as (desk, crew), panel(desk.sue, sound="off") as led:
        cora = await house.browser()
        call = await desk.call(cora, await desk.link())
        await all_decline(crew)
        await led.until(lambda: bool(neglected(led)))
        (told,) = neglected(led)
        assert (told["id"], told["offers"], told["customer"]["name"]) == (call, 3, "Cora")
        assert told["queue"] == {"id": desk.queue["id"], "name": "Front desk"}
        async with panel(desk.sue, sound="off") as fresh, connected(desk.sue) as back:
            assert neglected(fresh) == [told]
            back.state, back.upto = led.state, led.upto
            await back.hello(resume=led.upto, sound="off")
            assert (back.snapshots, neglected(back)) == (0, [told])
            await cora.post(f"/guest/calls/{call}/hangup")
            for page in (led, fresh, back):
                await page.until(lambda page=page: not neglected(page))
        assert all(not neglected(page) for _, page in crew)
