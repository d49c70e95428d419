"""What recording adds to bridging: CPU of the media plane with the same calls, without taps and with them, by turns.

Each call is two synthetic callers in another process, with 50 voice packets a second each; the taps are written to a
real disk. The least of each kind is compared, since what else runs on a machine only ever adds. The bar of issue 5 is
half. What it is for one packet, of pictures too, is told by `media_packet_path.py`.
Run: python benchmarks/recording_cost.py [CALLS [SECONDS [TURNS]]]
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.reliability.hall import Hall, hall
from callflow.ids import CallId, LegId, RecordingId
from callflow.roles import Role
from callflow.wiring import NO_TAPS, Stream, Tapped
from tests.media.parties import both_ways

CALLS, SECONDS, TURNS = 20, 10, 3
BAR = 0.5


def bridge(here: Hall, legs: list[LegId], epoch: int, tapped: bool) -> None:
    """Let the first talk with the second, and so on, recorded or not."""
    for number, (customer, agent) in enumerate(zip(legs[::2], legs[1::2], strict=True)):
        recording = RecordingId(f"rec_{number}")
        roles = {customer: Role.CUSTOMER, agent: Role.AGENT}
        taps = {leg: Tapped(recording, role, True, True) for leg, role in roles.items()} if tapped else NO_TAPS
        here.plane.wire(CallId(f"call_{number}"), epoch, both_ways(customer, agent, Stream.VOICE), taps)


async def share(seconds: float) -> float:
    """Return how much of a core this process takes, its threads included."""
    began, spent = time.monotonic(), time.process_time()
    await asyncio.sleep(seconds)
    return (time.process_time() - spent) / (time.monotonic() - began)


async def main(calls: int, seconds: float, turns: int) -> bool:
    """Measure by turns and print; say whether it is within the bar."""
    plain: list[float] = []
    recorded: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        async with hall(spool=Path(folder) / "spool") as here:
            legs = await here.enter(2 * calls)
            for turn in range(turns):
                for tapped, shares in ((False, plain), (True, recorded)):
                    bridge(here, legs, 2 * turn + tapped + 1, tapped)
                    await asyncio.sleep(1)
                    shares.append(await share(seconds))
        written = sum(tap.stat().st_size for tap in (Path(folder) / "spool").glob("*/*"))
    added = min(recorded) / min(plain) - 1
    print(f"{calls} calls, {turns} turns of {seconds:g} s; {written / 1e6:.1f} MB of taps")
    print(f"bridged   {100 * min(plain):6.2f} % of a core   {[round(100 * one, 1) for one in plain]}")
    print(f"recorded  {100 * min(recorded):6.2f} % of a core   {[round(100 * one, 1) for one in recorded]}")
    print(f"recording adds {added:.2f} of what bridging costs; the bar is {BAR}")
    return added < BAR and written > 0


if __name__ == "__main__":
    given = [int(value) for value in sys.argv[1:]]
    asked = (*given, *(CALLS, SECONDS, TURNS)[len(given) :])
    sys.exit(0 if asyncio.run(main(asked[0], asked[1], asked[2])) else 1)
