"""S9: datagrams of every kind that ended calls elsewhere, from addresses that have no part in a call.

100 calls are pelted while they are set up and while they live. Run: python benchmarks/reliability/s09.py
"""

import asyncio
import contextlib
import random
import socket
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.reliability.hall import Hall, hall, leg_of
from benchmarks.reliability.rig import Report, script
from callflow.wiring import Stream
from tests.media.strangers import shapes, ufrag_of

CALLS: Final = 100
AT_A_TIME: Final = 10
"""Calls that are set up side by side."""
ADDRESSES: Final = ("127.0.0.2", "127.0.0.3", "127.9.9.9")
ROUNDS: Final = 10
"""Rounds of all shapes in a live call, for each call."""
SOME: Final = 25
"""Packets that each caller hears at least, in the second after the last round: half of what is sent."""


async def measure(calls: int, seed: int, cache: Path | None = None) -> Report:
    """Set up so many calls under a hail, hail on, and count what was hurt."""
    rng = random.Random(seed)
    failed = 0
    async with hall(cache) as here, _strangers() as strangers:
        ufrags: list[str] = []
        for first in range(0, calls, AT_A_TIME):
            offers = await here.callers.offers(2 * min(AT_A_TIME, calls - first))
            answers = {number: await here.answer(number, offer) for number, offer in offers.items()}
            new = [ufrag_of(answer) for answer in answers.values()]
            async with _hail(here, strangers, new, rng):
                failed += len(await here.callers.connect(answers))
            ufrags += new
        here.pair([leg_of(number) for number in range(2 * calls)], Stream.VOICE)
        for _ in range(ROUNDS):
            _throw(here, strangers, ufrags, rng)
            await asyncio.sleep(0.05)
        await here.callers.heard()
        await asyncio.sleep(1)
        deaf = sum(heard.voice < SOME for heard in (await here.callers.heard()).values())
        refused = here.plane.refused()
        drops = len(here.lost()) + len(await here.callers.closed())
        return {
            "calls": calls,
            "shapes": len(shapes("")),
            "failed_set_ups": failed,
            "dropped": drops,
            "deaf": deaf,
            "refused": refused,
            "ok": not failed and not drops and not deaf and "error" not in refused,
        }


@contextlib.asynccontextmanager
async def _strangers() -> AsyncGenerator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        made: list[socket.socket] = []
        for address in ADDRESSES:
            made.append(stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
            made[-1].bind((address, 0))
        yield made


def _throw(here: Hall, strangers: Sequence[socket.socket], ufrags: Sequence[str], rng: random.Random) -> None:
    """Throw every shape once for every call."""
    for ufrag in ufrags[::2]:
        for shape in shapes(ufrag).values():
            rng.choice(strangers).sendto(shape, ("127.0.0.1", here.plane.port))


@contextlib.asynccontextmanager
async def _hail(
    here: Hall, strangers: Sequence[socket.socket], ufrags: Sequence[str], rng: random.Random
) -> AsyncGenerator[None]:
    """Throw again and again until the block ends."""

    async def forever() -> None:
        while True:
            _throw(here, strangers, ufrags, rng)
            await asyncio.sleep(0.01)

    task = asyncio.create_task(forever(), name="hail")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


if __name__ == "__main__":
    script(lambda seed: measure(CALLS, seed))
