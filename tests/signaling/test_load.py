"""Admission by load: new callers are asked to try again while the loops are late, and nobody else is."""

import asyncio
import shutil
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callflow.call import Role
from callflow.wiring import LoopLag
from media.settings import MediaSettings
from signaling import load
from signaling.load import Pressure, lateness, looked
from tests.clock import MovableClock
from tests.media.offers import offer
from tests.signaling.desk import Desk
from tests.signaling.floor import talking
from tests.signaling.house import House, open_house
from tests.signaling.panels import panel
from tests.signaling.test_call_backs import missed

STEP_S = 0.015
"""How long each turn of the loop takes that is too full."""


def lag(p50_ms: float) -> LoopLag:
    """A loop with this median, and a bad second that is over."""
    return LoopLag(p50_ms, 900.0, 900.0)


def after(*late_ms: float) -> bool:
    """Whether a server is busy after these looks."""
    pressure = Pressure()
    for late in late_ms:
        pressure = looked(pressure, late)
    return pressure.busy


@pytest.mark.unit
@pytest.mark.parametrize(
    ("looks", "busy"),
    [
        ((), False),
        ((700, 700, 700, 700), False),
        ((11, 11, 11, 11, 11), True),
        ((11, 11, 11, 11, 9, 11, 11, 11, 11), False),
        ((10, 10, 10, 10, 10, 10), False),
        ((11, 11, 11, 11, 11, 6, 6, 5), True),
        ((11, 11, 11, 11, 11, 4.9), False),
        ((11, 11, 11, 11, 11, 4.9, 11, 11, 11, 11), False),
    ],
)
def test_busy_is_what_is_late_for_five_looks_until_it_is_well(looks: Sequence[float], busy: bool) -> None:
    """Reliability section 3, overload: a decision with hysteresis, so that it does not flutter at the limit."""
    assert after(*looks) is busy


@pytest.mark.unit
def test_one_media_worker_that_has_room_is_enough_and_the_server_must_have_some() -> None:
    """Reliability section 3, overload: a late second that is over, as its 99th percentile shows it, does not count."""
    assert lateness(lag(1), []) == 1
    assert lateness(lag(1), [lag(40), lag(2)]) == 2
    assert lateness(lag(1), [lag(40), lag(30)]) == 30
    assert lateness(lag(20), [lag(0)]) == 20


@asynccontextmanager
async def full_loop() -> AsyncGenerator[None]:
    """Let each turn of the loop take long, as with too many calls."""

    async def work() -> None:
        while True:
            time.sleep(STEP_S)  # noqa: ASYNC251 (this is what it is about)
            await asyncio.sleep(0)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()


async def until_busy(house: House, busy: bool) -> None:
    """Wait until the server is busy, or no more."""
    async with asyncio.timeout(30):
        while house.parley.load.busy is not busy:  # noqa: ASYNC110 (a figure has no event)
            await asyncio.sleep(0.05)


@pytest.mark.wire
async def test_while_the_loop_is_late_at_every_wake_only_new_calls_are_sent_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reliability section 3, overload; who has a call keeps it, agents call back, and the metrics count."""
    async with talking(house) as floor:
        desk, late = floor.desk, await house.browser()
        token = await desk.link()
        left = await missed(desk, await house.browser(), token)
        monkeypatch.setattr(load, "LOOK_EVERY", 0.1)  # how late the loop is is really measured
        with monkeypatch.context() as patience:
            patience.setattr(load, "WELL_MS", 0.0)  # it stays busy, and the test need not be slow as well
            async with full_loop():
                await until_busy(house, True)
            refused = await late.ask("POST", f"/guest/links/{token}/calls", {"media": "audio", "name": "Lee"})
            assert (refused.status, (await refused.json(content_type=None))["code"]) == (503, "busy")
            assert int(refused.headers["Retry-After"]) >= 1
            assert (await floor.guest.get(f"/guest/calls/{floor.call}"))["phase"] == "talking"
            assert (await late.page("/healthz")).status == 200
            assert await floor.staff["ben"].post(f"/calls/{left}/call-back", {"tab": "tab-1"})
        await until_busy(house, False)
        assert await desk.call(late, token, name="Lee", up=False)
    refusals = {'parley_calls_refused_total{why="busy"} 1.0', 'parley_calls_refused_total{why="restarting"} 0.0'}
    assert refusals <= await house.metrics()


@pytest.mark.wire
async def test_every_caller_who_is_let_in_leaves_a_leg_for_who_answers(
    tmp_path: Path, sqlite_template: Path, cache: Path, clock: MovableClock
) -> None:
    """Reliability section 3, overload: a queue that is as long as it can be keeps no agent from answering."""
    shutil.copy(sqlite_template, tmp_path / "parley.db")
    async with open_house(tmp_path, MediaSettings(cache=cache, max_legs=4), clock) as house:
        desk, ana = await Desk.open(house, "ana"), await house.signed_in("ana")
        token = await desk.link()
        first, second, third = [await house.browser() for _ in range(3)]
        async with panel(ana) as page:
            await ana.ask("PUT", "/agent/status", {"status": "active"})
            calls = [await desk.call(one, token, up=False) for one in (first, second)]
            for customer, call in zip((first, second), calls, strict=True):
                await customer.post(f"/guest/calls/{call}/leg", {"sdp": offer()})
            begun = {"media": "audio", "name": "Lee"}
            assert await third.refused("POST", f"/guest/links/{token}/calls", begun) == (503, "busy")

            await desk.up(calls[0], Role.CUSTOMER)
            await page.until(lambda: page.state["call"] is not None)
            await ana.post(f"/reservations/{page.state['call']['reservation']['id']}/accept", {"tab": "tab-1"})
            await ana.post(f"/calls/{calls[0]}/leg", {"tab": "tab-1", "sdp": offer()})
            await second.post(f"/guest/calls/{calls[1]}/hangup")
            await desk.until(calls[1], lambda call: not call.live)
            assert await desk.call(third, token, up=False)
