"""The VP8 payload descriptor (RFC 7741, 4.2): finding key frames and keeping picture numbers continuous.

A receiver orders frames by PictureID and TL0PICIDX. When an output changes its source both jump, and a decoder may take
frames of the new source for old ones; so the new source's numbers are shifted to continue the old one's.
"""

EXTENDED = 0x80
START_OF_PARTITION = 0x10
HAS_PICTURE_ID = 0x80
HAS_TL0 = 0x40
HAS_TEMPORAL_LAYER = 0x30
LONG_PICTURE_ID = 0x80
START_CODE = b"\x9d\x01\x2a"
FRAME_HEADER = 10
"""Bytes of a key frame's header: tag, start code, width, height (RFC 6386, 9.1)."""


def starts_key_frame(view: memoryview, start: int, end: int) -> bool:
    """Say whether the VP8 payload in `view[start:end]` is the first packet of a key frame."""
    position = _frame_start(view, start, end)
    # The first bit of the payload header is 0 for a key frame (RFC 6386, 9.1).
    return position < end and not view[position] & 0x01


def key_frame_size(view: memoryview, start: int, end: int) -> tuple[int, int] | None:
    """Return width and height that the first packet of a key frame claims; None for every other packet."""
    at = _frame_start(view, start, end)
    if at + FRAME_HEADER > end or view[at] & 0x01 or bytes(view[at + 3 : at + 6]) != START_CODE:
        return None
    # 14 bits each, little-endian; the upper two ask the viewer to scale (RFC 6386, 9.1).
    return view[at + 6] | (view[at + 7] & 0x3F) << 8, view[at + 8] | (view[at + 9] & 0x3F) << 8


def _frame_start(view: memoryview, start: int, end: int) -> int:
    """Return where the frame's own header begins; `end` when this is not the first packet of a frame."""
    if start >= end:
        return end
    first = view[start]
    position = start + 1
    if not first & START_OF_PARTITION or first & 0x0F:
        return end
    if first & EXTENDED:
        if position >= end:
            return end
        fields = view[position]
        position += 1
        if fields & HAS_PICTURE_ID:
            if position >= end:
                return end
            position += 2 if view[position] & LONG_PICTURE_ID else 1
        if fields & HAS_TL0:
            position += 1
        if fields & HAS_TEMPORAL_LAYER:
            position += 1
    return min(position, end)


class PictureNumbers:
    """The picture numbers that one output has sent, and how far the present source's are shifted."""

    __slots__ = ("_picture", "_picture_shift", "_switching", "_tl0", "_tl0_shift")

    def __init__(self) -> None:
        self._picture: int | None = None
        self._tl0 = 0
        self._picture_shift = 0
        self._tl0_shift = 0
        self._switching = False

    def expect_another_source(self) -> None:
        """The next packet is another source's: shift it to continue the last picture sent."""
        self._switching = self._picture is not None

    def renumber(self, view: memoryview, start: int, end: int) -> None:
        """Rewrite PictureID and TL0PICIDX of the VP8 payload in `view[start:end]` in place; lengths never change."""
        if start + 3 > end or not view[start] & EXTENDED:
            return
        fields = view[start + 1]
        position = start + 2
        if not fields & HAS_PICTURE_ID:
            return
        long = view[position] & LONG_PICTURE_ID
        largest = 0x7FFF if long else 0x7F
        tl0_at = position + (2 if long else 1)
        if tl0_at + (1 if fields & HAS_TL0 else 0) > end:
            return
        picture = (view[position] & 0x7F) << 8 | view[position + 1] if long else view[position]
        tl0 = view[tl0_at] if fields & HAS_TL0 else 0
        if self._switching:
            self._switching = False
            self._picture_shift = ((self._picture or 0) + 1 - picture) & 0x7FFF
            self._tl0_shift = (self._tl0 + 1 - tl0) & 0xFF
        if self._picture_shift:
            picture = (picture + self._picture_shift) & largest
            if long:
                view[position] = LONG_PICTURE_ID | picture >> 8
                view[position + 1] = picture & 0xFF
            else:
                view[position] = picture
        if self._tl0_shift and fields & HAS_TL0:
            tl0 = (tl0 + self._tl0_shift) & 0xFF
            view[tl0_at] = tl0
        if self._picture is None or (picture - self._picture) & largest <= largest >> 1:
            self._picture = picture
            self._tl0 = tl0
