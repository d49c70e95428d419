"""Hosts Parley's media plane as the server runs it: every guard and statistic on, no recording."""

import asyncio
import sys
from typing import Any

from benchmarks.media.servers.lines import serve
from callflow.ids import CallId, LegId
from callflow.wiring import HOLD_MUSIC, FromLeg, FromPrompt, Source, Stream
from media.plane import MediaPlane
from media.settings import MediaSettings

STREAMS = {"audio": Stream.VOICE, "video": Stream.CAMERA}
CODECS = {"audio": "opus", "video": "VP8"}


async def main(address: str) -> None:
    """Serve until stdin ends."""
    plane = MediaPlane(MediaSettings(announced=(address,)), lambda event: None)
    await plane.start()

    async def open_leg(request: dict[str, Any]) -> dict[str, Any]:
        codecs = tuple(CODECS[kind] for kind in request["kinds"])
        answer = await plane.open(_call(request), _leg(request, request["leg"]), request["offer"], codecs)
        return {"answer": answer.sdp}

    async def join(request: dict[str, Any]) -> dict[str, Any]:
        """Let two legs hear each other, or one hear the hold music."""
        streams = [STREAMS[kind] for kind in request["kinds"]]
        legs = [_leg(request, index) for index in range(request["legs"])]
        wanted: dict[LegId, dict[Stream, Source]] = (
            {legs[0]: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}}
            if len(legs) == 1
            else {leg: dict.fromkeys(streams, FromLeg(other)) for leg, other in (legs, legs[::-1])}
        )
        plane.wire(_call(request), 1, wanted)
        return {}

    try:
        await serve({"open": open_leg, "join": join})
    finally:
        await plane.stop()


def _call(request: dict[str, Any]) -> CallId:
    return CallId(f"call_{request['call']}")


def _leg(request: dict[str, Any], index: int) -> LegId:
    return LegId(f"leg_{request['call']}_{index}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
