"""DTLS and SRTP of one transport, and the only file that uses names which aiortc and pylibsrtp do not promise to keep.

Used beside their public names: of `RTCDtlsTransport` that it calls `role`, `_recv` and `_send` on what it is given, its
`_set_role`, `_rx_srtp` and `_tx_srtp`; of pylibsrtp `Session._srtp` and the module `_binding`. The versions are pinned,
and `tests/media/test_dtls.py` fails when one of them changes.

Packets are decrypted and encrypted in place in one shared buffer (`PACKET`, seen through `VIEW`): the media plane
handles one datagram at a time on one thread. pylibsrtp's own methods copy each packet twice.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol, cast

import pylibsrtp
from aiortc import RTCCertificate, RTCDtlsTransport
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from pylibsrtp import _binding  # pyright: ignore

Fingerprint = RTCDtlsFingerprint
Certificate = RTCCertificate
SrtpError = pylibsrtp.Error

QUEUE_LIMIT = 64
"""DTLS datagrams that may wait for the handshake; a handshake needs fewer than ten."""

BUFFER_SIZE: Final = 2048


class SrtpPointer(Protocol):
    """A C pointer to an SRTP session."""


class _Length(Protocol):
    def __getitem__(self, index: int, /) -> int: ...
    def __setitem__(self, index: int, value: int, /) -> None: ...


_ffi = cast("Any", _binding).ffi
_lib = cast("Any", _binding).lib

PACKET: Final[object] = _ffi.new("char[]", BUFFER_SIZE)
"""The datagram at hand, as C sees it."""
VIEW: Final[memoryview] = memoryview(_ffi.buffer(PACKET)).cast("B")
"""The datagram at hand, as Python sees it."""
LENGTH: Final[_Length] = _ffi.new("int *")
"""In: the length of the datagram; out: its length after the call."""

srtp_unprotect: Final[Callable[[SrtpPointer, object, _Length], int]] = _lib.srtp_unprotect
"""Decrypt `PACKET` in place; 0 when it is authentic and new."""
srtp_protect: Final[Callable[[SrtpPointer, object, _Length], int]] = _lib.srtp_protect
"""Encrypt `PACKET` in place; 0 when done."""


class DtlsError(Exception):
    """The handshake failed: another certificate than the offer's, no common cipher, or a closed transport."""


class _Path:
    """What `RTCDtlsTransport` takes for its ICE transport: a bounded queue in, a function out."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._sender = send
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE_LIMIT)
        self._closed = False

    def close(self) -> None:
        """End a handshake that still waits, even if its cancellation was swallowed on the way."""
        self._closed = True
        self.put(b"")

    def put(self, datagram: bytes) -> bool:
        if self._queue.full():
            return False
        self._queue.put_nowait(datagram)
        return True

    async def _recv(self) -> bytes:
        datagram = await self._queue.get()
        if self._closed:
            raise ConnectionError
        return datagram

    async def _send(self, data: bytes) -> None:
        self._sender(data)


def make_certificate() -> Certificate:
    """Make the certificate that all transports of this process share."""
    return RTCCertificate.generateCertificate()


def sha256_fingerprint(certificate: Certificate) -> str:
    """Return the certificate's SHA-256 digest as SDP writes it."""
    return next(f.value for f in certificate.getFingerprints() if f.algorithm == "sha-256")


class Dtls:
    """One DTLS association and the SRTP keys that come out of it.

    `send` puts a datagram on the wire. `closed` is called once when the other side ends the association.
    """

    def __init__(
        self,
        certificate: Certificate,
        fingerprints: list[Fingerprint],
        as_client: bool,
        send: Callable[[bytes], None],
        closed: Callable[[], None],
    ) -> None:
        self._path = _Path(send)
        self._closed = closed
        self._stopping = False
        self._transport = RTCDtlsTransport(cast("Any", self._path), [certificate])
        self._transport._set_role("client" if as_client else "server")  # pyright: ignore
        self._transport.on("statechange", self._state_changed)  # pyright: ignore
        self._remote = RTCDtlsParameters(fingerprints=fingerprints)
        self._rx: pylibsrtp.Session | None = None
        self._tx: pylibsrtp.Session | None = None
        self.rx: SrtpPointer | None = None
        """For `srtp_unprotect`, from the end of the handshake on. Valid as long as this object lives."""
        self.tx: SrtpPointer | None = None
        """For `srtp_protect`, likewise."""

    def receive(self, datagram: bytes) -> bool:
        """Queue a DTLS datagram, not empty; False when the queue is full and it was dropped."""
        return self._path.put(datagram)

    async def handshake(self) -> None:
        """Shake hands and derive the SRTP keys. Raises `DtlsError`."""
        await self._transport.start(self._remote)
        if self._transport.state != "connected":
            raise DtlsError(f"DTLS is {self._transport.state} after the handshake")
        self._rx = cast("pylibsrtp.Session", self._transport._rx_srtp)  # pyright: ignore
        self._tx = cast("pylibsrtp.Session", self._transport._tx_srtp)  # pyright: ignore
        self.rx = cast("SrtpPointer", cast("Any", self._rx)._srtp[0])
        self.tx = cast("SrtpPointer", cast("Any", self._tx)._srtp[0])

    def unprotect_rtcp(self, datagram: bytes) -> bytes:
        """Decrypt an SRTCP datagram. Raises `SrtpError` when it is not authentic, old, or keys are missing."""
        if self._rx is None:
            raise SrtpError("no keys yet")
        return self._rx.unprotect_rtcp(datagram)

    def protect_rtcp(self, compound: bytes) -> bytes:
        """Encrypt an RTCP packet of at most 1,300 bytes. Raises `SrtpError` when keys are missing."""
        if self._tx is None:
            raise SrtpError("no keys yet")
        return self._tx.protect_rtcp(compound)

    async def stop(self) -> None:
        """Say goodbye to the other side and end. `closed` is not called."""
        self._stopping = True
        await self._transport.stop()
        self._path.close()

    def _state_changed(self) -> None:
        # "failed" is told by `handshake`, which is the only way into it.
        if self._transport.state == "closed" and not self._stopping:
            self._stopping = True
            self._closed()
