"""What recording adds to bridging: CPU of the media plane with the same calls, without taps and with them, by turns.

Each call is two synthetic callers in another process, with 50 voice packets a second each; the taps are written to a
real disk. Each turn measures both kinds one after the other, every second turn the other way round, so that a machine
that gets busier or faster meanwhile does so to both; the figure is the median of the turns' own ratios, whose middle
half is printed too. What is compared is processor time for one packet that was heard. The bar of issue 5 is half.
What it is for one packet, of pictures too, is told by `media_packet_path.py`.
Run: python benchmarks/recording_cost.py [CALLS [SECONDS [TURNS]]]
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.reliability.hall import Hall, hall
from callflow.ids import CallId, LegId, RecordingId
from callflow.roles import Role
from callflow.wiring import NO_TAPS, Stream, Tapped
from tests.media.parties import both_ways

CALLS, SECONDS, TURNS = 40, 5, 12
BAR = 0.5
SETTLE_S = 1.0


def bridge(here: Hall, legs: list[LegId], epoch: int, tapped: bool) -> None:
    """Let the first talk with the second, and so on, recorded or not."""
    for number, (customer, agent) in enumerate(zip(legs[::2], legs[1::2], strict=True)):
        recording = RecordingId(f"rec_{number}")
        roles = {customer: Role.CUSTOMER, agent: Role.AGENT}
        taps = {leg: Tapped(recording, role, True, True) for leg, role in roles.items()} if tapped else NO_TAPS
        here.plane.wire(CallId(f"call_{number}"), epoch, both_ways(customer, agent, Stream.VOICE), taps)


async def cost(here: Hall, seconds: float) -> float:
    """Return the processor time that this process takes for a packet that was heard, its threads included."""
    await asyncio.sleep(SETTLE_S)
    await here.callers.heard()
    spent = time.process_time()
    await asyncio.sleep(seconds)
    spent = time.process_time() - spent
    return spent / sum(heard.voice for heard in (await here.callers.heard()).values())


async def main(calls: int, seconds: float, turns: int) -> bool:
    """Measure by turns and print; say whether it is within the bar."""
    costs: dict[bool, list[float]] = {False: [], True: []}
    with tempfile.TemporaryDirectory() as folder:
        async with hall(spool=Path(folder) / "spool") as here:
            legs = await here.enter(2 * calls)
            for turn in range(turns):
                for step, tapped in enumerate((False, True) if turn % 2 else (True, False)):
                    bridge(here, legs, 2 * turn + step + 1, tapped)
                    costs[tapped].append(await cost(here, seconds))
        written = sum(tap.stat().st_size for tap in (Path(folder) / "spool").glob("*/*"))
    added = [recorded / plain - 1 for plain, recorded in zip(costs[False], costs[True], strict=True)]
    low, middle, high = quantiles(added, n=4)
    print(f"{calls} calls, {turns} turns of twice {seconds:g} s; {written / 1e6:.1f} MB of taps")
    for tapped, name in ((False, "bridged"), (True, "recorded")):
        print(f"{name:9} {1e6 * median(costs[tapped]):6.2f} us of a core for a packet")
    print(
        f"recording adds {middle:.2f} of what bridging costs (middle half: {low:.2f} to {high:.2f}); the bar is {BAR}"
    )
    return middle < BAR and written > 0


if __name__ == "__main__":
    given = [int(value) for value in sys.argv[1:]]
    asked = (*given, *(CALLS, SECONDS, TURNS)[len(given) :])
    sys.exit(0 if asyncio.run(main(asked[0], asked[1], asked[2])) else 1)
