"""Two voices as packets at slots of 20 ms, and the file that a browser plays: left the customer, right the agent.

The packets are copied, not decoded: an Opus stream may hold several voices of one channel each ("multistream", RFC
7845, 5.1.1.2), whose packets stand behind each other, all but the last one with its length (RFC 6716, appendix B). All
of a moment's packets must be equally long. Where a leg sent other lengths than 20 ms it is decoded and encoded anew.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.opus import FRAME, RATE, Decoder, Encoder, Samples, packet_samples
from recording.columns import Columns
from recording.taps import Payloads
from recording.timeline import Segment, segments_of
from recording.webm import WebmFile

SLOT_S: Final = FRAME / RATE
SLOT_MS: Final = 20
SILENCE: Final = b"\xf8\xff\xfe"
"""20 ms of nothing, one channel."""
MAX_PACKET: Final = 1276
"""One frame and the byte before it (RFC 6716, 3.4, R2). A longer one would spoil the other side's packet too."""
OFF: Final = 2.0
"""A packet that follows another is put behind it unless the clock says that it belongs so many slots elsewhere."""
BITS_PER_SECOND: Final = 32_000
Voice = Iterator[bytes | None]
"""For each slot a packet of one frame of 20 ms, or None for silence."""


def slots_in(seconds: float) -> int:
    """Return how many slots a recording has, at least one."""
    return max(1, round(seconds / SLOT_S))


def voice_of(columns: Columns, payloads: Payloads, slots: int) -> Voice:
    """Return one side's voice, slot by slot."""
    segments = segments_of(columns)
    first_bytes = np.asarray(columns.first_bytes)
    rows = np.concatenate([segment.packets for segment in segments]) if segments else np.zeros(0, np.int64)
    if _PLAIN[first_bytes[rows] >> 8].all():
        return _copied(columns, payloads, segments, slots)
    return _encoded_anew(columns, payloads, segments, slots)


def _places(segment: Segment, width: float) -> NDArray[np.int64]:
    """Return where a segment's packets lie, in units of `width` samples.

    They keep the distance that their timestamps have, so that no rounding tears them apart; only where the clock of
    the recording has moved away from that by `OFF` slots they move along with it.
    """
    wanted = segment.seconds * RATE / width
    along = (segment.timestamp - segment.timestamp[0]) / width
    places = np.empty(len(wanted), np.int64)
    offset, before = wanted[0] - along[0], 0.0
    limit = OFF * FRAME / width
    for number, (want, here) in enumerate(zip(wanted.tolist(), along.tolist(), strict=True)):
        apart = abs(want - here - offset)
        # In a pause nobody hears it move.
        if apart > limit or (apart > limit / 2 and here - before > limit):
            offset = want - here
        places[number] = round(here + offset)
        before = here
    return places


def _copied(columns: Columns, payloads: Payloads, segments: list[Segment], slots: int) -> Voice:
    rows = np.full(slots, -1, np.int64)
    for segment in segments:
        places = _places(segment, FRAME)
        for row, place in zip(segment.packets.tolist(), places.tolist(), strict=True):
            # One that overlaps another was said at the same time by the sender's clock: the earlier one stays.
            if 0 <= place < slots and rows[place] < 0:
                rows[place] = row
    for row in rows.tolist():
        packet = payloads.read(columns, row) if row >= 0 else b""
        yield packet if 1 < len(packet) <= MAX_PACKET else None


def _encoded_anew(columns: Columns, payloads: Payloads, segments: list[Segment], slots: int) -> Voice:
    encoder = Encoder("voip", BITS_PER_SECOND)
    sounding = False
    for sound in _sound(columns, payloads, segments, slots):
        if sound is None and not sounding:
            yield None
            continue
        # One frame of silence still goes through the encoder, which is some milliseconds behind.
        packets = encoder.encode(np.zeros(FRAME, np.float32) if sound is None else sound)
        sounding = sound is not None
        yield packets[0] if packets else None


def _sound(columns: Columns, payloads: Payloads, segments: list[Segment], slots: int) -> Iterator[Samples | None]:
    """Decode a voice: for each slot its samples, None where nothing was said."""
    ahead = np.zeros(0, np.float32)
    slot = 0
    for segment in segments:
        decoder = Decoder()
        for row, place in zip(segment.packets.tolist(), _places(segment, 1).tolist(), strict=True):
            packet = payloads.read(columns, row)
            if not packet_samples(packet) or place < slot * FRAME or place >= slots * FRAME:
                continue
            sound = decoder.decode(packet)
            while slot < place // FRAME:
                yield ahead[:FRAME] if len(ahead) >= FRAME else _filled(ahead)
                ahead, slot = ahead[FRAME:], slot + 1
            begins = place - slot * FRAME
            if len(ahead) < begins + len(sound):
                ahead = np.concatenate([ahead, np.zeros(begins + len(sound) - len(ahead), np.float32)])
            ahead[begins : begins + len(sound)] = sound
    while slot < slots:
        yield ahead[:FRAME] if len(ahead) >= FRAME else _filled(ahead)
        ahead, slot = ahead[FRAME:], slot + 1


def _filled(sound: Samples) -> Samples | None:
    return np.pad(sound, (0, FRAME - len(sound))) if len(sound) else None


def _plain() -> NDArray[np.bool_]:
    """Say for each first byte of a packet whether it is one frame of 20 ms."""
    return np.array([not first & 0x03 and packet_samples(bytes([first])) == FRAME for first in range(256)])


_PLAIN: Final = _plain()


# -- files -----------------------------------------------------------------------------------------------------------


def write_voices(path: Path, customer: Voice, agent: Voice) -> None:
    """Write both voices into one track of two channels, without decoding them."""
    with WebmFile(path) as file:
        track = file.add_two_voices()
        for slot, (left, right) in enumerate(zip(customer, agent, strict=True)):
            file.put(track, _delimited(left or SILENCE) + (right or SILENCE), slot * SLOT_MS, SLOT_MS)


def write_mixed(path: Path, customer: Voice, agent: Voice) -> None:
    """Write both voices as ordinary stereo, decoded and encoded: for players that know no multistream."""
    left, right = Decoder(), Decoder()
    with WebmFile(path) as file:
        track = file.add_encoded_sound("stereo", 2 * BITS_PER_SECOND)
        for slot, (one, other) in enumerate(zip(customer, agent, strict=True)):
            both = np.stack([left.decode(one or SILENCE), right.decode(other or SILENCE)])
            file.put_sound(track, both, slot * FRAME)
        file.put_sound(track, None, 0)


def _delimited(packet: bytes) -> bytes:
    """Put the length of its frame behind the first byte of a packet (RFC 6716, appendix B and 3.2.1)."""
    length = len(packet) - 1
    if length < 252:
        return packet[:1] + bytes([length]) + packet[1:]
    least = 252 + (length & 0x03)
    return packet[:1] + bytes([least, (length - least) >> 2]) + packet[1:]
