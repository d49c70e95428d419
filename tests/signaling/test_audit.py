"""The audit log over the API: who may read it, what it says, and that open pages hear of it."""

import pytest

from tests.signaling.desk import Desk
from tests.signaling.floor import talking
from tests.signaling.house import House
from tests.signaling.panels import panel

pytestmark = pytest.mark.wire


async def test_a_supervisor_reads_who_changed_what_and_an_agent_does_not(house: House) -> None:
    """SYS-08, SYS-01."""
    sue, ana = await house.signed_in("sue"), await house.signed_in("ana")
    settings = await sue.get("/settings")
    await sue.patch("/settings", {"version": settings["version"], "wrap_up_seconds": 45})
    [entry] = (await sue.get("/audit?limit=1"))["items"]
    user = house.people["sue"].user
    assert entry["actor"] == {"kind": "supervisor", "id": user.id, "name": "Sue"}
    assert (entry["subject"], entry["action"]) == ("settings", "changed")
    assert entry["fields"] == [{"name": "wrap_up_seconds", "old": 30, "new": 45}]
    assert await ana.refused("GET", "/audit") == (403, "forbidden")
    assert await ana.refused("GET", "/audit/choices") == (403, "forbidden")
    choices = await sue.get("/audit/choices")
    assert "settings" in choices["subjects"]
    assert choices["people"] == [{"id": user.id, "name": "Sue"}]


async def test_the_log_is_asked_by_kind_person_and_period_and_page(house: House) -> None:
    """SYS-08: wrong questions get an answer in words."""
    sue, user = await house.signed_in("sue"), house.people["sue"].user
    for seconds in (41, 42, 43):
        settings = await sue.get("/settings")
        await sue.patch("/settings", {"version": settings["version"], "wrap_up_seconds": seconds})
    page = await sue.get(f"/audit?subject=settings&person={user.id}&limit=2")
    assert [entry["fields"][0]["new"] for entry in page["items"]] == [43, 42]
    rest = await sue.get(f"/audit?subject=settings&before={page['next']}")
    assert ([entry["fields"][0]["new"] for entry in rest["items"]], rest["next"]) == ([41], None)
    assert (await sue.get("/audit?until=2026-01-01T00:00:00Z"))["items"] == []
    for wrong in ("limit=0", "since=yesterday", "since=2026-01-01T00:00:00", "before=0", "person=a%20b", "more=1"):
        assert await sue.refused("GET", f"/audit?{wrong}") == (422, "invalid")


async def test_those_who_lead_hear_that_the_log_grew_and_agents_do_not(house: House) -> None:
    """SYS-08, SYS-01."""
    desk = await Desk.open(house, "ana")
    ana = await house.signed_in("ana")
    async with panel(desk.sue, sound="off") as led, panel(ana) as mine:
        upto = await desk.told()
        for page in (led, mine):
            await page.until(lambda page=page: page.upto >= upto)
        assert "audit" in led.changes[-1]["stale"]
        assert "audit" not in mine.changes[-1]["stale"]


async def test_what_a_supervisor_does_with_an_agent_is_logged_and_what_the_agent_does_is_not(house: House) -> None:
    """SYS-08, PLUS-08, PLUS-20: a status that is forced, a wrap-up that is ended; open logs hear of both."""
    async with talking(house) as floor:
        ana, sue, page = floor.staff["ana"], floor.staff["sue"], floor.panels["sue"]
        before = (await sue.get("/audit?limit=1"))["items"][0]["number"]

        async def logged() -> list[tuple[str, str, str, list[object]]]:
            items = [one for one in (await sue.get("/audit"))["items"] if one["number"] > before]
            return [(one["actor"]["name"], one["subject"], one["subject_name"], one["fields"]) for one in items]

        def told() -> int:
            return sum("audit" in change["stale"] for change in page.changes)

        await ana.ask("PUT", "/agent/status", {"status": "away"})
        upto = await floor.desk.told()
        await page.until(lambda: page.upto >= upto)
        assert await logged() == []
        heard = told()
        for _ in range(2):  # the second changes nothing
            await sue.post(f"/team/{floor.id('ana')}/status", {"status": "busy"})
        forced = ("Sue", "user", "Ana", [{"name": "status", "old": "Active", "new": "Busy"}])
        assert await logged() == [forced]
        await page.until(lambda: told() > heard)
        heard = told()
        await floor.does("ana", "hangup")
        await sue.post(f"/team/{floor.id('ana')}/wrap-up/finish")
        assert await logged() == [
            ("Sue", "user", "Ana", [{"name": "wrap_up", "old": "running", "new": "ended"}]),
            forced,
        ]
        await page.until(lambda: told() > heard)
