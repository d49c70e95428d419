"""An open panel, as a page has it: it keeps what it was told, and never guesses."""

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from operator import itemgetter
from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType

from tests.signaling.house import Browser

LIMIT = 10.0
"""Seconds."""
MY_WORK_LIMIT = 50
"""MW-11."""

State = dict[str, Any]


def learn(state: State, change: dict[str, Any]) -> State:
    """Apply one `change` to what a panel shows, as the page does."""
    shown: State = state | change["set"] | {"total": change.get("total", state["total"])}
    for part in ("conversations", "team"):
        shown[part] = merged(state[part], change[part])
    by_id = sorted(shown["conversations"], key=itemgetter("id"))
    shown["conversations"] = sorted(by_id, key=itemgetter("last_customer_at"), reverse=True)[:MY_WORK_LIMIT]
    shown["team"] = sorted(shown["team"], key=itemgetter("name", "id"))
    return shown


def merged(items: list[State], change: dict[str, Any]) -> list[State]:
    """Put the changed ones in, and take the removed ones out."""
    by_id = {item["id"]: item for item in items} | {item["id"]: item for item in change["upsert"]}
    return [item for key, item in by_id.items() if key not in change["remove"]]


class PanelPage:
    """One connection of a panel."""

    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self.ws = ws
        self.state: State = {}
        self.upto = 0
        self.snapshots = 0
        self.changes: list[dict[str, Any]] = []
        self.pongs = 0
        self.qualities: list[dict[str, Any]] = []
        self.boards: list[dict[str, Any]] = []
        self.recording_trouble: str | None = None
        self.restarting = False
        self.reader = asyncio.create_task(self._read())

    async def say(self, kind: str, **more: object) -> None:
        await self.ws.send_json({"type": kind, **more})

    async def hello(self, *, resume: int | None = None, sound: str = "ready") -> None:
        """Say hello, and wait for the snapshot, or for the change when there is one."""
        before = self.snapshots + len(self.changes)
        await self.say("hello", tab="tab-1", resume=resume, sound=sound)
        await self.until(lambda: self.snapshots + len(self.changes) > before)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until what was told makes something true; fail when it does not within the limit."""
        deadline = time.monotonic() + LIMIT
        while not holds():
            assert time.monotonic() < deadline, f"not within {LIMIT} s; the last change was {self.changes[-1:]}"
            if self.reader.done():
                self.reader.result()
            await asyncio.sleep(0.005)

    async def closed(self) -> tuple[int | None, str]:
        """Wait for the end; return the code and the word that the server gave."""
        async with asyncio.timeout(LIMIT):
            await self.reader
        return self.ws.close_code, self.word

    word = ""

    async def _read(self) -> None:
        while True:
            message = await self.ws.receive()
            if message.type is WSMsgType.CLOSE:
                self.word = message.extra or ""
            if message.type is not WSMsgType.TEXT:
                return
            self._take(message.json())

    def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "snapshot":
                self.state, self.upto = message["state"], message["upto"]
                self.snapshots += 1
            case "change":
                assert message["after"] == self.upto, "the chain of changes has a gap"
                assert message["upto"] >= self.upto
                self.state, self.upto = learn(self.state, message), message["upto"]
                self.changes.append(message)
            case "quality":
                self.qualities.append(message)
            case "wallboard":
                self.boards.append(message)
            case "recording_trouble":
                self.recording_trouble = message["what"]
            case "restarting":
                self.restarting = True
            case _:
                assert message["type"] == "pong"
                self.pongs += 1


@asynccontextmanager
async def connected(browser: Browser) -> AsyncGenerator[PanelPage]:
    """Open the WebSocket of a panel, and say nothing yet."""
    async with browser.client.ws_connect("/api/v1/panel", autoclose=False) as ws:
        page = PanelPage(ws)
        try:
            yield page
        finally:
            page.reader.cancel()
            await asyncio.gather(page.reader, return_exceptions=True)


@asynccontextmanager
async def panel(browser: Browser, *, sound: str = "ready") -> AsyncGenerator[PanelPage]:
    """Open a panel with its snapshot."""
    async with connected(browser) as page:
        await page.hello(sound=sound)
        yield page


async def never_reading(browser: Browser) -> socket.socket:
    """Open a panel whose client says hello and then takes nothing from its socket."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    url = browser.client.make_url("/")
    await loop.sock_connect(sock, (url.host, url.port))
    cookies = browser.client.session.cookie_jar.filter_cookies(url)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    handshake = (
        "GET /api/v1/panel HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: {cookie}\r\n\r\n"
    )
    text = b'{"type": "hello", "tab": "t", "sound": "off"}'
    unmasked = bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text
    await loop.sock_sendall(sock, handshake.encode() + unmasked)
    return sock
