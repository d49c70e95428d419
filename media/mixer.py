"""Mixes: what a leg hears when it hears several others at once, as a supervisor who listens does.

Only here is sound decoded while a call goes on, and only the voices that some mix is wired to. Each is decoded once,
however many hear it; each listener's sum is encoded for it alone. The codec works in a thread, so that packets which
are only forwarded never wait for it.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from media.forward import send_ready
from media.frame_clock import FrameClock
from media.jitter import JitterBuffer
from media.opus import FRAME, Decoder, Encoder, Samples
from media.streams import In, Out

log = logging.getLogger(__name__)

BITS_PER_SECOND: Final = 32_000
COMPLEXITY: Final = 5
"""Of libopus, 0 to 10: half the time of 10, and on speech nobody hears the difference."""


class _Voice:
    """One source as mixes hear it. `jitter` belongs to the event loop, the rest to the codec's thread."""

    def __init__(self) -> None:
        self.jitter = JitterBuffer()
        self.frame: Samples = np.zeros(FRAME, np.float32)
        """The 20 ms at hand."""
        self._decoder = Decoder()
        self._rest: Samples = np.zeros(0, np.float32)

    def decode(self, packets: list[bytes]) -> None:
        """Make the next frame, with silence for what is missing."""
        sound = np.concatenate([self._rest, *map(self._decoder.decode, packets)])
        self._rest = sound[FRAME:]
        self.frame = np.zeros(FRAME, np.float32)
        self.frame[: len(sound)] = sound[:FRAME]


class _Mix:
    """What one listener hears."""

    def __init__(self) -> None:
        self.sources: tuple[In, ...] = ()
        self.encoder = Encoder("voip", BITS_PER_SECOND, COMPLEXITY)


class Mixer:
    """Sends mixes to outputs, a packet every 20 ms."""

    def __init__(self) -> None:
        self._mixes: dict[Out, _Mix] = {}
        self._voices: dict[In, _Voice] = {}
        self._task: asyncio.Task[None] | None = None
        self._thread: ThreadPoolExecutor | None = None

    def play(self, out: Out, sources: tuple[In, ...]) -> None:
        """Send the sum of `sources` to an output that follows no leg, instead of what it heard before."""
        mix = self._mixes.get(out)
        if mix is None:
            out.restart()
            mix = self._mixes[out] = _Mix()
        mix.sources = sources
        self._listen()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="media mixer")

    def stop(self, out: Out) -> None:
        """Send no more to an output; a frame that is being encoded is not sent."""
        if self._mixes.pop(out, None) is not None:
            self._listen()

    async def close(self) -> None:
        """Stop mixing."""
        self._mixes.clear()
        self._listen()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._thread = None

    def _listen(self) -> None:
        """Take the packets of the sources that some mix needs, and no others'."""
        needed = {source for mix in self._mixes.values() for source in mix.sources}
        for source in self._voices.keys() - needed:
            source.mixed = None
            del self._voices[source]
        for source in needed - self._voices.keys():
            voice = self._voices[source] = _Voice()
            source.mixed = voice.jitter

    async def _run(self) -> None:
        clock = FrameClock()
        loop = asyncio.get_running_loop()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "media mixer")
        try:
            while self._mixes:
                await clock.next()
                heard = [(voice, voice.jitter.take()) for voice in self._voices.values()]
                work = [
                    (out, mix, [self._voices[source] for source in mix.sources]) for out, mix in self._mixes.items()
                ]
                for out, mix, packets in await loop.run_in_executor(self._thread, _mixed, heard, work):
                    if self._mixes.get(out) is mix:
                        for packet in packets:
                            send_ready(out, packet, time.monotonic())
        except Exception:
            log.exception("mixing failed; nobody hears a mix until one is wired again")
        finally:
            self._task = None


def _mixed(
    heard: Sequence[tuple[_Voice, list[bytes]]], work: Sequence[tuple[Out, _Mix, list[_Voice]]]
) -> list[tuple[Out, _Mix, list[bytes]]]:
    """Decode each voice once and encode each listener's sum; in the codec's thread."""
    for voice, packets in heard:
        voice.decode(packets)
    return [(out, mix, mix.encoder.encode(_sum(voices))) for out, mix, voices in work]


def _sum(voices: Sequence[_Voice]) -> Samples:
    total = np.zeros(FRAME, np.float32)
    for voice in voices:
        total += voice.frame
    return np.clip(total, -1.0, 1.0)
