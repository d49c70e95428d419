"""A network of its own for a browser, which a test can break: a namespace with one cable to this host. Needs root."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.browser import chromium

_SUBNET = f"10.213.{os.getpid() % 250}"  # another run beside this one has another
HOST = f"{_SUBNET}.1"
RELAY = f"{_SUBNET}.9"
"""Another address of the host, for a TURN server."""
GUESTS = (f"{_SUBNET}.2", f"{_SUBNET}.3")
_TABLE = f"netdev parley_{os.getpid()}"


def trusting(port: int) -> str:
    """Let a browser give pages from `HOST` a microphone, which it does else only over HTTPS or from its own machine."""
    return f"--unsafely-treat-insecure-origin-as-secure=http://{HOST}:{port}"


class Network:
    """The namespace, the host's end of its cable, and the address that the guest has at the moment."""

    def __init__(self, folder: Path) -> None:
        self.name = f"parley-{os.getpid()}"
        self.cable = f"pl{os.getpid() % 10**8}h"
        self._far_end = f"pl{os.getpid() % 10**8}g"
        self._folder = folder
        self._moves = 0

    @property
    def browser(self) -> Path:
        """A program that is Chromium inside this network."""
        found = chromium.find()
        assert found is not None
        path = self._folder / "chromium-in-network"
        path.write_text(f'#!/bin/sh\nexec ip netns exec {self.name} "{found}" "$@"\n')
        path.chmod(0o755)
        return path

    async def open(self) -> None:
        """Lay the cable."""
        await _run("ip", "netns", "add", self.name)
        await _run("ip", "link", "add", self.cable, "type", "veth", "peer", self._far_end, "netns", self.name)
        for address in (HOST, RELAY):
            await _run("ip", "address", "add", f"{address}/24", "dev", self.cable)
        await _run("ip", "link", "set", self.cable, "up")
        await _run("ip", "-n", self.name, "link", "set", "lo", "up")
        await _run("ip", "-n", self.name, "link", "set", self._far_end, "up")
        await _run("ip", "-n", self.name, "address", "add", f"{GUESTS[0]}/24", "dev", self._far_end)

    async def close(self) -> None:
        """Take everything away."""
        await self.mend()
        # It would go with the namespace, but later, and the next network has the same address.
        await _run("ip", "link", "delete", self.cable)
        await _run("ip", "netns", "delete", self.name)

    async def unplug(self) -> None:
        """Break the cable: the browser is told that it is offline."""
        await _run("ip", "link", "set", self.cable, "down")

    async def swallow(self) -> None:
        """Lose every packet both ways; nobody is told."""
        inside = ("ip", "netns", "exec", self.name)
        for prefix, device in (((), self.cable), (inside, self._far_end)):
            chain = f'{{ type filter hook ingress device "{device}" priority 0; policy drop; }}'
            await _run(*prefix, "nft", f"add table {_TABLE}; add chain {_TABLE} swallow {chain}")

    async def mend(self) -> None:
        """Undo `unplug` and `swallow`."""
        await _run("ip", "link", "set", self.cable, "up")
        for prefix in ((), ("ip", "netns", "exec", self.name)):
            await _run(*prefix, "nft", f"add table {_TABLE}; delete table {_TABLE}")

    async def let_out_only(self, *rules: str) -> None:
        """Put a firewall at the end of the cable: out goes only what these rules of nftables accept, and all comes in.

        It is silent as a firewall elsewhere would be; in the output chain it would fail the sender's calls.
        """
        hook = f'type filter hook egress device "{self._far_end}" priority 0; policy drop'
        chain = "\n".join((hook, "ether type arp accept", *rules))
        table = f"table netdev firewall {{\nchain out {{\n{chain}\n}}\n}}"
        await _run("ip", "netns", "exec", self.name, "nft", table)
        # Without leave to use a camera, Chromium sends from the address of its default route alone.
        await _run("ip", "-n", self.name, "route", "add", "default", "via", HOST)

    async def move(self) -> None:
        """Give the browser another address; the one that it had is gone."""
        before, after = GUESTS[self._moves % 2], GUESTS[(self._moves + 1) % 2]
        self._moves += 1
        await _run("ip", "-n", self.name, "address", "delete", f"{before}/24", "dev", self._far_end)
        await _run("ip", "-n", self.name, "address", "add", f"{after}/24", "dev", self._far_end)


@asynccontextmanager
async def network(folder: Path) -> AsyncGenerator[Network]:
    """Give a network; without root or the tools for it the test is skipped, under CI it fails."""
    if os.geteuid() or not (shutil.which("ip") and shutil.which("nft")):
        pytest.skip("a network of its own needs root, ip and nft")
    made = Network(folder)
    await made.open()
    try:
        yield made
    finally:
        await made.close()


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    async with asyncio.timeout(10):
        if await process.wait():
            raise RuntimeError(f"failed: {' '.join(command)}")
