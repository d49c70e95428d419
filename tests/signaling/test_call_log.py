"""The lists of calls over the API, and that open pages hear of them."""

import pytest

from callflow.call import Role
from tests.clock import MovableClock
from tests.signaling.desk import Desk
from tests.signaling.house import House
from tests.signaling.panels import panel

pytestmark = pytest.mark.wire


async def test_a_call_that_nobody_answered_is_on_top_until_one_of_two_people_marks_it(house: House) -> None:
    """EVT-04, PLUS-16, VW-06: the second is told who was first; an agent of another queue is shown nothing."""
    desk = await Desk.open(house, "ana")
    ana, ben, cora = await house.signed_in("ana"), await house.signed_in("ben"), await house.browser()
    async with panel(ana, sound="blocked") as mine, panel(ben, sound="blocked") as his, panel(desk.sue) as led:
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        call = await desk.call(cora, await desk.link())
        await cora.post(f"/guest/calls/{call}/hangup")
        upto = await desk.told()
        for page in (mine, his, led):
            await page.until(lambda page=page: page.upto >= upto)
        told = [{word for change in page.changes for word in change["stale"]} for page in (mine, his, led)]
        assert ["calls" in words for words in told] == [True, False, True]
    for browser, count in ((desk.sue, 1), (ana, 1), (ben, 0)):
        assert (await browser.get("/calls/missed"))["total"] == count
    [missed] = (await desk.sue.get("/calls/missed"))["items"]
    assert (missed["call"]["id"], missed["call"]["outcome"], missed["tries"]) == (call, "abandoned", 1)
    assert await ben.refused("POST", f"/calls/{call}/handled") == (404, "not_found")
    done = await ana.post(f"/calls/{call}/handled")
    assert done["handled"]["by"]["name"] == "Ana"
    answer = await desk.sue.ask("POST", f"/calls/{call}/handled")
    problem = await answer.json(content_type=None)
    assert (answer.status, problem["code"], problem["holder"]) == (409, "already_handled", "Ana")
    assert (await desk.sue.get("/calls/missed"))["total"] == 0


async def test_an_answer_sees_to_the_customers_earlier_calls(house: House, clock: MovableClock) -> None:
    """EVT-02: and the list says who answered."""
    desk = await Desk.open(house, "ana")
    ana, cora = await house.signed_in("ana"), await house.browser()
    token = await desk.link()
    async with panel(ana, sound="blocked") as mine:
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        missed = await desk.call(cora, token)
        await cora.post(f"/guest/calls/{missed}/hangup")
        assert (await desk.sue.get("/calls/missed"))["total"] == 1
        clock.advance(1)
        await mine.say("sound", sound="ready")
        call = await desk.call(cora, token, name=None)
        await mine.until(lambda: mine.state["call"] is not None)
        reservation = mine.state["call"]["reservation"]["id"]
        await ana.post(f"/reservations/{reservation}/accept", {"tab": "tab-1"})
        await desk.up(call, Role.AGENT)
    assert (await desk.sue.get("/calls/missed"))["total"] == 0
    lines = (await desk.sue.get("/calls"))["items"]
    assert [(line["id"], line["outcome"]) for line in lines] == [(call, "talking"), (missed, "abandoned")]
    assert [agent["name"] for agent in lines[0]["agents"]] == ["Ana"]
    assert lines[1]["handled"] | {"at": ""} == {"at": "", "by": None, "by_call_id": call}
    assert [line["id"] for line in (await ana.get("/calls"))["items"]] == [call]


async def test_calls_are_asked_for_by_what_they_are(house: House, clock: MovableClock) -> None:
    """EVT-01 to EVT-04: wrong questions are refused in words."""
    desk = await Desk.open(house, "ana")
    await (await house.signed_in("ana")).ask("PUT", "/agent/status", {"status": "busy"})
    token = await desk.link()
    calls: list[str] = []
    for name in ("Cora", "Dora"):
        customer = await house.browser()
        clock.advance(1)
        calls.insert(0, await desk.call(customer, token, name=name))
    page = await desk.sue.get("/calls?limit=1")
    assert ([line["id"] for line in page["items"]], page["next"]) == (calls[:1], calls[0])
    rest = await desk.sue.get(f"/calls?limit=1&before={page['next']}")
    assert ([line["id"] for line in rest["items"]], rest["next"]) == (calls[1:], None)
    for wanted in ("search=cora", f"queue={desk.queue['id']}&search=cor", "outcome=waiting&media=audio&search=Cora"):
        assert [line["id"] for line in (await desk.sue.get(f"/calls?{wanted}"))["items"]] == calls[1:]
    for empty in ("media=video", "outcome=answered", "agent=user_0", "until=2026-01-01T00:00:00Z"):
        assert (await desk.sue.get(f"/calls?{empty}"))["items"] == []
    for wrong in ("outcome=odd", "limit=201", "media=telex", "since=now", "queue=a%20b"):
        assert await desk.sue.refused("GET", f"/calls?{wrong}") == (422, "invalid")
    assert await desk.sue.refused("GET", "/calls?before=call_0") == (404, "not_found")
