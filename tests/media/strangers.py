"""What people send who have no part in a call."""

import asyncio
import os
import socket
from typing import Final

from aioice import stun

STRANGER: Final = "127.0.0.2"


def binding_request(username: str, password: str = "wrong") -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = username
    message.attributes["PRIORITY"] = 1
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    return bytes(message)


def shapes(ufrag: str) -> dict[str, bytes]:
    """The datagrams that ended calls of others, and their relatives."""
    client_hello = bytes([22, 254, 255]) + bytes(8) + (100).to_bytes(2) + bytes([1]) + os.urandom(99)
    return {
        "empty": b"",
        "one byte": b"\x00",
        "a forged alert": bytes([21, 254, 253]) + bytes(8) + bytes([0, 2, 2, 40]),
        "a forged goodbye": bytes([21, 254, 253]) + bytes(8) + bytes([0, 2, 1, 0]),
        "a bogus ClientHello": client_hello,
        "a torn DTLS record": b"\x16\xfe",
        "RTP": bytes([0x80, 111]) + os.urandom(80),
        "RTCP": bytes([0x81, 201, 0, 7]) + os.urandom(28),
        "a goodbye in RTCP": bytes([0x81, 203, 0, 1]) + os.urandom(4),
        "STUN without a name": bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST)),
        "STUN with a wrong password": binding_request(f"{ufrag}:x"),
        "STUN with a torn attribute": b"\x00\x01\x00\x08\x21\x12\xa4\x42" + os.urandom(12) + b"\x00\x06\xff\xff....",
        "a STUN answer": bytes(stun.Message(stun.Method.BINDING, stun.Class.RESPONSE)),
        "the largest datagram": os.urandom(9000),
    }


def ufrag_of(answer: str) -> str:
    return next(line for line in answer.splitlines() if line.startswith("a=ice-ufrag:")).split(":")[1]


async def pelt(sock: socket.socket, port: int, ufrag: str, rounds: int) -> None:
    for _ in range(rounds):
        for shape in shapes(ufrag).values():
            sock.sendto(shape, ("127.0.0.1", port))
        await asyncio.sleep(0.005)
