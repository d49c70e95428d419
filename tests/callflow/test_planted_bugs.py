"""Each planted bug is found by the invariants: they can fail (reliability.md, scorecard S1)."""

import asyncio
import logging
import random

import pytest

from tests.callflow import bugs, recording_bugs
from tests.callflow.doings import random_steps
from tests.callflow.test_traces import SEED, run

pytestmark = [pytest.mark.loop, pytest.mark.timeout(1800)]

TRACES = 2000
"""Within so many each bug must be found (S1)."""
SHORT_TRACES = 500


def traces_until_found(most: int) -> tuple[int, str]:
    """Run random traces until an invariant is broken; say how many it took, and what it was."""
    rng = random.Random(SEED)
    for number in range(1, most + 1):
        try:
            asyncio.run(run(random_steps(rng)))
        except AssertionError as error:
            return number, str(error).split("\n", 1)[0]
    return 0, ""


def test_each_planted_bug_is_found(long: bool, caplog: pytest.LogCaptureFixture) -> None:
    """PLUS-15; S1: the invariants that hold in all traces can fail, within as many traces as are run."""
    caplog.set_level(logging.CRITICAL)  # what a spoilt machine does to the engine is no news
    missed: list[str] = []
    for name, planted in (bugs.PLANTS | recording_bugs.PLANTS).items():
        with pytest.MonkeyPatch.context() as monkeypatch:
            planted(monkeypatch)
            took, what = traces_until_found(TRACES if long else SHORT_TRACES)
        print(f"{name}: {f'found in trace {took}: {what}' if took else 'NOT FOUND'}")
        missed += [] if took else [name]
    assert not missed
