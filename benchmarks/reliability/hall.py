"""A media plane with synthetic callers in front of it, for the scripts."""

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.reliability.callers import Callers
from callflow.ids import CallId, LegId
from callflow.wiring import FromLeg, LegDown, LegUp, MediaEvent, Stream, Wiring
from media.plane import MediaPlane
from media.settings import MediaSettings
from tests.media.parties import CODECS, eventually, stage


class Hall:
    """The plane, what it told, and the callers."""

    def __init__(self, plane: MediaPlane, events: list[MediaEvent], callers: Callers) -> None:
        self.plane = plane
        self.events = events
        self.callers = callers
        self._wirings = 0

    async def enter(self, count: int, camera: bool = False) -> list[LegId]:
        """Let so many callers in; return the legs of those that connected, in the callers' order."""
        offers = await self.callers.offers(count, camera)
        answers = {number: await self.answer(number, offer) for number, offer in offers.items()}
        failed = await self.callers.connect(answers)
        legs = [leg_of(number) for number in offers if number not in failed]
        await eventually(lambda: set(legs) <= {event.leg for event in self.events if isinstance(event, LegUp)})
        return legs

    async def answer(self, number: int, offer: str) -> str:
        """Open a caller's leg."""
        return (await self.plane.open(CallId(f"call_{number // 2}"), leg_of(number), offer, CODECS)).sdp

    def pair(self, legs: list[LegId], *streams: Stream) -> None:
        """Let the first talk with the second, the third with the fourth, and so on."""
        for a, b in zip(legs[::2], legs[1::2], strict=True):
            there: Wiring = {a: {s: FromLeg(b) for s in streams}, b: {s: FromLeg(a) for s in streams}}
            self._wirings += 1
            self.plane.wire(CallId(f"call_{a}"), self._wirings, there)

    def lost(self) -> list[LegDown]:
        """Return what was told of legs that are down."""
        return [event for event in self.events if isinstance(event, LegDown)]


def leg_of(number: int) -> LegId:
    """Name a caller's leg."""
    return LegId(f"leg_{number}")


@asynccontextmanager
async def hall(cache: Path | None = None, spool: Path | None = None) -> AsyncGenerator[Hall]:
    """Open a plane on loopback. `cache` keeps the hold music from one run to the next; taps are written to `spool`."""
    with tempfile.TemporaryDirectory() as folder:
        settings = MediaSettings(announced=("127.0.0.1",), cache=cache or Path(folder), spool=spool)
        async with stage(settings) as on, Callers() as callers:
            yield Hall(on.plane, on.events, callers)
