"""Junk from many addresses at a steady rate, from a process of its own: port, packets a second, seconds, seed."""

import os
import random
import socket
import struct
import sys
import time
from typing import Final

from tests.media.strangers import binding_request

BURST_S: Final = 0.002
ADDRESSES: Final = 8


def junk(rng: random.Random) -> list[bytes]:
    """Draw junk of every kind that the port tells apart."""
    return [
        *(rng.randbytes(rng.randint(1, 1400)) for _ in range(20)),
        b"",
        *(struct.pack("!BBHLL", 0x80, 111, n, n, n) + rng.randbytes(160) for n in range(10)),
        *(bytes([22, 254, 253]) + rng.randbytes(200) for _ in range(5)),
        *(binding_request(f"{rng.randbytes(6).hex()}:x") for _ in range(10)),
        *(binding_request("x" * 200) for _ in range(2)),
    ]


def main(port: int, rate: int, seconds: float, seed: int) -> None:
    """Send, and print how many datagrams it were."""
    rng = random.Random(seed)
    packets = junk(rng)
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(ADDRESSES)]
    for number, sock in enumerate(sockets):
        sock.bind((f"127.0.1.{number + 1}", 0))
    sent, began = 0, time.monotonic()
    while (now := time.monotonic()) < began + seconds:
        while sent < (now - began) * rate:
            sockets[sent % ADDRESSES].sendto(packets[sent * 7 % len(packets)], ("127.0.0.1", port))
            sent += 1
        time.sleep(BURST_S)
    sys.stdout.write(f"{sent}\n")


if __name__ == "__main__":
    os.nice(5)  # on a machine with few cores the flood must not be what slows the callers
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
