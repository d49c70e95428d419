"""Which addresses browsers are told to send to."""

import ipaddress
import socket
from collections.abc import Collection

from aioice.ice import get_host_addresses

from media.settings import MediaSettings


def answered(settings: MediaSettings, families: Collection[int]) -> tuple[str, ...]:
    """Return the addresses for an answer, of these IP versions; IPv4 first, as it works more often.

    Addresses that were set replace the host's (1:1 NAT, RFC 8445, 5.1.1.1, where the server cannot ask a STUN server
    for them); else the host's are read anew each time, as a laptop's change.
    """
    found = settings.announced or tuple(get_host_addresses(use_ipv4=True, use_ipv6=True))
    loopback = () if settings.announced or (found and not settings.include_loopback) else ("127.0.0.1",)
    usable = [a for a in dict.fromkeys((*found, *loopback)) if ipaddress.ip_address(a).version in families]
    return tuple(sorted(usable, key=lambda a: ipaddress.ip_address(a).version))


def host_families() -> set[int]:
    """Return the IP versions that this host can open a port for."""
    found: set[int] = set()
    for version, family, address in ((4, socket.AF_INET, "0.0.0.0"), (6, socket.AF_INET6, "::")):  # noqa: S104
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.bind((address, 0))
        except OSError:
            continue
        found.add(version)
    return found
