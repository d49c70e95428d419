"""S13: callers who wait hear music without a gap, and the server's loop has time for others.

60 callers for 30 minutes, then as many more as make 150 for one. Run: python benchmarks/reliability/s13.py
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.reliability.hall import hall
from benchmarks.reliability.rig import LoopLag, Report, percentile, script
from callflow.ids import CallId
from callflow.wiring import HOLD_MUSIC, FromPrompt, Stream

CALLERS: Final = 60
SECONDS: Final = 30 * 60
STRETCH: Final = 150
STRETCH_SECONDS: Final = 60
GAP_MS: Final = 60.0
LAG_MS: Final = 20.0


async def measure(callers: int, seconds: float, cache: Path | None = None) -> Report:
    """Let so many callers wait for so long."""
    async with hall(cache) as here:
        legs = await here.enter(callers)
        for number, leg in enumerate(legs):
            here.plane.wire(CallId(f"call_{number}"), 1, {leg: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}})
        await asyncio.sleep(1)
        await here.callers.heard()
        async with LoopLag() as lag:
            began, spent = time.monotonic(), time.process_time()
            await asyncio.sleep(seconds)
            took, spent = time.monotonic() - began, time.process_time() - spent
            heard = (await here.callers.heard()).values()
        gaps = [one.longest_gap_ms for one in heard]
        share = sum(one.voice for one in heard) / (len(legs) * took * 50)
        ok = len(legs) == callers and max(gaps) <= GAP_MS and lag.p(99) < LAG_MS and not here.lost()
        return {
            "callers": len(legs),
            "longest_gap_ms": round(max(gaps), 1),
            "median_of_longest_gaps_ms": percentile(gaps, 50),
            "heard_share": round(share, 4),
            "lag_p99_ms": lag.p(99),
            "cpu_share": round(spent / took, 3),
            "lost": len(here.lost()),
            "ok": ok and share > 0.99,
        }


async def _main(_seed: int) -> Report:
    many = await measure(CALLERS, SECONDS)
    stretch = await measure(STRETCH, STRETCH_SECONDS)
    return {"minutes": SECONDS // 60} | many | {"stretch": stretch}


if __name__ == "__main__":
    script(_main)
