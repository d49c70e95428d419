"""Conversations over the wire: what agents do with threads, and what they may not see."""

import pytest

from tests.clock import MovableClock
from tests.signaling.desk import Desk
from tests.signaling.guest_pages import guest_page
from tests.signaling.house import House
from tests.signaling.panels import panel

pytestmark = pytest.mark.wire


async def test_an_agent_begins_a_conversation_and_works_on_it(house: House) -> None:
    """MW-01, MW-02, MW-06, MW-08, CNV-01 to CNV-03, CNV-05, LOG-01."""
    ana = await house.signed_in("ana")
    made = await ana.post("/conversations", {"customer_name": "Mira Marić"})
    assert made["customer"]["name"] == "Mira Marić"
    assert (made["status"], made["priority"], made["assignee"]["name"]) == ("open", "normal", "Ana")
    path = f"/conversations/{made['id']}"
    note = await ana.post(f"{path}/notes", {"text": "She calls back\ntomorrow.", "key": "k1"})
    assert (note["type"], note["text"], note["actor"]["name"]) == ("note", "She calls back\ntomorrow.", "Ana")
    assert await ana.post(f"{path}/notes", {"text": "again", "key": "k1"}) == note
    current = await ana.get(path)
    change = {"version": current["version"], "status": "waiting", "priority": "high", "summary": "Waits for parts."}
    changed = await ana.patch(path, change)
    assert (changed["status"], changed["priority"], changed["summary"]) == ("waiting", "high", "Waits for parts.")
    stale = await ana.ask("PATCH", path, change)
    problem = await stale.json(content_type=None)
    assert (problem["code"], problem["current"]["version"]) == ("stale", changed["version"])
    page = await ana.get(f"{path}/entries?after=0&limit=200")
    assert {entry["field"] for entry in page["items"] if entry["type"] == "change"} >= {"status", "priority"}
    assert [entry["number"] for entry in page["items"]] == sorted(entry["number"] for entry in page["items"])
    assert (await ana.get(f"{path}/entries?after={page['upto']}"))["items"] == []
    mine = await ana.get("/conversations?mine=true")
    assert (mine["total"], mine["items"][0]["id"]) == (1, made["id"])


async def test_a_customer_has_one_conversation_that_is_not_closed(house: House) -> None:
    """NEW-02, ST-04."""
    ana, ben = await house.signed_in("ana"), await house.signed_in("ben")
    made = await ana.post("/conversations", {"customer_name": "Mira"})
    answer = await ben.ask("POST", "/conversations", {"customer_id": made["customer"]["id"]})
    problem = await answer.json(content_type=None)
    assert (answer.status, problem["code"]) == (409, "already_open")
    assert (problem["conversation_id"], problem["holder"]) == (made["id"], "Ana")
    for wrong in ({}, {"customer_name": "x", "customer_id": "y"}):
        assert await ben.refused("POST", "/conversations", wrong) == (422, "invalid")
    assert await ben.refused("POST", "/conversations", {"customer_id": "cust_0"}) == (404, "not_found")


async def test_another_agents_conversation_is_not_there_and_a_supervisors_view_is_whole(house: House) -> None:
    """VW-06; reliability S25: own, other and unknown objects."""
    ana, ben, sue = await house.signed_in("ana"), await house.signed_in("ben"), await house.signed_in("sue")
    made = await ana.post("/conversations", {"customer_name": "Mira"})
    path = f"/conversations/{made['id']}"
    for method, address, body in (
        ("GET", path, None),
        ("GET", f"{path}/entries", None),
        ("PATCH", path, {"version": made["version"], "topic": "mine now"}),
        ("POST", f"{path}/notes", {"text": "x", "key": "k"}),
        ("POST", f"{path}/messages", {"text": "x", "key": "k"}),
        ("POST", f"{path}/read", None),
        ("POST", f"{path}/unread", None),
    ):
        assert await ben.refused(method, address, body) == (404, "not_found")
        unknown = address.replace(made["id"], "conv_0")
        assert await ana.refused(method, unknown, body) == (404, "not_found")
    assert (await sue.get(path))["id"] == made["id"]


async def test_a_message_needs_a_customer_who_can_be_reached(house: House) -> None:
    """SND-01."""
    ana = await house.signed_in("ana")
    made = await ana.post("/conversations", {"customer_name": "Mira"})
    assert made["can_message"] is False
    message = {"text": "Hello?", "key": "k"}
    path = f"/conversations/{made['id']}/messages"
    assert await ana.refused("POST", path, message) == (409, "no_channel")
    assert await ana.refused("POST", path, {"text": "\u0000 \u0007", "key": "k"}) == (422, "invalid")
    assert await ana.refused("POST", path, {"text": "x", "key": "<script>"}) == (422, "invalid")


async def test_reading_and_unreading_is_ones_own(house: House) -> None:
    """MW-05, MW-07, MW-09."""
    ana, sue = await house.signed_in("ana"), await house.signed_in("sue")
    made = await ana.post("/conversations", {"customer_name": "Mira"})
    await ana.post(f"/conversations/{made['id']}/read")
    recent = await ana.get("/conversations?recent=true")
    assert [item["id"] for item in recent["items"]] == [made["id"]]
    assert (await sue.get("/conversations?recent=true"))["items"] == []
    await ana.post(f"/conversations/{made['id']}/unread")
    assert (await ana.get("/conversations?mine=true"))["items"][0]["unread"] == 1


async def test_customers_are_found_by_a_part_of_the_name(house: House) -> None:
    """OUT-01."""
    ana = await house.signed_in("ana")
    for name in ("Mira Marić", "Marko", "50% off"):
        await ana.post("/conversations", {"customer_name": name})
    assert [one["name"] for one in await ana.get("/customers?search=mar")] == ["Marko", "Mira Marić"]
    assert [one["name"] for one in await ana.get("/customers?search=%25")] == ["50% off"]
    assert await ana.refused("GET", "/customers?search=%00") == (422, "invalid")
    assert await ana.refused("GET", "/conversations?mine=true&limit=51") == (422, "invalid")
    assert await ana.refused("GET", "/conversations?mine=true&all=true") == (422, "invalid")
    assert await ana.refused("GET", "/conversations") == (422, "invalid")


async def test_who_is_made_urgent_while_waiting_moves_to_the_front_and_is_told_so(
    house: House, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CNV-03, SYS-03, PLUS-12: the call takes the priority of its conversation, whenever that is set."""
    monkeypatch.setattr("signaling.calls.guest_places.TELL_EVERY", 0.01)
    desk = await Desk.open(house, "ana")
    ana, cora, dora = await house.signed_in("ana"), await house.browser(), await house.browser()
    async with panel(ana, sound="blocked") as mine:
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        token = await desk.link()
        first = await desk.call(cora, token)
        clock.advance(1)
        second = await desk.call(dora, token, name="Dora")
        path = f"/conversations/{(await desk.now(second)).conversation}"
        async with guest_page(cora, first) as ahead, guest_page(dora, second) as behind:
            await ahead.until_place(1)
            await behind.until_place(2)
            for priority, places in (("urgent", (2, 1)), ("low", (1, 2)), ("high", (2, 1))):
                version = (await desk.sue.get(path))["version"]
                await desk.sue.patch(path, {"version": version, "priority": priority})
                await ahead.until_place(places[0])
                await behind.until_place(places[1])
        await mine.say("sound", sound="ready")
        await mine.until(lambda: mine.state["call"] is not None)
        assert mine.state["call"]["id"] == second
