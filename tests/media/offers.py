"""Offers for the unit tests."""

import random
import secrets
from pathlib import Path

from callflow.ids import LegId
from callflow.wiring import LostBecause, Stream
from media.dtls import Certificate, make_certificate
from media.sdp import read_offer
from media.streams import StreamCount
from media.transport import Transport
from media.turns import Turns

CHROMIUM = Path(__file__).with_name("chromium_offer.sdp").read_text().replace("\n", "\r\n")
"""As Chromium 156 wrote it, for three transceivers that send and receive."""

FINGERPRINT = ":".join(["AB"] * 32)
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

_certificate: list[Certificate] = []


def offer(
    *,
    mids: tuple[str, ...] = ("0", "1", "2"),
    opus: int = 111,
    vp8: int = 96,
    rtx: int | None = 97,
    mid_id: int = 4,
    time_id: int = 2,
    directions: tuple[str, ...] = ("sendrecv", "sendrecv", "inactive"),
    ssrcs: bool = True,
    setup: str = "actpass",
) -> str:
    """Write an offer as another browser would: with its own payload types, extension ids and mids."""
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE " + " ".join(mids)]
    for index, mid in enumerate(mids):
        kind = "audio" if index == 0 else "video"
        numbers = [opus] if index == 0 else [vp8] + ([rtx] if rtx is not None else [])
        lines += [
            f"m={kind} 9 UDP/TLS/RTP/SAVPF " + " ".join(map(str, numbers)),
            "c=IN IP4 0.0.0.0",
            f"a=mid:{mid}",
            f"a={directions[index]}",
            "a=rtcp-mux",
            "a=ice-ufrag:abcd",
            "a=ice-pwd:0123456789012345678901",
            f"a=fingerprint:sha-256 {FINGERPRINT}",
            f"a=setup:{setup}",
            f"a=extmap:{mid_id} {MID}",
            f"a=extmap:{time_id} {SEND_TIME}",
        ]
        if index == 0:
            lines.append(f"a=rtpmap:{opus} opus/48000/2")
        else:
            lines.append(f"a=rtpmap:{vp8} VP8/90000")
            if rtx is not None:
                lines += [f"a=rtpmap:{rtx} rtx/90000", f"a=fmtp:{rtx} apt={vp8}"]
        if ssrcs:
            named = [1000 * (index + 1) + number for number in range(len(numbers))]
            if len(named) == 2:
                lines.append(f"a=ssrc-group:FID {named[0]} {named[1]}")
            lines += [f"a=ssrc:{ssrc} cname:x" for ssrc in named]
    return "\r\n".join(lines) + "\r\n"


def damaged(seed: int) -> str:
    """Damage a good offer: cut, double, swap and change lines and characters."""
    rng = random.Random(seed)
    lines = rng.choice([CHROMIUM, offer()]).split("\r\n")
    for _ in range(rng.randint(1, 6)):
        where = rng.randrange(len(lines))
        match rng.randrange(6):
            case 0:
                del lines[where]
            case 1:
                lines.insert(where, lines[rng.randrange(len(lines))])
            case 2:
                lines[where] = lines[where][: rng.randrange(len(lines[where]) + 1)]
            case 3:
                cut = rng.randrange(len(lines[where]) + 1)
                lines[where] = lines[where][:cut] + chr(rng.randrange(1, 0x2FF)) + lines[where][cut:]
            case 4:
                lines[where] = "".join(rng.choice("0123456789: /=-") if rng.random() < 0.2 else c for c in lines[where])
            case _:
                lines[where] = lines[where].replace("9", str(rng.randrange(10**9)))
        if not lines:
            break
    return "\r\n".join(lines)


class Nobody:
    """An owner of transports who does not care."""

    def transport_up(self, transport: Transport) -> None: ...

    def transport_lost(self, transport: Transport, because: LostBecause) -> None: ...


def transport(text: str) -> Transport:
    """Make a transport for an offer, not connected to anything."""
    if not _certificate:
        _certificate.append(make_certificate())
    counts = {stream: StreamCount() for stream in Stream}
    leg = LegId(f"leg_{secrets.token_hex(4)}")
    return Transport(leg, read_offer(text, ("opus", "VP8")), _certificate[0], counts, Nobody(), Turns(4))
