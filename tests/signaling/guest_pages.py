"""A customer's page that is open, as far as the server sees it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientWebSocketResponse

from tests.signaling.house import Browser

Json = dict[str, Any]


class GuestPage:
    """A customer's page: the call and the place that it was told last."""

    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self.ws = ws
        self.call: Json = {}
        self.place: Json | None = None
        self.told: list[str] = []

    async def until(self, kind: str) -> None:
        """Read until a message of this kind has come."""
        async with asyncio.timeout(10):
            while True:
                message = await self.ws.receive_json()
                self.told.append(message["type"])
                setattr(self, message["type"], message[message["type"]])
                if message["type"] == kind:
                    return

    async def until_place(self, position: int) -> None:
        """Read until the customer stands here in line."""
        while self.place is None or self.place["position"] != position:
            await self.until("place")

    async def until_phase(self, phase: str) -> None:
        """Read until the call does this."""
        while self.call["phase"] != phase:
            await self.until("call")


@asynccontextmanager
async def guest_page(browser: Browser, call: str) -> AsyncGenerator[GuestPage]:
    """Open the page of a call."""
    async with browser.client.ws_connect(f"/api/v1/guest/calls/{call}/events") as ws:
        page = GuestPage(ws)
        await page.until("call")
        yield page
