"""A disk for recordings that is full: panels are told, nothing new is begun, and it is forgotten when it is well."""

import time
from collections.abc import Callable

import pytest

from callflow.ids import CallId, LegId
from callflow.recorded import recording_of
from callflow.wiring import LegDown, LostBecause, TapTrouble, TapWhy
from signaling.recording_work import SPOOL
from tests.disks import mounted
from tests.signaling.floor import Floor, talking
from tests.signaling.house import House
from tests.signaling.panels import PanelPage

pytestmark = pytest.mark.wire
TOLD_S = 5.0


async def soon(page: PanelPage, holds: Callable[[], bool]) -> None:
    """Wait for it, no longer than S16 allows."""
    began = time.monotonic()
    await page.until(holds)
    assert time.monotonic() - began < TOLD_S


async def tells(floor: Floor, login: str, what: str | None) -> None:
    """Wait until somebody's panel was told this."""
    page = floor.panels[login]
    await soon(page, lambda: page.recording_trouble == what)


async def test_a_full_disk_is_pushed_to_who_leads_and_to_who_is_recorded_and_withdrawn_when_it_heals(
    house: House,
) -> None:
    """REC-02: S16; nobody else is told, and of two troubles the worse one is."""
    async with talking(house) as floor:
        troubles = house.parley.recordings.troubles
        recording, legs = recording_of(CallId(floor.call)), (LegId("leg_1"), LegId("leg_2"))
        troubles.take(TapTrouble(recording, legs[0], TapWhy.SLOW))
        await tells(floor, "sue", "disk_slow")
        await tells(floor, "ana", "disk_slow")
        troubles.take(TapTrouble(recording, legs[1], TapWhy.FULL))
        await tells(floor, "sue", "disk_full")
        await tells(floor, "ana", "disk_full")
        assert floor.panels["ben"].recording_trouble is None
        troubles.take(TapTrouble(recording, legs[1], None))
        troubles.take(LegDown(legs[0], None, LostBecause.WORKER))
        await tells(floor, "sue", None)
        await tells(floor, "ana", None)


async def test_with_little_room_who_leads_is_warned_and_then_nothing_new_is_recorded_but_calls_go_on(
    house: House,
) -> None:
    """REC-02, PLUS-09: the call that is answered meanwhile is not recorded, and the next one with room is."""
    recordings = house.parley.recordings
    with mounted(recordings.folder / SPOOL, 900) as disk:
        async with talking(house) as floor:
            await tells(floor, "sue", "low_space")
            disk.leave(100)
            await tells(floor, "sue", "no_space")
            assert floor.panels["ana"].recording_trouble is None, "her call is not recorded at all"
            await switch_on(floor, "ben")
            await ben_answers(floor)
            assert floor.part("ben")["talk"]["recorded"] is None
            await floor.does("ben", "hangup")
            report = {"call_id": floor.call, "summary": "Nothing.", "status": "solved"}
            await floor.staff["ben"].post("/wrap-up/finish", report)
            disk.leave(2000)
            await tells(floor, "sue", None)
            await ben_answers(floor)
            assert floor.part("ben")["talk"]["recorded"] == "recording"


async def switch_on(floor: Floor, login: str) -> None:
    """Record the calls of somebody."""
    settings = await floor.desk.sue.get("/recording-settings")
    await floor.desk.sue.patch("/recording-settings", {"version": settings["version"], "on": True})
    path = f"/recording-settings/agents/{floor.id(login)}"
    assert (await floor.desk.sue.ask("PUT", path, {"version": 0, "mode": "on"})).status == 200


async def ben_answers(floor: Floor) -> None:
    """Somebody calls, and Ben talks with them."""
    call = await floor.desk.call(await floor.desk.house.browser(), await floor.desk.link(), name="Dora")
    floor.call = call
    await floor.answers("ben")
    await floor.shows("ben", "talking")
