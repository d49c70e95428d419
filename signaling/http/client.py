"""Who is at the other end of a connection, seen through the reverse proxies that the settings trust."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Client:
    """The other end. `address` is an IP address in text, `scheme` http or https, `host` as the browser asked for it."""

    address: str
    scheme: str
    host: str

    @property
    def secure(self) -> bool:
        """The browser speaks HTTPS, to us or to a trusted proxy."""
        return self.scheme == "https"

    @property
    def origin(self) -> str:
        """The origin that the browser sees."""
        return f"{self.scheme}://{self.host}"

    @property
    def block(self) -> str:
        """What rate limits count by: the address, or the /64 that an IPv6 address lies in."""
        try:
            address = ip_address(self.address)
        except ValueError:
            return self.address
        if isinstance(address, IPv6Address):
            if address.ipv4_mapped is not None:
                return str(address.ipv4_mapped)
            return str(IPv6Network((address, 64), strict=False))
        return str(address)


_CLIENT: Final = web.RequestKey("client", Client)


def client_of(request: web.Request) -> Client:
    """Return who is at the other end; `client_middleware` has found it out."""
    return request[_CLIENT]


def client_middleware(trusted: Sequence[Network]) -> Middleware:
    """Find out who is at the other end. `X-Forwarded-*` count only when a network in `trusted` sends them."""

    @web.middleware
    async def find_client(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[_CLIENT] = _find(request, trusted)
        return await handler(request)

    return find_client


def _find(request: web.Request, trusted: Sequence[Network]) -> Client:
    peer = request.remote or ""
    scheme = "https" if request.secure else "http"
    host = request.headers.get("Host", "")
    if not _within(peer, trusted):
        return Client(peer, scheme, host)
    headers = request.headers
    forwarded = [part.strip() for line in headers.getall("X-Forwarded-For", ()) for part in line.split(",")]
    # The right-most address that is no proxy of ours was seen by one of ours; all to the left of it is hearsay.
    address = peer
    for hop in reversed(forwarded):
        if parsed_address(hop) is None:
            break
        address = hop
        if not _within(hop, trusted):
            break
    proto = headers.get("X-Forwarded-Proto", scheme).split(",")[-1].strip().lower()
    return Client(
        address,
        proto if proto in ("http", "https") else scheme,
        headers.get("X-Forwarded-Host", host).split(",")[-1].strip(),
    )


def parsed_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an IP address, an IPv4 one out of its IPv6 form; None when the text is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _within(text: str, networks: Sequence[Network]) -> bool:
    address = parsed_address(text)
    return address is not None and any(address in network for network in networks)
