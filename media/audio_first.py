"""Audio first: on a line that is too poor for both, pictures wait so that the voice gets through.

The decision alone; `media/pictures.py` carries it out.
"""

from collections import deque
from typing import Final

POOR_BITS_PER_S: Final = 100_000
"""A receiver whose limit is lower has no room for pictures beside a voice (50 kbit/s with all headers)."""
LOSS_KEPT_S: Final = 3.0
"""Receivers report on pictures about once a second."""
SETTLING_S: Final = 2.0
"""What is reported so soon after pictures are tried again was lost before they were stopped."""
OVERRUN: Final = 1.5
"""More than so many times the limit is more than a sender does that has just not heard of it yet."""
STARVED_FOR_S: Final = 1.0
"""Losses for so long stop the pictures."""
OVERRUN_FOR_S: Final = 3.0
"""Too much for so long does, without losses; a key frame alone is too much for a second."""
FIRST_PAUSE_S: Final = 10.0
LONGEST_PAUSE_S: Final = 60.0
"""Pictures are tried again after the first; each try that fails doubles it, up to the last."""
PROVEN_AFTER_S: Final = 20.0
"""Pictures that went well for so long: the next pause is a short one again."""
RATE_OVER: Final = 5
"""Looks over which the bit rate of the pictures is taken, a second and a bit."""


class AudioFirst:
    """Judges one receiver's line, look by look."""

    def __init__(self) -> None:
        self.paused = False
        """Whether pictures wait."""
        self._poor_since: float | None = None
        self._since = 0.0
        """When pictures were stopped, or tried again."""
        self._pause_s = FIRST_PAUSE_S
        self._sent: deque[tuple[float, int]] = deque(maxlen=RATE_OVER)

    def judge(self, now: float, limit: int | None, picture_bytes: int, lossy_at: float) -> bool:
        """Look at the line several times a second; return whether `paused` has changed.

        `limit` is what the receiver says it can take, in bits a second; `picture_bytes` what it was sent of pictures so
        far; `lossy_at` when it last reported that it missed a good part of it. A low limit alone is no sign of a poor
        line: a receiver never names much more than what it gets, and a still picture needs little.
        """
        self._sent.append((now, picture_bytes))
        if self.paused:
            if now - self._since >= self._pause_s:
                self._turn(False, now)
                self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
                return True
            return False
        lossy = now - lossy_at < LOSS_KEPT_S and lossy_at > self._since + SETTLING_S
        if limit is None or limit >= POOR_BITS_PER_S or not (lossy or self._rate() > OVERRUN * limit):
            self._poor_since = None
            if now - self._since > PROVEN_AFTER_S:
                self._pause_s = FIRST_PAUSE_S
            return False
        if self._poor_since is None:
            self._poor_since = now
        if now - self._poor_since < (STARVED_FOR_S if lossy else OVERRUN_FOR_S):
            return False
        self._turn(True, now)
        return True

    def _turn(self, paused: bool, now: float) -> None:
        self.paused = paused
        self._since = now
        self._poor_since = None

    def _rate(self) -> float:
        (began, before), (ended, after) = self._sent[0], self._sent[-1]
        return 8 * (after - before) / (ended - began) if ended > began else 0.0
