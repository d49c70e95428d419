"""A call whose network breaks or moves, or whose page is reloaded, with real pages on both sides."""

import random
from pathlib import Path

import pytest

from benchmarks.reliability import s06

pytestmark = [pytest.mark.flow, pytest.mark.timeout(3600)]


async def test_a_call_goes_on_after_its_network_broke(tmp_path: Path, prepared_music: Path, long: bool) -> None:
    """PLUS-01, S6: silently cut, moved to another address, reloaded; with `--long` 20 of each and one for too long."""
    seed = 6
    plan: s06.Plan = {"customer": [s06.Break("swallow", 5), s06.Break("move"), s06.Break("reload")]}
    report = await s06.measure(
        tmp_path, prepared_music, s06.full_plan(20, random.Random(seed)) if long else plan, over_grace=long
    )
    print(report, "seed", seed)
    assert report["ok"], report
