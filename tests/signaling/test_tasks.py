"""Background tasks that fail are not gone."""

import asyncio
import logging
from collections import Counter

import pytest

from signaling.app import Parley
from signaling.tasks import Tasks, Work
from tests.signaling.floor import talking
from tests.signaling.house import House

pytestmark = pytest.mark.wire


class Failing:
    """Work that fails at first, and then goes on until it is cancelled."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.goes_on = asyncio.Event()

    async def run(self) -> None:
        """Fail, or go on."""
        if self.left:
            self.left -= 1
            raise RuntimeError("unforeseen")
        self.goes_on.set()
        await asyncio.Event().wait()


@pytest.mark.loop
async def test_a_task_that_fails_is_logged_counted_and_begun_again_and_one_that_returns_is_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Reliability section 3: a task died silently."""
    failed: Counter[str] = Counter()
    runs: list[str] = []

    async def once() -> None:
        runs.append("once")

    tasks = Tasks(lambda name: failed.update([name]), again_after=0.01)
    work = Failing(2)
    with caplog.at_level(logging.ERROR, "signaling.tasks"):
        tasks.start([("shaky", work.run), ("short", once)])
        async with asyncio.timeout(5):
            await work.goes_on.wait()
    await tasks.stop()
    assert failed == {"shaky": 2}
    assert caplog.text.count("'shaky' failed") == 2
    assert "unforeseen" in caplog.text
    assert runs == ["once"]


def once_failing(work: Work) -> Work:
    """Do this, after an error at its first beginning."""
    left = [RuntimeError("unforeseen")]

    async def run() -> None:
        if left:
            raise left.pop()
        await work()

    return run


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let each task of the server fail once; return their names."""
    real, names = Parley.works, list[str]()

    def works(parley: Parley) -> tuple[tuple[str, Work], ...]:
        names.extend(name for name, _ in real(parley))
        return tuple((name, once_failing(work)) for name, work in real(parley))

    monkeypatch.setattr(Parley, "works", works)
    return names


async def test_each_task_of_the_server_goes_on_after_an_error_and_the_metrics_tell(
    failing: list[str], house: House
) -> None:
    """Reliability section 3: the server works on, panels, presence and routing included."""
    async with talking(house):
        pass
    assert len(failing) > 10
    assert {f'parley_task_failures_total{{task="{name}"}} 1.0' for name in failing} <= await house.metrics()
