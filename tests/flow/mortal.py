"""A Chromium of a test's own, all of whose processes the test may freeze or kill."""

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from playwright.async_api import Browser

from tests.flow.people import eventually


class Mortal:
    """A browser and its processes, which playwright starts as a group of their own."""

    def __init__(self, browser: Browser, group: int) -> None:
        self.browser = browser
        self._group = group

    def gets(self, number: signal.Signals) -> None:
        """Send a signal to all of its processes."""
        os.killpg(self._group, number)


@asynccontextmanager
async def mortal(browser: Browser, mark: str) -> AsyncGenerator[Mortal]:
    """A browser that was launched with this mark; dead or frozen when the block ends, it is ended for good."""
    group = await eventually(lambda: asyncio.to_thread(_group_of, mark), bool, "process of Chromium")
    found = Mortal(browser, group)
    try:
        yield found
    finally:
        with suppress(ProcessLookupError):
            found.gets(signal.SIGKILL)


def new_mark() -> str:
    """A switch that Chromium does not know and lets be, by which its process is found."""
    return f"--parley-test={secrets.token_hex(8)}"


def _group_of(mark: str) -> int | None:
    for process in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if mark.encode() in (process / "cmdline").read_bytes().split(b"\0"):
                return os.getpgid(int(process.name))
    return None
