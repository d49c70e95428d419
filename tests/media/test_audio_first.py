"""When pictures wait for the voice's sake, and when they are tried again."""

import pytest

from media.audio_first import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    OVERRUN_FOR_S,
    PROVEN_AFTER_S,
    SETTLING_S,
    STARVED_FOR_S,
    AudioFirst,
)

pytestmark = pytest.mark.unit

LOOK_S = 0.25


class Line:
    """A line that is looked at four times a second."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sent = 0
        self.decision = AudioFirst()

    def looks(self, seconds: float, limit: int | None, sent: int, lossy: bool = False) -> float | None:
        """Look for so long with a limit and pictures of `sent` bits a second; return after how long it changed."""
        began = self.now
        while self.now < began + seconds:
            self.now += LOOK_S
            self.sent += 0 if self.decision.paused else int(sent * LOOK_S / 8)
            if self.decision.judge(self.now, limit, self.sent, self.now if lossy else 0.0):
                return self.now - began
        return None


def test_pictures_wait_when_more_is_sent_than_a_poor_line_takes_and_are_tried_again() -> None:
    line = Line()
    assert line.looks(60, limit=1_000_000, sent=900_000) is None
    stopped = line.looks(60, limit=70_000, sent=900_000)
    assert stopped == pytest.approx(OVERRUN_FOR_S, abs=2 * LOOK_S)
    assert line.decision.paused
    assert line.looks(60, limit=None, sent=0) == pytest.approx(FIRST_PAUSE_S, abs=2 * LOOK_S)
    assert not line.decision.paused


def test_losses_on_a_line_with_a_low_limit_are_enough() -> None:
    stopped = Line().looks(60, limit=40_000, sent=40_000, lossy=True)
    assert stopped == pytest.approx(STARVED_FOR_S, abs=2 * LOOK_S)


def test_a_key_frame_of_a_small_picture_stops_nothing() -> None:
    line = Line()
    for _ in range(10):
        assert line.looks(LOOK_S, limit=45_000, sent=600_000) is None
        assert line.looks(5, limit=45_000, sent=30_000) is None


@pytest.mark.parametrize(("limit", "sent"), [(45_000, 30_000), (45_000, 45_000), (None, 900_000), (150_000, 900_000)])
def test_a_still_picture_a_line_that_is_just_good_enough_and_one_of_which_nothing_is_known_are_left_alone(
    limit: int | None, sent: int
) -> None:
    assert Line().looks(120, limit, sent) is None


def test_losses_from_before_the_pause_that_are_told_after_it_stop_nothing() -> None:
    line = Line()
    line.looks(60, limit=40_000, sent=40_000, lossy=True)
    line.looks(60, limit=None, sent=0)
    assert line.looks(SETTLING_S, limit=40_000, sent=40_000, lossy=True) is None
    assert line.looks(60, limit=40_000, sent=40_000) is None


def test_losses_alone_stop_nothing() -> None:
    assert Line().looks(120, limit=400_000, sent=300_000, lossy=True) is None


def test_a_short_dip_stops_nothing() -> None:
    line = Line()
    for _ in range(20):
        assert line.looks(STARVED_FOR_S / 2, limit=50_000, sent=500_000) is None
        assert line.looks(1.5, limit=500_000, sent=500_000) is None


def test_each_try_that_fails_makes_the_next_pause_longer_and_a_good_time_makes_it_short_again() -> None:
    line, pauses = Line(), list[float]()
    for _ in range(5):
        assert line.looks(30, limit=60_000, sent=300_000, lossy=True) is not None
        pauses.append(line.looks(200, limit=None, sent=0) or 0)
    assert pauses == pytest.approx([FIRST_PAUSE_S, 20, 40, LONGEST_PAUSE_S, LONGEST_PAUSE_S], abs=LOOK_S)
    assert line.looks(PROVEN_AFTER_S + 1, limit=500_000, sent=400_000) is None
    line.looks(30, limit=60_000, sent=300_000, lossy=True)
    assert line.looks(200, limit=None, sent=0) == pytest.approx(FIRST_PAUSE_S, abs=LOOK_S)
