"""Offers that come close together."""

import asyncio

import pytest

from callflow.ids import CallId, LegId
from callflow.wiring import Answer
from tests.media.offers import offer
from tests.signaling.desk import Desk
from tests.signaling.house import House
from tests.signaling.panels import panel

pytestmark = pytest.mark.wire


async def test_two_first_offers_of_a_leg_at_the_same_time_are_both_answered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLUS-01: a page that reloads while its first offer waits for a media process offers anew."""
    at_once = house.plane.open

    async def as_from_another_process(call: CallId, leg: LegId, sdp: str, codecs: tuple[str, ...]) -> Answer:
        await asyncio.sleep(0.05)
        return await at_once(call, leg, sdp, codecs)

    monkeypatch.setattr(house.plane, "open", as_from_another_process)
    desk = await Desk.open(house, "ana")
    guest, ana = await house.browser(), await house.signed_in("ana")
    async with panel(ana) as page:
        await page.until(lambda: page.state["me"]["reachable"])
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        call = await desk.call(guest, await desk.link(), up=False)
        body = {"sdp": offer()}
        answers = await asyncio.gather(*(guest.ask("POST", f"/guest/calls/{call}/leg", body) for _ in range(3)))
    assert [answer.status for answer in answers] == [200, 200, 200]
