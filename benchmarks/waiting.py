"""What a hundred waiting callers cost: each hears a greeting, music, and its place and an announcement in turn.

    python -m benchmarks.waiting [--callers 100] [--seconds 60]

A real server with one media worker runs in processes of its own. The callers come over the API as pages do, each with
a socket for its place, and connect over ICE, DTLS and SRTP; all that is spoken was rendered when the strategy was
saved. Printed are, as one line of JSON, how late the event loops of the server and of the worker woke (as /metrics
tells, over 10 s each time), what the callers heard, and the ratio to the same callers with music alone, in the same
run. The bar is a 99th percentile under 20 ms for both loops.

That the callers were told what they were to be told is read off the packets: prompts are sent as they were rendered,
so each caller compares what arrives with the files of the server. Who was not told the greeting, an announcement and
a place, each from its beginning to its end, fails the run.
"""

import argparse
import asyncio
import json
import os
import re
import sys
import tempfile
import zlib
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

from benchmarks.reliability.callers import Callers
from callflow.ids import PromptId
from conversations.waiting.values import Speech, Voice
from media.prompts import load
from media.shelf import HOLD_MUSIC_FILE, SUFFIX
from tests.flow.server import Server

BAR_MS: Final = 20.0
CALLERS_A_LINK: Final = 5
"""A link takes ten calls a minute."""
SETTLE_S: Final = 12.0
"""The figures span ten seconds: after so long they hold nothing of the callers' arrival."""
LOOK_S: Final = 10.0
ADDRESS: Final = "127.0.0.1"
VOICE: Final[dict[str, object]] = {"language": "en", "rate": 170}
GREETING: Final = "Welcome. Somebody will be with you soon."
ANNOUNCEMENTS: Final = ("Thank you for waiting. We will be with you soon.", "Have your number at hand.")
KINDS: Final = ("greeting", "announcement", "place")
LAG: Final = re.compile(r'parley_loop_lag_seconds\{quantile="0.99",worker="(\w+)"\} (\S+)')


def strategy(queue: str, *, spoken: bool) -> dict[str, object]:
    """What the callers of a queue hear: music, and with `spoken` everything else as well."""

    def said(text: str) -> dict[str, object]:
        return {"kind": "speech", "text": text} | VOICE

    return {
        "name": "Everything" if spoken else "Music",
        "queues": [queue],
        "greeting": {"on": spoken, "source": said(GREETING)},
        "music": {"on": True},
        "announcements": {"on": spoken, "gap_seconds": 10, "sources": list(map(said, ANNOUNCEMENTS))},
        "farewell": {"on": False},
        "places": {"on": spoken, "voice": VOICE},
        "longest_seconds": 3600,
    }


def rendered(folder: Path) -> dict[str, set[int]]:
    """Digests of the packets of all that a server can say, by kind and file, without those that are in its music."""
    voice = Voice("en", "", 170)
    kinds = {Speech(GREETING, voice).prompt: "greeting"}
    kinds |= {Speech(text, voice).prompt: "announcement" for text in ANNOUNCEMENTS}
    music = {zlib.crc32(packet) for packet in load(folder / HOLD_MUSIC_FILE) or ()}
    files = (folder / "prompts").glob(f"speech_*{SUFFIX}")
    names = {file: file.name.removesuffix(SUFFIX) for file in files}
    return {
        f"{kinds.get(PromptId(name), 'place')} {name}": {zlib.crc32(packet) for packet in load(file) or ()} - music
        for file, name in names.items()
    }


class AnswerError(Exception):
    """The API did not do what it was asked for."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass
class Person:
    """Somebody with a browser of his own."""

    session: aiohttp.ClientSession
    url: str
    address: str = ADDRESS

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask the API. Raises `AnswerError`."""
        headers = {"X-CSRF": "1", "X-Forwarded-For": self.address}
        async with self.session.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers) as answer:
            if answer.status >= 400:
                raise AnswerError(answer.status, f"{method} {path}: {answer.status} {await answer.text()}")
            return await answer.json() if answer.content_type == "application/json" else None

    async def watch(self, path: str, first: dict[str, object] | None = None) -> None:
        """Keep a socket open, as a page does, until cancelled."""
        headers = {"X-Forwarded-For": self.address}
        async with self.session.ws_connect(f"{self.url}/api/v1{path}", headers=headers) as socket:
            if first is not None:
                await socket.send_json(first)
            reading = asyncio.create_task(_read(socket))
            try:
                while not reading.done():
                    await asyncio.sleep(10)
                    await socket.send_json({"type": "heartbeat"})
            finally:
                reading.cancel()


async def _read(socket: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in socket:
        pass


@dataclass
class House:
    """A server with its trial workspace, and who is there."""

    server: Server
    admin: Person
    pages: AsyncExitStack
    callers: Callers
    watching: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    async def person(self, number: int) -> Person:
        """Somebody else, somewhere else."""
        jar = aiohttp.CookieJar(unsafe=True)
        session = await self.pages.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        return Person(session, self.server.url, f"10.0.{number // 250}.{number % 250 + 1}")

    async def sign_in(self, person: Person, login: str) -> None:
        """Sign in as somebody of the trial workspace."""
        password = next(one["password"] for one in self.server.demo["accounts"] if one["login"] == login)
        await person.ask("POST", "/session", {"login": login, "password": password})

    def watch(self, person: Person, path: str, first: dict[str, object] | None = None) -> None:
        """Open a socket of a page."""
        self.watching.append(asyncio.create_task(person.watch(path, first), name="socket"))

    async def call(self, count: int, queue: str) -> int:
        """Let so many customers call; return how many wait."""
        tokens: list[str] = []
        for _ in range(-(-count // CALLERS_A_LINK)):
            link = await self.admin.ask("POST", "/call-links", {"kind": "expiry", "queue_id": queue, "days": 1})
            tokens.append(link["url"].rsplit("/", 1)[1])
        offers = await self.callers.offers(count)
        answers: dict[int, str] = {}
        for number, offer in offers.items():
            person = await self.person(number + 1)
            begun = {"media": "audio", "name": f"Customer {number}"}
            call = await person.ask("POST", f"/guest/links/{tokens[number % len(tokens)]}/calls", begun)
            answer = await person.ask("POST", f"/guest/calls/{call['id']}/leg", {"sdp": offer})
            answers[number] = answer["sdp"]
            self.watch(person, f"/guest/calls/{call['id']}/events")
            if len(answers) % 8 == 0:  # before the set-up limit of the first is over
                await self._connect(answers)
        await self._connect(answers)
        return count

    async def _connect(self, answers: dict[int, str]) -> None:
        failed = await self.callers.connect(answers) if answers else []
        if failed:
            raise RuntimeError(f"callers {failed} could not connect")
        answers.clear()

    async def lags(self) -> dict[str, float]:
        """Return the 99th percentile of every loop's lag over the last ten seconds, in milliseconds."""
        async with self.admin.session.get(f"{self.server.url}/metrics") as answer:
            return {worker: 1000 * float(late) for worker, late in LAG.findall(await answer.text())}


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[House]:
    """Start a server with one media worker, and let one agent be there who takes no calls."""
    os.environ |= {"PARLEY_MEDIA_ADDRESSES": ADDRESS, "PARLEY_MEDIA_WORKERS": "1", "PARLEY_TRUSTED_PROXIES": ADDRESS}
    server = Server(folder)
    await server.start()
    try:
        async with AsyncExitStack() as pages, Callers() as callers:
            jar = aiohttp.CookieJar(unsafe=True)
            session = await pages.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
            house = House(server, Person(session, server.url), pages, callers)
            await house.sign_in(house.admin, "admin")
            ana = await house.person(0)
            await house.sign_in(ana, "ana")
            house.watch(ana, "/panel", {"type": "hello", "tab": "tab-1", "sound": "ready"})
            await ana.ask("PUT", "/agent/status", {"status": "busy"})
            try:
                yield house
            finally:
                for task in house.watching:
                    task.cancel()
                await asyncio.gather(*house.watching, return_exceptions=True)
    finally:
        await server.kill()


async def measure(callers: int, seconds: float, *, spoken: bool) -> dict[str, Any]:
    """Let so many callers wait for so long, and return what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder)) as house:
            queue = (await house.admin.ask("GET", "/queues"))[0]["id"]
            await house.admin.ask("POST", "/waiting-strategies", strategy(queue, spoken=spoken))
            await house.callers.listen_for(rendered(Path(folder)))
            await house.call(callers, queue)
            await asyncio.sleep(SETTLE_S)
            await house.callers.heard()
            worst: dict[str, float] = {}
            for _ in range(max(1, round(seconds / LOOK_S))):
                await asyncio.sleep(LOOK_S)
                for worker, late in (await house.lags()).items():
                    worst[worker] = max(worst.get(worker, 0.0), late)
            heard = (await house.callers.heard()).values()
            looked = LOOK_S * max(1, round(seconds / LOOK_S))
            told = [{name.split()[0] for name in names} for names in (await house.callers.told()).values()]
    return {
        "callers": len(heard),
        "server_lag_p99_ms": round(worst.pop("server"), 1),
        "worker_lag_p99_ms": round(max(worst.values()), 1),
        "heard_share": round(sum(one.voice for one in heard) / (len(heard) * looked * 50), 3),
        "told": {kind: sum(kind in kinds for kinds in told) for kind in KINDS},
        "longest_gap_ms": round(max(one.longest_gap_ms for one in heard), 1),
    }


def main() -> int:
    """Run both and print what came out."""
    parser = argparse.ArgumentParser(description="What waiting callers cost")
    parser.add_argument("--callers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    wanted = parser.parse_args()
    music = asyncio.run(measure(wanted.callers, wanted.seconds, spoken=False))
    everything = asyncio.run(measure(wanted.callers, wanted.seconds, spoken=True))
    lags = [everything[name] for name in ("server_lag_p99_ms", "worker_lag_p99_ms")]
    ratio = round(everything["worker_lag_p99_ms"] / max(music["worker_lag_p99_ms"], 0.1), 2)
    told = all(count == everything["callers"] for count in everything["told"].values())
    ok = max(lags) < BAR_MS and everything["heard_share"] > 0.99 and told and not any(music["told"].values())
    report = {"with_announcements": everything, "music_alone": music, "worker_ratio": ratio}
    print(json.dumps(report | {"load": os.getloadavg()[0], "ok": ok}))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
