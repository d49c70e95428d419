"""Hosts aiortc's way to play a file: a MediaPlayer for each leg, which decodes and encodes it.

The file is Parley's hold music as plain 48 kHz mono samples, which is the least work for a MediaPlayer.
"""

import asyncio
import tempfile
import wave
from pathlib import Path
from typing import Any

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaPlayer

from benchmarks.media.servers.lines import serve
from media.music import hold_music
from media.prompts import RATE


async def main(folder: Path) -> None:
    """Serve until stdin ends."""
    sound = folder / "music.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((hold_music() * 32767).astype(np.int16).tobytes())
    kept: list[tuple[RTCPeerConnection, MediaPlayer]] = []

    async def open_leg(request: dict[str, Any]) -> dict[str, Any]:
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        player = MediaPlayer(str(sound), loop=True)
        kept.append((connection, player))
        await connection.setRemoteDescription(RTCSessionDescription(request["offer"], "offer"))
        assert player.audio is not None
        connection.addTrack(player.audio)
        await connection.setLocalDescription(await connection.createAnswer())  # pyright: ignore
        return {"answer": connection.localDescription.sdp}

    async def join(request: dict[str, Any]) -> dict[str, Any]:
        return {}

    await serve({"open": open_leg, "join": join})


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(main(Path(made)))
