"""rtpengine in userspace, driven over its NG protocol; Debian's package `rtpengine-daemon`."""

import asyncio
import os
import secrets
import socket
from pathlib import Path
from typing import cast

from benchmarks.media.contenders.base import START_LIMIT_S, Contender, free_port
from benchmarks.media.peer import Peer

Value = bytes | int | list["Value"] | dict[bytes, "Value"]


class Rtpengine(Contender):
    """An rtpengine of its own, with one worker thread, as it has one processor."""

    def __init__(self, folder: Path, address: str) -> None:
        super().__init__(folder, address)
        self._control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._control.setblocking(False)

    async def start(self) -> None:
        """Start rtpengine and wait until it answers a ping."""
        port = free_port(socket.SOCK_DGRAM)
        await self.launch(
            "rtpengine", f"--interface={self.address}", f"--listen-ng=127.0.0.1:{port}", "--table=-1", "--foreground",
            "--log-stderr", "--log-level=4", "--num-threads=1", "--config-file=none",
        )  # fmt: skip
        self._control.connect(("127.0.0.1", port))
        async with asyncio.timeout(START_LIMIT_S):
            while True:
                try:
                    await self._ask({b"command": b"ping"})
                except (ConnectionRefusedError, TimeoutError):
                    await asyncio.sleep(0.1)
                else:
                    return

    async def join(self, number: int, peers: list[Peer], kinds: tuple[str, ...]) -> None:
        """Pass the first peer's offer through rtpengine to the second, and the answer back."""
        common: dict[bytes, Value] = {
            b"call-id": f"{os.getpid()}-{number}".encode(), b"from-tag": b"a", b"ICE": b"force",
            b"transport-protocol": b"UDP/TLS/RTP/SAVPF", b"rtcp-mux": [b"offer", b"require"], b"replace": [b"origin"],
        }  # fmt: skip
        offered = await self._ask({b"command": b"offer", b"sdp": peers[0].offer().encode(), **common})
        answer = peers[1].answer(offered.decode())
        reply = await self._ask({b"command": b"answer", b"to-tag": b"b", b"sdp": answer.encode(), **common})
        peers[0].take_answer(reply.decode())
        await asyncio.gather(*(peer.connected() for peer in peers))

    async def _ask(self, request: dict[bytes, Value]) -> bytes:
        """Send a command and return the session description of its reply, if there is one."""
        cookie = secrets.token_hex(8).encode()
        self._control.send(cookie + b" " + encode(request))
        async with asyncio.timeout(2.0):
            reply = await asyncio.get_running_loop().sock_recv(self._control, 65_535)
        assert reply.startswith(cookie)
        decoded, _ = decode(reply, len(cookie) + 1)
        answer = cast("dict[bytes, Value]", decoded)
        if answer[b"result"] not in (b"ok", b"pong"):
            raise RuntimeError(f"rtpengine: {answer}")
        return cast("bytes", answer.get(b"sdp", b""))

    async def stop(self) -> None:
        """End rtpengine."""
        self._control.close()
        await super().stop()


def encode(value: Value) -> bytes:
    """Write a value as bencode does (BEP 3)."""
    match value:
        case dict():
            return b"d" + b"".join(encode(key) + encode(item) for key, item in sorted(value.items())) + b"e"
        case list():
            return b"l" + b"".join(map(encode, value)) + b"e"
        case int():
            return b"i%de" % value
        case _:
            return b"%d:%s" % (len(value), value)


def decode(data: bytes, at: int) -> tuple[Value, int]:
    """Read the value that begins at `at`; return it and where the next one begins."""
    kind = data[at : at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1 : end]), end + 1
    if kind in (b"d", b"l"):
        items: list[Value] = []
        at += 1
        while data[at : at + 1] != b"e":
            item, at = decode(data, at)
            items.append(item)
        pairs = cast("dict[bytes, Value]", dict(zip(items[::2], items[1::2], strict=True))) if kind == b"d" else items
        return pairs, at + 1
    colon = data.index(b":", at)
    size = int(data[at:colon])
    return data[colon + 1 : colon + 1 + size], colon + 1 + size
