"""S6: a call goes on as the same call after its network broke for 1, 5 or 12 s, moved, or a page was reloaded.

Real pages in Chromium; one side's browser is in a network namespace whose cable is broken (with the browser being told
or not) or whose address changes. A break that is longer than the grace ends the call. Needs root.
Run: python benchmarks/reliability/s06.py
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.reliability.rig import Report, script
from callflow.call import Ended, EndReason
from callflow.ids import CallId
from tests.flow.conftest import Centre, launched, running_centre
from tests.flow.network import HOST, Network, network, trusting
from tests.flow.people import Agent, Customer, Person

EACH: Final = 20
GIVE_UP_S: Final = 20.0
"""After that a call counts as not resumed."""
FRESH_PACKETS: Final = 10
"""What must have arrived since the break, or the tone might be an old one that still plays."""
OVER_GRACE_S: Final = 68.0
"""3 s until the silence is noticed, the grace of 60 s, and some."""
SOUND: Final = "--autoplay-policy=no-user-gesture-required"

Side = Literal["customer", "agent"]
SIDES: Final[tuple[Side, ...]] = ("customer", "agent")


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that happens to one side's network, or page."""

    how: Literal["swallow", "unplug", "move", "reload"]
    seconds: float = 0.0

    @property
    def kind(self) -> str:
        """What it counts as: how the network is cut is not told apart."""
        return f"cut_{self.seconds:g}_s" if self.seconds else self.how


Plan = Mapping[Side, Sequence[Break]]


def full_plan(each: int, rng: random.Random) -> Plan:
    """Draw `each` of every kind, half of them on each side, in a random order."""
    made: dict[Side, list[Break]] = {side: [] for side in SIDES}
    for number in range(each):
        cut = "swallow" if number % 4 < 2 else "unplug"
        kinds = [Break(cut, 1), Break(cut, 5), Break(cut, 12), Break("move"), Break("reload")]
        made[SIDES[number % 2]] += kinds
    for breaks in made.values():
        rng.shuffle(breaks)
    return made


class Line:
    """A call between two pages, one of which is behind the cable."""

    def __init__(self, centre: Centre, cable: Network, customer: Customer, agent: Agent, broken: Person) -> None:
        self._centre = centre
        self._cable = cable
        self._customer = customer
        self._agent = agent
        self._broken = broken

    async def endure(self, what: Break) -> float | None:
        """Break it and return the seconds from its mending until both hear each other in the same call, or None."""
        calls = await self._live()
        if what.how in ("swallow", "unplug"):
            await (self._cable.swallow() if what.how == "swallow" else self._cable.unplug())
            await asyncio.sleep(what.seconds)
        before = [await person.senses() for person in (self._customer, self._agent)]
        since = time.monotonic()
        match what.how:
            case "move":
                await self._cable.move()
            case "reload":
                await self._broken.page.reload()
            case _:
                await self._cable.mend()
        try:
            async with asyncio.timeout(GIVE_UP_S):
                await _hears(self._customer, self._agent, before[0])
                await _hears(self._agent, self._customer, before[1])
        except TimeoutError:
            return None
        return time.monotonic() - since if await self._live() == calls else None

    async def outlast_the_grace(self) -> bool:
        """Break for longer than the grace; say whether the call ended as lost and the agent is free of it."""
        (call,) = await self._live()
        await self._cable.swallow()
        await asyncio.sleep(OVER_GRACE_S)
        found = await self._centre.parley.store.call(call)
        await self._cable.mend()
        await self._agent.may_press("Finish")
        return found is not None and isinstance(found.phase, Ended) and found.phase.reason is EndReason.LOST

    async def _live(self) -> list[CallId]:
        return [call.id for call in await self._centre.parley.store.live_calls()]


async def _hears(person: Person, other: Person, before: dict[str, Any]) -> None:
    """Wait for the other's tone, and for packets that came since."""
    while True:
        now = await person.senses()
        had = before["received"] if now["connections"] == before["connections"] else 0
        if abs(now["hertz"] - other.hertz) <= 0.02 * other.hertz and now["received"] >= had + FRESH_PACKETS:
            return
        await asyncio.sleep(0.03)


async def measure(folder: Path, music: Path, plan: Plan, over_grace: bool) -> Report:
    """Carry out a plan. `folder` is empty, `music` keeps the encoded hold music."""
    taken: defaultdict[str, list[float | None]] = defaultdict(list)
    ended_as_lost: list[bool] = []
    async with network(folder) as cable:
        for side, breaks in plan.items():
            async with AsyncExitStack() as stack:
                line = await _talking(stack, folder / side, music, cable, side)
                for what in breaks:
                    took = await line.endure(what)
                    taken[what.kind].append(took)
                    if took is None:
                        break  # the rest of this side's plan would measure the same fault again
                else:
                    if over_grace:
                        ended_as_lost.append(await line.outlast_the_grace())
    return _report(taken, sum(map(len, plan.values())), ended_as_lost)


async def _talking(stack: AsyncExitStack, data: Path, music: Path, cable: Network, side: Side) -> Line:
    desk = await stack.enter_async_context(launched(SOUND))
    centre = await stack.enter_async_context(running_centre(data, music, desk, host=HOST))
    trust = trusting(int(centre.url.rsplit(":", 1)[1]))
    near = await stack.enter_async_context(launched(SOUND, trust))
    far = await stack.enter_async_context(launched(SOUND, trust, program=cable.browser))
    agent = await centre.active_agent(browser=far if side == "agent" else near)
    customer = await centre.caller(browser=far if side == "customer" else near)
    await agent.rings()
    await agent.press("Answer")
    await customer.hears(agent)
    await agent.hears(customer)
    return Line(centre, cable, customer, agent, agent if side == "agent" else customer)


def _report(taken: Mapping[str, list[float | None]], planned: int, ended_as_lost: list[bool]) -> Report:
    figures: Report = {}
    resumed: list[float] = []
    for kind, all_of_kind in sorted(taken.items()):
        good = [took for took in all_of_kind if took is not None]
        resumed += good
        times = {"median_s": round(statistics.median(good), 2), "max_s": round(max(good), 2)} if good else {}
        figures[kind] = {"breaks": len(all_of_kind), "resumed": len(good)} | times
    share = len(resumed) / planned
    median, longest = (statistics.median(resumed), max(resumed)) if resumed else (GIVE_UP_S, GIVE_UP_S)
    within = share >= 0.95 and median <= 2 and longest <= 5 and all(ended_as_lost)
    summary: Report = {"breaks": planned, "resumed_share": round(share, 3), "median_s": round(median, 2)}
    return summary | {"max_s": round(longest, 2), "over_grace_ended_as_lost": ended_as_lost} | figures | {"ok": within}


async def _main(seed: int) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        music = Path(folder) / "music"
        music.mkdir()
        return await measure(Path(folder), music, full_plan(EACH, random.Random(seed)), over_grace=True)


if __name__ == "__main__":
    script(_main)
