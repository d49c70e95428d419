"""S10: 30,000 junk packets a second, a leg at ten times its rate, pictures that claim to be 16383 x 16383.

The server's memory does not grow, the other calls' packets are not late, newcomers get in. Callers and flood are
processes of their own. Run: python benchmarks/reliability/s10.py
"""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.reliability.callers import ROOT
from benchmarks.reliability.hall import Hall, hall
from benchmarks.reliability.rig import LoopLag, Report, percentile, resident_mib, script
from callflow.wiring import Stream

RATE: Final = 30_000
SECONDS: Final = 60
CALLS: Final = 10
WARM_S: Final = 2.0
FLOOD_MIB, GIANT_MIB, LATE_MS = 20.0, 10.0, 20.0
MOST_PER_S: Final = 330
"""What a leg with a voice may send, RTCP included, is 300; and some for where a measurement begins and ends."""


async def measure(seconds: float, calls: int, seed: int, cache: Path | None = None) -> Report:
    """Let so many calls live through each of the three for so long."""
    async with hall(cache) as here:
        legs = await here.enter(2 * calls)
        here.pair(legs, Stream.VOICE)
        await asyncio.sleep(WARM_S)
        flood = await _flood(here, seconds, seed)
        greedy = await _greedy(here, seconds)
        giants = await _giants(here, seconds)
        lost = len(here.lost()) + len(await here.callers.closed())
        ok = not lost and all(part["ok"] for part in (flood, greedy, giants))
        return {"flood": flood, "ten_times_the_rate": greedy, "giant_pictures": giants, "lost": lost, "ok": ok}


async def _flood(here: Hall, seconds: float, seed: int) -> Report:
    await here.callers.heard()
    before = resident_mib()
    arguments = (str(here.plane.port), str(RATE), str(seconds), str(seed))
    flooder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.reliability.flooder", *arguments), cwd=ROOT, stdout=PIPE
    )
    async with LoopLag() as lag:
        began = time.monotonic()
        await asyncio.sleep(seconds / 2)
        came_in = len(await here.enter(2))
        output, _ = await flooder.communicate()
        took = time.monotonic() - began
    late = [ms for heard in (await here.callers.heard()).values() for ms in heard.transit_ms]
    grown, late_ms = resident_mib() - before, percentile(late, 99)
    return {
        "packets_per_s": round(int(output) / seconds),
        "seconds": round(took, 1),
        "grown_mib": round(grown, 1),
        "packets_p99_ms": late_ms,
        "lag_p99_ms": lag.p(99),
        "newcomers": came_in,
        "refused": here.plane.refused(),
        "ok": grown < FLOOD_MIB and late_ms < LATE_MS and lag.p(99) < LATE_MS and came_in == 2,
    }


async def _greedy(here: Hall, seconds: float) -> Report:
    """The first caller sends ten times as much as it should; its call goes on, with what is allowed."""
    await here.callers.speak(0, times=10)
    await asyncio.sleep(WARM_S + 1)  # until what was saved up is spent
    await here.callers.heard()
    began = time.monotonic()
    await asyncio.sleep(seconds)
    heard = await here.callers.heard()
    rate = heard[1].voice / (time.monotonic() - began)
    await here.callers.speak(0, times=1)
    late_ms = percentile([ms for number, one in heard.items() if number > 1 for ms in one.transit_ms], 99)
    least = min(one.voice for number, one in heard.items() if number not in (1, *_newcomers(here))) / seconds
    return {
        "forwarded_per_s": round(rate),
        "others_p99_ms": late_ms,
        "others_least_per_s": round(least, 1),
        "ok": 100 < rate <= MOST_PER_S and late_ms < LATE_MS and least > 48,
    }


async def _giants(here: Hall, seconds: float) -> Report:
    """Two callers with cameras, one of whom sends key frames of an impossible size: they are passed on, not opened."""
    legs = await here.enter(2, camera=True)
    here.pair(legs, Stream.VOICE, Stream.CAMERA)
    sender = int(legs[0].removeprefix("leg_"))
    await asyncio.sleep(1)
    before, spent = resident_mib(), time.process_time()
    await here.callers.speak(sender, times=1, giants=True)
    await here.callers.heard()
    await asyncio.sleep(seconds)
    heard = (await here.callers.heard())[sender + 1]
    grown, spent = resident_mib() - before, time.process_time() - spent
    return {
        "pictures_passed_on": heard.giants,
        "voice_packets": heard.voice,
        "grown_mib": round(grown, 1),
        "cpu_share": round(spent / seconds, 3),
        "ok": grown < GIANT_MIB and heard.giants > 45 * seconds and heard.voice > 45 * seconds,
    }


def _newcomers(here: Hall) -> tuple[int, int]:
    """The two who came in during the flood and are wired to nobody."""
    last = max(int(leg.removeprefix("leg_")) for leg in here.plane.counters())
    return last - 1, last


if __name__ == "__main__":
    script(lambda seed: measure(SECONDS, CALLS, seed))
