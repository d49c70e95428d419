"""Firefox without a window, driven by WebDriver BiDi: only what the tests say to it.

Playwright's Firefox is one that its makers have patched; this is the one that people have.
Source: W3C WebDriver BiDi, https://w3c.github.io/webdriver-bidi/.
"""

import asyncio
import json
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import aiohttp

START_LIMIT: Final = 30.0
ANSWER_LIMIT: Final = 30.0
PREFERENCES: Final[dict[str, object]] = {
    # Sound without a gesture, and no question before a microphone is used.
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.navigator.permission.disabled": True,
    # A microphone that Firefox makes up.
    "media.navigator.streams.fake": True,
    # A machine or container that has only the loopback interface would gather no candidates.
    "media.peerconnection.ice.loopback": True,
    # Nothing but what the test asks for.
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "extensions.update.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
}


def find() -> str | None:
    """Return the Firefox to test with, or None when this machine has none."""
    return os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One running Firefox. A page in it is named by its browsing context."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.errors: list[str] = []
        """What pages wrote as errors, an uncaught exception among them."""

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result. Raises `RuntimeError` when Firefox refuses it."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(ANSWER_LIMIT):
            message = await answer
        if message["type"] == "error":
            raise RuntimeError(f"{method}: {message['message']}")
        return message["result"]

    async def new_page(self, script: str) -> str:
        """Open an empty page in which this script runs before a page's own; return its name."""
        page: str = (await self.ask("browsingContext.create", type="tab"))["context"]
        await self.ask("script.addPreloadScript", functionDeclaration=f"() => {{\n{script}\n}}", contexts=[page])
        return page

    async def evaluate(self, page: str, expression: str) -> Any:
        """Evaluate JavaScript as if a person had pressed a key, wait for it if it is a promise, return it by JSON."""
        wrapped = f"(async () => JSON.stringify((await {expression}) ?? null))()"
        done = await self.ask(
            "script.evaluate",
            expression=wrapped,
            target={"context": page},
            awaitPromise=True,
            userActivation=True,
        )
        if done["type"] == "exception":
            raise RuntimeError(done["exceptionDetails"]["text"])
        return json.loads(done["result"]["value"])

    async def read(self) -> None:
        """Hand out what Firefox says, until it says no more."""
        async for message in self._socket:
            said = message.json()
            if said["type"] == "event":
                if said["method"] == "log.entryAdded" and said["params"]["level"] == "error":
                    self.errors.append(str(said["params"]["text"]))
            elif (answer := self._answers.pop(said["id"], None)) is not None and not answer.done():
                answer.set_result(said)


@asynccontextmanager
async def running(program: str, folder: Path, **preferences: object) -> AsyncGenerator[Firefox]:
    """Run a Firefox with a profile of its own in this folder. A preference is named with `__` for each dot."""
    profile = folder / "firefox"
    profile.mkdir()
    more = {name.replace("__", "."): value for name, value in preferences.items()}
    lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in (PREFERENCES | more).items()]
    (profile / "user.js").write_text("\n".join(lines))
    process = await asyncio.create_subprocess_exec(
        program,
        *("--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"),
        env=os.environ | {"HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
        stdout=DEVNULL,
        stderr=PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(START_LIMIT):
            address = await _address(process.stderr)
        drain = asyncio.create_task(_drain(process.stderr))
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{address}/session", max_msg_size=0) as socket,
        ):
            firefox = Firefox(socket)
            reader = asyncio.create_task(firefox.read())
            await firefox.ask("session.new", capabilities={})
            await firefox.ask("session.subscribe", events=["log.entryAdded"])
            yield firefox
            reader.cancel()
        drain.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _address(stderr: asyncio.StreamReader) -> str:
    """Return where it listens, which it says once it does."""
    while line := (await stderr.readline()).decode():
        if "WebDriver BiDi listening on " in line:
            return line.rsplit(" ", 1)[1].strip()
    raise RuntimeError("Firefox ended at its start")


async def _drain(stderr: asyncio.StreamReader) -> None:
    while await stderr.read(1 << 16):
        pass
