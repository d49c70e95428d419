"""Parties for the wire tests: real WebRTC clients in the same process, with a tone and a colour of their own."""

import asyncio
import contextlib
import fractions
import time
import wave
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import aioice.ice
import av
import numpy as np
import pytest
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError

from callflow.ids import CallId, LegId
from callflow.wiring import (
    FromLeg,
    LegDown,
    LegMeasured,
    LegSummed,
    LegUp,
    MediaEvent,
    PlaneMeasured,
    PromptEnded,
    Stream,
    Wiring,
)
from media.plane import MediaPlane
from media.settings import MediaSettings
from recording.journal import JournalWriter

CALL = CallId("call_1")
ALICE = LegId("leg_alice")
BOB = LegId("leg_bob")
CAROL = LegId("leg_carol")
CODECS = ("opus", "VP8")
RATE = 48_000
LIMIT_S = 10.0


class Tone(MediaStreamTrack):
    """A sine wave in real time, 20 ms a frame."""

    kind = "audio"

    def __init__(self, hertz: float) -> None:
        super().__init__()
        self._hertz = hertz
        self._sample = 0
        self._due: float | None = None

    async def recv(self) -> av.AudioFrame:
        if self._due is None:
            self._due = time.monotonic()
        await asyncio.sleep(max(0.0, self._due - time.monotonic()))
        self._due += 0.02
        phase = 2 * np.pi * self._hertz * (self._sample + np.arange(960)) / RATE
        frame = av.AudioFrame.from_ndarray((8000 * np.sin(phase)).astype(np.int16)[None, :], "s16", "mono")
        frame.sample_rate = RATE
        frame.pts = self._sample
        frame.time_base = fractions.Fraction(1, RATE)
        self._sample += 960
        return frame


class Colour(VideoStreamTrack):
    """A small picture of one colour, ten times a second."""

    def __init__(self, rgb: tuple[int, int, int]) -> None:
        super().__init__()
        self._pixels = np.full((120, 160, 3), rgb, np.uint8)
        self._count = 0
        self._due: float | None = None

    async def recv(self) -> av.VideoFrame:
        if self._due is None:
            self._due = time.monotonic()
        await asyncio.sleep(max(0.0, self._due - time.monotonic()))
        self._due += 0.1
        frame = av.VideoFrame.from_ndarray(self._pixels, "rgb24")
        frame.pts = self._count * 9000
        frame.time_base = fractions.Fraction(1, 90_000)
        self._count += 1
        return frame


class Ear:
    """Listens to one received track and tells the loudest frequency, or the mean colour, of the latest moment."""

    def __init__(self, track: MediaStreamTrack) -> None:
        self._track = track
        self._samples = np.zeros(0)
        self.colour: tuple[int, int, int] | None = None
        self.frames = 0
        self.task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame: object = await self._track.recv()  # pyright: ignore
                self.frames += 1
                if isinstance(frame, av.AudioFrame):
                    mono = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0]
                    self._samples = np.concatenate([self._samples, mono])[-RATE // 5 :]
                elif isinstance(frame, av.VideoFrame):
                    r, g, b = frame.to_ndarray(format="rgb24").mean(axis=(0, 1))
                    self.colour = (round(r), round(g), round(b))

    @property
    def hertz(self) -> float:
        """The loudest frequency in the last 200 ms; 0 for silence."""
        samples = self._samples
        if len(samples) < RATE // 5 or np.abs(samples).max() < 200:
            return 0.0
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 8 * len(samples)))
        return float(np.argmax(spectrum) * RATE / (8 * len(samples)))

    def level(self, hertz: float) -> float:
        """How loud one tone is in the last 200 ms, of full scale; that of a `Tone` is 0.24."""
        samples = self._samples / 32768
        if len(samples) < RATE // 5:
            return 0.0
        window = np.hanning(len(samples))
        turning = np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / RATE)
        return float(2 * abs(np.sum(samples * window * turning)) / np.sum(window))

    @property
    def loudness(self) -> float:
        """The root mean square of the last 200 ms, of full scale."""
        return float(np.sqrt(np.mean((self._samples / 32768) ** 2))) if len(self._samples) else 0.0

    def hears(self, hertz: float) -> bool:
        return abs(self.hertz - hertz) < hertz * 0.02

    def sees(self, rgb: tuple[int, int, int]) -> bool:
        return self.colour is not None and all(abs(a - b) < 40 for a, b in zip(self.colour, rgb, strict=True))

    def clear(self) -> None:
        """Forget what was heard and seen so far."""
        self._samples = np.zeros(0)
        self.colour = None


class Party:
    """A peer connection with the three m-lines of every offer."""

    def __init__(self, hertz: float | None = 440.0, rgb: tuple[int, int, int] | None = None) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._ears: list[Ear] = []
        if hertz is None:
            self.pc.addTransceiver("audio", "recvonly")
        else:
            self.pc.addTransceiver(Tone(hertz), "sendrecv")
        camera = self.pc.addTransceiver("video", "sendrecv" if rgb else "recvonly")
        self.pc.addTransceiver("video", "inactive")
        if rgb:
            camera.sender.replaceTrack(Colour(rgb))

    async def offer(self) -> str:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def accept(self, sdp: str) -> None:
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        receivers = [transceiver.receiver for transceiver in self.pc.getTransceivers()]
        self._ears = [Ear(receiver.track) for receiver in receivers[:2]]

    @property
    def voice(self) -> Ear:
        return self._ears[0]

    @property
    def camera(self) -> Ear:
        return self._ears[1]

    async def close(self) -> None:
        for ear in self._ears:
            ear.task.cancel()
        await asyncio.gather(*(ear.task for ear in self._ears), return_exceptions=True)
        await self.pc.close()


class Stage:
    """A media plane with the events it gave, and the parties in front of it."""

    def __init__(self, plane: MediaPlane, events: list[MediaEvent], measures: list[MediaEvent]) -> None:
        self.plane = plane
        self.events = events
        self.measures = measures
        """The events that come with time and not because something happened."""
        self.parties: list[Party] = []

    async def enter(
        self, leg: LegId, hertz: float | None = 440.0, rgb: tuple[int, int, int] | None = None, reopen: bool = False
    ) -> Party:
        """Connect a party as a leg, and wait until it is up."""
        party = Party(hertz, rgb)
        self.parties.append(party)
        offer = await party.offer()
        answer = await (self.plane.reopen(leg, offer) if reopen else self.plane.open(CALL, leg, offer, CODECS))
        await party.accept(answer.sdp)
        await eventually(lambda: LegUp(leg, answer.transport) in self.events)
        return party

    def ups(self, leg: LegId) -> list[LegUp]:
        return [event for event in self.events if isinstance(event, LegUp) and event.leg == leg]

    def downs(self, leg: LegId) -> list[LegDown]:
        return [event for event in self.events if isinstance(event, LegDown) and event.leg == leg]

    def measured(self, leg: LegId) -> list[LegMeasured]:
        return [event for event in self.measures if isinstance(event, LegMeasured) and event.leg == leg]

    def ended(self) -> list[PromptEnded]:
        return [event for event in self.events if isinstance(event, PromptEnded)]


@asynccontextmanager
async def stage(settings: MediaSettings) -> AsyncGenerator[Stage]:
    """Run a media plane on loopback for one test."""
    events: list[MediaEvent] = []
    measures: list[MediaEvent] = []

    def keep(event: MediaEvent) -> None:
        (measures if isinstance(event, LegMeasured | LegSummed | PlaneMeasured) else events).append(event)

    plane = MediaPlane(settings, keep, JournalWriter())
    await plane.start()
    here = Stage(plane, events, measures)
    try:
        yield here
    finally:
        for party in here.parties:
            await party.close()
        await plane.stop()


@contextlib.contextmanager
def clients_on_loopback() -> Generator[None]:
    """Let aiortc clients use 127.0.0.1, which they leave out; a test host may have nothing else. And check oftener."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])  # pyright: ignore
        patch.setattr(aioice.ice, "CONSENT_INTERVAL", 1)
        yield


async def eventually(holds: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
    """Wait until a condition holds; fail when it does not within the limit."""
    deadline = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {limit_s} s"
        await asyncio.sleep(0.02)


def both_ways(a: LegId, b: LegId, *streams: Stream) -> Wiring:
    """The wiring of a call of two."""
    return {a: {s: FromLeg(b) for s in streams}, b: {s: FromLeg(a) for s in streams}}


def write_tone(path: Path, hertz: float, seconds: float) -> None:
    """Write a WAV file of one tone."""
    samples = 8000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
