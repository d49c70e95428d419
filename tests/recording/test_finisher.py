import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from callflow.roles import Role
from recording.finisher import Finisher
from recording.finishing import Facts, finish
from recording.side_by_side import NotFinishedError, make_side_by_side, read_progress
from recording.webm import seen
from recording.worker import NICENESS, Worker, WorkerError
from tests.media.parties import eventually
from tests.recording.talk import (
    AGENT,
    AGENT_HZ,
    BLUE,
    CUSTOMER,
    CUSTOMER_HZ,
    GREEN,
    RECORDING,
    RED,
    Call,
    length_of,
    loudest,
    pictures,
    sound_of,
    voice,
)

pytestmark = pytest.mark.wire


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


def niceness() -> int:
    return os.nice(0)


def fail() -> None:
    raise ValueError("the work itself failed")


def wait_in(mark: Path) -> None:
    mark.write_text(str(os.getpid()))
    time.sleep(60)


def die_once(mark: Path) -> int:
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def test_what_may_wait_for_everything_gets_only_what_nothing_else_wants() -> None:
    worker = Worker(last=True)
    try:
        assert await worker.run(30, os.sched_getscheduler, 0) == os.SCHED_IDLE
    finally:
        worker.close()


async def test_the_work_is_done_behind_everything_else_and_the_loop_goes_on(worker: Worker) -> None:
    longest, before = 0.0, time.monotonic()
    work = asyncio.create_task(worker.run(30, niceness))
    while not work.done():
        await asyncio.sleep(0.01)
        longest, before = max(longest, time.monotonic() - before), time.monotonic()
    assert await work == NICENESS
    print(f"the loop stood still for at most {longest * 1000:.0f} ms")
    assert longest < 1
    with pytest.raises(ValueError, match="the work itself"):
        await worker.run(30, fail)


async def test_a_process_that_dies_is_begun_again_once_and_takes_no_other_work_with_it(
    worker: Worker, tmp_path: Path
) -> None:
    results = await asyncio.gather(
        worker.run(30, die_once, tmp_path / "mark"),
        worker.run(30, die),
        worker.run(30, niceness),
        return_exceptions=True,
    )
    assert isinstance(results[0], int)
    assert isinstance(results[1], WorkerError)
    assert results[1].code == "died"
    assert results[2] == NICENESS


async def test_work_that_never_ends_is_stopped_and_the_next_is_done(worker: Worker, tmp_path: Path) -> None:
    await worker.run(30, niceness)
    with pytest.raises(WorkerError) as stopped:
        await worker.run(1, wait_in, tmp_path / "mark")
    assert stopped.value.code == "took_too_long"
    assert await worker.run(30, niceness) == NICENESS
    work = asyncio.create_task(worker.run(30, wait_in, tmp_path / "again"))
    await eventually((tmp_path / "again").exists)
    worker.close()
    with pytest.raises(WorkerError) as closed:
        await work
    assert closed.value.code == "closed"


def runs(pid: int) -> bool:
    """Say whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


OWNER = """
import asyncio, sys
from pathlib import Path
from recording.worker import Worker
from tests.recording.test_finisher import wait_in
if __name__ == "__main__":
    asyncio.run(Worker().run(60, wait_in, Path(sys.argv[1])))
"""


def test_the_process_ends_with_the_server_that_was_killed(tmp_path: Path) -> None:
    """Or two would write the same files after the restart."""
    script, mark = tmp_path / "owner.py", tmp_path / "mark"
    script.write_text(OWNER)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, script, mark], env=environment) as owner:
        deadline = time.monotonic() + 30
        while not mark.exists() or not mark.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        pid = int(mark.read_text())
        owner.kill()
    while runs(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def test_on_a_full_disk_nothing_half_is_left_and_the_next_try_finishes(tmp_path: Path, small_disk: Path) -> None:
    """S16."""
    call = Call(tmp_path / "spool")
    call.tap(CUSTOMER, Role.CUSTOMER, [*voice(CUSTOMER_HZ, 0, 60), *pictures([RED] * 50, 1)])
    facts, into = Facts(RECORDING, call.began, 60.0), small_disk / "done"
    ballast = small_disk / "ballast"
    finisher = Finisher()
    try:
        for room in (40_000, 290_000):
            ballast.write_bytes(bytes((4 << 20) - room))
            with pytest.raises(OSError, match="No space left"):
                await finisher.finish(call.path, into, facts)
            assert not list(into.glob("*.part"))
        ballast.unlink()
        assert not (await finisher.finish(call.path, into, facts)).partial
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 20_000))
        with pytest.raises(OSError, match="No space left"):
            await finisher.side_by_side(into)
        assert not list(into.glob("side_by_side*"))
    finally:
        finisher.close()


def a_call(folder: Path) -> Call:
    call = Call(folder / "spool")
    call.tap(CUSTOMER, Role.CUSTOMER, [*voice(CUSTOMER_HZ, 0, 4), *pictures([RED] * 50, 1)])
    call.tap(AGENT, Role.AGENT, [*voice(AGENT_HZ, 2, 4), *pictures([BLUE] * 25 + [GREEN] * 50, 0, size=(240, 320))])
    return call


def colours_at(path: Path, seconds: float) -> list[str]:
    """Name the colours in the middle of both halves, and at the outer edges."""
    frame = max((at, number, frame) for number, (at, frame) in enumerate(seen(path)) if at <= seconds)[2]
    picture = frame.to_ndarray(format="rgb24")
    spots = (picture[120, x].tolist() for x in (160, 480, 325))
    return ["black" if max(spot) < 60 else ("red", "green", "blue")[spot.index(max(spot))] for spot in spots]


async def test_both_pictures_stand_beside_each_other_with_both_voices(tmp_path: Path) -> None:
    """Black where one is missing, and beside one that is upright."""
    call, done = a_call(tmp_path), tmp_path / "done"
    finisher = Finisher()
    try:
        with pytest.raises(NotFinishedError):
            await finisher.side_by_side(done)
        finished = await finisher.finish(call.path, done, Facts(RECORDING, call.began, 4.0))
        assert finished == finish(call.path, tmp_path / "here", Facts(RECORDING, call.began, 4.0))
        work = asyncio.create_task(finisher.side_by_side(done))
        await eventually(lambda: read_progress(done) is not None)
        file = await work
    finally:
        finisher.close()
    assert read_progress(done) is None
    path = done / file.name
    assert colours_at(path, 0.5) == ["black", "blue", "black"]
    assert colours_at(path, 1.5) == ["red", "green", "black"]
    assert colours_at(path, 3.9) == ["red", "green", "black"]
    customer, agent = sound_of(path)
    assert loudest(customer[24_000:72_000]) == CUSTOMER_HZ
    assert loudest(agent[2 * 48_000 + 24_000 : 3 * 48_000 + 24_000]) == AGENT_HZ
    assert np.abs(agent[24_000:72_000]).max() < 0.02, "nobody is heard on the other's side"
    assert length_of(path) == pytest.approx(4.0, abs=0.1)
    before = path.read_bytes()
    make_side_by_side(done)
    assert path.read_bytes() == before
