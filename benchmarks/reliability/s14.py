"""S14: a full server says so by itself and at once, keeps those whom it has, and lets callers in again.

The server and its one media worker share a core; the callers have the others. Callers who wait with music come until
the server says that it is busy. Half as many again then ask and are sent away, while those inside are listened to. Then
a third of them hang up, and somebody else tries until he is let in. Run: python benchmarks/reliability/s14.py
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.reliability.rig import Report, percentile, script
from benchmarks.waiting import CALLERS_A_LINK, AnswerError, House, Person, opened, strategy

MOST: Final = 400
"""Callers; with so many inside the server ought to have been busy."""
ARRIVE_EVERY_S: Final = 0.4
TOGETHER: Final = 4
"""Callers who connect side by side."""
REFUSED_S: Final = 1.0
LAG_MS: Final = 40.0
NORMAL_S: Final = 10.0
NORMAL_LIMIT_S: Final = 60.0
BUSY: Final = 503


@dataclass
class Ramp:
    """Customers who come one after the other, and those who were let in."""

    house: House
    queue: str
    inside: list[tuple[Person, str]] = field(default_factory=list[tuple[Person, str]])
    refused_s: list[float] = field(default_factory=list[float])
    _came: int = 0
    _token: str = ""
    _answers: dict[int, str] = field(default_factory=dict[int, str])

    async def one_more(self) -> bool:
        """After a moment somebody calls; say whether he was let in."""
        await asyncio.sleep(ARRIVE_EVERY_S)
        if self._came % CALLERS_A_LINK == 0:
            asked = {"kind": "expiry", "queue_id": self.queue, "days": 1}
            self._token = (await self.house.admin.ask("POST", "/call-links", asked))["url"].rsplit("/", 1)[1]
        self._came += 1
        person = await self.house.person(self._came)
        began = time.monotonic()
        begun = {"media": "audio", "name": f"Customer {self._came}"}
        try:
            call = (await person.ask("POST", f"/guest/links/{self._token}/calls", begun))["id"]
        except AnswerError as error:
            if error.status != BUSY:
                raise
            self.refused_s.append(time.monotonic() - began)
            return False
        ((number, offer),) = (await self.house.callers.offers(1)).items()
        self._answers[number] = (await person.ask("POST", f"/guest/calls/{call}/leg", {"sdp": offer}))["sdp"]
        self.house.watch(person, f"/guest/calls/{call}/events")
        self.inside.append((person, call))
        if len(self._answers) == TOGETHER:
            await self.connect()
        return True

    async def connect(self) -> None:
        """Let those who have an answer connect."""
        failed = await self.house.callers.connect(self._answers) if self._answers else []
        if failed:
            raise RuntimeError(f"callers {failed} could not connect")
        self._answers.clear()


def processes(process: int) -> Iterator[int]:
    """Name a process and all that it has started."""
    yield process
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from processes(int(child))


def pin(process: int, cores: set[int]) -> None:
    """Let all threads of a process run on these cores only."""
    for task in Path(f"/proc/{process}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


async def _measure(folder: Path) -> Report:
    async with opened(folder) as house:
        core, *others = sorted(os.sched_getaffinity(0))
        for process in processes(os.getpid()):
            pin(process, set(others))
        for process in processes(house.server.pid):
            pin(process, {core})
        queue = (await house.admin.ask("GET", "/queues"))[0]["id"]
        await house.admin.ask("POST", "/waiting-strategies", strategy(queue, spoken=False))
        ramp = Ramp(house, queue)
        for _ in range(MOST):
            if not await ramp.one_more():
                break
        await ramp.connect()
        full = len(ramp.inside)
        print(f"busy with {full} callers", flush=True)
        listened, let_in = await _refused(ramp, full // 2)
        back = await _back_to_normal(ramp, full // 3) if ramp.refused_s else NORMAL_LIMIT_S
    slowest = max(ramp.refused_s, default=0.0)
    ok = bool(ramp.refused_s) and slowest < REFUSED_S and back <= NORMAL_S
    return {
        "callers_inside": full,
        "refused": len(ramp.refused_s),
        "let_in_while_full": let_in,
        "refused_p50_s": percentile(ramp.refused_s, 50),
        "refused_max_s": round(slowest, 3),
        **listened,
        "let_in_again_s": round(back, 1),
        "ok": ok and max(float(str(listened[name])) for name in ("server_lag_p99_ms", "worker_lag_p99_ms")) < LAG_MS,
    }


async def _refused(ramp: Ramp, count: int) -> tuple[Report, int]:
    """Let so many more ask; say how those inside fared meanwhile, and how many were let in after all."""
    before = len(ramp.inside)
    await ramp.house.callers.heard()
    began = time.monotonic()
    for _ in range(count):
        await ramp.one_more()
    took = time.monotonic() - began
    heard = list((await ramp.house.callers.heard()).values())[:before]
    lags = await ramp.house.lags()
    server = lags.pop("server")
    return {
        "heard_share": round(sum(one.voice for one in heard) / (before * took * 50), 3),
        "longest_gap_p50_ms": percentile([one.longest_gap_ms for one in heard], 50),
        "server_lag_p99_ms": round(server, 1),
        "worker_lag_p99_ms": round(max(lags.values()), 1),
    }, len(ramp.inside) - before


async def _back_to_normal(ramp: Ramp, leave: int) -> float:
    """Let so many hang up; return the seconds until somebody is let in again."""
    for person, call in ramp.inside[:leave]:
        await person.ask("POST", f"/guest/calls/{call}/hangup")
    began = time.monotonic()
    while time.monotonic() - began < NORMAL_LIMIT_S:
        if await ramp.one_more():
            break
    return time.monotonic() - began


async def _main(_seed: int) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        return await _measure(Path(folder))


if __name__ == "__main__":
    script(_main)
