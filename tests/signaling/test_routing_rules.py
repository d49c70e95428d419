"""Routing rules over the wire: kept in order, tried, and followed by calls."""

from typing import Any

import pytest

from tests.signaling.desk import Desk
from tests.signaling.house import Browser, House
from tests.signaling.test_queues import online

pytestmark = pytest.mark.wire


def body(name: str, queue: str) -> dict[str, Any]:
    return {"name": name, "conditions": {}, "queue_id": queue}


async def rule(sue: Browser, name: str, queue: str, **more: Any) -> dict[str, Any]:
    return await sue.post("/routing-rules", body(name, queue) | more)


async def queue_with(house: House, sue: Browser, name: str, login: str) -> str:
    queue = await sue.post("/queues", {"name": name})
    members = [{"id": house.people[login].user.id}]
    await sue.patch(f"/queues/{queue['id']}", {"version": queue["version"], "members": members})
    return queue["id"]


async def test_a_call_goes_where_the_first_matching_rule_sends_it(house: House) -> None:
    """SYS-02, CNV-03, LOG-01, TAG-01: queue, priority and tags, with a line each in the thread."""
    desk = await Desk.open(house, "ana")
    await online(house, "ana")
    await online(house, "ben")
    vip = await queue_with(house, desk.sue, "VIP", "ben")
    await rule(desk.sue, "Videos", desk.queue["id"], conditions={"media": "video"})
    conditions = {"label": "gold", "customer": [{"attribute": "name", "comparison": "contains", "value": "cor"}]}
    await rule(desk.sue, "Gold", vip, conditions=conditions, priority="urgent", tags=["Gold", "gold", "By link"])
    call = await desk.now(await desk.call(await house.browser(), await desk.link(label="Gold card")))
    assert call.queue == vip
    thread = await desk.sue.get(f"/conversations/{call.conversation}")
    assert (thread["queue"]["name"], thread["priority"]) == ("VIP", "urgent")
    assert [tag["name"] for tag in thread["tags"]] == ["By link", "Gold"]
    entries = (await desk.sue.get(f"/conversations/{call.conversation}/entries"))["items"]
    changes = [(one["field"], one["new"], one["actor"]["kind"]) for one in entries if one["type"] == "change"]
    assert sorted(changes) == [
        ("priority", "urgent", "automation"),
        ("tag", "By link", "automation"),
        ("tag", "Gold", "automation"),
    ]
    other = await desk.now(await desk.call(await house.browser(), await desk.link(label="Silver card")))
    assert other.queue == desk.queue["id"]


async def test_rules_are_changed_ordered_and_deleted_by_whoever_saw_them_last(house: House) -> None:
    """SYS-02, SYS-08."""
    desk = await Desk.open(house)
    first, second = [await rule(desk.sue, name, desk.queue["id"]) for name in ("First", "Second")]
    order = {"ids": [second["id"], first["id"]]}
    answer = await desk.sue.ask("PUT", "/routing-rules/order", order)
    assert [one["name"] for one in (await answer.json())["rules"]] == ["Second", "First"]
    for wrong in ([first["id"]], [first["id"], first["id"]], [first["id"], "rule_x"]):
        assert await desk.sue.refused("PUT", "/routing-rules/order", {"ids": wrong}) == (409, "stale")
    change = body("First", desk.queue["id"]) | {"version": first["version"]}
    answer = await desk.sue.ask("PUT", f"/routing-rules/{first['id']}", change | {"enabled": False, "tags": ["Late"]})
    changed = await answer.json()
    assert (changed["enabled"], [tag["name"] for tag in changed["tags"]]) == (False, ["Late"])
    assert await desk.sue.refused("PUT", f"/routing-rules/{first['id']}", change) == (409, "stale")
    assert (await desk.sue.ask("DELETE", f"/routing-rules/{second['id']}")).status == 204
    assert await desk.sue.refused("DELETE", f"/routing-rules/{second['id']}") == (404, "not_found")
    assert await desk.sue.get("/routing-rules") == [changed]
    log = [(one["subject"], one["action"]) for one in (await desk.sue.get("/audit"))["items"][:5]]
    assert log == [("routing_rule", action) for action in ("deleted", "changed", "changed", "made", "made")]


async def test_the_trial_says_which_rule_would_match_and_why_the_others_do_not(house: House) -> None:
    """SYS-02. 23 November 2026 is a Monday; at 23:30 UTC it is Tuesday in Zagreb."""
    desk = await Desk.open(house)
    await desk.link(label="Gold card")
    link = (await desk.sue.get("/call-links"))[0]["id"]
    night = {"zone": "Europe/Zagreb", "days": [0], "start": 1320, "end": 1560}
    conditions: list[dict[str, Any]] = [
        {"media": "audio"},
        {"links": ["link_other"]},
        {"customer": [{"attribute": "city", "comparison": "equals", "value": "Split"}]},
        {"time": night | {"days": [1]}},
        {"time": night, "label": "gold"},
        {},
    ]
    rules = [
        await rule(desk.sue, str(number), desk.queue["id"], conditions=one) for number, one in enumerate(conditions)
    ]
    contact = {"media": "video", "link_id": link, "at": "2026-11-23T23:30:00Z", "city": "Zagreb"}
    tried = await desk.sue.post("/routing-rules/trial", contact)
    assert (tried["rule_id"], tried["queue"]["name"]) == (rules[4]["id"], "Front desk")
    assert [one["why_not"] for one in tried["tried"]] == ["media", "link", "city", "time", None, None]
    for one in rules[4:]:
        await desk.sue.ask("DELETE", f"/routing-rules/{one['id']}")
    assert (await desk.sue.post("/routing-rules/trial", contact))["queue"]["name"] == "Front desk"
    nowhere = await desk.sue.post("/routing-rules/trial", {"media": "video"})
    assert (nowhere["rule_id"], nowhere["queue"]["name"]) == (None, "Default queue")
    assert await desk.sue.refused("POST", "/routing-rules/trial", {"link_id": "link_x"}) == (404, "not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"queue_id": "queue_x"},
        {"name": ""},
        {"name": "x" * 100_000},
        {"tags": ["x" * 51]},
        {"tags": [" "]},
        {"tags": ["tag"] * 11},
        {"priority": "most"},
        {"conditions": {"time": {"zone": "Mars", "days": [0], "start": 0, "end": 60}}},
        {"conditions": {"time": {"zone": "UTC", "days": [], "start": 0, "end": 60}}},
        {"conditions": {"time": {"zone": "UTC", "days": [7], "start": 0, "end": 60}}},
        {"conditions": {"time": {"zone": "UTC", "days": [0], "start": 60, "end": 60}}},
        {"conditions": {"customer": [{"attribute": "shoe", "comparison": "equals", "value": "42"}]}},
        {"conditions": {"customer": [{"attribute": "city", "comparison": "equals", "value": ""}]}},
        {"conditions": {"text": "hello"}},
    ],
)
async def test_what_a_rule_cannot_be_is_refused(house: House, wrong: dict[str, Any]) -> None:
    """SYS-02; issue 4, bad input."""
    sue = await house.signed_in("sue")
    assert await sue.refused("POST", "/routing-rules", body("A rule", "queue_default") | wrong) == (422, "invalid")
    assert await sue.get("/routing-rules") == []


async def test_a_rule_cannot_send_to_a_queue_that_was_deleted(house: House) -> None:
    """SYS-02; issue 4, bad input."""
    sue = await house.signed_in("sue")
    queue = await sue.post("/queues", {"name": "Gone"})
    await sue.ask("DELETE", f"/queues/{queue['id']}")
    assert await sue.refused("POST", "/routing-rules", body("A rule", queue["id"])) == (422, "invalid")
