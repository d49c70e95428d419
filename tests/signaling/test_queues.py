"""Queues over the wire: settings, working hours, levels, deleting, and all that is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callflow.agent import Idle
from tests.clock import MovableClock
from tests.signaling.desk import Desk
from tests.signaling.floor import talking
from tests.signaling.house import House
from tests.signaling.panels import panel

pytestmark = pytest.mark.wire

CLOSED_WEEK: list[list[dict[str, int]]] = [[]] * 7
NINE_TO_FIVE = [[{"start": 540, "end": 1020}]] * 5 + [[], []]


def hours(zone: str = "Europe/Zagreb", week: Any = NINE_TO_FIVE, **more: Any) -> dict[str, Any]:
    return {"zone": zone, "week": week} | more


async def test_everything_a_queue_has_is_set_and_comes_back(house: House) -> None:
    """SYS-03; XFER-01."""
    desk = await Desk.open(house)
    ana, ben = (house.people[login].user.id for login in ("ana", "ben"))
    wanted: dict[str, Any] = {
        "members": [{"id": ben, "level": 1}, {"id": ana, "level": 9}],
        "order": "by_level",
        "weight": 7,
        "auto_assign": False,
        "ring_seconds": 45,
        "level_wait_seconds": 30,
        "target_percent": 90,
        "target_seconds": 15,
        "consult": True,
        "when_gone": "reroute",
        "hours": hours(holidays=[{"date": "2026-12-25", "name": "Christmas", "spans": []}]),
    }
    changed = await desk.sue.patch(f"/queues/{desk.queue['id']}", {"version": desk.queue["version"]} | wanted)
    names = {ana: "Ana", ben: "Ben"}
    wanted["members"] = [member | {"name": names[member["id"]]} for member in wanted["members"]]
    assert {name: changed[name] for name in wanted} == wanted
    listed = await desk.sue.get("/queues")
    assert [queue["default"] for queue in listed] == [False, True]
    assert {name: listed[0][name] for name in wanted} == wanted
    again = await desk.sue.patch(f"/queues/{desk.queue['id']}", {"version": changed["version"], "hours": None})
    assert (again["hours"], again["order"], again["opening"]) == (None, "by_level", {"open": True, "changes_at": None})


async def test_every_change_of_a_queue_is_in_the_audit_log(house: House) -> None:
    """SYS-03, SYS-08."""
    desk = await Desk.open(house)
    body = {"version": desk.queue["version"], "ring_seconds": 30}
    await desk.sue.patch(f"/queues/{desk.queue['id']}", body)
    latest = (await desk.sue.get("/audit"))["items"][0]
    assert (latest["subject"], latest["subject_name"]) == ("queue", "Front desk")
    assert [(one["name"], one["old"], one["new"]) for one in latest["fields"]] == [("ring_seconds", 20, 30)]


@pytest.mark.parametrize(
    "change",
    [
        {"hours": hours(zone="Mars/Olympus")},
        {"hours": hours(zone="../../etc/passwd")},
        {"hours": hours(zone="x" * 100_000)},
        {"hours": hours(week=[[]])},
        {"hours": hours(week=[[{"start": 1020, "end": 540}], *CLOSED_WEEK[1:]])},
        {"hours": hours(week=[[{"start": 540, "end": 540}], *CLOSED_WEEK[1:]])},
        {"hours": hours(week=[[{"start": 540, "end": 720}, {"start": 719, "end": 800}], *CLOSED_WEEK[1:]])},
        {"hours": hours(week=[[{"start": 60, "end": 90}], *CLOSED_WEEK[1:6], [{"start": 1320, "end": 1510}]])},
        {"hours": hours(week=[[{"start": 0, "end": 999_999}], *CLOSED_WEEK[1:]])},
        {"hours": hours(holidays=[{"date": "2026-02-30"}])},
        {"hours": hours(holidays=[{"date": "2026-12-25", "spans": [{"start": 720, "end": 600}]}])},
        {"hours": hours(holidays=[{"date": "2026-12-25"}, {"date": "2026-12-25"}])},
        {"name": "x" * 100_000},
        {"name": " "},
        {"ring_seconds": 4},
        {"ring_seconds": 121},
        {"target_percent": 101},
        {"order": "by_the_moon"},
        {"members": [{"id": "ana", "level": 0}]},
        {"members": [{"id": "ana", "level": 10}]},
        {"members": [{"id": "sue"}]},
        {"members": [{"id": "nobody"}]},
        {"members": [{"id": "ana", "level": 1}, {"id": "ana", "level": 2}]},
    ],
)
async def test_what_a_queue_cannot_be_is_refused_and_changes_nothing(house: House, change: dict[str, Any]) -> None:
    """SYS-03; issue 4, bad input."""
    sue = await house.signed_in("sue")
    queue = await sue.post("/queues", {"name": "Support"})
    for member in change.get("members", ()):
        person = house.people.get(member["id"])
        member["id"] = person.user.id if person else member["id"]
    status, code = await sue.refused("PATCH", f"/queues/{queue['id']}", {"version": queue["version"]} | change)
    assert (status, code in ("invalid", "not_an_agent")) == (422, True)
    assert (await sue.get("/queues"))[0] == queue


async def test_a_change_of_an_old_version_is_refused_with_the_queue_as_it_is(house: House) -> None:
    """SYS-03."""
    sue = await house.signed_in("sue")
    queue = await sue.post("/queues", {"name": "Support"})
    now = await sue.patch(f"/queues/{queue['id']}", {"version": queue["version"], "weight": 3})
    answer = await sue.ask("PATCH", f"/queues/{queue['id']}", {"version": queue["version"], "weight": 4})
    assert (answer.status, (await answer.json(content_type=None))["current"]) == (409, now)


async def test_a_link_to_a_queue_out_of_hours_says_when_it_opens(house: House, clock: MovableClock) -> None:
    """SYS-03. The call is refused at once, and taken when the time has come."""
    desk = await Desk.open(house, "ana")
    start = clock.now()
    minute = start.hour * 60 + start.minute
    soon = minute + 61 if minute + 61 < 1440 else 1439
    week = [[{"start": soon, "end": soon + 600}]] * 7
    body = {"version": desk.queue["version"], "hours": hours(zone="UTC", week=week)}
    await desk.sue.patch(f"/queues/{desk.queue['id']}", body)
    token, customer = await desk.link(), await house.browser()
    seen = await customer.get(f"/guest/links/{token}")
    opens = datetime.combine(start.date(), datetime.min.time(), UTC) + timedelta(minutes=soon)
    assert (seen["available"], datetime.fromisoformat(seen["opens_at"])) == ("closed", opens)
    refused = await customer.refused("POST", f"/guest/links/{token}/calls", {"media": "audio", "name": "Cora"})
    assert refused == (409, "queue_closed")
    clock.advance((opens - start).total_seconds())
    assert (await customer.get(f"/guest/links/{token}"))["available"] == "nobody"


async def test_hours_are_tried_before_they_are_saved(house: House) -> None:
    """SYS-03. In Zagreb the clock skips from 2:00 to 3:00 on that Sunday, at 1:00 UTC."""
    sue = await house.signed_in("sue")
    week = [*CLOSED_WEEK[1:], [{"start": 150, "end": 300}]]
    trial = {"hours": hours(week=week), "at": "2026-03-28T12:00:00Z"}
    assert await sue.post("/working-hours/trial", trial) == {"open": False, "changes_at": "2026-03-29T01:00:00Z"}
    assert await sue.refused("POST", "/working-hours/trial", {"hours": hours(zone="Mars")}) == (422, "invalid")


async def test_the_default_queue_is_renamed_but_neither_closed_by_hand_nor_deleted(house: House) -> None:
    """SYS-02, SYS-03."""
    sue = await house.signed_in("sue")
    default = (await sue.get("/queues"))[-1]
    default = await sue.patch(f"/queues/{default['id']}", {"version": default["version"], "name": "Everything else"})
    closing = {"version": default["version"], "open": False}
    assert await sue.refused("PATCH", f"/queues/{default['id']}", closing) == (409, "default_queue")
    assert await sue.refused("DELETE", f"/queues/{default['id']}") == (409, "default_queue")
    assert (await sue.get("/queues"))[-1] == default


async def test_a_queue_with_callers_in_it_is_not_deleted(house: House) -> None:
    """SYS-03; issue 4, bad input: nobody is left behind, and the answer says how many there are."""
    desk = await Desk.open(house, "ana")
    await online(house, "ana")
    customer = await house.browser()
    call = await desk.call(customer, await desk.link())
    usage = await desk.sue.get(f"/queues/{desk.queue['id']}/usage")
    assert (usage["waiting"], usage["talking"]) == (1, 0)
    answer = await desk.sue.ask("DELETE", f"/queues/{desk.queue['id']}")
    problem = await answer.json(content_type=None)
    assert (answer.status, problem["code"]) == (409, "queue_in_use")
    assert "1 waiting" in problem["detail"]
    await customer.post(f"/guest/calls/{call}/hangup")
    await desk.sue.ask("DELETE", f"/queues/{desk.queue['id']}")
    assert [queue["default"] for queue in await desk.sue.get("/queues")] == [True]


async def test_a_queue_whose_callers_talk_are_on_hold_or_wait_to_be_called_back_is_not_deleted(house: House) -> None:
    """SYS-03; issue 4, bad input: the refusal disturbs nobody, and a wrap-up outlives the queue."""
    async with talking(house) as floor:
        desk, sue = floor.desk, floor.staff["sue"]
        path, dora = f"/queues/{desk.queue['id']}", await house.browser()
        await floor.chooses("ben", "away")

        async def counted(waiting: int, talked: int) -> None:
            answer = await sue.ask("DELETE", path)
            problem = await answer.json(content_type=None)
            assert (answer.status, problem["code"]) == (409, "queue_in_use")
            assert f"{waiting} waiting, {talked} with an agent" in problem["detail"]

        await counted(0, 1)
        await floor.does("ana", "hold")
        await counted(0, 1)
        other = await desk.call(dora, await desk.link(), name="Dora")
        await dora.post(f"/guest/calls/{other}/callback")
        await counted(1, 1)
        await floor.does("ana", "resume")
        await floor.does("ana", "hangup")
        await floor.chooses("ben", "active")
        assert (await floor.shows("ben", "ringing"))["id"] == other
        await counted(1, 0)
        await dora.post(f"/guest/calls/{other}/hangup")
        await floor.shows("ben", None)
        assert (await sue.ask("DELETE", path)).status == 204
        await floor.staff["ana"].post(
            "/wrap-up/finish", {"call_id": floor.call, "summary": "Done.", "status": "solved"}
        )
        assert isinstance(await floor.activity("ana"), Idle)


async def test_who_waits_when_the_hours_end_is_served_and_nobody_new_comes_in(
    house: House, clock: MovableClock
) -> None:
    """SYS-03: a caller who was let in keeps the place, also over a reload."""
    desk = await Desk.open(house, "ana")
    start = clock.now()
    minute = start.hour * 60 + start.minute
    body = {"version": desk.queue["version"], "hours": hours(zone="UTC", week=[[{"start": 0, "end": minute + 1}]] * 7)}
    await desk.sue.patch(f"/queues/{desk.queue['id']}", body)
    ana, token, cora = await house.signed_in("ana"), await desk.link(), await house.browser()
    async with panel(ana, sound="blocked") as mine:
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        call = await desk.call(cora, token)
        clock.advance(61)
        late = await (await house.browser()).refused(
            "POST", f"/guest/links/{token}/calls", {"media": "audio", "name": "D"}
        )
        assert late == (409, "queue_closed")
        assert (await cora.post(f"/guest/links/{token}/calls", {"media": "audio"}))["id"] == call
        await mine.say("sound", sound="ready")
        await mine.until(lambda: mine.state["call"] is not None)
        assert mine.state["call"]["id"] == call
        await ana.post(f"/reservations/{mine.state['call']['reservation']['id']}/accept", {"tab": "tab-1"})
        assert (await cora.get(f"/guest/calls/{call}"))["phase"] == "talking"


async def test_what_uses_a_deleted_queue_goes_to_another(house: House) -> None:
    """SYS-03, SYS-08, LOG-01. Its name is free again, old threads still say it."""
    desk = await Desk.open(house, "ana")
    await online(house, "ana")
    customer, token = await house.browser(), await desk.link(label="Front door")
    call = await desk.call(customer, token)
    conversation = (await desk.now(call)).conversation
    await customer.post(f"/guest/calls/{call}/hangup")
    rule = {"name": "Videos", "conditions": {"media": "video"}, "queue_id": desk.queue["id"]}
    await desk.sue.post("/routing-rules", rule)
    sales = await desk.sue.post("/queues", {"name": "Sales"})
    silent = {part: {"on": False} for part in ("greeting", "announcements", "farewell", "places")}
    music = silent | {"name": "Music", "music": {"on": True}, "longest_seconds": 120, "queues": [desk.queue["id"]]}
    await desk.sue.post("/waiting-strategies", music)
    usage = await desk.sue.get(f"/queues/{desk.queue['id']}/usage")
    assert [(one["kind"], one["count"], one["names"]) for one in usage["uses"]] == [
        ("links", 1, ["Front door"]),
        ("rules", 1, ["Videos"]),
        ("strategies", 1, ["Music"]),
        ("conversations", 1, []),
    ]
    for wrong in (desk.queue["id"], "queue_x"):
        path = f"/queues/{desk.queue['id']}?move_to={wrong}"
        assert await desk.sue.refused("DELETE", path) == (422, "invalid")
    assert (await desk.sue.ask("DELETE", f"/queues/{desk.queue['id']}?move_to={sales['id']}")).status == 204
    [waiting] = (await desk.sue.get("/audit?subject=waiting_strategy&limit=1"))["items"]
    assert (waiting["subject_name"], waiting["action"], waiting["actor"]["name"]) == ("Music", "changed", "Sue")
    assert waiting["fields"] == [{"name": "queues", "old": ["Front desk"], "new": []}]
    assert [link["queue"]["name"] for link in await desk.sue.get("/call-links")] == ["Sales"]
    assert [one["queue"]["name"] for one in await desk.sue.get("/routing-rules")] == ["Sales"]
    assert (await desk.sue.get(f"/conversations/{conversation}"))["queue"]["name"] == "Sales"
    entries = (await desk.sue.get(f"/conversations/{conversation}/entries"))["items"]
    moved = [entry for entry in entries if entry["type"] == "change" and entry["field"] == "queue"]
    assert [(entry["old"], entry["new"], entry["actor"]["name"]) for entry in moved] == [("Front desk", "Sales", "Sue")]
    assert await desk.sue.refused("DELETE", f"/queues/{desk.queue['id']}") == (404, "not_found")
    assert (await desk.sue.post("/queues", {"name": "Front desk"}))["id"] != desk.queue["id"]


async def online(house: House, login: str) -> None:
    """An agent who is Busy is here, but is offered no calls."""
    agent = await house.signed_in(login)
    await agent.ask("PUT", "/agent/status", {"status": "busy"})
