"""Reading a browser's offer and writing the answer (RFC 8829, RFC 8839, RFC 8843).

An offer comes from anybody with a link, so it is checked before it is parsed, and parsed by aiortc behind a net.
What goes into the answer is written here, never copied, but for numbers and tokens that were checked.
"""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import MediaDescription, SessionDescription

from callflow.wiring import MediaRefusedError, Stream
from media.arrivals import VOICE_HZ
from media.dtls import Fingerprint
from media.extensions import MID_URI

MAX_BYTES: Final = 32 * 1024
MAX_LINES: Final = 800
"""Chromium writes about 230 lines for three m-lines. The parser's time grows with the square of this."""
STREAMS: Final = (Stream.VOICE, Stream.CAMERA, Stream.SCREEN)
KINDS: Final = {Stream.VOICE: "audio", Stream.CAMERA: "video", Stream.SCREEN: "video"}
CODEC_KINDS: Final = {"opus": "audio", "VP8": "video"}
EXTENSIONS: Final = frozenset(
    {
        MID_URI,
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    }
)
"""Header extensions that the answer accepts. Not transport-cc: nobody here would answer it. The abs-send-time stays the
sender's own, so that what the receiver makes of it, its bandwidth limit (REMB), holds from end to end."""

_FINGERPRINT = re.compile(r"^a=fingerprint:sha-(?:256|384|512) [0-9A-F]{2}(?::[0-9A-F]{2}){31,63}\s*$", re.I | re.M)
# What is not used need not be understood: candidates above all, as none is ever tried.
_USED = re.compile(
    r"a=(group|fingerprint|setup|ice-ufrag|ice-pwd|mid|extmap|rtpmap|fmtp|rtcp-mux|ssrc|ssrc-group|bundle-only"
    r"|sendrecv|sendonly|recvonly|inactive)(:|\s*$)"
)
_MID = re.compile(r"[A-Za-z0-9_.-]{1,16}")
# With rtcp-mux, payload types 64 to 95 look like RTCP when the marker bit is set (RFC 5761, 4).
_PAYLOAD_TYPES = frozenset(range(128)) - frozenset(range(64, 96))


@dataclass(frozen=True, slots=True)
class Section:
    """One m-line of an offer, as far as we use it."""

    stream: Stream
    mid: str
    bundled: bool
    """False for an m-line that the browser itself switched off (port 0)."""
    receives: bool
    """Whether the server receives this stream: the browser offers to send it and the codec is wanted."""
    sends: bool
    """Whether the server may send this stream."""
    formats: tuple[int, ...]
    payload_type: int
    repair_payload_type: int | None
    ssrc: int | None
    repair_ssrc: int | None
    extensions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Offer:
    """A checked offer."""

    sections: tuple[Section, ...]
    fingerprints: tuple[Fingerprint, ...]
    answer_as_client: bool
    """Whether the server starts the DTLS handshake; only when the offer says that the browser will not."""


def read_offer(text: str, codecs: Sequence[str]) -> Offer:
    """Check and parse an offer; `codecs` are the words `opus` and `VP8`, a kind without one stays inactive.

    Raises `MediaRefusedError` and nothing else, with one of the codes that begin with ``sdp_``.
    """
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        raise MediaRefusedError("sdp_too_large", f"The offer is larger than {MAX_BYTES // 1024} KiB.")
    if _FINGERPRINT.search(text) is None:
        raise MediaRefusedError("sdp_no_fingerprint", "The offer has no SHA-256 fingerprint, so it cannot be secured.")
    try:
        return _read(text, codecs)
    except MediaRefusedError:
        raise
    except Exception as exc:  # seven types were seen from one parser
        raise MediaRefusedError("sdp_malformed", "The offer is not well formed.") from exc


def _malformed(why: str) -> MediaRefusedError:
    return MediaRefusedError("sdp_malformed", f"The offer is not well formed: {why}.")


def _read(text: str, codecs: Sequence[str]) -> Offer:
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise _malformed("too many lines")
    if not 1 <= sum(line.startswith("m=") for line in lines) <= len(STREAMS):
        raise _malformed("one to three m-lines are expected: voice, camera, screen")
    lines = [line for line in lines if not line.startswith("a=") or _USED.match(line)]
    parsed = SessionDescription.parse("\r\n".join(lines))
    bundle = {str(item) for group in parsed.group if group.semantic == "BUNDLE" for item in group.items}
    bundle_only = _bundle_only_sections(lines)
    sections = tuple(
        _section(stream, media, media.port != 0 or index in bundle_only, bundle, codecs)
        for index, (stream, media) in enumerate(zip(STREAMS, parsed.media, strict=False))
    )
    first = parsed.media[0]
    if not sections[0].bundled or first.dtls is None:
        raise _malformed("the voice m-line must carry the transport")
    if len({section.mid for section in sections}) != len(sections):
        raise _malformed("two m-lines have the same mid")
    if not any(section.receives or section.sends for section in sections):
        raise MediaRefusedError("sdp_no_codec", "The offer and the server have no stream in common.")
    fingerprints = tuple(f for f in first.dtls.fingerprints if f.algorithm.lower() in ("sha-256", "sha-384", "sha-512"))
    if not fingerprints:
        raise MediaRefusedError("sdp_no_fingerprint", "The voice m-line has no SHA-256 fingerprint.")
    # aiortc names the role of the side that wrote the line: "server" is a=setup:passive.
    return Offer(sections, fingerprints, answer_as_client=first.dtls.role == "server")


def _bundle_only_sections(lines: list[str]) -> set[int]:
    found: set[int] = set()
    index = -1
    for line in lines:
        if line.startswith("m="):
            index += 1
        elif line.strip() == "a=bundle-only":
            found.add(index)
    return found


def _section(
    stream: Stream, media: MediaDescription, bundled: bool, bundle: set[str], codecs: Sequence[str]
) -> Section:
    kind = KINDS[stream]
    mid = media.rtp.muxId
    formats = tuple(int(number) for number in media.fmt)
    if media.kind != kind:
        raise _malformed(f"the m-line for {stream} is {media.kind}")
    if media.profile != "UDP/TLS/RTP/SAVPF" or not _MID.fullmatch(mid) or not formats:
        raise _malformed(f"the m-line for {stream} is not usable")
    if bundled and (mid not in bundle or not media.rtcp_mux):
        raise _malformed("every m-line must be bundled and use rtcp-mux")
    extensions = {e.uri: e.id for e in media.rtp.headerExtensions if e.uri in EXTENSIONS and 1 <= e.id <= 14}
    if len(set(extensions.values())) != len(extensions):
        raise _malformed("two header extensions have the same id")
    direction = media.direction or "sendrecv"
    active = bundled and direction != "inactive" and any(CODEC_KINDS.get(word) == kind for word in codecs)
    codec = _wanted_codec(media, codecs)
    if active and codec is None:
        raise MediaRefusedError("sdp_no_codec", f"The offer has no codec for {stream} that the server speaks.")
    repair = _repair_codec(media, codec) if codec and kind == "video" else None
    for used in (codec, repair):
        if used is not None and (used.payloadType not in _PAYLOAD_TYPES or used.payloadType not in formats):
            raise _malformed("a payload type is not usable")
    ssrc, repair_ssrc = _ssrcs(media)
    return Section(
        stream=stream,
        mid=mid,
        bundled=bundled,
        receives=active and direction in ("sendrecv", "sendonly"),
        sends=active and direction in ("sendrecv", "recvonly"),
        formats=formats,
        payload_type=codec.payloadType if codec and codec.payloadType is not None else formats[0],
        repair_payload_type=repair.payloadType if repair else None,
        ssrc=ssrc,
        repair_ssrc=repair_ssrc,
        extensions=extensions,
    )


def _wanted_codec(media: MediaDescription, codecs: Sequence[str]) -> RTCRtpCodecParameters | None:
    wanted = {word.lower() for word in codecs if CODEC_KINDS.get(word) == media.kind}
    rate = VOICE_HZ if media.kind == "audio" else 90_000
    return next((c for c in media.rtp.codecs if c.name.lower() in wanted and c.clockRate == rate), None)


def _repair_codec(media: MediaDescription, codec: RTCRtpCodecParameters) -> RTCRtpCodecParameters | None:
    return next(
        (c for c in media.rtp.codecs if c.name.lower() == "rtx" and c.parameters.get("apt") == codec.payloadType), None
    )


def _ssrcs(media: MediaDescription) -> tuple[int | None, int | None]:
    """Return the announced SSRC and that of its retransmissions (RFC 4588, RFC 5576); browsers name both."""
    named = [item.ssrc for item in media.ssrc]
    if any(not 0 < ssrc < 1 << 32 for ssrc in named):
        raise _malformed("an SSRC is out of range")
    if not named:
        return None, None
    for group in media.ssrc_group:
        if group.semantic == "FID" and len(group.items) == 2 and group.items[0] == named[0]:
            return named[0], int(group.items[1])
    return named[0], None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the answer tells the browser about the server's side of one transport."""

    ufrag: str
    password: str
    fingerprint: str
    """SHA-256, colon-separated."""


def write_answer(
    offer: Offer,
    credentials: Credentials,
    addresses: Sequence[str],
    port: int,
    ssrcs: Mapping[Stream, tuple[int, int]],
) -> str:
    """Write the answer to `offer`.

    `ssrcs` are, for each stream that the server may send, its SSRC and the SSRC of retransmissions.
    """
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        "a=group:BUNDLE " + " ".join(section.mid for section in offer.sections if section.bundled),
        "a=msid-semantic:WMS *",
    ]
    for section in offer.sections:
        if not section.bundled:
            lines += _switched_off(section)
            continue
        lines += _transport_lines(section, offer, credentials, addresses[0], port)
        lines += _media_lines(section, ssrcs.get(section.stream))
        # Only the first m-line's count in a bundle, but aiortc takes the last one's.
        lines += [_candidate(index, address, port) for index, address in enumerate(addresses)]
        lines.append("a=end-of-candidates")
    return "\r\n".join(lines) + "\r\n"


def _switched_off(section: Section) -> list[str]:
    formats = " ".join(map(str, section.formats))
    return [
        f"m={KINDS[section.stream]} 0 UDP/TLS/RTP/SAVPF {formats}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{section.mid}",
        "a=inactive",
    ]


def _transport_lines(section: Section, offer: Offer, credentials: Credentials, address: str, port: int) -> list[str]:
    formats = [number for number in (section.payload_type, section.repair_payload_type) if number is not None]
    family = ipaddress.ip_address(address).version
    return [
        f"m={KINDS[section.stream]} {port} UDP/TLS/RTP/SAVPF " + " ".join(map(str, formats)),
        f"c=IN IP{family} {address}",
        "a=rtcp-mux",
        f"a=mid:{section.mid}",
        f"a=ice-ufrag:{credentials.ufrag}",
        f"a=ice-pwd:{credentials.password}",
        f"a=fingerprint:sha-256 {credentials.fingerprint}",
        f"a=setup:{'active' if offer.answer_as_client else 'passive'}",
    ]


def _media_lines(section: Section, ssrcs: tuple[int, int] | None) -> list[str]:
    number, repair = section.payload_type, section.repair_payload_type
    voice = KINDS[section.stream] == "audio"
    lines = [f"a={_direction(section)}"]
    lines += [f"a=extmap:{number} {uri}" for uri, number in section.extensions.items()]
    if voice:
        lines += [f"a=rtpmap:{number} opus/48000/2", f"a=fmtp:{number} minptime=10;useinbandfec=1"]
    else:
        lines.append(f"a=rtpmap:{number} VP8/90000")
        # Full intra request is left out: a picture loss indication asks for the same and needs no counter.
        lines += [f"a=rtcp-fb:{number} {feedback}" for feedback in ("nack", "nack pli", "goog-remb")]
        if repair is not None:
            lines += [f"a=rtpmap:{repair} rtx/90000", f"a=fmtp:{repair} apt={number}"]
    if section.sends and ssrcs is not None:
        # Voice and camera share a MediaStream, so that the browser keeps lips and sound together.
        lines.append(f"a=msid:{'screen' if section.stream is Stream.SCREEN else 'party'} {section.stream}")
        used = ssrcs if repair is not None else ssrcs[:1]
        if repair is not None:
            lines.append(f"a=ssrc-group:FID {ssrcs[0]} {ssrcs[1]}")
        lines += [f"a=ssrc:{ssrc} cname:parley" for ssrc in used]
    return lines


def _direction(section: Section) -> str:
    if section.sends:
        return "sendrecv" if section.receives else "sendonly"
    return "recvonly" if section.receives else "inactive"


def _candidate(index: int, address: str, port: int) -> str:
    # RFC 8445, 5.1.2.1: type preference 126 for host, then the local preference, component 1.
    priority = (126 << 24) + ((65_535 - index) << 8) + 255
    return f"a=candidate:{index + 1} 1 udp {priority} {address} {port} typ host"
