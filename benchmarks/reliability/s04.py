"""S4: `kill -9` of the whole server while recorded calls go on: no recording is lost, and little of its tail.

Real pages in Chromium, one call after another. A cycle is a kill of all processes at once while both talk, at a random
moment 0.5 to 6 s after they heard each other; the call then goes on in the same recording. After four cycles the call
ends, and one more kill, not counted as a cycle, comes while its recording is finished. The tail is what the finished
file lacks of both voices before a kill; the recovery lasts from the start of the process to the answer of /healthz.
Run: python benchmarks/reliability/s04.py [CYCLES]
"""

import asyncio
import random
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from playwright.async_api import Browser

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.reliability.rig import Report, counted_script, percentile
from media.opus import RATE
from recording.records import Kind, facts_of, read_journal
from tests.flow.conftest import launched
from tests.flow.people import Agent, Customer, arrive, ask, eventually, record
from tests.flow.server import Server
from tests.recording.talk import sound_of

CYCLES: Final = 100
A_CALL: Final = 4
"""Cycles in one call."""
TALK_S: Final = (0.5, 6.0)
"""How long they talk before they are cut off."""
TAIL_S: Final = 0.5
RECOVERY_S: Final = 2.0
FRAME: Final = RATE // 50
QUIET: Final = 0.01
SOUND: Final = "--autoplay-policy=no-user-gesture-required"


@dataclass
class Figures:
    """What was seen so far."""

    cycles: int = 0
    recordings: int = 0
    lost: int = 0
    tails: list[float] = field(default_factory=list[float])
    recoveries: list[float] = field(default_factory=list[float])

    def report(self) -> Report:
        """Return the figures, and whether they are within their targets."""
        recovery, tail = percentile(self.recoveries, 95), max(self.tails, default=0.0)
        return {
            "cycles": self.cycles,
            "kills": len(self.recoveries),
            "recordings": self.recordings,
            "lost": self.lost,
            "longest_tail_s": round(tail, 3),
            "recovery_p50_s": percentile(self.recoveries, 50),
            "recovery_p95_s": recovery,
            "recovery_max_s": round(max(self.recoveries), 3),
            "ok": not self.lost and tail <= TAIL_S and recovery < RECOVERY_S,
        }


class Centre:
    """A server that is killed, and who is in front of it."""

    def __init__(self, server: Server, browser: Browser, figures: Figures, rng: random.Random) -> None:
        self._server = server
        self._browser = browser
        self._figures = figures
        self._rng = rng
        self._boss = cast("Agent", None)
        self._ana = cast("Agent", None)

    async def open(self) -> None:
        """Record the calls of Ana, who is ready for them."""
        self._boss, self._ana = await self._signed_in("admin", 400), await self._signed_in("ana", 700)
        await record(self._boss.page, "ana")
        await self._ana.chooses("Active")

    async def one_call(self, cycles: int) -> None:
        """Talk, cut off so many times, hang up, and be cut off once more."""
        customer: Customer = await arrive(self._browser, Customer, 1500, "#c02020")
        await customer.opens(self._server.demo["call_link"])
        await customer.calls("audio", "Carla Customer")
        await self._ana.rings()
        await self._ana.press("Answer")
        kills: list[float] = []
        for _ in range(cycles):
            await _talk(customer, self._ana)
            await asyncio.sleep(self._rng.uniform(*TALK_S))
            kills.append(await self._power_cut(customer, self._ana))
            self._figures.cycles += 1
            print(f"cycle {self._figures.cycles}: back after {self._figures.recoveries[-1]:.2f} s", flush=True)
        await _talk(customer, self._ana)
        await asyncio.sleep(1)
        zero = self._zero()
        await customer.press("Hang up")
        await self._ana.may_press("Finish")
        await asyncio.sleep(self._rng.uniform(0, 1))
        await self._power_cut()
        await self._ana.press("Finish")
        await customer.context.close()
        self._figures.recordings += 1
        file = await self._finished()
        if file is None:
            self._figures.lost += 1
            print(f"recording {self._figures.recordings}: LOST", flush=True)
            return
        tails = await asyncio.to_thread(_tails, file, [at - zero for at in kills])
        self._figures.tails += tails
        shown = ", ".join(f"{tail:.2f}" for tail in tails)
        print(f"recording {self._figures.recordings}: whole; lacks before each kill, each side: {shown} s", flush=True)

    async def _power_cut(self, *people: Customer | Agent) -> float:
        """Kill everything and start it again; return when that was, once the pages are back."""
        before = [(await person.senses())["connections"] for person in people]
        await self._server.kill_all()
        at = time.time()
        began = time.monotonic()
        await self._server.start()
        self._figures.recoveries.append(time.monotonic() - began)
        for person, count in zip(people, before, strict=True):
            await person.feels(lambda got, count=count: got["connected"] and got["connections"] > count, "new line")
        return at

    def _zero(self) -> float:
        """Return the wall clock at the recording's time 0: when the earliest tap was begun."""
        taps = (self._server.data / "recordings" / "spool").glob("rec_*/*.tap")
        starts = [next(record for record in read_journal(tap) if record.kind is Kind.START) for tap in taps]
        return min(float(facts_of(start)["began"]) for start in starts)

    async def _finished(self) -> Path | None:
        """Wait until the only unfinished recording is finished; None when it is not there, or not whole."""

        async def latest() -> list[dict[str, Any]]:
            return (await ask(self._boss.page, "GET", "recordings"))["items"]

        def settled(items: list[dict[str, Any]]) -> bool:
            return all(item["state"] in ("spooled", "failed") for item in items)

        for _ in range(3):  # what is still open of a killed process is waited for first
            try:
                items = await eventually(latest, settled, "finished recording")
                break
            except AssertionError:
                continue
        else:
            return None
        if len(items) != min(self._figures.recordings, 50) or items[0]["state"] != "spooled":
            return None
        found = list((self._server.data / "recordings").glob(f"*/*/{items[0]['id']}/voice.webm"))
        return found[0] if len(found) == 1 else None

    async def _signed_in(self, login: str, hertz: int) -> Agent:
        size = {"width": 1440, "height": 900}
        agent: Agent = await arrive(self._browser, Agent, hertz, "#2020c0", viewport=size)
        password = next(one["password"] for one in self._server.demo["accounts"] if one["login"] == login)
        await agent.signs_in(self._server.url, login, password)
        return agent


def _tails(file: Path, kills: list[float]) -> list[float]:
    """Return, for each kill and each channel, how long before it the voice ends in the file."""
    sound = sound_of(file)
    tails: list[float] = []
    for channel in sound:
        frames = channel[: len(channel) // FRAME * FRAME].reshape(-1, FRAME)
        loud = np.sqrt(np.mean(frames**2, axis=1)) > QUIET
        for at in kills:
            until = np.flatnonzero(loud[: round(at * 50)])
            tails.append(at - (int(until[-1]) + 1) / 50 if len(until) else at)
    return tails


async def _talk(customer: Customer, agent: Agent) -> None:
    await customer.hears(agent)
    await agent.hears(customer)


async def measure(folder: Path, cycles: int, seed: int) -> Report:
    """Kill so many times while people talk."""
    figures = Figures()
    async with AsyncExitStack() as stack:
        server = Server(folder)
        stack.push_async_callback(server.kill_all)
        await server.start()
        centre = Centre(server, await stack.enter_async_context(launched(SOUND)), figures, random.Random(seed))
        await centre.open()
        while figures.cycles < cycles:
            await centre.one_call(min(A_CALL, cycles - figures.cycles))
    return figures.report()


async def _main(cycles: int, seed: int) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        return await measure(Path(folder) / "data", cycles, seed)


if __name__ == "__main__":
    counted_script(_main, CYCLES)
