"""Recordings outlive the server: the short form of the script of S4."""

import random
from pathlib import Path

import pytest

from benchmarks.reliability import s04

pytestmark = [pytest.mark.flow, pytest.mark.timeout(7200)]

A_FEW = 2


async def test_a_recorded_call_whose_server_is_killed_is_one_recording_that_lacks_half_a_second_at_most(
    tmp_path: Path, long: bool
) -> None:
    """REC-02, PLUS-01, PLUS-09: killed twice while they talk, and once while the recording is finished.

    How long the start takes is judged by `--long` only, which wants a machine of its own.
    """
    seed = random.SystemRandom().randrange(1 << 31)
    report = await s04.measure(tmp_path / "data", s04.CYCLES if long else A_FEW, seed)
    print(f"seed {seed}: {report}")
    assert report["lost"] == 0
    assert isinstance(tail := report["longest_tail_s"], float)
    assert tail <= s04.TAIL_S
    assert report["ok"] or not long
