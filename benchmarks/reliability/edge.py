"""A whole Parley in this process, with a guest's call that rings at an agent: what offers are thrown at over HTTP."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import ClientResponse

from benchmarks.reliability.rig import descriptors
from callflow.call import Role
from conversations.db import engines
from conversations.db.database import upgrade
from media.settings import MediaSettings
from media.sockets import Registry
from signaling.http.limits import TokenBuckets
from tests.clock import MovableClock
from tests.media.parties import eventually
from tests.signaling.desk import Desk
from tests.signaling.house import Browser, House, open_house
from tests.signaling.panels import PanelPage, panel

AT_ONCE: Final = 10
"""Requests side by side, at most."""
SETTLE_S: Final = 20.0


@dataclass
class Edge:
    """The house, the guest, the agent in front of a panel, and the call between them."""

    house: House
    guest: Browser
    agent: Browser
    page: PanelPage
    call: str

    async def offer(self, role: Role, sdp: str) -> ClientResponse:
        """Post an offer for the guest's leg or the agent's."""
        if role is Role.CUSTOMER:
            return await self.guest.ask("POST", f"/guest/calls/{self.call}/leg", {"sdp": sdp})
        return await self.agent.ask("POST", f"/calls/{self.call}/leg", {"sdp": sdp, "tab": "tab-1"})

    async def warm_up(self) -> tuple[int, int]:
        """Open what the server and its clients keep open for the next request; return how many tasks and descriptors.

        Without it the first requests' connections would look like a leak.
        """
        for role in Role:
            await asyncio.gather(*(self.offer(role, "v=0") for _ in range(AT_ONCE)))
        return len(asyncio.all_tasks()), descriptors()

    async def back_to(self, before: tuple[int, int]) -> None:
        """Wait until there is no transport, and no task and no descriptor more than before; else fail."""
        await eventually(lambda: self.transports() == 0, SETTLE_S)
        await eventually(
            lambda: len(asyncio.all_tasks()) <= before[0] and descriptors() <= before[1],
            SETTLE_S,
        )

    def transports(self) -> int:
        """Count the transports that there are now, connected or not."""
        registry: Registry = self.house.plane._registry  # pyright: ignore
        return len(registry.by_ufrag)


@asynccontextmanager
async def edge(cache: Path | None = None, setup_limit_s: float = 15.0) -> AsyncGenerator[Edge]:
    """Open a house in which a guest's call rings; the limits of requests are off, as they would answer instead."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await asyncio.to_thread(upgrade, engines.parse(f"sqlite:///{folder / 'parley.db'}"))
        media = MediaSettings(announced=("127.0.0.1",), cache=cache or folder, setup_limit_s=setup_limit_s)
        async with open_house(folder, media, MovableClock()) as house:
            desk = await Desk.open(house, "ana")
            house.parley.limits.requests._buckets = TokenBuckets(1e9)  # pyright: ignore
            ana = await house.signed_in("ana")
            async with panel(ana) as page:
                await page.until(lambda: page.state["me"]["reachable"])
                await ana.ask("PUT", "/agent/status", {"status": "active"})
                guest = await house.browser()
                call = await desk.call(guest, await desk.link())
                await page.until(lambda: page.state["call"] is not None)
                yield Edge(house, guest, ana, page, call)
