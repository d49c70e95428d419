"""Customers who leave the line and are called back, and agents who call who was not answered, over the API."""

import asyncio

import pytest

from callflow.call import LegState, Role
from callflow.events import LegConnected, TransportOpened
from callflow.ids import TransportId, new_id
from tests.clock import MovableClock
from tests.media.offers import offer
from tests.signaling.desk import Desk
from tests.signaling.guest_pages import guest_page
from tests.signaling.house import Browser, House
from tests.signaling.panels import PanelPage, panel

pytestmark = pytest.mark.wire


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell places and pages without the usual pause."""
    monkeypatch.setattr("signaling.calls.guest_places.TELL_EVERY", 0.01)
    monkeypatch.setattr("signaling.calls.page_flags.TELL_EVERY", 0.01)


async def customer_up(house: House, desk: Desk, call: str) -> None:
    """The customer's page connects, as if the media plane had said so."""
    now = await desk.now(call)
    transport = TransportId(new_id("transport"))
    await house.parley.engine.ask(now.id, TransportOpened(now.customer_leg.id, transport, None))
    await house.parley.engine.ask(now.id, LegConnected(now.customer_leg.id, transport))


async def heard(*pages: PanelPage) -> None:
    """Agents turn the sound of their panels on."""
    for page in pages:
        await page.say("sound", sound="ready")
        await page.until(lambda page=page: page.state["me"]["sound"] == "ready")


async def missed(desk: Desk, customer: Browser, token: str, name: str | None = "Cora") -> str:
    """A customer who has called and left."""
    call = await desk.call(customer, token, name=name)
    await customer.post(f"/guest/calls/{call}/hangup")
    return call


async def test_who_waits_is_told_the_place_whenever_the_queue_moves_and_no_page_of_another_queue_is(
    house: House, clock: MovableClock
) -> None:
    """PLUS-03, PLUS-12: pushed, and in no row; who asked to be called back keeps the place."""
    desk, other = await Desk.open(house, "ana"), await house.signed_in("sue")
    queue = await other.post("/queues", {"name": "Back office"})
    elsewhere = await desk.link(queue_id=queue["id"])
    token = await desk.link()
    ana = await house.signed_in("ana")
    mia, noa, zoe = await house.browser(), await house.browser(), await house.browser()
    async with panel(ana, sound="blocked"):
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        first = await desk.call(mia, token, name="Mia")
        clock.advance(1)
        second = await desk.call(noa, token, name="Noa")
        await other.patch(
            f"/queues/{queue['id']}", {"version": queue["version"], "members": [{"id": house.people["ana"].user.id}]}
        )
        third = await desk.call(zoe, elsewhere, name="Zoe")
        async with guest_page(noa, second) as page, guest_page(zoe, third) as stranger:
            await page.until("place")
            await stranger.until("place")
            assert page.place == {"position": 2, "wait_minutes": None}
            assert stranger.place == {"position": 1, "wait_minutes": None}
            await noa.post(f"/guest/calls/{second}/callback")
            await mia.post(f"/guest/calls/{first}/hangup")
            await page.until("place")
            assert page.place == {"position": 1, "wait_minutes": None}
            await noa.post(f"/guest/calls/{second}/hangup")
            await page.until("place")
            assert page.place is None
            await zoe.post(f"/guest/calls/{third}/hangup")
            await stranger.until("place")
            assert stranger.told.count("place") == 2


async def test_a_callback_is_asked_for_once_and_reaches_the_page_when_an_agent_is_ready(house: House) -> None:
    """PLUS-12: the panel says since when and whether the page is open; a repeat changes nothing."""
    desk = await Desk.open(house, "ana")
    ana, cora = await house.signed_in("ana"), await house.browser()
    token = await desk.link()
    async with panel(ana, sound="blocked") as mine:
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        call = await desk.call(cora, token)
        asked = await cora.post(f"/guest/calls/{call}/callback")
        assert (asked["phase"], asked["mine"], asked["transport"]) == ("waiting", LegState.AWAY, None)
        assert await cora.post(f"/guest/calls/{call}/callback") == asked
        assert (await cora.get(f"/guest/links/{token}"))["call"]["callback_at"] == asked["callback_at"]
        await mine.say("sound", sound="ready")
        await mine.until(lambda: mine.state["call"] is not None)
        assert mine.state["call"]["callback_at"] == asked["callback_at"]
        assert not mine.state["call"]["theirs_open"]
        async with guest_page(cora, call) as page:
            await mine.until(lambda: mine.state["call"]["theirs_open"])
            reservation = mine.state["call"]["reservation"]["id"]
            await ana.post(f"/reservations/{reservation}/accept", {"tab": "tab-1"})
            await page.until_phase("calling_back")
            assert page.call["agent"]["name"] == "Ana"
            await desk.up(call, Role.AGENT)
            await customer_up(house, desk, call)
            await page.until_phase("talking")
        assert await cora.refused("POST", f"/guest/calls/{call}/callback") == (409, "too_late")
        await cora.post(f"/guest/calls/{call}/hangup")
        assert await cora.refused("POST", f"/guest/calls/{call}/callback") == (409, "too_late")


async def test_a_callback_belongs_to_the_browser_of_the_call_and_an_offer_takes_it_back(house: House) -> None:
    """PLUS-12: another browser is told that there is no such call; waiting on the line keeps the place."""
    desk = await Desk.open(house, "ana")
    ana, cora, eve = await house.signed_in("ana"), await house.browser(), await house.browser()
    token = await desk.link()
    async with panel(ana, sound="blocked"):
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        call = await desk.call(cora, token)
        await desk.call(eve, token, name="Eve")
        assert await eve.refused("POST", f"/guest/calls/{call}/callback") == (404, "not_found")
        before = await cora.post(f"/guest/calls/{call}/callback")
        await cora.post(f"/guest/calls/{call}/leg", {"sdp": offer()})
        after = await cora.get(f"/guest/calls/{call}")
        assert (after["callback_at"], after["mine"]) == (None, LegState.CONNECTING)
        assert after["started_at"] == before["started_at"]


async def test_of_two_agents_who_call_a_customer_back_one_does_and_the_open_page_rings(house: House) -> None:
    """PLUS-12, EVT-02: the ended page is told of the new call, the link finds it, and an answer sees to the old one."""
    desk = await Desk.open(house, "ana", "ben")
    ana, ben, cora = await house.signed_in("ana"), await house.signed_in("ben"), await house.browser()
    token = await desk.link()
    async with panel(ana, sound="blocked") as mine, panel(ben, sound="blocked") as his:
        for browser in (ana, ben):
            await browser.ask("PUT", "/agent/status", {"status": "active"})
        call = await missed(desk, cora, token)
        await heard(mine, his)
        async with guest_page(cora, call) as page:
            tries = [one.ask("POST", f"/calls/{call}/call-back", {"tab": "tab-1"}) for one in (ana, ben)]
            answers = await asyncio.gather(*tries)
            assert sorted(answer.status for answer in answers) == [200, 409]
            [won] = [await answer.json() for answer in answers if answer.status == 200]
            [lost] = [await answer.json(content_type=None) for answer in answers if answer.status == 409]
            assert (won["phase"], won["direction"], lost["code"]) == ("calling_back", "outbound", "in_call")
            await page.until("call")
            assert (page.call["id"], page.call["phase"]) == (won["id"], "calling_back")
            assert (await cora.get(f"/guest/links/{token}"))["call"]["id"] == won["id"]
        winner = mine if answers[0].status == 200 else his
        async with guest_page(cora, won["id"]):
            await winner.until(lambda: winner.state["call"] is not None and winner.state["call"]["theirs_open"])
        await desk.up(won["id"], Role.AGENT)
        await customer_up(house, desk, won["id"])
        assert (await desk.sue.get("/calls/missed"))["total"] == 0


async def test_a_call_back_that_nobody_answers_leaves_the_missed_call_on_top(house: House) -> None:
    """PLUS-12: said no, the customer is not called again by itself; the try is no call of the customer's."""
    desk = await Desk.open(house, "ana")
    ana, cora = await house.signed_in("ana"), await house.browser()
    async with panel(ana, sound="blocked") as mine:
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        call = await missed(desk, cora, await desk.link())
        await heard(mine)
        back = await ana.post(f"/calls/{call}/call-back", {"tab": "tab-1"})
        await cora.post(f"/guest/calls/{back['id']}/hangup")
        over = await cora.get(f"/guest/calls/{back['id']}")
        assert (over["end_reason"], over["ended_by"]) == ("callback_missed", "customer")
        [line] = (await desk.sue.get("/calls/missed"))["items"]
        assert (line["call"]["id"], line["tries"]) == (call, 1)


async def test_a_missed_call_says_whether_the_page_is_open_that_would_ring_and_panels_hear_when_it_changes(
    house: House,
) -> None:
    """PLUS-12: the page of the browser in which the customer called last, be it of that call or of an earlier one."""
    desk = await Desk.open(house, "ana")
    ana, cora = await house.signed_in("ana"), await house.browser()
    first, second = await desk.link(), await desk.link()

    async def rings() -> bool:
        [line] = (await ana.get("/calls/missed"))["items"]
        return line["page_open"]

    async with panel(ana, sound="blocked") as mine:
        await ana.ask("PUT", "/agent/status", {"status": "active"})

        async def told_that(open_now: bool) -> None:
            told = 0
            while await rings() is not open_now:
                await mine.until(lambda told=told: any("calls" in one["stale"] for one in mine.changes[told:]))
                told = len(mine.changes)

        call = await missed(desk, cora, first)
        assert not await rings()
        async with guest_page(cora, call):
            await told_that(True)
            await missed(desk, cora, second, name=None)
            assert await rings()
        await told_that(False)


async def test_only_who_may_see_to_a_call_calls_back_and_only_when_it_is_over(house: House) -> None:
    """SYS-01, PLUS-12."""
    desk = await Desk.open(house, "ana")
    ana, ben, cora = await house.signed_in("ana"), await house.signed_in("ben"), await house.browser()
    body = {"tab": "tab-1"}
    async with panel(ana, sound="blocked") as mine:
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        token = await desk.link()
        live = await desk.call(cora, token)
        assert await ana.refused("POST", f"/calls/{live}/call-back", body) == (409, "not_over")
        await cora.post(f"/guest/calls/{live}/hangup")
        assert await ben.refused("POST", f"/calls/{live}/call-back", body) == (404, "not_found")
        assert await desk.sue.refused("POST", f"/calls/{live}/call-back", body) == (403, "forbidden")
        assert await cora.refused("POST", f"/calls/{live}/call-back", body) == (401, "signed_out")
        again = await desk.call(cora, token, name=None)
        assert await ana.refused("POST", f"/calls/{live}/call-back", body) == (409, "in_call")
        await cora.post(f"/guest/calls/{again}/hangup")
        await heard(mine)
        await ana.post(f"/calls/{live}/call-back", body)
    assert await ana.refused("POST", f"/calls/{live}/call-back", body) == (409, "in_call")
