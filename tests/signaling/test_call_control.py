"""What agents and supervisors do with a call that is going on, asked for through the API."""

import asyncio

import pytest

from callflow.agent import Idle, Observing, WrapUp
from callflow.call import LegState, Ringing, Talking, Waiting
from conversations.directory.values import UserRole
from tests.signaling.floor import talking
from tests.signaling.house import House
from tests.signaling.panels import panel

pytestmark = pytest.mark.wire


async def test_hold_and_resume_are_shown_and_doubled_ones_change_nothing(house: House) -> None:
    """CALL-07, PLUS-21: only by who talks; the customer's page says since when."""
    async with talking(house) as floor:
        assert await floor.refused("ben", "hold") == "not_your_call"
        await floor.does("ana", "hold")
        page = floor.panels["ana"]
        await page.until(lambda: page.state["call"]["talk"]["held_at"] is not None)
        held_at = page.state["call"]["talk"]["held_at"]
        assert (await floor.guest.get(f"/guest/calls/{floor.call}"))["held_at"] == held_at
        await floor.does("ana", "hold")
        await floor.does("ana", "resume")
        await page.until(lambda: page.state["call"]["talk"]["held_at"] is None)
        await floor.does("ana", "resume")
        assert held_at is not None
        assert (await floor.guest.get(f"/guest/calls/{floor.call}"))["held_at"] is None


async def test_targets_are_the_agents_of_the_queue_who_can_be_rung(house: House) -> None:
    """XFER-02, AST-01: free Available first, then Busy; never oneself or who is not there; with the status's name."""
    async with talking(house) as floor:
        for login in ("cleo", "dan"):
            await house.add_person(login, frozenset({UserRole.AGENT}))
        queue = next(one for one in await floor.desk.sue.get("/queues") if one["id"] == floor.desk.queue["id"])
        members = [{"id": floor.id(login)} for login in ("ana", "ben", "cleo", "dan")]
        await floor.desk.sue.patch(f"/queues/{queue['id']}", {"version": queue["version"], "members": members})
        cleo = await house.signed_in("cleo")
        async with panel(cleo) as page:
            await page.until(lambda: page.state["me"]["reachable"])
            await floor.staff["ben"].ask("PUT", "/agent/status", {"status": "busy"})
            assert await floor.targets("ana") == ["Ben"]  # Cleo is there, but Offline
            await cleo.ask("PUT", "/agent/status", {"status": "active"})
            assert await floor.targets("ana") == ["Cleo", "Ben"]
            assert await floor.targets("ana", "EO") == ["Cleo"]
            made = await floor.desk.sue.post("/statuses", {"name": "Back office", "group": "busy"})
            await floor.staff["ben"].ask("PUT", "/agent/status", {"status": made["id"]})
            shown = await floor.staff["ana"].get(f"/calls/{floor.call}/transfer-targets")
            assert [one["status_name"] for one in shown["items"]] == ["Active", "Back office"]
            refused = await floor.staff["ben"].refused("GET", f"/calls/{floor.call}/transfer-targets")
            assert refused == (409, "not_your_call")


async def test_a_transfer_that_cannot_be_is_refused_and_the_call_goes_on(house: House) -> None:
    """XFER-02: to oneself, to nobody, to who is not in the queue, not there, or asked for by who does not talk."""
    async with talking(house) as floor:
        await house.add_person("zoe", frozenset({UserRole.AGENT}))
        assert await floor.refused("ana", "transfer", {"agent_id": floor.id("ana")}) == "transfer_to_self"
        assert await floor.refused("ana", "transfer", {"agent_id": floor.id("zoe")}) == "not_in_queue"
        assert await floor.refused("ana", "transfer", {"agent_id": "nobody"}) == "not_in_queue"
        assert await floor.refused("ben", "transfer", {"agent_id": floor.id("ana")}) == "not_your_call"
        assert await floor.refused("ana", "consult", {"agent_id": floor.id("ben")}) == "no_consult"
        assert await floor.refused("ana", "consult/complete") == "not_answered"
        assert await floor.refused("ana", "consult/return") == "no_consult"
        await floor.staff["ben"].ask("PUT", "/agent/status", {"status": "offline"})
        assert await floor.refused("ana", "transfer", {"agent_id": floor.id("ben")}) == "not_available"
        now = await floor.desk.now(floor.call)
        assert isinstance(now.phase, Talking)
        assert now.agent == floor.id("ana")


async def test_a_transfer_rings_the_target_while_the_wrap_up_shows_and_the_call_goes_on_with_him(
    house: House,
) -> None:
    """XFER-03, XFER-04: pressed twice at once it happens once, and the second is told that it has."""
    async with talking(house) as floor:
        body = {"agent_id": floor.id("ben")}
        path = f"/calls/{floor.call}/transfer"
        both = await asyncio.gather(*(floor.staff["ana"].ask("POST", path, body) for _ in range(2)))
        assert sorted(answer.status for answer in both) == [204, 409]
        ringing = await floor.shows("ben", "ringing")
        assert ringing["asked_by"]["name"] == "Ana"
        assert ringing["customer"]["name"] == "Cora"
        ana = floor.panels["ana"]
        await ana.until(lambda: ana.state["wrap_up"] is not None)
        assert ana.state["call"] is None
        assert ana.state["wrap_up"]["ended_by"] is None
        await floor.answers("ben")
        await floor.panels["ben"].until(lambda: floor.part("ben").get("mine") == LegState.UP)
        assert floor.part("ben")["phase"] == "talking"
        assert ana.state["wrap_up"] is not None


async def test_a_transfer_that_is_declined_leaves_the_caller_next_in_line(house: House) -> None:
    """XFER-05, mission 3.5: at the head of the queue, and who transferred is in wrap-up."""
    async with talking(house) as floor:
        await floor.does("ana", "transfer", {"agent_id": floor.id("ben")})
        ringing = await floor.shows("ben", "ringing")
        await floor.staff["ben"].post(f"/reservations/{ringing['reservation']['id']}/decline")
        await floor.shows("ben", None)
        now = await floor.desk.now(floor.call)
        assert isinstance(now.phase, Waiting)
        assert now.returned
        assert isinstance(await floor.activity("ana"), WrapUp)
        assert isinstance(await floor.activity("ben"), Idle)


async def test_who_is_in_a_call_cannot_be_transferred_another(house: House) -> None:
    """CALL-02, XFER-02: nor is he shown."""
    async with talking(house) as floor:
        other = await floor.desk.call(await house.browser(), await floor.desk.link(), name="Dora")
        shown = await floor.shows("ben", "ringing")
        assert shown["id"] == other
        assert await floor.targets("ana") == []
        assert await floor.refused("ana", "transfer", {"agent_id": floor.id("ben")}) == "not_available"


async def test_a_consultation_is_completed(house: House) -> None:
    """XFER-01, PLUS-21: where the queue allows it; the colleague has the call and the thread, the first a wrap-up."""
    async with talking(house) as floor:
        await floor.allows_consult()
        await floor.does("ana", "consult", {"agent_id": floor.id("ben")})
        assert await floor.refused("ana", "transfer", {"agent_id": floor.id("ben")}) == "consulting"
        assert await floor.refused("ana", "consult", {"agent_id": floor.id("ben")}) == "consulting"
        assert await floor.refused("ana", "resume") == "consulting"
        assert await floor.refused("ana", "consult/complete") == "not_answered"
        assert (await floor.shows("ben", "ringing"))["asked_by"]["name"] == "Ana"
        await floor.answers("ben")
        consulting = await floor.shows("ben", "consulting")
        assert consulting["talk"]["held_at"] is not None
        await floor.does("ana", "consult/complete")
        await floor.shows("ben", "talking")
        ana = floor.panels["ana"]
        await ana.until(lambda: ana.state["wrap_up"] is not None)
        thread = await floor.staff["ben"].get(f"/conversations/{consulting['conversation_id']}")
        assert thread["assignee"]["name"] == "Ben"


@pytest.mark.parametrize("who", ["ana", "ben"])
async def test_either_of_the_two_ends_a_consultation(house: House, who: str) -> None:
    """PLUS-21: the customer comes back to the agent when the agent says so, and waits on hold until then."""
    async with talking(house) as floor:
        await floor.allows_consult()
        await floor.does("ana", "consult", {"agent_id": floor.id("ben")})
        await floor.answers("ben")
        await floor.does(who, "consult/return")
        await floor.shows("ben", None)
        now = await floor.desk.now(floor.call)
        assert isinstance(now.phase, Talking)
        assert (now.phase.held_at is None) == (who == "ana")
        assert isinstance(await floor.activity("ben"), Idle)


async def test_a_supervisor_listens_whispers_joins_and_leaves(house: House) -> None:
    """PLUS-20: in any call that is talked; what he does stands in the log."""
    async with talking(house) as floor:
        await floor.does("sue", "observe", {"mode": "listen"})
        shown = await floor.shows("sue", "observing")
        assert shown["talk"]["agent"]["name"] == "Ana"
        for mode in ("whisper", "barge"):
            await floor.does("sue", "observe", {"mode": mode})
            ana = floor.panels["ana"]
            await ana.until(
                lambda mode=mode, ana=ana: [one["mode"] for one in ana.state["call"]["talk"]["observers"]] == [mode]
            )
        assert isinstance(await floor.activity("sue"), Observing)
        await floor.does("sue", "observe/stop")
        await floor.shows("sue", None)
        await floor.does("sue", "observe/stop")
        assert (await floor.staff["ana"].refused("POST", f"/calls/{floor.call}/observe", {"mode": "listen"}))[0] == 403


async def test_nobody_listens_to_a_call_in_which_nobody_talks(house: House) -> None:
    """PLUS-20: nor do observers follow a call out of its talk; whoever is in another call is busy."""
    async with talking(house) as floor:
        await floor.does("sue", "observe", {"mode": "listen"})
        await floor.does("ana", "transfer", {"agent_id": floor.id("ben")})
        await floor.shows("sue", None)
        assert isinstance((await floor.desk.now(floor.call)).phase, Ringing)
        assert await floor.refused("sue", "observe", {"mode": "listen"}) == "not_talking"
