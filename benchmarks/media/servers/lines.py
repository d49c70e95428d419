"""The line protocol of a host process."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


async def serve(handlers: dict[str, Handler]) -> None:
    """Say that the host is ready, then answer one request a line until stdin ends."""
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    _say({"ready": True})
    while line := await reader.readline():
        request = json.loads(line)
        _say(await handlers[request["do"]](request))


def _say(reply: dict[str, Any]) -> None:
    print(json.dumps(reply), flush=True)
