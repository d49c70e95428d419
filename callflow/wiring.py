"""Who hears and sees whom, and the port through which the engine tells the media plane.

All values are frozen and serialisable, and name things by id only, so that the media plane may run
in another process.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from callflow.ids import CallId, LegId, PromptId, RecordingId, TransportId
from callflow.roles import Role


class Stream(StrEnum):
    """The three streams of every leg; the offer's m-lines come in this order."""

    VOICE = "voice"
    CAMERA = "camera"
    SCREEN = "screen"


@dataclass(frozen=True, slots=True)
class FromLeg:
    """The stream of the same name, as another leg sends it."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class FromPrompt:
    """A prepared piece of sound, repeated for as long as it is wired. For the voice stream only."""

    prompt: PromptId


@dataclass(frozen=True, slots=True)
class FromMix:
    """The voices of several legs at once, for one who listens or joins in. For the voice stream only.

    It costs decoding and encoding, so a leg that hears only one other is wired `FromLeg`.
    """

    legs: tuple[LegId, ...]


Source = FromLeg | FromPrompt | FromMix
Wiring = Mapping[LegId, Mapping[Stream, Source]]
"""For each leg of a call, what it receives. A stream that is not named receives nothing."""


@dataclass(frozen=True, slots=True)
class Tapped:
    """A leg whose sound, and perhaps picture, is recorded as it comes."""

    recording: RecordingId
    role: Role
    """Whose voice it is: the two sides stay separate (PLUS-09)."""
    pictures: bool
    running: bool
    """False while the recording is paused or the customer on hold: then nothing is written (PLUS-10)."""


Taps = Mapping[LegId, Tapped]
"""The legs of a call that are recorded. One that is not named is not, and its file is closed."""
NO_TAPS: Taps = {}

HOLD_MUSIC = PromptId("hold-music")
RINGBACK = PromptId("ringback")
"""What a caller hears while an agent is rung for a transfer (XFER-05)."""
MESSAGE_TONE = PromptId("message-tone")
"""After it a caller speaks the message that he leaves."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The server's answer to an offer, and the name of the transport that it opened."""

    sdp: str
    transport: TransportId


class LostBecause(StrEnum):
    """Why a transport stopped working."""

    SETUP = "setup"
    """It was not connected within the set-up limit."""
    SILENT = "silent"
    """Nothing authenticated arrived for the watchdog's limit."""
    CLOSED = "closed"
    """The other side closed DTLS, or its handshake failed."""
    WORKER = "worker"
    """The process that carried it is gone."""


@dataclass(frozen=True, slots=True)
class LegUp:
    """The transport is connected and secured: packets can flow both ways.

    Sent again when a silent one speaks, and when a newer one failed and this one still serves the leg.
    """

    leg: LegId
    transport: TransportId


@dataclass(frozen=True, slots=True)
class LegDown:
    """The leg's current transport does not work. The leg stays, and another offer gives it another.

    With `WORKER` all transports of the leg are gone, and `transport` is None.
    """

    leg: LegId
    transport: TransportId | None
    because: LostBecause


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """A prompt given to `play` came to its end, or was cut by another or by a wiring; each one ends once."""

    leg: LegId
    prompt: PromptId


@dataclass(frozen=True, slots=True)
class LineQuality:
    """One direction of a leg: over the last few seconds, or over the leg's life. None: nothing was there to measure."""

    loss: float | None
    """The share of packets that the network lost, of all streams, 0 to 1."""
    jitter_ms: float | None
    """How unevenly voice arrives (RFC 3550, 6.4.1)."""
    mos: float | None
    """What listeners would say of the voice, 1 to 4.5 (`media.opinion`)."""
    bits_per_second: int
    width: int
    """Of the camera's pictures, in pixels; 0 when none were there."""
    height: int
    frames_per_second: float
    freezes: int
    """How often the camera's picture stood still, since the leg began."""


@dataclass(frozen=True, slots=True)
class LegQuality:
    """How well a leg's network does."""

    up: LineQuality
    """From the party to the server."""
    down: LineQuality
    """From the server to the party."""
    round_trip_ms: float | None
    """From the server to the party and back; None while no other leg is heard there."""


@dataclass(frozen=True, slots=True)
class LegMeasured:
    """How a leg that is up did in the last seconds. Sent every 2 s; the engine has no use for it."""

    call: CallId
    leg: LegId
    quality: LegQuality


@dataclass(frozen=True, slots=True)
class LegSummed:
    """How a leg did over its whole life. Sent once, when a leg that was up is closed."""

    call: CallId
    leg: LegId
    seconds: float
    """How long it was up."""
    average: LegQuality
    """Its pictures are the largest that there were."""
    worst_loss: float | None
    """The worst few seconds, in either direction; so the next three."""
    worst_jitter_ms: float | None
    worst_round_trip_ms: float | None
    worst_mos: float | None


@dataclass(frozen=True, slots=True)
class StreamTotals:
    """What the streams of one name carried since the start, over all legs."""

    packets_received: int
    bytes_received: int
    packets_sent: int
    bytes_sent: int


@dataclass(frozen=True, slots=True)
class LoopLag:
    """How late an event loop woke, over the last 10 s, in milliseconds."""

    p50_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class PlaneMeasured:
    """How the media plane itself fares. Sent every 2 s."""

    worker: int
    """Which of several planes it is."""
    legs: int
    streams: Mapping[Stream, StreamTotals]
    refused: Mapping[str, int]
    """Datagrams since the start that reached no stream, by reason."""
    lag: LoopLag


class TapWhy(StrEnum):
    """Why what a leg sends is not written."""

    FULL = "disk_full"
    FAILED = "disk_failed"
    SLOW = "disk_slow"
    """It hangs, and raises nothing."""


@dataclass(frozen=True, slots=True)
class TapTrouble:
    """What a leg sends cannot be recorded at present or, with None, can be again; the call goes on."""

    recording: RecordingId
    leg: LegId
    why: TapWhy | None


MediaEvent = LegUp | LegDown | PromptEnded | LegMeasured | LegSummed | PlaneMeasured | TapTrouble


class MediaRefusedError(Exception):
    """An offer was not acceptable, or the leg is unknown.

    `code` is a stable word: ``sdp_too_large``, ``sdp_malformed``, ``sdp_no_fingerprint``, ``sdp_no_codec``,
    ``unknown_leg``, ``leg_exists``, ``too_many_legs``, ``media_away``, ``media_failed``. The
    text is a sentence for a person.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class MediaPort(Protocol):
    """What the engine and the edge may ask of the media plane.

    `open` and `reopen` answer; the others start work and return. Each may be repeated without harm.
    """

    async def open(self, call: CallId, leg: LegId, offer: str, codecs: tuple[str, ...]) -> Answer:
        """Make a leg of a call and answer its first offer. Raises `MediaRefusedError`."""
        ...

    async def reopen(self, leg: LegId, offer: str) -> Answer:
        """Give a leg a new transport; the old one keeps working until the new one is up. Raises `MediaRefusedError`."""
        ...

    def wire(self, call: CallId, epoch: int, wiring: Wiring, taps: Taps = NO_TAPS) -> None:
        """State the whole wanted wiring of a call, and which of its legs are recorded; the taps are set first.

        An epoch lower than the last one given is ignored. What is recorded never comes back through this port.
        """
        ...

    def play(self, leg: LegId, prompt: PromptId) -> None:
        """Play a prompt once over whatever the leg's voice is wired to, until that is wired to something else."""
        ...

    def hush(self, leg: LegId) -> None:
        """End what `play` began, at once. One to whom nothing is said is left alone."""
        ...

    def close(self, leg: LegId) -> None:
        """End a leg and forget it. Closing an unknown leg does nothing."""
        ...
