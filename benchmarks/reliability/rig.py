"""What the scripts of this folder share: the one JSON line, and reading memory, descriptors and the loop's delay."""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

Report = dict[str, object]
"""Figures by name; `ok` says whether all of them are within their targets."""

MIB: Final = 1 << 20
LOOK_S: Final = 0.002
"""How often the loop's delay is looked at."""
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def script(measure: Callable[[int], Coroutine[None, None, Report]]) -> None:
    """Run a script's full form, print its report as one line of JSON, and exit with 1 when a target is missed."""
    _run(_parser().parse_args().seed, measure)


def counted_script(measure: Callable[[int, int], Coroutine[None, None, Report]], full: int) -> None:
    """The same for a script that takes how many as its argument; without one it runs its full count."""
    parser = _parser()
    parser.add_argument("count", type=int, nargs="?", default=full)
    asked = parser.parse_args()
    count: int = asked.count
    _run(asked.seed, lambda seed: measure(count, seed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    return parser


def _run(seed: int, measure: Callable[[int], Coroutine[None, None, Report]]) -> None:
    began = time.monotonic()
    report = asyncio.run(measure(seed))
    name = Path(sys.argv[0]).stem
    # A machine that does other things as well holds everything up at times: the reader should know.
    about = {"script": name, "seed": seed, "seconds": round(time.monotonic() - began), "load": os.getloadavg()[2]}
    print(json.dumps(about | report))
    sys.exit(0 if report["ok"] else 1)


def resident_mib() -> float:
    """Return the memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / MIB


def descriptors() -> int:
    """Return how many files and sockets this process has open."""
    return len(os.listdir("/proc/self/fd"))


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the value that so many per cent of all do not exceed, rounded; 0 for none."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))], 3) if ordered else 0.0


class LoopLag:
    """How much later than asked the event loop wakes a task, in milliseconds, while the block runs."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch(), name="loop lag")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(LOOK_S)
            self.values.append(1000 * (time.perf_counter() - before - LOOK_S))

    def p(self, percent: float) -> float:
        """Return a percentile."""
        return percentile(self.values, percent)
