"""A TURN server of the tests' own: coturn, with the secret that Parley shares with it."""

import asyncio
import shutil
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

SECRET: Final = "a secret that coturn and Parley share"
LIMIT: Final = 10.0
"""Seconds that the start may take."""


@asynccontextmanager
async def coturn(
    address: str, port: int, folder: Path, tls: tuple[int, Path, Path] | None = None, *, peers: str
) -> AsyncGenerator[None]:
    """Run coturn on this address and port, UDP and TCP alike; it relays to `peers` (an address) and nowhere else.

    `tls` is a TCP port for TLS with the files of its certificate and key.
    """
    if shutil.which("turnserver") is None:
        pytest.skip("no coturn on this machine")
    options = {
        "listening-ip": address,
        "relay-ip": address,
        "listening-port": port,
        "realm": "parley.test",
        "static-auth-secret": SECRET,
        "allowed-peer-ip": peers,
        "denied-peer-ip": "0.0.0.0-255.255.255.255",
        "pidfile": folder / "turnserver.pid",
        "userdb": folder / "turndb",
        "log-file": folder / "turnserver.log",
    }
    switches = [
        "use-auth-secret",
        "no-cli",
        "no-dtls",
        "no-tcp-relay",
        "simple-log",
        "fingerprint",
        "no-rfc5780",
        "verbose",
    ]
    if tls is not None:
        options |= {"tls-listening-port": tls[0], "cert": tls[1], "pkey": tls[2]}
    else:
        switches.append("no-tls")
    if address == "127.0.0.1":
        switches.append("allow-loopback-peers")
    process = await asyncio.create_subprocess_exec(
        "turnserver",
        *("-n", *(f"--{name}" for name in switches), *(f"--{name}={value}" for name, value in options.items())),
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        await _listens(process, address, port)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listens(process: Process, address: str, port: int) -> None:
    async with asyncio.timeout(LIMIT):
        while True:
            assert process.returncode is None, "coturn ended at its start"
            try:
                _, writer = await asyncio.open_connection(address, port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
