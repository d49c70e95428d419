"""People who are disabled, or lose their role, while a call, a wrap-up or a talk that they listen to holds them."""

import pytest
from sqlalchemy import update

from callflow.agent import Group, Idle, Observing, StatusReason, WrapUp
from callflow.call import Call, Ringing, Talking, Waiting
from callflow.events import AgentRemoved, CallEvent
from callflow.ids import CallId, LegId
from callflow.limits import DECLINE_PAUSE
from conversations.directory.tables import UserRow
from tests.clock import MovableClock
from tests.signaling.desk import Desk
from tests.signaling.floor import talking
from tests.signaling.house import House
from tests.signaling.panels import panel

pytestmark = pytest.mark.wire


@pytest.fixture
def closed(house: House, monkeypatch: pytest.MonkeyPatch) -> list[LegId]:
    """The legs that the media plane was told to close."""
    legs: list[LegId] = []
    monkeypatch.setattr(house.plane, "close", legs.append)
    return legs


async def disable(house: House, login: str) -> None:
    """The administrator keeps somebody out."""
    admin = await house.signed_in("admin")
    await admin.post(f"/users/{house.people[login].user.id}/disable")


async def give_role(house: House, login: str, role: str) -> None:
    """The administrator gives somebody this role instead of the present ones."""
    admin = await house.signed_in("admin")
    user = next(one for one in await admin.get("/users") if one["login"] == login)
    await admin.patch(f"/users/{user['id']}", {"version": user["version"], "roles": [role]})


async def free_and_offline(desk: Desk, login: str) -> None:
    """Wait until nothing holds somebody, who is Offline with the reason."""
    agent = await desk.until_agent(login, lambda agent: isinstance(agent.activity, Idle))
    assert (agent.status.group, agent.reason, agent.then) == (Group.UNAVAILABLE, StatusReason.BARRED, None)


def leg_of(call: Call, house: House, login: str) -> LegId:
    """Somebody's leg in a call."""
    party = call.party_of(house.people[login].user.id)
    assert party is not None
    return party.leg.id


async def test_the_panel_of_an_agent_who_is_disabled_stops_ringing_and_a_colleague_is_rung(
    house: House, closed: list[LegId]
) -> None:
    """CALL-03, PLUS-05: the caller keeps the place."""
    desk = await Desk.open(house, "ana", "ben")
    ana, ben, cora = await house.signed_in("ana"), await house.signed_in("ben"), await house.browser()
    async with panel(ana) as mine, panel(ben) as his:
        await mine.until(lambda: mine.state["me"]["reachable"])
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        call = await desk.call(cora, await desk.link())
        await mine.until(lambda: mine.state["call"] is not None)
        ring = leg_of(await desk.now(call), house, "ana")
        await his.until(lambda: his.state["me"]["reachable"])
        await ben.ask("PUT", "/agent/status", {"status": "active"})
        await disable(house, "ana")
        await his.until(lambda: his.state["call"] is not None)
        assert his.state["call"]["id"] == call
        assert (await mine.closed())[0] == 4401
        await free_and_offline(desk, "ana")
        assert ring in closed
        assert not (await desk.now(call)).returned


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("how", ["disabled", "no_agent"])
async def test_the_customer_of_an_agent_who_may_not_work_any_more_goes_to_the_head_and_to_a_colleague(
    house: House, closed: list[LegId], held: bool, how: str
) -> None:
    """PLUS-05, CALL-03: at once, before others who wait, also from hold; the media of who is out ends, page or not."""
    async with talking(house) as floor:
        ben, desk = floor.staff["ben"], floor.desk
        await ben.ask("PUT", "/agent/status", {"status": "away"})
        other = await desk.call(await house.browser(), await desk.link(), name="Dora")
        if held:
            await floor.does("ana", "hold")
        await floor.staff["ana"].ask("PUT", "/agent/status", {"status": "busy"})  # for afterwards
        leg = leg_of(await desk.now(floor.call), house, "ana")
        await (disable(house, "ana") if how == "disabled" else give_role(house, "ana", "supervisor"))
        await free_and_offline(desk, "ana")
        now = await desk.now(floor.call)
        assert isinstance(now.phase, Waiting)
        assert now.returned
        assert leg in closed
        page = await floor.guest.get(f"/guest/calls/{floor.call}")
        assert (page["phase"], page["held_at"], page["agent"]) == ("waiting", None, None)
        await ben.ask("PUT", "/agent/status", {"status": "active"})
        assert (await floor.shows("ben", "ringing"))["id"] == floor.call
        await floor.answers("ben")
        assert (await floor.shows("ben", "talking"))["id"] == floor.call
        assert isinstance((await desk.now(other)).phase, Waiting)
        assert not [leg for leg in closed if leg == now.customer_leg.id]


@pytest.mark.parametrize("answered", [False, True])
async def test_an_agent_who_is_disabled_while_asking_a_colleague_leaves_the_customer_to_him_or_to_the_queue(
    house: House, clock: MovableClock, closed: list[LegId], answered: bool
) -> None:
    """PLUS-05, PLUS-21: a colleague who talks already has the customer; one who only rings is free."""
    async with talking(house) as floor:
        desk = floor.desk
        await floor.allows_consult()
        await floor.does("ana", "consult", {"agent_id": floor.id("ben")})
        await floor.shows("ben", "ringing")
        if answered:
            await floor.answers("ben")
        before = await desk.now(floor.call)
        await disable(house, "ana")
        await free_and_offline(desk, "ana")
        now = await desk.now(floor.call)
        assert leg_of(before, house, "ana") in closed
        if answered:
            await floor.shows("ben", "talking")
            assert isinstance(now.phase, Talking)
            assert (now.agent, now.phase.held_at) == (floor.id("ben"), None)
            assert leg_of(before, house, "ben") not in closed
        else:
            await floor.shows("ben", None)
            assert isinstance(now.phase, Waiting)
            assert now.returned
            assert leg_of(before, house, "ben") in closed
            clock.advance(DECLINE_PAUSE.total_seconds())
            await house.parley.engine.route()
            assert (await floor.shows("ben", "ringing"))["id"] == floor.call


@pytest.mark.parametrize("answered", [False, True])
async def test_a_colleague_who_is_disabled_while_he_is_asked_leaves_the_call_as_it_was(
    house: House, closed: list[LegId], answered: bool
) -> None:
    """PLUS-05, PLUS-21: the customer stays on hold until the agent comes back to him."""
    async with talking(house) as floor:
        desk = floor.desk
        await floor.allows_consult()
        await floor.does("ana", "consult", {"agent_id": floor.id("ben")})
        await floor.shows("ben", "ringing")
        if answered:
            await floor.answers("ben")
        leg = leg_of(await desk.now(floor.call), house, "ben")
        await disable(house, "ben")
        await free_and_offline(desk, "ben")
        assert leg in closed
        ana = floor.panels["ana"]
        await ana.until(lambda: ana.state["call"]["talk"]["consult"] is None)
        assert floor.part("ana")["talk"]["held_at"] is not None
        await floor.does("ana", "resume")


@pytest.mark.parametrize("how", ["disabled", "agent"])
async def test_a_supervisor_who_may_not_lead_any_more_hears_nothing_more(
    house: House, closed: list[LegId], how: str
) -> None:
    """PLUS-20, SYS-01: the call goes on; who only changes to another role that leads stays in it."""
    async with talking(house) as floor:
        desk = floor.desk
        await floor.does("sue", "observe", {"mode": "listen"})
        leg = leg_of(await desk.now(floor.call), house, "sue")
        await give_role(house, "sue", "admin")
        await floor.panels["sue"].closed()
        assert isinstance(await floor.activity("sue"), Observing)
        await (disable(house, "sue") if how == "disabled" else give_role(house, "sue", "agent"))
        await desk.until_agent("sue", lambda agent: isinstance(agent.activity, Idle))
        assert closed == [leg]
        ana = floor.panels["ana"]
        await ana.until(lambda: ana.state["call"]["talk"]["observers"] == [])
        assert isinstance((await desk.now(floor.call)).phase, Talking)


async def test_a_wrap_up_of_an_agent_who_is_disabled_ends_and_the_draft_is_kept(house: House) -> None:
    """PLUS-08, WRAP-05."""
    async with talking(house) as floor:
        ana, desk = floor.staff["ana"], floor.desk
        thread = floor.part("ana")["conversation_id"]
        await floor.does("ana", "hangup")
        draft = {"call_id": floor.call, "summary": "Sends it back.", "status": "waiting"}
        answer = await ana.ask("PUT", "/wrap-up", draft)
        assert answer.status == 200, await answer.text()
        await disable(house, "ana")
        await free_and_offline(desk, "ana")
        shown = await desk.sue.get(f"/conversations/{thread}")
        assert (shown["summary"], shown["status"]) == ("Sends it back.", "waiting")


async def test_who_was_disabled_while_nobody_could_act_on_it_is_taken_out_at_the_next_start(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLUS-05: the server may end between the change and what follows from it; a first failure is tried again."""
    monkeypatch.setattr("signaling.removals.AGAIN_AFTER", 0.01)
    engine, failures = house.parley.engine, 0

    async def fails_once(call: CallId, event: CallEvent) -> Call:
        nonlocal failures
        if isinstance(event, AgentRemoved) and not failures:
            failures += 1
            raise OSError("no database")
        return await ask(call, event)

    async with talking(house) as floor:
        ask = engine.ask
        monkeypatch.setattr(engine, "ask", fails_once)
        async with house.parley.database.write() as write:
            await write.session.execute(update(UserRow).where(UserRow.id == floor.id("ana")).values(disabled=True))
        assert not isinstance(await floor.activity("ana"), WrapUp | Idle)
        await house.parley.removals.start()
        await free_and_offline(floor.desk, "ana")
        assert (await floor.shows("ben", "ringing"))["id"] == floor.call
        assert isinstance((await floor.desk.now(floor.call)).phase, Ringing)
        assert failures == 1
