"""A queue with people in it, a link to it, and customers whose media the test plays."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from callflow.agent import Agent
from callflow.call import Call, Role
from callflow.events import LegConnected, LegLost, TransportOpened
from callflow.facts import AUTOMATION, Fact, FactKind
from callflow.ids import CallId, TransportId, new_id
from conversations.db.facts import last_number
from signaling.http.limits import TokenBuckets
from tests.signaling.house import Browser, House

T = TypeVar("T")
LIMIT = 10.0
"""Seconds."""


@dataclass
class Desk:
    """One queue, and what happens at it."""

    house: House
    sue: Browser
    queue: dict[str, Any]
    tokens: list[str] = field(default_factory=list[str])

    @classmethod
    async def open(cls, house: House, *logins: str) -> "Desk":
        """Make a queue with these agents."""
        unlimited(house)
        sue = await house.signed_in("sue")
        queue = await sue.post("/queues", {"name": "Front desk"})
        members = [{"id": house.people[login].user.id} for login in logins]
        queue = await sue.patch(f"/queues/{queue['id']}", {"version": queue["version"], "members": members})
        return cls(house, sue, queue)

    async def link(self, **more: object) -> str:
        """Make a link to the queue and return its token."""
        body = {"kind": "expiry", "queue_id": self.queue["id"], "label": "Web site"} | more
        made = await self.sue.post("/call-links", body)
        return made["url"].rsplit("/", 1)[1]

    async def call(self, customer: Browser, token: str, *, name: str | None = "Cora", up: bool = True) -> str:
        """A customer calls, and hears music."""
        body = {"media": "audio"} | ({"name": name} if name else {})
        call = (await customer.post(f"/guest/links/{token}/calls", body))["id"]
        if up:
            await self.up(call, Role.CUSTOMER)
        return call

    async def up(self, call: str, role: Role, person: str | None = None) -> TransportId | None:
        """A leg is up, as if the media plane had said so: that of the person with this login, or the first."""
        now = await self.now(call)
        whose = self.house.people[person].user.id if person else None
        leg = next((one.leg for one in now.parties if one.role is role and whose in (None, one.person)), None)
        if leg is None or not now.live:
            return None
        transport = TransportId(new_id("transport"))
        await self.house.parley.engine.ask(now.id, TransportOpened(leg.id, transport, "tab-1"))
        await self.house.parley.engine.ask(now.id, LegConnected(leg.id, transport))
        return transport

    async def lose(self, call: str, role: Role) -> None:
        """A leg falls silent."""
        now = await self.now(call)
        leg = next((party.leg for party in now.parties if party.role is role), None)
        if leg is not None:
            await self.house.parley.engine.ask(now.id, LegLost(leg.id, None))

    async def now(self, call: str) -> Call:
        """A call as it is stored."""
        found = await self.house.parley.store.call(CallId(call))
        assert found is not None
        return found

    async def agent(self, login: str) -> Agent:
        """How somebody stands, as it is stored."""
        found = await self.house.parley.store.agent(self.house.people[login].user.id)
        assert found is not None
        return found

    async def until(self, call: str, holds: Callable[[Call], bool]) -> Call:
        """Wait until something is true of a call, and return it."""
        return await _eventually(lambda: self.now(call), holds)

    async def until_agent(self, login: str, holds: Callable[[Agent], bool]) -> Agent:
        """Wait until something is true of somebody, and return how he stands."""
        return await _eventually(lambda: self.agent(login), holds)

    async def told(self) -> int:
        """Say something that every panel is told of; return its number, for panels to wait for."""
        async with self.house.parley.database.write() as write:
            write.fact(Fact(FactKind.SETTINGS_CHANGED, AUTOMATION))
        async with self.house.parley.database.read() as session:
            return await last_number(session)


async def _eventually(read: Callable[[], Awaitable[T]], holds: Callable[[T], bool]) -> T:
    deadline = time.monotonic() + LIMIT
    while not holds(found := await read()):
        assert time.monotonic() < deadline, f"not within {LIMIT} s; the last was {found}"
        await asyncio.sleep(0.01)
    return found


def unlimited(house: House) -> None:
    """Lift the limits that have tests of their own."""
    limits = house.parley.limits
    for name in ("joins_by_link", "offers_by_link", "sockets_by_address", "messages_by_guest"):
        setattr(limits, name, TokenBuckets(1e9))
