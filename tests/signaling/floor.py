"""A call that is talked in, the people around it, and their panels."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from callflow.call import Role
from conversations.directory.values import UserRole
from tests.signaling.desk import Desk
from tests.signaling.house import Browser, House
from tests.signaling.panels import PanelPage, panel


@dataclass
class Floor:
    """A desk with a call that Ana talks in; Ben is free."""

    desk: Desk
    guest: Browser
    call: str
    staff: dict[str, Browser]
    panels: dict[str, PanelPage]

    def id(self, login: str) -> str:
        """The id of somebody."""
        return self.desk.house.people[login].user.id

    async def does(self, login: str, what: str, body: object = None) -> None:
        """Ask for something that must work."""
        await self.staff[login].post(f"/calls/{self.call}/{what}", body)

    async def refused(self, login: str, what: str, body: object = None) -> str:
        """Ask for something that must not work; return why."""
        status, code = await self.staff[login].refused("POST", f"/calls/{self.call}/{what}", body)
        assert status == 409
        return code

    async def targets(self, login: str, search: str = "") -> list[str]:
        """The names of those to whom the call may go."""
        shown = await self.staff[login].get(f"/calls/{self.call}/transfer-targets?search={search}")
        return [one["agent"]["name"] for one in shown["items"]]

    async def shows(self, login: str, phase: str | None) -> dict[str, Any]:
        """Wait until somebody's panel shows the call like this; return it."""
        await self.panels[login].until(lambda: self.part(login).get("phase") == phase)
        return self.part(login)

    def part(self, login: str) -> dict[str, Any]:
        """The call in somebody's panel now, empty when there is none."""
        return self.panels[login].state["call"] or {}

    async def answers(self, login: str) -> None:
        """Answer what rings, with a leg."""
        shown = await self.shows(login, "ringing")
        await self.staff[login].post(f"/reservations/{shown['reservation']['id']}/accept", {"tab": "tab-1"})
        await self.desk.up(self.call, Role.AGENT, login)

    async def activity(self, login: str) -> object:
        """What somebody does now."""
        return (await self.desk.agent(login)).activity

    async def allows_consult(self) -> None:
        """Let the queue's agents ask a colleague first."""
        queue = next(one for one in await self.desk.sue.get("/queues") if one["id"] == self.desk.queue["id"])
        await self.desk.sue.patch(f"/queues/{queue['id']}", {"version": queue["version"], "consult": True})

    @asynccontextmanager
    async def joined_by(self, login: str) -> AsyncGenerator[PanelPage]:
        """Another agent of the queue, whose panel is open and who is Offline so far."""
        await self.desk.house.add_person(login, frozenset({UserRole.AGENT}))
        queue = next(one for one in await self.desk.sue.get("/queues") if one["id"] == self.desk.queue["id"])
        members = [*({"id": member["id"]} for member in queue["members"]), {"id": self.id(login)}]
        await self.desk.sue.patch(f"/queues/{queue['id']}", {"version": queue["version"], "members": members})
        self.staff[login] = await self.desk.house.signed_in(login)
        async with panel(self.staff[login]) as page:
            await page.until(lambda: page.state["me"]["reachable"])
            self.panels[login] = page
            yield page

    async def chooses(self, login: str, status: str) -> None:
        """Choose a status."""
        answer = await self.staff[login].ask("PUT", "/agent/status", {"status": status})
        assert answer.status == 200, await answer.text()


@asynccontextmanager
async def talking(house: House) -> AsyncGenerator[Floor]:
    """Ana talks to Cora, Ben is Active and free, Sue looks on."""
    desk = await Desk.open(house, "ana", "ben")
    staff = {"ana": await house.signed_in("ana"), "ben": await house.signed_in("ben"), "sue": desk.sue}
    guest = await house.browser()
    async with panel(staff["ana"]) as ana, panel(staff["ben"]) as ben, panel(staff["sue"]) as sue:
        await ana.until(lambda: ana.state["me"]["reachable"])
        await staff["ana"].ask("PUT", "/agent/status", {"status": "active"})
        call = await desk.call(guest, await desk.link())
        floor = Floor(desk, guest, call, staff, {"ana": ana, "ben": ben, "sue": sue})
        await floor.answers("ana")
        await floor.shows("ana", "talking")
        await ben.until(lambda: ben.state["me"]["reachable"])
        await staff["ben"].ask("PUT", "/agent/status", {"status": "active"})
        yield floor
