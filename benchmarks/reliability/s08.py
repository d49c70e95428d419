"""S8: offers that were damaged in every way, given to the media plane and posted by a guest and an agent.

10,000 each way; then a good call works. Run: python benchmarks/reliability/s08.py
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.reliability.caller import Caller
from benchmarks.reliability.edge import Edge, edge
from benchmarks.reliability.rig import LoopLag, Report, descriptors, percentile, script
from callflow.call import Role
from callflow.ids import CallId, LegId
from callflow.wiring import MediaRefusedError
from media.dtls import make_certificate
from media.settings import MediaSettings
from tests.media.offers import damaged
from tests.media.parties import CODECS, eventually, stage

OFFERS: Final = 10_000
ANSWER_MS, LAG_MS = 100.0, 50.0
FRAMES: Final = 50


async def measure_plane(count: int, seed: int, cache: Path) -> Report:
    """Give the media plane so many damaged offers."""
    outcomes, took = Counter[str](), list[float]()
    async with stage(MediaSettings(announced=("127.0.0.1",), cache=cache)) as here:
        before = len(asyncio.all_tasks()), descriptors()
        async with LoopLag() as lag:
            for number in range(count):
                leg = LegId(f"leg_{number}")
                began = time.perf_counter()
                try:
                    await here.plane.open(CallId("call_1"), leg, damaged(seed + number), CODECS)
                    outcomes["answered"] += 1
                except MediaRefusedError as error:
                    outcomes[error.code] += 1
                took.append(1000 * (time.perf_counter() - began))
                here.plane.close(leg)
                await asyncio.sleep(0)
        await eventually(lambda: (len(asyncio.all_tasks()), descriptors()) == before)
        return _judged({"outcomes": dict(outcomes)}, took, lag)


async def measure_edge(count: int, seed: int, cache: Path | None = None) -> Report:
    """Post so many damaged offers, the guest and the agent in turn; then let the two talk."""
    outcomes, took = Counter[int](), list[float]()
    async with edge(cache, setup_limit_s=1.0) as at:
        before = await at.warm_up()
        async with LoopLag() as lag:
            for number in range(count):
                began = time.perf_counter()
                answer = await at.offer(_role(number), damaged(seed + number))
                took.append(1000 * (time.perf_counter() - began))
                outcomes[answer.status] += 1
        await at.back_to(before)
        failed = sum(times for status, times in outcomes.items() if status >= 500)
        works = await _talk(at)
        report = _judged({"statuses": {str(status): times for status, times in outcomes.items()}}, took, lag)
        return report | {"http_5xx": failed, "good_call_works": works, "ok": report["ok"] and not failed and works}


def _judged(figures: Report, took: list[float], lag: LoopLag) -> Report:
    """Add the times. That no descriptor, task or transport is left has been waited for."""
    answer_ms, lag_ms = percentile(took, 99), lag.p(99)
    times: Report = {"p99_ms": answer_ms, "slowest_ms": percentile(took, 100), "lag_p99_ms": lag_ms}
    return figures | times | {"leaked": 0, "ok": answer_ms < ANSWER_MS and lag_ms < LAG_MS}


def _role(number: int) -> Role:
    return Role.AGENT if number % 2 else Role.CUSTOMER


async def _talk(at: Edge) -> bool:
    """Connect both with good offers, accept, and see whether both hear each other."""
    certificate = make_certificate()
    callers = {role: Caller(certificate, camera=False) for role in (Role.CUSTOMER, Role.AGENT)}
    try:
        for role, caller in callers.items():
            answer = await at.offer(role, caller.offer())
            if answer.status != 200 or not await caller.connect((await answer.json())["sdp"]):
                return False
        reservation = at.page.state["call"]["reservation"]["id"]
        accepted = await at.agent.ask("POST", f"/reservations/{reservation}/accept", {"tab": "tab-1"})
        if accepted.status != 200:
            return False
        for _ in range(FRAMES):
            for caller in callers.values():
                caller.speak()
            await asyncio.sleep(0.02)
        return all(len(caller.heard.transit_ms) > FRAMES // 2 for caller in callers.values())
    finally:
        for caller in callers.values():
            await caller.close()


async def _main(seed: int) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        plane = await measure_plane(OFFERS, seed, Path(folder))
        posted = await measure_edge(OFFERS, seed, Path(folder))
    return {"plane": plane, "edge": posted, "ok": plane["ok"] and posted["ok"]}


if __name__ == "__main__":
    script(_main)
