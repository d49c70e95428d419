"""Parley's media worker, as its server starts it: one process, every guard and statistic on, nothing recorded."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from benchmarks.media.contenders.base import Contender
from benchmarks.media.machine import CLIENT_CPU, SERVER_CPU
from benchmarks.media.peer import Peer
from callflow.ids import CallId, LegId
from callflow.wiring import HOLD_MUSIC, FromLeg, FromPrompt, MediaEvent, Source, Stream
from media.settings import MediaSettings
from signaling.media_worker.pool import MediaWorkers

STREAMS = {"audio": Stream.VOICE, "video": Stream.CAMERA}
CODECS = {"audio": "opus", "video": "VP8"}


class Parley(Contender):
    """One media worker; the clients' process stands where the server is, at the other end of its control socket."""

    def __init__(self, folder: Path, address: str) -> None:
        super().__init__(folder, address)
        self.settings = MediaSettings(announced=(address,))
        self.on_event: Callable[[MediaEvent], None] = lambda event: None

    async def start(self) -> None:
        """Start the worker on the server's processor. Raises `OSError` when it cannot start."""
        self.workers = MediaWorkers(self.settings, 1, "warning", self.on_event)
        os.sched_setaffinity(0, {SERVER_CPU})  # the worker inherits it
        try:
            await self.workers.start()
        finally:
            os.sched_setaffinity(0, {CLIENT_CPU})

    @property
    def pid(self) -> int:
        """The worker's process."""
        return self.workers.workers[0].pid

    async def join(self, number: int, peers: list[Peer], kinds: tuple[str, ...]) -> None:
        """Let two legs hear each other, or one hear the hold music."""
        call = CallId(f"call_{number}")
        legs = [LegId(f"leg_{number}_{index}") for index in range(len(peers))]
        codecs = tuple(CODECS[kind] for kind in kinds)
        for leg, peer in zip(legs, peers, strict=True):
            peer.take_answer((await self.workers.open(call, leg, peer.offer(), codecs)).sdp)
        await asyncio.gather(*(peer.connected() for peer in peers))
        wanted: dict[LegId, dict[Stream, Source]] = {legs[0]: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}}
        if len(legs) == 2:
            streams = [STREAMS[kind] for kind in kinds]
            wanted = {leg: dict.fromkeys(streams, FromLeg(other)) for leg, other in (legs, legs[::-1])}
        self.workers.wire(call, 1, wanted)

    async def stop(self) -> None:
        """End the worker."""
        await self.workers.stop()
