"""What is ordered from one measurement and what comes back, as values that cross between processes as JSON."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """What to measure."""

    contender: str
    load: str
    """`audio` and `video` are calls between two peers; `music` is played to one."""
    calls: int
    seconds: float
    folder: str
    """Where the compiled clients and the canned media are."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What the clients saw; times in milliseconds."""

    sent: int
    """RTP packets sent by all clients."""
    delivered: int
    """RTP packets that came out at the other side: by their stamps, or by their arrival where a server re-encodes."""
    unauthentic: int
    p50_ms: float | None
    p99_ms: float | None
    late_ms: float
    """The 99th percentile of how late the clients sent a packet: what the machine kept them from."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement."""

    order: Order
    server_cpu_s: float
    other_load: float
    """What everything else on the machine used meanwhile, in processors."""
    counted: Counted

    @property
    def ms_per_call_second(self) -> float:
        """Server time for one second of one call, in milliseconds."""
        return 1000 * self.server_cpu_s / self.order.seconds / self.order.calls

    @property
    def us_per_packet(self) -> float:
        """Server time for one delivered packet, in microseconds."""
        return 1e6 * self.server_cpu_s / max(1, self.counted.delivered)

    @property
    def delivered_share(self) -> float | None:
        """Packets that came out, of those that went in; None where the server is the one that sends."""
        return self.counted.delivered / self.counted.sent if self.counted.sent else None


def to_json(measured: Measured) -> str:
    """Write a measurement as one line."""
    return json.dumps(asdict(measured))


def from_json(line: str) -> Measured:
    """Read what `to_json` wrote. Raises `NotInstalledError`'s word as `LookupError`, with the missing program."""
    read = json.loads(line)
    if "not_installed" in read:
        raise LookupError(read["not_installed"])
    return Measured(Order(**read["order"]), read["server_cpu_s"], read["other_load"], Counted(**read["counted"]))
