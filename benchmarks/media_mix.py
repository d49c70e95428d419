"""What mixing costs: CPU time of this process for each second that one listener hears a mix of two voices.

Voices are Opus packets of a tone in noise, put into the mixer's queues every 20 ms; what is encoded is not sent, as the
transports have no keys. Beside it the longest time that the event loop stood still. Run: python benchmarks/media_mix.py
"""

import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from callflow.wiring import Stream
from media.frame_clock import FrameClock
from media.mixer import Mixer
from media.opus import FRAME, RATE, Encoder, Samples
from media.streams import In
from tests.media.offers import offer, transport

SECONDS = 10.0


def packets(hertz: float) -> list[bytes]:
    """Encode a second of a tone in noise."""
    noise = np.random.default_rng(1).normal(0, 0.05, RATE)
    sound: Samples = (0.3 * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE) + noise).astype(np.float32)
    encoder = Encoder("voip", 32_000)
    return [encoder.encode(sound[start : start + FRAME])[0] for start in range(0, RATE, FRAME)]


SOUNDS = [packets(300.0 + 100 * index) for index in range(20)]


async def speak(sources: list[In]) -> float:
    """Feed the mixer until the time is over; return the longest delay of a beat."""
    clock = FrameClock()
    began = before = await clock.next()
    longest, beat = 0.0, 0
    while before - began < SECONDS:
        for source, sound in zip(sources, SOUNDS, strict=False):
            if source.mixed is not None:
                source.mixed.put(beat & 0xFFFF, sound[beat % len(sound)])
        beat += 1
        now = await clock.next()
        longest, before = max(longest, now - before - 0.02), now
    return longest


async def measure(calls: int, listeners: int) -> float:
    """Run so many calls of two voices, each with so many listeners; return the CPU time in ms per second."""
    mixer, sources = Mixer(), list[In]()
    for _ in range(calls):
        voices = tuple(transport(offer()).ins[Stream.VOICE] for _ in range(2))
        sources += voices
        for _ in range(listeners):
            mixer.play(transport(offer()).outs[Stream.VOICE], voices)
    began = time.process_time()
    longest = await speak(sources)
    spent = 1000 * (time.process_time() - began) / SECONDS
    await mixer.close()
    heard = calls * listeners
    each = f"{spent / heard:6.2f} for each listener" if heard else ""
    print(
        f"{calls} calls, {heard:2d} listeners: {spent:6.1f} ms/s  {each}  loop late by {1000 * longest:.1f} ms at most"
    )
    return spent


async def main() -> None:
    """Measure an idle mixer, then one listener, ten listeners in ten calls, and ten in one."""
    for calls, listeners in ((1, 0), (1, 1), (10, 1), (1, 10)):
        await measure(calls, listeners)


if __name__ == "__main__":
    asyncio.run(main())
