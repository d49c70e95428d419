"""Hosts aiortc's own relay: two peer connections for each call, and MediaRelay between them."""

import asyncio
import sys
from typing import Any

from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

from benchmarks.media.servers.lines import serve


class Leg:
    """One side of a call."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.tracks: dict[str, MediaStreamTrack] = {}
        self.connection.on("track", self._add)  # pyright: ignore

    def _add(self, track: MediaStreamTrack) -> None:
        self.tracks[track.kind] = track


async def main() -> None:
    """Serve until stdin ends."""
    relay = MediaRelay()
    legs: dict[tuple[int, int], Leg] = {}

    async def open_leg(request: dict[str, Any]) -> dict[str, Any]:
        leg = legs[request["call"], request["leg"]] = Leg()
        await leg.connection.setRemoteDescription(RTCSessionDescription(request["offer"], "offer"))
        for transceiver in leg.connection.getTransceivers():
            transceiver.direction = "sendrecv"
        await leg.connection.setLocalDescription(await leg.connection.createAnswer())  # pyright: ignore
        return {"answer": leg.connection.localDescription.sdp}

    async def join(request: dict[str, Any]) -> dict[str, Any]:
        pair = legs[request["call"], 0], legs[request["call"], 1]
        for leg, other in (pair, pair[::-1]):
            for transceiver in leg.connection.getTransceivers():
                transceiver.sender.replaceTrack(relay.subscribe(other.tracks[transceiver.kind]))
        return {}

    await serve({"open": open_leg, "join": join})


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
