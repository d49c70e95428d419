"""What listeners would say of a voice: the E-model of ITU-T G.107, reduced to what a packet network does to a call."""

from typing import Final

BEST_RATING: Final = 93.2
"""The rating of a line that does no harm (G.107, 7.7: all parameters at their defaults)."""
CODEC_IMPAIRMENT: Final = 0.0
LOSS_ROBUSTNESS: Final = 25.1
"""Ie and Bpl. G.113 has none for Opus; these are G.711's with concealment (G.113, table I.4), which is nearest: a codec
that does no audible harm and hides single losses."""
FRAME_AND_CODEC_MS: Final = 30.0
"""A packet of 20 ms, and what Opus looks ahead and holds back (RFC 6716, 2)."""
AUDIBLE_DELAY_MS: Final = 177.3


def mean_opinion(loss: float, jitter_ms: float, round_trip_ms: float) -> float:
    """Estimate the mean opinion score, 1 (bad) to 4.5 (as good as it gets), of a voice that is lost at random.

    `loss` is a share, 0 to 1. The delay counted is half the round trip, a packet's length and a jitter buffer of twice
    the jitter. Source: ITU-T G.107, equations 7-29 and B-4; the delay's part as simplified by Cole and Rosenbluth,
    "Voice over IP performance monitoring", 2001.
    """
    delay = round_trip_ms / 2 + 2 * jitter_ms + FRAME_AND_CODEC_MS
    delayed = 0.024 * delay + 0.11 * max(0.0, delay - AUDIBLE_DELAY_MS)
    percent = 100 * loss
    lost = CODEC_IMPAIRMENT + (95 - CODEC_IMPAIRMENT) * percent / (percent + LOSS_ROBUSTNESS)
    rating = min(100.0, max(0.0, BEST_RATING - delayed - lost))
    return max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)
