"""Who is there and what they do, as the others see it; and what the customer's page never shows."""

from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse

from tests.signaling.house import House

pytestmark = pytest.mark.wire


async def until(panel: ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """Read a panel's messages up to the first of this type."""
    while True:
        message: dict[str, Any] = await panel.receive_json(timeout=10)
        if message["type"] == kind:
            return message


async def with_link(house: House) -> str:
    """Make a queue with Ana in it and a link to it; return the token."""
    sue = await house.signed_in("sue")
    queue = await sue.post("/queues", {"name": "Front desk"})
    members = [{"id": house.people["ana"].user.id}]
    await sue.patch(f"/queues/{queue['id']}", {"version": queue["version"], "members": members})
    link = await sue.post("/call-links", {"kind": "expiry", "queue_id": queue["id"]})
    return link["url"].rsplit("/", 1)[1]


async def test_a_supervisor_sees_live_who_is_in_which_status_since_when(house: House) -> None:
    """AP-02, AP-03, AST-07: the status and, apart from it, what the agent is doing."""
    sue, ana = await house.signed_in("sue"), await house.signed_in("ana")
    async with sue.client.ws_connect("/api/v1/panel") as panel:
        await panel.send_json({"type": "hello", "tab": "t", "resume": None, "sound": "off"})
        first = await until(panel, "snapshot")
        team = {member["name"]: member for member in first["state"]["team"]}
        assert (team["Ana"]["status"], team["Ana"]["state"]) == ("offline", "idle")
        assert set(team) == {"Ana", "Ben"}

        chosen = await ana.ask("PUT", "/agent/status", {"status": "busy"})
        change = await until(panel, "change")

    since = (await chosen.json())["since"]
    assert change["after"] == first["upto"]
    assert [(one["name"], one["status"], one["since"]) for one in change["team"]["upsert"]] == [("Ana", "busy", since)]
    assert {one["name"]: one["status"] for one in await sue.get("/team")} == {"Ana": "busy", "Ben": "offline"}
    assert await ana.refused("GET", "/team") == (403, "forbidden")


async def test_who_signs_out_is_offline(house: House) -> None:
    """AST-06, AP-02."""
    sue, ana = await house.signed_in("sue"), await house.signed_in("ana")
    await ana.ask("PUT", "/agent/status", {"status": "active"})

    assert (await ana.ask("DELETE", "/session")).status == 204

    [shown] = [one for one in await sue.get("/team") if one["name"] == "Ana"]
    assert (shown["status"], shown["reason"]) == ("offline", "signed_out")


async def test_a_note_never_reaches_the_customer(house: House) -> None:
    """MSG-03: neither by the API nor by what is pushed."""
    token = await with_link(house)
    sue, ana, mira = await house.signed_in("sue"), await house.signed_in("ana"), await house.browser()
    await ana.ask("PUT", "/agent/status", {"status": "busy"})
    call = await mira.post(f"/guest/links/{token}/calls", {"media": "audio", "name": "Mira"})
    state = await house.parley.store.call(call["id"])
    assert state is not None
    thread = f"/conversations/{state.conversation}"
    async with mira.client.ws_connect(f"/api/v1/guest/calls/{call['id']}/events") as page:
        await until(page, "call")

        await sue.post(f"{thread}/notes", {"text": "Owes us 20 crowns.", "key": "note"})
        await sue.post(f"{thread}/messages", {"text": "Good morning!", "key": "message"})

        pushed = await until(page, "call")
    asked = await mira.get(f"/guest/calls/{call['id']}")
    for shown in (pushed["call"], asked):
        assert [message["text"] for message in shown["messages"]] == ["Good morning!"]
    assert "20 crowns" not in str(pushed) + str(asked)
    entries = (await sue.get(f"{thread}/entries?after=0&limit=200"))["items"]
    assert [entry["text"] for entry in entries if entry["type"] == "note"] == ["Owes us 20 crowns."]
