"""Short forms of the scripts in benchmarks/reliability that need the media plane only; `--long` runs them in full."""

from pathlib import Path

import pytest

from benchmarks.reliability import s09, s10, s13
from tests.targets import within_targets

pytestmark = [pytest.mark.wire, pytest.mark.timeout(3600)]


async def test_callers_who_wait_hear_music_without_a_gap(music_cache: Path, long: bool) -> None:
    """PLUS-13, S13."""
    callers, seconds = (s13.CALLERS, s13.SECONDS) if long else (30, 3)
    await within_targets(lambda: s13.measure(callers, seconds, music_cache))


async def test_strangers_datagrams_end_no_call_and_no_set_up(music_cache: Path, long: bool) -> None:
    """L1, L2, S9."""
    await within_targets(lambda: s09.measure(s09.CALLS if long else 5, seed=9, cache=music_cache))


async def test_a_flood_and_a_leg_that_sends_too_much_hurt_nobody(music_cache: Path, long: bool) -> None:
    """L3, L8, S10: 30,000 junk packets a second, a leg at ten times its rate, pictures that claim 16383 x 16383."""
    seconds = s10.SECONDS if long else 3
    await within_targets(lambda: s10.measure(seconds, calls=4, seed=10, cache=music_cache))
