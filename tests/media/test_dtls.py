"""The names that aiortc and pylibsrtp do not promise to keep: when one changes, it is said here first and loudly."""

import asyncio
import inspect
from importlib.metadata import version

import pylibsrtp
import pytest
from aiortc import RTCDtlsTransport
from pylibsrtp import _binding  # pyright: ignore

from media.dtls import LENGTH, PACKET, VIEW, Dtls, DtlsError, Fingerprint, make_certificate, sha256_fingerprint
from media.dtls import srtp_protect as protect
from media.dtls import srtp_unprotect as unprotect
from tests.media.parties import eventually

pytestmark = pytest.mark.wire


def test_the_private_names_that_dtls_uses_are_still_there() -> None:
    assert (version("aiortc"), version("pylibsrtp")) == ("1.16.0", "1.0.0"), "read media/dtls.py before raising these"
    source = inspect.getsource(RTCDtlsTransport)
    for name in ("_set_role", "self._rx_srtp", "self._tx_srtp", "transport._recv()", "transport._send(", ".role"):
        assert name in source, f"aiortc's RTCDtlsTransport has no {name} any more"
    assert 'emit("statechange")' in source
    assert hasattr(pylibsrtp.Session(), "_srtp"), "pylibsrtp's Session has no _srtp any more"
    for name in ("srtp_protect", "srtp_unprotect"):
        assert hasattr(_binding.lib, name), f"pylibsrtp's binding has no {name} any more"  # pyright: ignore


class Pair:
    """Two associations with a wire between them that can be listened to."""

    def __init__(self, trusted: bool = True) -> None:
        certificates = make_certificate(), make_certificate()
        self.closed: list[str] = []
        prints = [[Fingerprint("sha-256", sha256_fingerprint(c))] for c in certificates]
        if not trusted:
            prints[1] = prints[0]
        self.client = Dtls(certificates[0], prints[1], True, self._to_server, lambda: self.closed.append("client"))
        self.server = Dtls(certificates[1], prints[0], False, self._to_client, lambda: self.closed.append("server"))

    def _to_server(self, datagram: bytes) -> None:
        assert self.server.receive(datagram)

    def _to_client(self, datagram: bytes) -> None:
        assert self.client.receive(datagram)


async def test_keys_come_out_of_a_handshake_and_packets_pass_in_place() -> None:
    pair = Pair()
    async with asyncio.timeout(5):
        await asyncio.gather(pair.client.handshake(), pair.server.handshake())
    assert pair.client.tx is not None
    assert pair.server.rx is not None
    packet = bytes([0x80, 111, 0, 1]) + bytes(8) + b"a voice"
    VIEW[: len(packet)] = packet
    LENGTH[0] = len(packet)
    assert protect(pair.client.tx, PACKET, LENGTH) == 0
    assert LENGTH[0] > len(packet)
    assert bytes(VIEW[12 : len(packet)]) != b"a voice"
    protected = bytes(VIEW[: LENGTH[0]])
    assert unprotect(pair.server.rx, PACKET, LENGTH) == 0
    assert bytes(VIEW[: LENGTH[0]]) == packet
    VIEW[: len(protected)] = protected
    LENGTH[0] = len(protected)
    assert unprotect(pair.server.rx, PACKET, LENGTH) != 0, "a replayed packet must be refused"
    report = pair.client.protect_rtcp(bytes([0x80, 201, 0, 1, 0, 0, 0, 1]))
    assert pair.server.unprotect_rtcp(report) == bytes([0x80, 201, 0, 1, 0, 0, 0, 1])

    await pair.client.stop()
    await eventually(lambda: pair.closed != [])
    assert pair.closed == ["server"]
    await pair.server.stop()


async def test_another_certificate_fails() -> None:
    pair = Pair(trusted=False)
    async with asyncio.timeout(5):
        outcomes = await asyncio.gather(pair.client.handshake(), pair.server.handshake(), return_exceptions=True)
    assert isinstance(outcomes[0], DtlsError)
    await pair.server.stop()
    await pair.client.stop()


async def test_the_queue_has_an_end() -> None:
    pair = Pair()
    assert [pair.server.receive(b"\x16junk") for _ in range(70)].count(True) == 64
