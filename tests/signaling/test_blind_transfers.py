"""What becomes of a blind transfer, for the customer and for both agents (mission 3.5)."""

import asyncio

import pytest

from callflow.agent import Group, Idle, Rung, StatusReason, WrapUp
from callflow.call import Call, Ringing, Waiting
from callflow.limits import DECLINE_PAUSE
from tests.clock import MovableClock
from tests.signaling.floor import Floor, talking
from tests.signaling.guest_pages import guest_page
from tests.signaling.house import House

pytestmark = pytest.mark.wire


async def transferred(floor: Floor) -> None:
    """Ana hands the call to Ben, whose panel rings."""
    await floor.does("ana", "transfer", {"agent_id": floor.id("ben")})
    await floor.shows("ben", "ringing")


async def back_at_the_head(floor: Floor, before: Call) -> Call:
    """Wait until the caller is next in line, who has waited since the call began."""
    now = await floor.desk.until(floor.call, lambda call: isinstance(call.phase, Waiting))
    assert now.returned
    assert (now.started_at, now.priority) == (before.started_at, before.priority)
    return now


async def test_a_target_who_does_not_answer_is_away_and_the_caller_is_offered_to_others_first(
    house: House, clock: MovableClock
) -> None:
    """XFER-05, CALL-05, PLUS-07: neither he nor who transferred is in the next round; after a pause both are."""
    async with talking(house) as floor, floor.joined_by("cleo"), guest_page(floor.guest, floor.call) as page:
        before = await floor.desk.now(floor.call)
        await transferred(floor)
        await page.until_phase("transferring")
        clock.advance(20)
        await house.parley.engine.sweep()
        await page.until_phase("waiting")
        await back_at_the_head(floor, before)
        ben = await floor.desk.agent("ben")
        assert (ben.status.group, ben.reason, ben.activity.__class__) == (Group.AWAY, StatusReason.MISSED, Idle)
        assert isinstance(await floor.activity("ana"), WrapUp)
        await floor.staff["ana"].post("/wrap-up/finish", {"call_id": floor.call, "summary": "", "status": "open"})
        await floor.chooses("ben", "active")
        await house.parley.engine.route()
        assert (await floor.activity("ana"), await floor.activity("ben")) == (Idle(clock.now()), Idle(clock.now()))
        await floor.chooses("cleo", "active")
        ringing = await floor.shows("cleo", "ringing")
        assert ringing["id"] == floor.call
        await floor.staff["cleo"].post(f"/reservations/{ringing['reservation']['id']}/decline")
        clock.advance(DECLINE_PAUSE.total_seconds() - 1)
        await house.parley.engine.route()
        assert isinstance((await floor.desk.now(floor.call)).phase, Waiting)
        clock.advance(1)
        await house.parley.engine.route()
        await floor.desk.until(floor.call, lambda call: isinstance(call.phase, Ringing))


async def test_the_caller_comes_back_when_the_targets_panel_is_gone_who_is_not_blamed(
    house: House, clock: MovableClock
) -> None:
    """XFER-05, PLUS-05: after the time that a reload may take."""
    async with talking(house) as floor:
        before = await floor.desk.now(floor.call)
        await transferred(floor)
        await floor.panels["ben"].ws.close()
        await floor.desk.until_agent("ben", lambda agent: not agent.reachable)
        assert isinstance((await floor.desk.now(floor.call)).phase, Ringing)
        clock.advance(5)
        await house.parley.engine.sweep()
        await back_at_the_head(floor, before)
        ben = await floor.desk.until_agent("ben", lambda agent: isinstance(agent.activity, Idle))
        assert (ben.status.group, ben.reason, ben.misses) == (Group.AVAILABLE, None, 0)
        assert (await floor.guest.get(f"/guest/calls/{floor.call}"))["phase"] == "waiting"


async def test_a_customer_who_hangs_up_while_the_target_rings_leaves_everybody_free(
    house: House, clock: MovableClock
) -> None:
    """XFER-04, PLUS-08: one wrap-up, of who talked; the other was not answered and writes nothing."""
    async with talking(house) as floor, guest_page(floor.guest, floor.call) as page:
        await transferred(floor)
        wrap_up = await floor.activity("ana")
        await floor.guest.post(f"/guest/calls/{floor.call}/hangup")
        await page.until_phase("ended")
        assert (page.call["end_reason"], page.call["ended_by"]) == ("hung_up", "customer")
        await floor.shows("ben", None)
        assert floor.panels["ben"].state["wrap_up"] is None
        assert isinstance(await floor.activity("ben"), Idle)
        assert await floor.activity("ana") == wrap_up
        clock.advance(30)
        await house.parley.engine.sweep()
        await floor.desk.until_agent("ana", lambda agent: isinstance(agent.activity, Idle))
        assert (await floor.desk.agent("ben")).available


async def test_who_transferred_may_sign_out_meanwhile_and_the_target_has_the_call(
    house: House, clock: MovableClock
) -> None:
    """XFER-04, AST-06: the wrap-up ends by its deadline, and nothing else of hers is left."""
    async with talking(house) as floor, guest_page(floor.guest, floor.call) as page:
        await transferred(floor)
        await page.until_phase("transferring")
        assert (await floor.staff["ana"].ask("DELETE", "/session")).status < 300
        await floor.panels["ana"].closed()
        assert isinstance((await floor.desk.now(floor.call)).phase, Ringing)
        await floor.answers("ben")
        await page.until_phase("talking")
        assert page.call["agent"]["name"] == "Ben"
        clock.advance(30)
        await house.parley.engine.sweep()
        ana = await floor.desk.until_agent("ana", lambda agent: isinstance(agent.activity, Idle))
        assert (ana.status.group, ana.reason) == (Group.UNAVAILABLE, StatusReason.SIGNED_OUT)


async def test_of_two_targets_at_once_one_rings_and_the_other_request_is_told_why_not(house: House) -> None:
    """XFER-02, XFER-04, CALL-02."""
    async with talking(house) as floor, floor.joined_by("cleo"):
        await floor.chooses("cleo", "active")
        path, targets = f"/calls/{floor.call}/transfer", ("ben", "cleo")
        asked = [floor.staff["ana"].ask("POST", path, {"agent_id": floor.id(login)}) for login in targets]
        answers = dict(zip(targets, await asyncio.gather(*asked), strict=True))
        assert sorted(answer.status for answer in answers.values()) == [204, 409]
        [won] = [login for login, answer in answers.items() if answer.status == 204]
        [lost] = [login for login in targets if login != won]
        assert (await answers[lost].json(content_type=None))["code"] == "not_your_call"
        await floor.shows(won, "ringing")
        assert isinstance(await floor.activity(won), Rung)
        assert isinstance(await floor.activity(lost), Idle)
        assert [ring.agent for ring in (await floor.desk.now(floor.call)).rings] == [floor.id(won)]


async def test_who_is_busy_or_away_may_be_transferred_a_call_and_who_is_offline_may_not(house: House) -> None:
    """AST-02, AST-08, XFER-02: the status stays as it was."""
    async with talking(house) as floor, floor.joined_by("cleo"):
        target = {"agent_id": floor.id("cleo")}
        assert await floor.refused("ana", "transfer", target) == "not_available"
        await floor.chooses("cleo", "busy")
        await floor.does("ana", "transfer", target)
        await floor.answers("cleo")
        assert (await floor.shows("cleo", "talking"))["customer"]["name"] == "Cora"
        assert (await floor.desk.agent("cleo")).status.group is Group.BUSY
        await floor.chooses("ben", "away")
        await floor.does("cleo", "transfer", {"agent_id": floor.id("ben")})
        await floor.answers("ben")
        await floor.shows("ben", "talking")
        assert (await floor.desk.agent("ben")).status.group is Group.AWAY


async def test_a_transfer_to_nothing_that_could_be_an_agent_is_refused_in_words(house: House) -> None:
    """XFER-02: whatever the body is."""
    ana, path = await house.signed_in("ana"), "/calls/call_0/transfer"
    agents: list[object] = [5, "", "a b", "a" * 10_000]
    bodies: list[object] = [{}, [], "a", *({"agent_id": agent} for agent in agents)]
    for body in bodies:
        assert await ana.refused("POST", path, body) == (422, "invalid")
    assert await ana.refused("POST", path) == (415, "not_json")
    assert await ana.refused("POST", path, {"agent_id": "user_0"}) == (409, "not_your_call")
