"""What the media plane needs to be told."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Settings of one media plane, with the values that suit one machine on a local network.

    Raises `ValueError` when an announced address is no IP address.
    """

    worker: int = 0
    """Which of several media planes this is, for what it tells of itself."""

    port: int = 0
    """The one UDP port, for IPv4 and IPv6 alike; 0 takes any free one."""

    announced: tuple[str, ...] = ()
    """The addresses that browsers are told; empty reads the host's own at every offer."""

    include_loopback: bool = False
    """Announce 127.0.0.1 as well as the host's addresses (it always is when there is nothing else)."""

    setup_limit_s: float = 15.0
    """From an answer to a secured transport; after that the transport is given up."""

    silent_after_s: float = 3.0
    """A transport that sent media and from which nothing authentic has come for so long is silent."""

    listener_silent_after_s: float = 10.0
    """The same for one that sends no media by right (listening only, microphone taken by a phone call): all that
    it sends is a STUN check every few seconds."""

    handshakes_at_once: int = 4
    """DTLS handshakes that run at the same time; others wait for their turn."""

    max_legs: int = 400
    """Legs open at the same time; more are refused."""

    hold_music: Path | None = None
    """A sound file to use as hold music; None uses the piece that comes with the program."""

    cache: Path | None = None
    """A folder in which the encoded hold music is kept from one start to the next; None keeps it in memory only."""

    prompts: Path | None = None
    """The folder of the prompts that are not part of the program (`media.shelf`); None when there are none."""

    spool: Path | None = None
    """The folder into which legs are recorded, a folder a recording; None when nothing is."""

    @property
    def max_calls(self) -> int:
        """How many calls are let in at the same time: whoever answers needs a leg as well."""
        return self.max_legs // 2

    def __post_init__(self) -> None:
        for address in self.announced:
            ipaddress.ip_address(address)
