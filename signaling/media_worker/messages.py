"""What the server and a media worker say to each other over the control socket, and how it is written.

The socket carries frames: four bytes of length in network order, then JSON, ``["Open", {"id": 1, …}]``. The names are
those of the classes below. Each side trusts the other only as far as the types go: what does not fit is a
`ProtocolError`, and the server ends such a worker.
"""

import asyncio
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from callflow.ids import CallId, LegId, PromptId
from callflow.wiring import Answer, MediaEvent, Stream, Taps, Wiring
from media.figures import StreamFigures
from media.settings import MediaSettings

MAX_FRAME: Final = 4 << 20
"""Bytes; the counters of 400 legs take a quarter of it."""
_LENGTH: Final = struct.Struct("!L")


class ProtocolError(Exception):
    """The other side wrote what no message is."""


# ---- from the server: questions, answered under the same id ----------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Open:
    """`MediaPort.open`."""

    id: int
    call: CallId
    leg: LegId
    offer: str
    codecs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reopen:
    """`MediaPort.reopen`."""

    id: int
    leg: LegId
    offer: str


@dataclass(frozen=True, slots=True)
class Count:
    """`MediaPlane.counters`."""

    id: int


# ---- from the server: orders -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Begin:
    """The first message of all: start, with these settings."""

    settings: MediaSettings
    log_level: str


@dataclass(frozen=True, slots=True)
class WireCall:
    """`MediaPort.wire`."""

    call: CallId
    epoch: int
    wiring: Wiring
    taps: Taps


@dataclass(frozen=True, slots=True)
class Play:
    """`MediaPort.play`."""

    leg: LegId
    prompt: PromptId


@dataclass(frozen=True, slots=True)
class Hush:
    """`MediaPort.hush`."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class Close:
    """`MediaPort.close`."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class Ping:
    """Say that you are alive."""


# ---- from the worker -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Ready:
    """The port is open."""

    port: int


@dataclass(frozen=True, slots=True)
class NotReady:
    """The worker could not start and ends."""

    why: str


@dataclass(frozen=True, slots=True)
class Answered:
    """To `Open` and `Reopen`."""

    id: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class Refused:
    """To `Open` and `Reopen`: a `MediaRefusedError`."""

    id: int
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Counted:
    """To `Count`."""

    id: int
    counters: Mapping[LegId, Mapping[Stream, StreamFigures]]


@dataclass(frozen=True, slots=True)
class Happened:
    """Something happened to a leg."""

    event: MediaEvent


@dataclass(frozen=True, slots=True)
class Pong:
    """To `Ping`."""


Question = Open | Reopen | Count
Order = Begin | WireCall | Play | Hush | Close | Ping
Reply = Answered | Refused | Counted
FromWorker = Ready | NotReady | Reply | Happened | Pong
Message = Question | Order | FromWorker

_ADAPTERS: Final[Mapping[str, TypeAdapter[Any]]] = {kind.__name__: TypeAdapter(kind) for kind in (
    Open, Reopen, Count, Begin, WireCall, Play, Hush, Close, Ping,
    Ready, NotReady, Answered, Refused, Counted, Happened, Pong,
)}  # fmt: skip


def encode(message: Message) -> bytes:
    """Write a message as a frame."""
    name = type(message).__name__
    body = json.dumps([name, _ADAPTERS[name].dump_python(message, mode="json")]).encode()
    return _LENGTH.pack(len(body)) + body


def decode(body: bytes) -> Message:
    """Read the body of a frame. Raises `ProtocolError`."""
    try:
        name, value = json.loads(body)
        return _ADAPTERS[name].validate_python(value)
    except (ValueError, TypeError, KeyError, RecursionError, ValidationError) as error:
        raise ProtocolError(f"no message: {body[:80]!r}") from error


async def receive(reader: asyncio.StreamReader) -> Message:
    """Wait for the next message. Raises `EOFError` when the other side is gone, `ProtocolError` for nonsense."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > MAX_FRAME:
            raise ProtocolError(f"a frame of {length} bytes")
        return decode(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise EOFError from error
