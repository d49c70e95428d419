"""Janus with its videocall plugin, driven over its WebSocket API; Debian's package `janus`, stock settings."""

import asyncio
import os
import shutil
import socket
from pathlib import Path
from typing import Any, cast

import aiohttp

from benchmarks.media.contenders.base import START_LIMIT_S, Contender, NotInstalledError, free_port
from benchmarks.media.peer import Peer

CONFIGURATION = """general: {{
  configs_folder = "{folder}"
  plugins_folder = "{folder}/plugins"
  transports_folder = "{folder}/transports"
  events_folder = "{folder}/none"
  loggers_folder = "{folder}/none"
  debug_level = 3
  log_to_stdout = true
}}
media: {{ ipv6 = false }}
nat: {{ ice_enforce_list = "{address}" ice_lite = false full_trickle = false }}
"""
TRANSPORT = 'general: {{ ws = true ws_port = {port} ws_ip = "127.0.0.1" wss = false }}\n'
PACKAGED = Path("/usr/lib")


class Janus(Contender):
    """A Janus of its own, with the one plugin and the one transport that are needed."""

    def __init__(self, folder: Path, address: str) -> None:
        super().__init__(folder, address)
        self._port = 0
        self._session: aiohttp.ClientSession | None = None
        self._handles: list[Handle] = []
        """Kept, because Janus ends the session of a WebSocket that closes."""

    async def start(self) -> None:
        """Write the configuration, start Janus and wait for its WebSocket."""
        if shutil.which("janus") is None:
            raise NotInstalledError("janus")
        self._port = free_port(socket.SOCK_STREAM)
        configuration = self._configure()
        await self.launch("janus", "-F", str(self.folder), "-C", str(configuration))
        self._session = aiohttp.ClientSession()
        async with asyncio.timeout(START_LIMIT_S):
            while True:
                try:
                    await (await self._open()).close()
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
                else:
                    return

    def _configure(self) -> Path:
        for kind, library in (("plugins", "libjanus_videocall.so"), ("transports", "libjanus_websockets.so")):
            (self.folder / kind).mkdir()
            found = next(PACKAGED.glob(f"*/janus/{kind}/{library}"), None)
            if found is None:
                raise NotInstalledError(library)
            (self.folder / kind / library).symlink_to(found)
        (self.folder / "none").mkdir()
        configuration = self.folder / "janus.jcfg"
        configuration.write_text(CONFIGURATION.format(folder=self.folder, address=self.address))
        (self.folder / "janus.transport.websockets.jcfg").write_text(TRANSPORT.format(port=self._port))
        (self.folder / "janus.plugin.videocall.jcfg").write_text("")
        return configuration

    async def _open(self) -> aiohttp.ClientWebSocketResponse:
        assert self._session is not None
        return await self._session.ws_connect(f"ws://127.0.0.1:{self._port}", protocols=("janus-protocol",))

    async def join(self, number: int, peers: list[Peer], kinds: tuple[str, ...]) -> None:
        """Let the first peer call the second by its name."""
        caller, callee = [Handle(await self._open(), f"{os.getpid()}-{number}-{side}") for side in ("a", "b")]
        self._handles += [caller, callee]
        await caller.register()
        await callee.register()
        await caller.send({"request": "call", "username": callee.name}, {"type": "offer", "sdp": peers[0].offer()})
        offer = await callee.event("incomingcall")
        answer = peers[1].answer(offer["jsep"]["sdp"])
        await callee.send({"request": "accept"}, {"type": "answer", "sdp": answer})
        peers[0].take_answer((await caller.event("accepted"))["jsep"]["sdp"])
        await asyncio.gather(*(peer.connected() for peer in peers))

    async def stop(self) -> None:
        """Close the WebSockets and end Janus."""
        if self._session is not None:
            await self._session.close()
        await super().stop()


class Handle:
    """One user of the videocall plugin. Lives shorter than Janus' session limit of a minute without keep-alives."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, name: str) -> None:
        self.name = name
        self._ws = ws
        self._ids: dict[str, int] = {}
        self._events: list[dict[str, Any]] = []
        """What came while a reply was waited for."""

    async def register(self) -> None:
        """Open a session and take the name."""
        self._ids["session_id"] = (await self._request({"janus": "create"}))["data"]["id"]
        attached = await self._request({"janus": "attach", "plugin": "janus.plugin.videocall"})
        self._ids["handle_id"] = attached["data"]["id"]
        await self.send({"request": "register", "username": self.name})
        await self.event("registered")

    async def send(self, body: dict[str, str], jsep: dict[str, str] | None = None) -> None:
        """Ask the plugin for something; its answer is an event."""
        await self._request({"janus": "message", "body": body} | ({"jsep": jsep} if jsep else {}))

    async def event(self, name: str) -> dict[str, Any]:
        """Wait for an event of the plugin. Raises `RuntimeError` when it reports an error."""
        while True:
            message = self._events.pop(0) if self._events else await self._receive()
            data = message.get("plugindata", {}).get("data", {})
            if "error" in data:
                raise RuntimeError(f"Janus: {data['error']}")
            if data.get("result", {}).get("event") == name:
                return message

    async def _request(self, message: dict[str, Any]) -> dict[str, Any]:
        await self._ws.send_json({**message, **self._ids, "transaction": self.name})
        while True:
            reply = await self._receive()
            if reply["janus"] == "error":
                raise RuntimeError(f"Janus: {reply['error']}")
            if reply["janus"] in ("success", "ack"):
                return reply
            self._events.append(reply)

    async def _receive(self) -> dict[str, Any]:
        async with asyncio.timeout(START_LIMIT_S):
            return cast("dict[str, Any]", await self._ws.receive_json())
