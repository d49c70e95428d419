"""Synthetic callers in a process of their own, so that what is measured in the server's process is the server's.

The process reads one JSON command a line and answers with one line; `Callers` is its other end.
"""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from benchmarks.reliability.caller import Caller, Heard
from media.dtls import make_certificate

ROOT: Final = Path(__file__).resolve().parents[2]
TICK_S: Final = 0.002
LINE_LIMIT: Final = 32 << 20
ANSWER_LIMIT_S: Final = 60.0
IN_FULL: Final = 0.98
"""Of the packets of what was said; one may be lost on the way."""
AT_A_TIME: Final = 8
"""Handshakes side by side, as when many pages come back."""


class Callers:
    """A process of callers. Each is known by its number, in the order in which they were made."""

    def __init__(self) -> None:
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __name__), stdin=PIPE, stdout=PIPE, cwd=ROOT, limit=LINE_LIMIT
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    async def offers(self, count: int, camera: bool = False) -> dict[int, str]:
        """Make callers and return their offers by number."""
        made = await self._ask("offers", count=count, camera=camera)
        return {int(number): sdp for number, sdp in made.items()}

    async def connect(self, answers: dict[int, str]) -> list[int]:
        """Connect callers by the server's answers; return the numbers of those that failed. They speak from then on."""
        return await self._ask("connect", answers=answers)

    async def speak(self, number: int, times: float, giants: bool = False) -> None:
        """Let a caller send so many times the usual rate, with giant pictures or without."""
        await self._ask("speak", number=number, times=times, giants=giants)

    async def heard(self) -> dict[int, Heard]:
        """Return what each caller heard since this was asked last."""
        found = await self._ask("heard")
        return {int(number): Heard(**heard) for number, heard in found.items()}

    async def listen_for(self, texts: Mapping[str, Collection[int]]) -> None:
        """Let callers who are made from now on notice what of these is said: digests of the payloads, by a name."""
        await self._ask("listen for", texts={name: list(digests) for name, digests in texts.items()})

    async def told(self) -> dict[int, list[str]]:
        """Return the names of what was said to each caller from its beginning to its end."""
        return {int(number): names for number, names in (await self._ask("told")).items()}

    async def closed(self) -> list[int]:
        """Return the numbers of the callers that the server closed."""
        return await self._ask("closed")

    async def _ask(self, do: str, **values: object) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do} | values).encode() + b"\n")
        async with asyncio.timeout(ANSWER_LIMIT_S):
            return json.loads(await self._process.stdout.readline())


class _Crowd:
    """The callers, in their own process."""

    def __init__(self) -> None:
        self._certificate = make_certificate()
        self._callers: list[Caller] = []
        self._speaking: list[Caller] = []
        self._texts: dict[str, frozenset[int]] = {}

    async def do(self, command: dict[str, Any]) -> object:
        match command["do"]:
            case "offers":
                first = len(self._callers)
                self._callers += [self._made(command["camera"]) for _ in range(command["count"])]
                return {number: self._callers[number].offer() for number in range(first, len(self._callers))}
            case "connect":
                return await self._connect({int(number): sdp for number, sdp in command["answers"].items()})
            case "speak":
                chosen = self._callers[int(command["number"])]
                chosen.voice_every_s = 0.02 / command["times"]
                chosen.giants = command["giants"]
                return None
            case "heard":
                return {number: _taken(caller) for number, caller in enumerate(self._callers)}
            case "listen for":
                self._texts = {name: frozenset(digests) for name, digests in command["texts"].items()}
                return None
            case "told":
                return {number: self._told(caller) for number, caller in enumerate(self._callers)}
            case _:
                return [number for number, caller in enumerate(self._callers) if caller.closed]

    def _made(self, camera: bool) -> Caller:
        caller = Caller(self._certificate, camera)
        caller.listens_for = frozenset[int]().union(*self._texts.values())
        return caller

    def _told(self, caller: Caller) -> list[str]:
        wanted = self._texts.items()
        return [name for name, digests in wanted if len(digests & caller.noticed) >= IN_FULL * len(digests)]

    async def _connect(self, answers: dict[int, str]) -> list[int]:
        gate = asyncio.Semaphore(AT_A_TIME)

        async def one(number: int, sdp: str) -> bool:
            async with gate:
                return await self._callers[number].connect(sdp)

        worked = await asyncio.gather(*(one(number, sdp) for number, sdp in answers.items()))
        now = time.monotonic()
        for place, (number, up) in enumerate(zip(answers, worked, strict=True)):
            if up:
                caller = self._callers[number]
                caller.due = now + 0.02 * place / len(answers)  # not all in the same millisecond
                self._speaking.append(caller)
        return [number for number, up in zip(answers, worked, strict=True) if not up]

    async def keep_speaking(self) -> None:
        while True:
            now = time.monotonic()
            for caller in self._speaking:
                while caller.due <= now:
                    caller.due += caller.voice_every_s
                    caller.speak()
            await asyncio.sleep(TICK_S)


def _taken(caller: Caller) -> dict[str, object]:
    heard, caller.heard = caller.heard, Heard()
    return vars(heard)


async def _main() -> None:
    crowd = _Crowd()
    reader = asyncio.StreamReader(LINE_LIMIT)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    speaking = asyncio.create_task(crowd.keep_speaking(), name="speaking")
    while line := await reader.readline():
        sys.stdout.write(json.dumps(await crowd.do(json.loads(line))) + "\n")
        sys.stdout.flush()
    speaking.cancel()


if __name__ == "__main__":
    asyncio.run(_main())
