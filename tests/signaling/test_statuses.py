"""Statuses and dispositions that supervisors keep, and what they can do for an agent."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from callflow.agent import Idle, InCall, Rung, WrapUp
from callflow.call import Role
from callflow.ids import AgentId
from tests.clock import MovableClock
from tests.signaling.desk import Desk
from tests.signaling.house import Browser, House

pytestmark = pytest.mark.wire


async def status_of(browser: Browser, name: str) -> dict[str, Any]:
    """One agent's line in the team."""
    return next(member for member in await browser.get("/team") if member["name"] == name)


@asynccontextmanager
async def panel_of(browser: Browser) -> AsyncGenerator[None]:
    """Keep a panel open that can ring."""
    async with browser.client.ws_connect("/api/v1/panel") as panel:
        await panel.send_json({"type": "hello", "tab": "t", "resume": None, "sound": "ready"})
        await panel.receive_json(timeout=10)
        yield


async def doing(house: House, login: str, kind: type) -> Any:
    """Wait until an agent does this; return the activity."""

    async with asyncio.timeout(10):
        while True:
            agent = await house.parley.store.agent(AgentId(house.people[login].user.id))
            if agent is not None and isinstance(agent.activity, kind):
                return agent.activity
            await asyncio.sleep(0.02)


async def in_wrap_up(desk: Desk, ana: Browser) -> dict[str, str]:
    """Bring Ana into the wrap-up of a call; return how its draft begins."""
    await ana.ask("PUT", "/agent/status", {"status": "active"})
    mira = await desk.house.browser()
    call = await desk.call(mira, await desk.link())
    rung: Rung = await doing(desk.house, "ana", Rung)
    await ana.post(f"/reservations/{rung.reservation}/accept", {"tab": "t"})
    await desk.up(call, Role.AGENT)
    await ana.post(f"/calls/{call}/hangup")
    await doing(desk.house, "ana", WrapUp)
    return {"call_id": call, "summary": "Wants a kettle.", "status": "solved"}


async def test_supervisors_make_statuses_in_groups_and_agents_choose_them(house: House) -> None:
    """AST-01, AST-02, AP-02, SYS-08: with the word for it in the team, and in the audit log."""
    sue, ana = await house.signed_in("sue"), await house.signed_in("ana")
    assert [(one["id"], one["group"]) for one in await ana.get("/statuses")] == [
        ("active", "available"),
        ("busy", "busy"),
        ("away", "away"),
        ("offline", "unavailable"),
    ]
    lunch = await sue.post("/statuses", {"name": " Lunch  break ", "group": "away"})
    assert (lunch["name"], lunch["place"], lunch["built_in"]) == ("Lunch break", 1, False)
    first = await sue.patch(f"/statuses/{lunch['id']}", {"version": 1, "place": 0, "name": "Lunch"})
    assert [one["name"] for one in await ana.get("/statuses")] == ["Active", "Busy", "Lunch", "Away", "Offline"]

    await ana.ask("PUT", "/agent/status", {"status": lunch["id"]})

    shown = await status_of(sue, "Ana")
    assert (shown["status_name"], shown["group"], shown["load"]) == ("Lunch", "away", None)
    assert [entry["subject_name"] for entry in (await sue.get("/audit"))["items"][:2]] == ["Lunch", "Lunch break"]
    assert await ana.refused("POST", "/statuses", {"name": "Gone", "group": "away"}) == (403, "forbidden")
    assert first["version"] == 2


async def test_who_is_in_a_status_that_is_deleted_or_moved_goes_with_it(house: House) -> None:
    """AST-01, AST-02: to its group's own status, or to the other group."""
    sue, ana = await house.signed_in("sue"), await house.signed_in("ana")
    mail = await sue.post("/statuses", {"name": "Mail only", "group": "available"})
    await ana.ask("PUT", "/agent/status", {"status": mail["id"]})
    assert (await status_of(sue, "Ana"))["load"] == {"calls": 0, "texts": 0, "text_capacity": 5, "full": False}

    moved = await sue.patch(f"/statuses/{mail['id']}", {"version": 1, "group": "busy"})
    shown = await status_of(sue, "Ana")
    assert (shown["status_name"], shown["group"], shown["reason"]) == ("Mail only", "busy", "removed")

    stale = await sue.ask("DELETE", f"/statuses/{mail['id']}?version=1")
    assert (stale.status, (await stale.json(content_type=None))["current"]["group"]) == (409, "busy")
    assert (await sue.ask("DELETE", f"/statuses/{mail['id']}?version={moved['version']}")).status == 204
    assert (await status_of(sue, "Ana"))["status"] == "busy"
    assert await ana.refused("PUT", "/agent/status", {"status": mail["id"]}) == (409, "status_deleted")
    again = await sue.post("/statuses", {"name": "Mail only", "group": "available"})
    assert again["id"] != mail["id"], "a name that was deleted is free again"


async def test_what_no_status_can_be_is_refused(house: House) -> None:
    """AST-01: the four of the groups stay, and bad input harms nothing."""
    sue, ana = await house.signed_in("sue"), await house.signed_in("ana")
    before = await sue.get("/statuses")
    for body in ({"name": "", "group": "away"}, {"name": "x" * 100_000, "group": "away"}, {"name": "X", "group": "x"}):
        assert await sue.refused("POST", "/statuses", body) == (422, "invalid")
    assert await sue.refused("POST", "/statuses", {"name": "ACTIVE", "group": "away"}) == (409, "name_taken")
    assert await sue.refused("PATCH", "/statuses/away", {"version": 1, "group": "busy"}) == (409, "built_in")
    assert await sue.refused("PATCH", "/statuses/away", {"version": 1, "place": 7}) == (422, "invalid")
    assert await sue.refused("DELETE", "/statuses/offline?version=1") == (409, "built_in")
    assert await sue.refused("DELETE", "/statuses/nothing?version=1") == (404, "not_found")
    assert await ana.refused("PUT", "/agent/status", {"status": "nothing"}) == (404, "not_found")
    assert await sue.get("/statuses") == before


async def test_a_supervisor_forces_a_status_and_the_call_goes_on(house: House) -> None:
    """PLUS-20, AP-02: the agent's own choice in a call is for afterwards, a supervisor's begins at once."""
    desk = await Desk.open(house, "ana")
    ana = await house.signed_in("ana")
    async with panel_of(ana):
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        await desk.call(await house.browser(), await desk.link())
        rung: Rung = await doing(house, "ana", Rung)
        await ana.post(f"/reservations/{rung.reservation}/accept", {"tab": "t"})
        chosen = await (await ana.ask("PUT", "/agent/status", {"status": "away"})).json()
        assert (chosen["status"], chosen["then"], chosen["load"]["full"]) == (
            "active",
            {"id": "away", "name": "Away"},
            True,
        )

        user = house.people["ana"].user.id
        assert (await desk.sue.ask("POST", f"/team/{user}/status", {"status": "busy"})).status == 204

        shown = await status_of(desk.sue, "Ana")
        assert (shown["status"], shown["reason"], shown["then"]) == ("busy", "forced", None)
        await doing(house, "ana", InCall)
    sue = house.people["sue"].user.id
    assert await desk.sue.refused("POST", f"/team/{sue}/status", {"status": "busy"}) == (404, "not_found")
    assert await ana.refused("POST", f"/team/{user}/status", {"status": "active"}) == (403, "forbidden")


async def test_a_supervisor_ends_a_wrap_up_and_the_draft_is_kept(house: House) -> None:
    """PLUS-08, PLUS-20, WRAP-05."""
    desk = await Desk.open(house, "ana")
    ana = await house.signed_in("ana")
    async with panel_of(ana):
        draft = await in_wrap_up(desk, ana)
        await ana.ask("PUT", "/wrap-up", draft)
        user = house.people["ana"].user.id
        assert (await status_of(desk.sue, "Ana"))["wrap_up_until"] is not None

        assert (await desk.sue.ask("POST", f"/team/{user}/wrap-up/finish")).status == 204

        await doing(house, "ana", Idle)
        thread = (await desk.now(draft["call_id"])).conversation
        wrapped = (await ana.get(f"/conversations/{thread}/entries"))["items"][-1]
        assert (wrapped["type"], wrapped["summary"], wrapped["actor"]["name"]) == (
            "call_wrapped",
            draft["summary"],
            "Sue",
        )
        assert wrapped["disposition"] is None, "they are off"
        assert await desk.sue.refused("POST", f"/team/{user}/wrap-up/finish") == (409, "no_wrap_up")


async def test_a_required_disposition_is_chosen_before_finishing_and_holds_nobody(
    house: House, clock: MovableClock
) -> None:
    """WRAP-01, WRAP-03: Finish wants one of the list; when the time is over, "none chosen" is kept."""
    desk = await Desk.open(house, "ana")
    ana, sue = await house.signed_in("ana"), desk.sue
    sold = await sue.post("/dispositions", {"name": "Sold"})
    gone = await sue.post("/dispositions", {"name": "Will think about it"})
    settings = await sue.get("/settings")
    await sue.patch("/settings", {"version": settings["version"], "disposition_mode": "required"})
    async with panel_of(ana):
        draft = await in_wrap_up(desk, ana)
        shown = await (await ana.ask("PUT", "/wrap-up", draft | {"disposition_id": gone["id"]})).json()
        assert (shown["disposition_id"], shown["disposition_required"]) == (gone["id"], True)
        assert [one["name"] for one in shown["dispositions"]] == ["Sold", "Will think about it"]
        await sue.ask("DELETE", f"/dispositions/{gone['id']}?version=1")
        for chosen, refusal in (
            (None, (409, "disposition_needed")),
            (gone["id"], (409, "disposition_deleted")),
            ("none_chosen", (404, "not_found")),
            ("active", (404, "not_found")),
            ("x" * 100_000, (422, "invalid")),
        ):
            assert await ana.refused("POST", "/wrap-up/finish", draft | {"disposition_id": chosen}) == refusal
        await ana.post("/wrap-up/finish", draft | {"disposition_id": sold["id"]})

        second = await in_wrap_up(desk, ana)
        clock.advance(31)
        await doing(house, "ana", Idle)
    kept: list[str] = []
    for call in (draft["call_id"], second["call_id"]):
        thread = (await desk.now(call)).conversation
        entries = (await sue.get(f"/conversations/{thread}/entries"))["items"]
        kept += [entry["disposition"]["name"] for entry in entries if entry["type"] == "call_wrapped"]
    assert sorted(set(kept)) == ["None chosen", "Sold"]


async def test_the_time_in_each_status_and_activity_is_kept(house: House, clock: MovableClock) -> None:
    """AST-08, AP-03."""
    sue, ana = await house.signed_in("sue"), await house.signed_in("ana")
    begin = clock.now()
    async with panel_of(ana):
        for status, seconds in (("active", 60), ("away", 30), ("active", 10)):
            await ana.ask("PUT", "/agent/status", {"status": status})
            clock.advance(seconds)
        time = await sue.get(f"/team/status-time?since={begin.isoformat().replace('+00:00', 'Z')}")
    [spent] = [one for one in time["agents"] if one["name"] == "Ana"]
    by_name = {one["name"]: one["seconds"] for one in spent["statuses"]}
    assert (by_name["Active"], by_name["Away"]) == (70, 30)
    assert (spent["signed_in_seconds"], spent["activities"], spent["utilisation"]) == (100, {"idle": 100}, 0)
    later = (clock.now() + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert await sue.refused("GET", f"/team/status-time?since={later}") == (422, "invalid")
    assert await sue.refused("GET", "/team/status-time?since=0001-01-01T00:00:00Z") == (422, "invalid")
    assert await ana.refused("GET", f"/team/status-time?since={later}") == (403, "forbidden")


async def test_capacity_and_phone_are_set_for_each_agent(house: House) -> None:
    """AST-04, PHONE-02: a supervisor sets them; bad values are refused."""
    sue, user = await house.signed_in("sue"), house.people["ana"].user.id
    set_up = await sue.patch(f"/users/{user}", {"version": 1, "text_capacity": 2, "phone": "+420 (123) 456-789"})
    assert (set_up["text_capacity"], set_up["phone"]) == (2, "+420123456789")
    for wrong in ({"text_capacity": -1}, {"text_capacity": 10**9}, {"phone": "call me"}, {"phone": "123456789"}):
        assert await sue.refused("PATCH", f"/users/{user}", {"version": 2} | wrong) == (422, "invalid")
    ana = await house.signed_in("ana")
    await ana.ask("PUT", "/agent/status", {"status": "active"})
    for name in ("Cora", "Dana"):
        await ana.post("/conversations", {"customer_name": name})
    assert (await status_of(sue, "Ana"))["load"] == {"calls": 0, "texts": 2, "text_capacity": 2, "full": True}
