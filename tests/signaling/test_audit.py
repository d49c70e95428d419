"""The audit log over the API: who may read it, what it says, and that open pages hear of it."""

import pytest

from tests.signaling.desk import Desk
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
