"""The one UDP port, and its guard: which datagram may touch which transport.

A datagram from an address that has not proven itself by an authentic STUN check is read as a check or dropped, before
anything else looks at it. So junk, empty datagrams and forged DTLS never reach a call. (Measured without a guard: one
empty datagram ends an aiortc call, and 15 bytes of forged alert end its set-up.)
"""

import asyncio
import errno
import ipaddress
import logging
import socket
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

from media import forward, rtcp
from media.dtls import VIEW
from media.stun import MAX_CHECK_BYTES, Address, addressee, read_check, success
from media.transport import Transport

log = logging.getLogger(__name__)

BUFFER_BYTES: Final = 4 << 20
"""Kernel buffers, each way: half a second of a hundred video calls."""
MAX_DATAGRAM: Final = 1500
BATCH: Final = 100
"""Datagrams handled before the event loop gets its turn."""
STRANGERS_PER_TICK: Final = 500
"""Checks from unknown addresses that name a transport and so are looked at, per tick; each costs about 50 µs. One that
names none costs little and does not count, or junk would keep newcomers out."""
BIND_ATTEMPTS: Final = 20
LOG_EVERY: Final = 1_000


class Registry:
    """Who may be meant by a datagram: transports by proven address and by the name in a check."""

    def __init__(self) -> None:
        self.by_address: dict[Address, Transport] = {}
        self.by_ufrag: dict[str, Transport] = {}
        self.refused: Counter[str] = Counter()
        """Datagrams that reached no transport, by reason; and of transports that are gone, no stream."""
        self.strangers_left = STRANGERS_PER_TICK

    def add(self, transport: Transport) -> None:
        """Expect checks for a transport."""
        self.by_ufrag[transport.credentials.ufrag] = transport

    def remove(self, transport: Transport) -> None:
        """Expect nothing for a transport any more."""
        if self.by_ufrag.pop(transport.credentials.ufrag, None) is not None:
            self.refused.update(transport.dropped)
        for address in list(transport.proven):
            self.drop_address(address, transport)

    def all_refused(self) -> dict[str, int]:
        """Return how many datagrams reached no stream, by reason, with those of transports there are and were."""
        total = self.refused.copy()
        for transport in self.by_ufrag.values():
            total.update(transport.dropped)
        return dict(total)

    def prove(self, address: Address, transport: Transport) -> None:
        """Take datagrams from `address` for `transport`; a transport that had the address before loses it."""
        before = self.by_address.get(address)
        if before is not None and before is not transport:
            before.forget(address)
        self.by_address[address] = transport

    def drop_address(self, address: Address, transport: Transport) -> None:
        """Take an address from a transport, unless another one has proven it since."""
        if self.by_address.get(address) is transport:
            del self.by_address[address]


class MediaSocket:
    """One address family of the port."""

    def __init__(self, sock: socket.socket, registry: Registry) -> None:
        self._socket = sock
        self._registry = registry
        asyncio.get_running_loop().add_reader(sock.fileno(), self._readable)

    def close(self) -> None:
        """Stop reading and close."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()

    def _readable(self) -> None:
        receive, by_address = self._socket.recvfrom_into, self._registry.by_address
        now = time.monotonic()  # for the whole batch, which takes a few milliseconds
        for _ in range(BATCH):
            try:
                # The one buffer of all calls: each datagram is done with before the next is read.
                size, address = receive(VIEW)
            except BlockingIOError:
                return
            except OSError:
                self._registry.refused["not_received"] += 1
                return
            if not 0 < size <= MAX_DATAGRAM:
                self._registry.refused["size"] += 1
                continue
            first = VIEW[0]
            try:
                transport = by_address.get(address)
                if transport is None or first < 4:
                    self._check(size, address, now)
                elif 128 <= first < 192 and size >= 12:
                    if 192 <= VIEW[1] < 224:
                        self._rtcp(transport, size, now)
                    else:
                        forward.receive(transport, size, now)
                elif 20 <= first < 64 and size >= 13:
                    transport.receive_dtls(bytes(VIEW[:size]))
                else:
                    transport.dropped["foreign"] += 1
            except Exception:
                # One odd packet must never end the reader, which serves every call, nor many of them fill the log.
                self._registry.refused["error"] += 1
                if self._registry.refused["error"] % LOG_EVERY == 1:
                    log.exception("a datagram from %s could not be handled", address)

    def _rtcp(self, transport: Transport, size: int, now: float) -> None:
        if not transport.allows(size):
            return
        compound = transport.open_rtcp(bytes(VIEW[:size]), now)
        if compound is None:
            return
        parts = rtcp.parts(compound)
        rtcp.measure(transport, parts, now)  # first: `translate` passes on the limits that it notes
        for to, letter in rtcp.translate(transport, parts, now):
            to.send_rtcp(letter)

    def _check(self, size: int, address: Address, now: float) -> None:
        registry = self._registry
        if VIEW[0] > 3 or size > MAX_CHECK_BYTES:
            registry.refused["stranger"] += 1
            return
        datagram = bytes(VIEW[:size])
        transport = registry.by_ufrag.get(addressee(datagram) or "")
        if transport is None:
            registry.refused["not_for_us"] += 1
            return
        if not self._may_check(transport, address):
            registry.refused["too_many_checks"] += 1
            return
        check = read_check(datagram)
        if check is None:
            registry.refused["not_for_us"] += 1
            return
        if not check.is_authentic(transport.credentials.password):
            registry.refused["wrong_password"] += 1
            return
        try:
            self._socket.sendto(success(check, transport.credentials.password, address), address)
        except OSError:  # the browser checks again
            registry.refused["not_answered"] += 1
        registry.prove(address, transport)
        forgotten = transport.checked(self._socket, address, check.nominates, now)
        if forgotten is not None:
            registry.drop_address(forgotten, transport)

    def _may_check(self, transport: Transport, address: Address) -> bool:
        """Count a check: against the leg whose address it is, or against those who name the leg and all strangers."""
        if self._registry.by_address.get(address) is transport:
            transport.checks_left -= 1
            return transport.checks_left >= 0
        transport.strangers_left -= 1
        if transport.strangers_left < 0:
            return False
        self._registry.strangers_left -= 1
        return self._registry.strangers_left >= 0


FAMILIES: Final = {4: (socket.AF_INET, "0.0.0.0"), 6: (socket.AF_INET6, "::")}  # noqa: S104


def bind(port: int, registry: Registry, announced: Sequence[str] = ()) -> tuple[int, dict[int, list[MediaSocket]]]:
    """Bind the port for IPv4 and, where the host has it, for IPv6; return the port and the sockets per IP version.

    A socket for each version and not one for both, because IPv4 addresses would arrive in IPv6 dress. Announced
    addresses that are the host's own get a socket each: through one for all, an answer would leave from whichever
    address the kernel prefers, and the browser would not take it. Raises `OSError` when the port is taken.
    """
    hosts = [(version, host) for version in FAMILIES for host in _hosts(version, announced)]
    for attempt in range(BIND_ATTEMPTS):
        chosen, bound = port, list[tuple[int, socket.socket]]()
        try:
            for version, host in hosts:
                try:
                    sock = _bound(FAMILIES[version][0], host, chosen)
                except OSError as exc:
                    if version == 6 and exc.errno != errno.EADDRINUSE:
                        continue  # a host without IPv6
                    raise
                bound.append((version, sock))
                chosen = int(sock.getsockname()[1])
        except OSError as exc:
            for _, sock in bound:
                sock.close()
            if port == 0 and exc.errno == errno.EADDRINUSE and attempt + 1 < BIND_ATTEMPTS:
                continue  # the port that was free for the first was not free for all: draw another
            raise
        opened: dict[int, list[MediaSocket]] = {}
        for version, sock in bound:
            opened.setdefault(version, []).append(MediaSocket(sock, registry))
        return chosen, opened
    raise OSError(errno.EADDRINUSE, "no UDP port is free for both IPv4 and IPv6")


def _hosts(version: int, announced: Sequence[str]) -> list[str]:
    """Return what to bind: the announced addresses, unless one of them is a router's; then all of the host's."""
    family, everything = FAMILIES[version]
    wanted = [address for address in dict.fromkeys(announced) if ipaddress.ip_address(address).version == version]
    for address in wanted:
        try:
            _bound(family, address, 0).close()
        except OSError:
            return [everything]
    return wanted or [everything]


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
