"""What aiortc offers, in a small host process that is told over a pipe."""

import asyncio
import json
import sys
from typing import Any

from benchmarks.media.contenders.base import START_LIMIT_S, Contender
from benchmarks.media.peer import Peer


class PythonServer(Contender):
    """A module of `benchmarks.media.servers`, which takes one request a line and answers with one line."""

    module = ""
    stamped = False

    async def start(self) -> None:
        """Start the host and wait for its first line."""
        await self.launch(sys.executable, "-m", f"benchmarks.media.servers.{self.module}", talks=True)
        await self._answer()

    async def join(self, number: int, peers: list[Peer], kinds: tuple[str, ...]) -> None:
        """Open a leg for each peer, then let the host connect them."""
        for index, peer in enumerate(peers):
            reply = await self._ask({"do": "open", "call": number, "leg": index, "offer": peer.offer(), "kinds": kinds})
            peer.take_answer(reply["answer"])
        await asyncio.gather(*(peer.connected() for peer in peers))
        await self._ask({"do": "join", "call": number, "legs": len(peers), "kinds": kinds})

    async def _ask(self, request: dict[str, object]) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        return await self._answer()

    async def _answer(self) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stdout is not None
        async with asyncio.timeout(START_LIMIT_S):
            line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the host of {self.module} ended: {(self.folder / 'server.log').read_text()[-2000:]}")
        return json.loads(line)


class Relay(PythonServer):
    """aiortc's MediaRelay between two peer connections, which decodes and encodes."""

    module = "relay"


class MediaPlayers(PythonServer):
    """aiortc's MediaPlayer, one for each leg."""

    module = "media_players"
