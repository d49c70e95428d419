"""RTP header extensions in the one-byte form (RFC 8285, 4.2): finding them and changing them in place.

Nothing here changes a length: an element that the receiver has no id for becomes padding.
"""

from typing import Final

ONE_BYTE_PROFILE: Final = 0xBEDE
RTP_HEADER: Final = 12
HAS_PADDING: Final = 0x20
HAS_EXTENSIONS: Final = 0x10
"""Bits of the first byte of an RTP header (RFC 3550, 5.1)."""
MID_URI: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"


def payload(view: memoryview, size: int) -> tuple[int, int]:
    """Return where the payload of the RTP packet in `view[:size]` begins, and where it ends and padding begins.

    The end is before the beginning when the header lies.
    """
    first = view[0]
    start = RTP_HEADER + 4 * (first & 0x0F)
    if first & HAS_EXTENSIONS:
        if start + 4 > size:
            return size + 1, 0
        start += 4 + 4 * (view[start + 2] << 8 | view[start + 3])
    return start, max(0, size - view[size - 1]) if first & HAS_PADDING else size


def elements(view: memoryview, size: int) -> list[tuple[int, int, int]]:
    """List the header extensions of the RTP packet in `view[:size]` as (position, id, data length)."""
    found: list[tuple[int, int, int]] = []
    position = RTP_HEADER + 4 * (view[0] & 0x0F)
    end, _ = payload(view, size)
    if not view[0] & HAS_EXTENSIONS or end > size or view[position] << 8 | view[position + 1] != ONE_BYTE_PROFILE:
        return found
    position += 4
    while position < end:
        number, length = view[position] >> 4, (view[position] & 0x0F) + 1
        if number == 0:
            position += 1
            continue
        if number == 15 or position + 1 + length > end:
            break
        found.append((position, number, length))
        position += 1 + length
    return found


def find(view: memoryview, size: int, number: int) -> bytes | None:
    """Return the data of one header extension, None when the packet has it not."""
    for position, found, length in elements(view, size):
        if found == number:
            return bytes(view[position + 1 : position + 1 + length])
    return None


def translate(view: memoryview, size: int, table: bytes, mid_number: int, mid: bytes) -> None:
    """Give the extensions of `view[:size]` the receiver's ids and mid.

    `table` maps the sender's ids to the receiver's, 0 for none; `mid_number` is the receiver's id of the mid, 0 for
    none. A mid of another length is blanked: receivers tell our streams apart by the SSRCs in the answer.
    """
    for position, number, length in elements(view, size):
        target = table[number]
        if target and target == mid_number:
            if length == len(mid):
                view[position + 1 : position + 1 + length] = mid
            else:
                target = 0
        if target:
            view[position] = target << 4 | length - 1
        else:
            view[position : position + 1 + length] = bytes(1 + length)
