"""A Parley in a process of its own, which a test may kill."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 30.0
END_LIMIT = 20.0
"""Seconds from the moment when nothing is to be waited for any more, several times what it takes."""


def free_port(kind: socket.SocketKind) -> int:
    """Return a port that nobody uses now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A server on its own data folder, with the same ports in each of its lives."""

    def __init__(self, data: Path, environment: Mapping[str, str] | None = None) -> None:
        self.data = data
        self._environment = environment or {}
        self.port = free_port(socket.SOCK_STREAM)
        self.media_port = free_port(socket.SOCK_DGRAM)
        self.url = f"http://localhost:{self.port}"
        self._process: Process | None = None

    @property
    def demo(self) -> dict[str, Any]:
        """What the trial workspace says."""
        return json.loads((self.data / "demo.json").read_text())

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start, and wait until it answers."""
        await self.launch()
        await self.answers()

    async def launch(self, *options: str) -> None:
        """Start, and do not wait."""
        own = {"PARLEY_MEDIA_PORT": str(self.media_port), "PYTHONPATH": str(ROOT)}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "signaling.cli", "serve", "--demo", "--data", str(self.data), "--port", str(self.port), *options),
            env={**os.environ, **own, **self._environment},
            cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )

    async def answers(self) -> None:
        """Wait until it answers."""
        assert self._process is not None
        async with asyncio.timeout(START_LIMIT), aiohttp.ClientSession() as session:
            while not (self.data / "demo.json").exists() or not await self._healthy(session):
                assert self._process.returncode is None, "the server ended at its start"
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """End it as a power cut would: no goodbye to anybody."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    def gets(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    async def ends(self) -> int:
        """Wait for its end, and return its exit code."""
        assert self._process is not None
        async with asyncio.timeout(END_LIMIT):
            return await self._process.wait()

    async def kill_all(self) -> None:
        """End it and all its processes at one moment, as a power cut would the machine."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            await self._process.wait()

    async def _healthy(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/healthz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False
