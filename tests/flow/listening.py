"""What somebody hears in the course of time, moment by moment."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.flow.people import Senses

EVERY = 0.06
"""Seconds between two moments, besides the time that asking takes."""


@dataclass
class Listening:
    """The loudest tone at each moment: (seconds, Hz), 0 Hz is silence."""

    moments: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]], repr=False)

    def heard(self, tones: Mapping[str, float]) -> list[str]:
        """Return the names of these tones in the order in which they were heard, other sounds and silence left out."""
        order: list[str] = []
        for _, hertz in self.moments:
            for name, tone in tones.items():
                if abs(hertz - tone) <= 0.02 * tone and order[-1:] != [name]:
                    order.append(name)
        return order

    def first(self, tone: float) -> float:
        """Return when this tone was heard first."""
        return next(at for at, hertz in self.moments if abs(hertz - tone) <= 0.02 * tone)

    @property
    def longest_silence(self) -> float:
        """Return for how many seconds nothing was heard at most."""
        longest, since = 0.0, None
        for at, hertz in self.moments:
            since = None if hertz else (at if since is None else since)
            longest = max(longest, 0.0 if since is None else at - since)
        return longest


@asynccontextmanager
async def listening(person: Senses) -> AsyncGenerator[Listening]:
    """Note what somebody hears while the block runs."""
    notes, over = Listening(), asyncio.Event()

    async def listen() -> None:
        while not over.is_set():
            hertz: float = (await person.senses())["hertz"]
            notes.moments.append((time.monotonic(), hertz))
            await asyncio.sleep(EVERY)

    async with asyncio.TaskGroup() as group:
        group.create_task(listen())
        try:
            yield notes
        finally:
            over.set()
