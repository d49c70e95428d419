"""Python's side of traffic.c: builds it with the machine's C compiler, loads it and names its calls."""

import asyncio
import ctypes
import secrets
import socket
import subprocess
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

from pylibsrtp import _binding  # pyright: ignore  # the addresses of the C functions are not to be had otherwise

from benchmarks.media.canned import Clip
from benchmarks.media.results import Counted

SOURCE = Path(__file__).with_name("traffic.c")
HISTOGRAM = 200_000
NO_CLIP = Clip((), 0, 0)
_ffi, _lib = cast("Any", _binding).ffi, cast("Any", _binding).lib


SRTP_CALLS = ("protect", "unprotect", "protect_rtcp", "unprotect_rtcp")


class _Srtp(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in SRTP_CALLS]


class _Packet(ctypes.Structure):
    _fields_ = [
        ("payload", ctypes.c_char_p),
        ("size", ctypes.c_uint32),
        ("due_us", ctypes.c_uint32),
        ("timestamp", ctypes.c_uint32),
        ("marker", ctypes.c_uint32),
    ]


class _Clip(ctypes.Structure):
    _fields_ = [
        ("packets", ctypes.POINTER(_Packet)),
        ("count", ctypes.c_uint32),
        ("loop_us", ctypes.c_uint32),
        ("loop_ticks", ctypes.c_uint32),
    ]


class _Result(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint64) for name in ("sent", "stamped", "arrived", "unauthentic")),
        ("latency_us", ctypes.c_uint32 * HISTOGRAM),
        ("late_us", ctypes.c_uint32 * HISTOGRAM),
    ]


def build(folder: Path) -> Path:
    """Compile traffic.c into `folder`. Raises `CalledProcessError`, or `FileNotFoundError` without a compiler."""
    library = folder / "traffic.so"
    command = ["cc", "-O2", "-Wall", "-shared", "-fPIC", "-pthread", "-o", str(library), str(SOURCE)]
    subprocess.run(command, check=True)
    return library


class Traffic:
    """The sending and the receiving thread of one process of clients."""

    def __init__(self, library: Path) -> None:
        self._c = ctypes.CDLL(str(library))
        self._c.engine_start.restype = ctypes.c_void_p
        self._c.results.restype = ctypes.POINTER(_Result)
        functions = [_ffi.addressof(_lib, f"srtp_{name}") for name in SRTP_CALLS]
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._theirs = theirs
        self._control.setblocking(False)
        self._takers: list[Callable[[bytes], None]] = []
        self._clips: dict[Clip, _Clip] = {}
        self._engine = ctypes.c_void_p(
            self._c.engine_start(theirs.fileno(), ctypes.byref(_Srtp(*map(_pointer, functions))))
        )
        asyncio.get_running_loop().add_reader(self._control, self._readable)

    def close(self) -> None:
        """Stop both threads."""
        self._c.engine_stop(self._engine)
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        self._theirs.close()

    def _readable(self) -> None:
        datagram = self._control.recv(2048)
        self._takers[int.from_bytes(datagram[:4], "little")](datagram[4:])

    def add_leg(self, sock: socket.socket, take: Callable[[bytes], None]) -> int:
        """Receive from a connected UDP socket; what is no RTP and no RTCP goes to `take`. Returns its number."""
        number = int(self._c.leg_add(self._engine, sock.fileno()))
        if number < 0:
            raise OSError("the machine gives no more sockets or no time stamps")
        self._takers.append(take)
        return number

    def secure(self, leg: int, rx: object, tx: object) -> None:
        """Give a leg the SRTP sessions of its handshake, which belong to the traffic's threads from now on."""
        self._c.leg_secure(self._engine, leg, ctypes.c_void_p(_pointer(rx)), ctypes.c_void_p(_pointer(tx)))

    def send(self, leg: int, clip: Clip, ssrc: int, payload_type: int, extension: bytes, *, stamped: bool) -> None:
        """Send a clip for good, from a random moment of the next second on, and a report each second."""
        delay_us = secrets.randbelow(1_000_000)
        if clip not in self._clips:
            self._clips[clip] = _prepare(clip)
        failed = self._c.stream_start(
            self._engine, leg, ctypes.byref(self._clips[clip]), ctypes.c_uint32(ssrc), payload_type, int(stamped),
            extension, len(extension), ctypes.c_uint32(delay_us),
        )  # fmt: skip
        if failed:
            raise OSError("more streams than traffic.c has room for")

    async def measure(self, seconds: float) -> None:
        """Count for so long, and wait for what is still on its way."""
        self._c.measure(self._engine, ctypes.c_uint32(int(seconds * 1e6)))
        await asyncio.sleep(seconds)

    def counted(self, stamped: bool) -> Counted:
        """Return what the last measurement counted."""
        result = self._c.results(self._engine).contents
        latency = list(accumulate(cast("list[int]", result.latency_us)))
        late = list(accumulate(cast("list[int]", result.late_us)))
        return Counted(
            result.sent,
            result.stamped if stamped else result.arrived,
            result.unauthentic,
            _quantile_ms(latency, 0.5),
            _quantile_ms(latency, 0.99),
            _quantile_ms(late, 0.99) or 0.0,
        )


def _pointer(value: object) -> int:
    return int(_ffi.cast("uintptr_t", value))


def _prepare(clip: Clip) -> _Clip:
    packets = (_Packet * len(clip.packets))()
    for place, packet in zip(packets, clip.packets, strict=True):
        place.payload, place.size = packet.payload, len(packet.payload)
        place.due_us, place.timestamp, place.marker = packet.due_us, packet.timestamp, packet.marker
    return _Clip(packets, len(packets), clip.loop_us, clip.loop_ticks)


def _quantile_ms(sums: list[int], share: float) -> float | None:
    if not sums or not sums[-1]:
        return None
    return next(us for us, total in enumerate(sums) if total >= share * sums[-1]) / 1000
