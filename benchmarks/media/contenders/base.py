"""What every server under comparison must do."""

import asyncio
import shutil
import socket
from abc import ABC, abstractmethod
from pathlib import Path
from subprocess import DEVNULL

from benchmarks.media.machine import SERVER_CPU
from benchmarks.media.peer import Peer

START_LIMIT_S = 20.0
STOP_LIMIT_S = 5.0


class NotInstalledError(Exception):
    """The program, named in the text, is not on this machine."""


class Contender(ABC):
    """One server process on a processor of its own. `folder` is for what it writes; `address` is where it listens."""

    stamped = True
    """Whether packets come out as they went in, so that their stamps can be read."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self.process: asyncio.subprocess.Process | None = None

    @abstractmethod
    async def start(self) -> None:
        """Start the server and wait until it answers. Raises `NotInstalledError` or `TimeoutError`."""

    @abstractmethod
    async def join(self, number: int, peers: list[Peer], kinds: tuple[str, ...]) -> None:
        """Set up a call between two peers (or what is played to one), up to the point where packets flow."""

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self.process is not None
        return self.process.pid

    async def launch(self, *command: str, talks: bool = False) -> asyncio.subprocess.Process:
        """Start a program on the server's processor; with `talks`, with pipes to it. Its output goes to a file."""
        if shutil.which(command[0]) is None:
            raise NotInstalledError(command[0])
        pipe = asyncio.subprocess.PIPE
        with (self.folder / "server.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                "taskset", "-c", str(SERVER_CPU), *command,
                stdin=pipe if talks else DEVNULL, stdout=pipe if talks else log, stderr=log, limit=1 << 20,
            )  # fmt: skip
        return self.process

    async def stop(self) -> None:
        """End the server."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


def free_port(kind: socket.SocketKind) -> int:
    """Return a port of 127.0.0.1 that was free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
