"""One measurement: one server, fresh clients, one load. Run by `__main__` as a process of its own."""

import asyncio
import json
import os
import pickle
import sys
import tempfile
from pathlib import Path

from aioice.ice import get_host_addresses

from benchmarks.media.canned import Clip
from benchmarks.media.contenders.base import Contender, NotInstalledError
from benchmarks.media.contenders.janus import Janus
from benchmarks.media.contenders.parley import Parley
from benchmarks.media.contenders.python_server import MediaPlayers, Relay
from benchmarks.media.contenders.rtpengine import Rtpengine
from benchmarks.media.machine import CLIENT_CPU, busy_s, cpu_s, go_first
from benchmarks.media.peer import Peer
from benchmarks.media.results import Measured, Order, to_json
from benchmarks.media.traffic import Traffic
from media.dtls import make_certificate

CONTENDERS: dict[str, type[Contender]] = {
    "parley": Parley,
    "janus": Janus,
    "rtpengine": Rtpengine,
    "relay": Relay,
    "media-players": MediaPlayers,
}
KINDS = {"audio": ("audio",), "video": ("audio", "video"), "music": ("audio",)}
WARM_UP_S = 2.0
"""Longer than the second over which the clients begin to send."""
LINGER_S = 0.3
"""For the packets that were sent last and are still on their way."""


async def measure(order: Order) -> Measured:
    """Start the server, set up the calls, let them settle, measure. Raises `NotInstalledError` or `TimeoutError`."""
    folder = Path(order.folder)
    clips: dict[str, Clip] = {} if order.load == "music" else pickle.loads((folder / "clips").read_bytes())
    traffic = Traffic(folder / "traffic.so")
    certificate, address, kinds = make_certificate(), own_address(), KINDS[order.load]
    peers: list[Peer] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        contender = CONTENDERS[order.contender](Path(scratch), address)
        try:
            await contender.start()
            for number in range(order.calls):
                made = (
                    [Peer(traffic, certificate, address, kinds, "recvonly")]
                    if order.load == "music"
                    else [Peer(traffic, certificate, address, kinds) for _ in range(2)]
                )
                peers += made
                await contender.join(number, made, kinds)
            for peer in peers:
                peer.start(clips, stamped=contender.stamped)
            await asyncio.sleep(WARM_UP_S)
            return await _measure(order, contender, traffic)
        finally:
            for peer in peers:
                await peer.close()
            traffic.close()
            await contender.stop()


async def _measure(order: Order, contender: Contender, traffic: Traffic) -> Measured:
    own = os.getpid()  # the server is a child of this process, so that `ours` holds both
    server, ours, everything = cpu_s(contender.pid), cpu_s(own), busy_s()
    await traffic.measure(order.seconds)
    server, ours, everything = cpu_s(contender.pid) - server, cpu_s(own) - ours, busy_s() - everything
    await asyncio.sleep(LINGER_S)
    stamped = contender.stamped and order.load != "music"
    return Measured(order, server, max(0.0, everything - ours) / order.seconds, traffic.counted(stamped))


def own_address() -> str:
    """Return an address of this machine that is not loopback, which Janus would not take; without one, loopback."""
    return next(iter(get_host_addresses(use_ipv4=True, use_ipv6=False)), "127.0.0.1")


def main() -> None:
    """Measure what the first argument orders and print it."""
    order = Order(**json.loads(sys.argv[1]))
    os.sched_setaffinity(0, {CLIENT_CPU})
    go_first()
    try:
        print(to_json(asyncio.run(measure(order))))
    except NotInstalledError as exc:
        print(json.dumps({"not_installed": str(exc)}))


if __name__ == "__main__":
    main()
