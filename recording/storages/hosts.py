"""From a host's name to a connection. The name is looked up once, and a session stays at the address that was found."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, ip_address

from recording.storages.base import Limits
from recording.storages.errors import Fault, StorageError

Addresses = Callable[[str, int], Awaitable[Sequence[str]]]
"""Looks a host up. Whoever forbids some hosts brings one that raises `StorageError` for them."""
MOST_ADDRESSES = 4


async def system_addresses(host: str, port: int) -> Sequence[str]:
    """Return the addresses that this machine knows for the host."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise StorageError(Fault.UNREACHABLE, "Nobody knows a host of this name: look for a slip in it.") from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def server_addresses(host: str, port: int) -> Sequence[str]:
    """Return the host's addresses at which a customer's server may be. Raises `StorageError` when there is none.

    Private ones may be: the server mostly stands in the centre's own network, and only administrators name it. Those
    that no file server has are not connected to: link-local ones (a cloud's metadata service), multicast, unspecified.
    It is asked anew for each connection, so that a name that points elsewhere later gets nowhere either.
    """
    usable = [address for address in await system_addresses(host, port) if _usable(address)]
    if not usable:
        raise StorageError(Fault.UNREACHABLE, "No file server can be at the address of this host.")
    return usable


def _usable(text: str) -> bool:
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return not (address.is_link_local or address.is_multicast or address.is_unspecified)


async def connect(addresses: Addresses, host: str, port: int, limits: Limits) -> socket.socket:
    """Connect to the first address that answers. Raises `StorageError`."""
    async with _in_time(limits, "The host's name could not be looked up in time."):
        candidates = (await addresses(host, port))[:MOST_ADDRESSES]
    failure = StorageError(Fault.UNREACHABLE, "The host has no address.")
    for address in candidates:
        try:
            return await connect_to(address, port, limits)
        except StorageError as error:
            failure = error
    raise failure


async def connect_to(address: str, port: int, limits: Limits) -> socket.socket:
    """Connect to this address and no other. Raises `StorageError`."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        async with _in_time(limits, f"Nobody answers at port {port} of the host: a firewall may be in the way."):
            await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except OSError as error:
        sock.close()
        raise StorageError(
            Fault.UNREACHABLE, f"No connection to port {port} of the host: {error.strerror or type(error).__name__}."
        ) from error
    except BaseException:
        sock.close()
        raise
    return sock


@asynccontextmanager
async def _in_time(limits: Limits, sentence: str) -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(limits.connect):
            yield
    except TimeoutError:
        raise StorageError(Fault.UNREACHABLE, sentence) from None
