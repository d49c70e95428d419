"""S11: offers from people without a call, and far too many offers from one who has one.

1,000 each; what is not followed up is given up after 15 s. Run: python benchmarks/reliability/s11.py
"""

import asyncio
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.reliability.edge import AT_ONCE, Edge, edge
from benchmarks.reliability.rig import Report, script
from callflow.call import Role
from tests.media.offers import offer
from tests.media.parties import eventually
from tests.signaling.house import Browser

OFFERS: Final = 1_000
SETUP_LIMIT_S: Final = 15.0
TICK_S: Final = 0.5
"""How much later than its limit a pending transport may be gone."""


async def measure(count: int, setup_limit_s: float, cache: Path | None = None) -> Report:
    """Post so many offers without a cookie, with a stranger's, and with the guest's own."""
    async with edge(cache, setup_limit_s) as at:
        before = await at.warm_up()
        nobody = await at.house.browser()
        statuses, most_of_strangers = await _strangers(at, nobody, count)
        own, most = await _own(at, count)
        began = time.monotonic()
        await eventually(lambda: at.transports() == 0, setup_limit_s + 5)
        reaped_s = time.monotonic() - began
        await nobody.client.session.close()
        await at.back_to(before)
        refused = set(statuses) <= {401, 404}
        return {
            "offers": count,
            "strangers": {str(status): times for status, times in statuses.items()},
            "strangers_transports": most_of_strangers,
            "own": {str(status): times for status, times in own.items()},
            "own_transports": most,
            "reaped_s": round(reaped_s, 1),
            "leaked": 0,
            "ok": refused and most_of_strangers == 0 and most <= 2 and reaped_s <= setup_limit_s + TICK_S,
        }


async def _strangers(at: Edge, nobody: Browser, count: int) -> tuple[Counter[int], int]:
    path, body = f"/guest/calls/{at.call}/leg", {"sdp": offer()}
    statuses, most = Counter[int](), 0
    for number in range(count):
        cookie = {"Cookie": "parley_guest=" + "x" * 43} if number % 2 else {}
        statuses[(await nobody.ask("POST", path, body, **cookie)).status] += 1
        most = max(most, at.transports())
    return statuses, most


async def _own(at: Edge, count: int) -> tuple[Counter[int], int]:
    statuses, most = Counter[int](), 0

    async def one() -> None:
        nonlocal most
        statuses[(await at.offer(Role.CUSTOMER, offer())).status] += 1
        most = max(most, at.transports())

    for _ in range(0, count, AT_ONCE):
        await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    return statuses, most


if __name__ == "__main__":
    script(lambda _: measure(OFFERS, SETUP_LIMIT_S))
