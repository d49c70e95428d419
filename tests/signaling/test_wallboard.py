"""The wallboard: who is sent it, that it follows what happens, and the count of what is stuck."""

import time
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import update

from callflow.call import Role
from conversations.calls.tables import CallRow
from tests.clock import MovableClock
from tests.signaling.desk import Desk
from tests.signaling.house import House
from tests.signaling.panels import PanelPage, panel

pytestmark = pytest.mark.wire


def total(page: PanelPage) -> dict[str, Any]:
    """The figures of all queues, as last told."""
    return page.boards[-1]["total"] if page.boards else {}


async def test_the_wallboard_follows_a_call_from_the_queue_to_the_report(house: House, clock: MovableClock) -> None:
    """PLUS-20, AP-03: each change is pushed to who shows it; the same is answered to who asks."""
    desk = await Desk.open(house, "ana")
    ana, cora = await house.signed_in("ana"), await house.browser()
    async with panel(desk.sue, sound="off") as led, panel(ana, sound="blocked") as mine:
        await led.say("follow", wallboard=True)
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        await led.until(lambda: total(led).get("agents", {}).get("unready") == 1)
        call = await desk.call(cora, await desk.link())
        await led.until(lambda: total(led)["waiting"] == 1)
        assert total(led)["waiting_since"] == clock.now().isoformat().replace("+00:00", "Z")
        clock.advance(12)
        await mine.say("sound", sound="ready")
        await led.until(lambda: total(led)["agents"]["ringing"] == 1)
        assert total(led)["waiting"] == 1, "a call that rings still waits"
        await mine.until(lambda: mine.state["call"] is not None)
        await ana.post(f"/reservations/{mine.state['call']['reservation']['id']}/accept", {"tab": "tab-1"})
        await desk.up(call, Role.AGENT)
        await led.until(lambda: total(led)["talking"] == 1)
        assert (total(led)["waiting"], total(led)["waiting_since"], total(led)["answered"]) == (0, None, 1)
        assert (total(led)["sl1"], total(led)["sl2"]) == (1.0, 1.0)
        await cora.post(f"/guest/calls/{call}/hangup")
        await led.until(lambda: total(led)["agents"]["wrapping"] == 1)
        asked = await desk.sue.get("/wallboard")
        assert asked["total"] == total(led)
        row = next(row for row in asked["queues"] if row["queue"]["id"] == desk.queue["id"])
        assert (row["open"], row["figures"]["answered"], row["figures"]["target_seconds"]) == (True, 1, 20)
        assert asked["stuck"] == 0


async def test_only_who_leads_and_shows_it_is_sent_the_wallboard_and_not_more_than_twice_a_second(
    house: House,
) -> None:
    """SYS-01, PLUS-20."""
    desk = await Desk.open(house, "ana")
    ana = await house.signed_in("ana")
    async with panel(desk.sue, sound="off") as led, panel(desk.sue, sound="off") as other, panel(ana) as mine:
        await led.say("follow", wallboard=True)
        await mine.say("follow", wallboard=True)
        await led.until(lambda: len(led.boards) == 1)
        begun = time.monotonic()
        for status in ("busy", "away", "active", "busy", "away", "active", "busy"):
            await ana.ask("PUT", "/agent/status", {"status": status})
        await led.until(lambda: total(led)["agents"]["busy"] == 1)
        assert len(led.boards) <= 2 + (time.monotonic() - begun) / 0.5
        await led.say("follow", wallboard=False)
        await led.say("heartbeat")
        await led.until(lambda: led.pongs == 1)
        told = len(led.boards)
        await ana.ask("PUT", "/agent/status", {"status": "away"})
        await other.say("follow", wallboard=True)
        await other.until(lambda: bool(other.boards) and total(other)["agents"]["away"] == 1)
        assert len(led.boards) == told
        assert mine.boards == []
    assert await ana.refused("GET", "/wallboard") == (403, "forbidden")


async def test_what_is_late_by_more_than_five_seconds_is_counted_as_stuck(house: House, clock: MovableClock) -> None:
    """PLUS-15: 0 on `/metrics` and on the wallboard, whatever happens, until something is stuck indeed."""
    desk = await Desk.open(house, "ana")
    await (await house.signed_in("ana")).ask("PUT", "/agent/status", {"status": "busy"})
    call = await desk.call(await house.browser(), await desk.link())

    async def metrics() -> list[str]:
        async with ClientSession() as session, session.get(house.server.make_url("/metrics")) as answer:
            return [line for line in (await answer.text()).splitlines() if line.startswith("parley_stuck")]

    assert await metrics() == ['parley_stuck{kind="call"} 0.0', 'parley_stuck{kind="agent"} 0.0']
    # A row that nobody can move: its engine does not know it, and what is in it leads nowhere.
    async with house.parley.database.write() as write:
        late = {"deadline_at": clock.now(), "phase": "broken"}
        await write.session.execute(update(CallRow).where(CallRow.id == call).values(**late))
    assert (await desk.sue.get("/wallboard"))["stuck"] == 0
    clock.advance(6)
    assert (await desk.sue.get("/wallboard"))["stuck"] == 1
    assert await metrics() == ['parley_stuck{kind="call"} 1.0', 'parley_stuck{kind="agent"} 0.0']
