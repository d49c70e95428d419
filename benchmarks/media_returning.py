"""What a hundred legs that come back at once cost the calls that go on: handshakes a few at a time, or all at once.

    python -m benchmarks.media_returning

Ten audio calls talk through one media worker while a hundred legs begin their DTLS handshakes in the same moment, as
after a network that was cut. Printed are, for each way in the same run, the longest pause of the worker's event loop
and the 99th percentile of the packets' way, and the ratio. Needs what `benchmarks.media` needs.
"""

import asyncio
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.media.canned import voice
from benchmarks.media.contenders.parley import Parley
from benchmarks.media.machine import CLIENT_CPU
from benchmarks.media.peer import Peer
from benchmarks.media.slot import own_address
from benchmarks.media.traffic import Traffic, build
from callflow.ids import CallId, LegId
from callflow.wiring import MediaEvent, PlaneMeasured
from media.dtls import make_certificate
from media.settings import MediaSettings

CALLS, RETURNING, RUNS = 10, 100, 3
SECONDS = 4.0
KINDS = ("audio",)


async def measure(library: Path, at_once: int) -> tuple[float, float]:
    """Return the loop's longest pause and the 99th percentile of latency, both in milliseconds."""
    measured: list[PlaneMeasured] = []

    def noted(event: MediaEvent) -> None:
        if isinstance(event, PlaneMeasured):
            measured.append(event)

    address, certificate, traffic = own_address(), make_certificate(), Traffic(library)
    with tempfile.TemporaryDirectory() as scratch:
        parley = Parley(Path(scratch), address)
        parley.settings = replace(MediaSettings(announced=(address,)), handshakes_at_once=at_once)
        parley.on_event = noted
        try:
            await parley.start()
            talking = [[Peer(traffic, certificate, address, KINDS) for _ in range(2)] for _ in range(CALLS)]
            for number, peers in enumerate(talking):
                await parley.join(number, peers, KINDS)
                for peer in peers:
                    peer.start({"audio": voice()}, stamped=True)
            returning = [Peer(traffic, certificate, address, KINDS) for _ in range(RETURNING)]
            for number, peer in enumerate(returning):
                call, leg = CallId(f"back_{number}"), LegId(f"back_{number}")
                peer.take_answer((await parley.workers.open(call, leg, peer.offer(), ("opus",))).sdp)
            await asyncio.sleep(2.5)  # their checks are done, and the figures of the way here are told
            measured.clear()
            counting = asyncio.create_task(traffic.measure(SECONDS))
            await asyncio.gather(*(peer.connected() for peer in returning))
            await counting
            await asyncio.sleep(2.5)
            for peer in (*returning, *(peer for peers in talking for peer in peers)):
                await peer.close()
        finally:
            traffic.close()
            await parley.stop()
    return max(one.lag.max_ms for one in measured), traffic.counted(stamped=True).p99_ms or 0.0


def main() -> None:
    """Run both ways in turns and print what came out."""
    os.sched_setaffinity(0, {CLIENT_CPU})
    with tempfile.TemporaryDirectory() as folder:
        library = build(Path(folder))
        for run in range(RUNS):
            few = asyncio.run(measure(library, MediaSettings().handshakes_at_once))
            many = asyncio.run(measure(library, RETURNING))
            print(f"run {run + 1}: a few at a time: longest pause {few[0]:.1f} ms, p99 {few[1]:.1f} ms;", end=" ")
            print(f"all at once: {many[0]:.1f} ms, {many[1]:.1f} ms; ratio {few[0] / many[0]:.2f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
