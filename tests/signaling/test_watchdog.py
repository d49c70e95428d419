"""A loop that stands still ends its process; a process that was stopped or a machine that slept is left alone."""

import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from signaling.watchdog import EXIT_CODE, Pulse
from tests.signaling.test_cli import ROOT, environment

LIMIT = 20.0
"""Seconds for an end that is due after one."""

STANDS_STILL = """
import asyncio, time
from signaling.watchdog import watched

def stand_still():
    time.sleep(60)

async def main():
    with watched(1.0):
        await asyncio.sleep(1.5)
        print("alive", flush=True)
        stand_still()

asyncio.run(main())
"""

WAITS = """
import asyncio, sys, time
from signaling.watchdog import watched

async def main():
    with watched(1.0):
        time.sleep(0.5)
        print("alive", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.sleep(1.5)

asyncio.run(main())
"""

SERVES = """
import sys, time
from functools import partial
from signaling import health, serving
from signaling.cli import main
from signaling.watchdog import watched

async def stand_still(database):
    time.sleep(60)

health.healthy = stand_still
serving.watched = partial(watched, 1.0)
sys.exit(main(sys.argv[1:]))
"""


@contextmanager
def running(script: str, *arguments: str) -> Generator[subprocess.Popen[str]]:
    """Run a script as a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env=environment() | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read(process: subprocess.Popen[str]) -> str:
    """Read a line that it writes."""
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.unit
def test_the_pulse_stops_at_the_limit_and_not_while_nobody_could_look() -> None:
    """Reliability section 3: the loop is stuck for 10 s; a pause of the whole process is not taken for it."""
    pulse = Pulse(10, 0)
    assert not any(pulse.stopped(second) for second in range(1, 11))
    assert pulse.stopped(11)
    pulse.beat(11)
    assert not pulse.stopped(12)
    assert not pulse.stopped(3600), "it was asleep itself"
    assert not any(pulse.stopped(3600 + second) for second in range(1, 11))
    assert pulse.stopped(3611)


@pytest.mark.wire
def test_a_loop_that_stands_still_ends_the_process_and_says_where_it_stood() -> None:
    """Reliability section 3: killed, with all stacks in the log, and a code that is no success."""
    with running(STANDS_STILL) as process:
        assert read(process) == "alive\n"
        _, told = process.communicate(timeout=LIMIT)
        assert process.returncode == EXIT_CODE
        assert "stand_still" in told
        assert "nothing has moved for 1 s" in told


@pytest.mark.wire
def test_a_process_that_was_stopped_and_a_loop_that_is_only_late_go_on() -> None:
    """Reliability section 3: a suspended machine is not taken for a stuck loop."""
    with running(WAITS) as process:
        assert read(process) == "alive\n"
        process.send_signal(signal.SIGSTOP)
        time.sleep(3)  # three times the limit
        process.send_signal(signal.SIGCONT)
        process.communicate("\n", timeout=LIMIT)
        assert process.returncode == 0


@pytest.mark.wire
def test_the_server_is_watched(tmp_path: Path) -> None:
    """Reliability section 3: `parley serve` has the watchdog."""
    with running(SERVES, "serve", "--demo", "--port", "0", "--data", str(tmp_path)) as process:
        while not (line := read(process)).strip().startswith("Customers call") and "/c/" not in line:
            assert line
        address = line.split("http", 1)[1].split("/c/", 1)[0]
        with suppress(OSError):
            urllib.request.urlopen(f"http{address}/healthz", timeout=LIMIT)
        _, told = process.communicate(timeout=LIMIT)
        assert process.returncode == EXIT_CODE
        assert "stand_still" in told
