"""Bad offers and too many of them, over the real edge; short forms of scripts in benchmarks/reliability."""

from pathlib import Path

import pytest

from benchmarks.reliability import s08, s11
from tests.targets import within_targets

pytestmark = [pytest.mark.wire, pytest.mark.timeout(1800)]


async def test_damaged_offers_are_answered_or_refused_and_a_good_call_works_after_them(cache: Path, long: bool) -> None:
    """L5, S8."""
    count = s08.OFFERS if long else 300
    await within_targets(lambda: s08.measure_plane(count if long else 1000, 8, cache))
    await within_targets(lambda: s08.measure_edge(count, 8, cache))


async def test_offers_without_a_call_open_nothing_and_many_for_one_leg_replace_each_other(
    cache: Path, long: bool
) -> None:
    """L6, S11."""
    count, setup_limit_s = (s11.OFFERS, s11.SETUP_LIMIT_S) if long else (100, 1.0)
    await within_targets(lambda: s11.measure(count, setup_limit_s, cache))
