"""The care for pictures: key frames are asked for, cameras that nobody sees are kept ready, voices come first."""

import logging
import time
from typing import Final

from callflow.wiring import Stream
from media import rtcp
from media.streams import In, lowest_limit
from media.transport import Transport

log = logging.getLogger(__name__)

READY_BITS_PER_S: Final = 2_000_000
"""What a camera that nobody takes is kept ready to send: sharp pictures at full rate from the first on."""
PAUSED_BITS_PER_S: Final = 50_000
"""What a camera may send while its pictures wait for a better line: it is tried again with small ones."""
KEY_FRAME_INTERVAL_S: Final = 0.4
"""Between two requests for a key frame of the same stream."""


def ask_key_frame(source: In) -> bool:
    """Ask for a key frame, unless that was done just now; return whether it was asked for."""
    now = time.monotonic()
    if source.stream is Stream.VOICE or now - source.asked_at < KEY_FRAME_INTERVAL_S:
        return False
    letter = rtcp.key_frame_request(source)
    if letter is None:
        return False
    source.asked_at = now
    source.transport.send_rtcp(letter)
    return True


def care(transport: Transport, now: float) -> None:
    """Look after the pictures from and to a transport; several times a second."""
    _put_audio_first(transport, now)
    for out in transport.outs.values():
        if out.source is not None and out.awaiting_key_frame and out.missed_pictures and ask_key_frame(out.source):
            out.missed_pictures = False
    keep_ready(transport)


def keep_ready(transport: Transport) -> None:
    """Tell a browser whose pictures nobody takes how much it may send.

    At once when it connects, for a browser trusts such a word most in its first two seconds.
    """
    waits = any(source.outs for source in transport.ins.values() if source.unseen)
    letter = rtcp.keep_ready(transport, PAUSED_BITS_PER_S if waits else READY_BITS_PER_S)
    if letter is not None:
        transport.send_rtcp(letter)


def _put_audio_first(transport: Transport, now: float) -> None:
    """Stop the pictures to a leg whose line cannot carry them beside the voice, and try them again later."""
    pictures = [out for out in transport.outs.values() if out.stream is not Stream.VOICE]
    lossy_at = max((out.reports.lossy_at for out in transport.outs.values()), default=0.0)
    sent = sum(out.count.sent_bytes for out in pictures)
    if not transport.audio_first.judge(now, lowest_limit(pictures, now), sent, lossy_at):
        return
    paused = transport.audio_first.paused
    log.info("pictures to %s %s", transport.leg, "wait: its line is too poor" if paused else "are tried again")
    for out in pictures:
        out.pause(paused)
        if out.source is not None and not paused:
            ask_key_frame(out.source)
